// The state of the page, how it is edited, and how it is kept in the address.

const LARGEST = 8;
const SLIDERS = ["noise", "garbling", "augmentation", "k", "steps"];
const LETTERS = "ABCDEFGH";
const byId = (id) => document.getElementById(id);

let setting = begun("six");
let preset = "six"; // as long as its table is not edited

// In the address the table is left out where it is that of a preset.
function addressOf() {
  const fields = new URLSearchParams();
  if (preset) fields.set("preset", preset);
  else {
    const list = (things, field) => things.map((thing) => thing[field]).join(",");
    fields.set("counts", setting.counts.map((row) => row.join(",")).join(";"));
    fields.set("images", setting.images.map(({ name }) => name.replaceAll("|", " ")).join("|"));
    fields.set("texts", setting.texts.map(({ name }) => name.replaceAll("|", " ")).join("|"));
    fields.set("classes", `${list(setting.images, "label")};${list(setting.texts, "label")}`);
    fields.set("looks", list(setting.images, "look"));
  }
  for (const name of SLIDERS) fields.set(name, setting[name]);
  return `#${fields}`;
}

// Whole numbers below a limit, as many as are needed; anything else is refused.
function wholes(list, count, limit) {
  const found = list.split(",").map(Number);
  if (found.length !== count || !found.every((entry) => Number.isInteger(entry) && entry >= 0 && entry < limit)) throw Error();
  return found;
}

function tableIn(fields) {
  const counts = fields.get("counts").split(";").map((row) => row.split(",").map(Number));
  const [n, m] = [counts.length, counts[0].length];
  const valid = counts.every((row) => row.length === m && row.every((entry) => entry >= 0 && entry <= 9999));
  if (!valid || n > LARGEST || m > LARGEST) throw Error();
  const [ofImages, ofTexts] = fields.get("classes").split(";");
  const [labels, textLabels] = [wholes(ofImages, n, LARGEST), wholes(ofTexts, m, LARGEST)];
  const looks = wholes(fields.get("looks"), n, LARGEST);
  const [images, texts] = ["images", "texts"].map((side) => (fields.get(side) ?? "").split("|"));
  return {
    counts,
    images: labels.map((label, x) => ({ name: images[x] ?? "", label, look: looks[x] })),
    texts: textLabels.map((label, l) => ({ name: texts[l] ?? "", label })),
  };
}

// Take over what an address says; a part that is no setting leaves what is there.
function readAddress() {
  const fields = new URLSearchParams(location.hash.slice(1));
  try {
    if (Object.hasOwn(PRESETS, fields.get("preset"))) [preset, setting] = [fields.get("preset"), begun(fields.get("preset"))];
    else if (fields.has("counts")) [preset, setting] = ["", { ...setting, ...tableIn(fields) }];
  } catch {
    byId("told").textContent = "The address does not hold a table, so this is another one.";
  }
  for (const name of SLIDERS) {
    const slider = byId(name);
    const value = Number(fields.get(name) || NaN);
    if (value >= Number(slider.min) && value <= (name === "k" ? LARGEST : Number(slider.max))) setting[name] = value;
  }
  for (const name of ["k", "steps"]) setting[name] = Math.round(setting[name]);
}

// The table.

const option = (value, chosen, words) => `<option value="${value}"${value === chosen ? " selected" : ""}>${words}</option>`;
const choice = (side, index, field, chosen, words, signs) =>
  `<select data-side="${side}" data-index="${index}" data-field="${field}" aria-label="${escape(words)}">` +
  `${[...signs].map((sign, value) => option(value, chosen, sign)).join("")}</select>`;
const nameField = (side, index, name, words) =>
  `<input data-side="${side}" data-index="${index}" data-field="name" value="${escape(name)}" maxlength="20" title="${escape(name)}" aria-label="${words}">`;
const remover = (side, index, name, count) =>
  `<button type="button" class="remove" data-remove="${side}" data-index="${index}" aria-label="Remove ${escape(name)}"` +
  `${count === 1 ? " disabled" : ""}>×</button>`;

function drawTable() {
  const { images, texts, counts } = setting;
  const heads = texts.map(({ name, label }, l) => `<th scope="col">${nameField("texts", l, name, `Name of caption ${l + 1}`)}` +
    `${choice("texts", l, "label", label, `Class of caption ${name}`, LETTERS)}${remover("texts", l, name, texts.length)}</th>`);
  const rows = images.map(({ name, label, look }, x) =>
    `<tr><th scope="row">${nameField("images", x, name, `Name of image ${x + 1}`)}</th>` +
    `<td>${choice("images", x, "label", label, `Class of image ${name}`, LETTERS)}</td>` +
    `<td>${choice("images", x, "look", look, `Look of image ${name}`, "12345678")}</td>` +
    counts[x].map((count, l) => `<td><input type="number" min="0" max="9999" step="any" value="${count}" data-row="${x}" ` +
      `data-column="${l}" aria-label="${escape(`${name} with ${texts[l].name}`)}"></td>`).join("") +
    `<td>${remover("images", x, name, images.length)}</td></tr>`);
  byId("table").innerHTML = `<thead><tr><th scope="col">image</th><th scope="col">class</th><th scope="col">look</th>` +
    `${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody>`;
  byId("add-image").disabled = images.length === LARGEST;
  byId("add-text").disabled = texts.length === LARGEST;
}

function edit(event) {
  const { side, index, field, row, column } = event.target.dataset;
  if (row !== undefined) {
    const value = event.target.value === "" ? NaN : Number(event.target.value);
    const valid = value >= 0 && value <= 9999;
    event.target.setAttribute("aria-invalid", String(!valid));
    byId("told").textContent = valid ? "" : "A count is a number from 0 to 9999; the last one is kept.";
    if (!valid) return;
    setting.counts[row][column] = value;
  } else if (field === "name") setting[side][index].name = event.target.value;
  else setting[side][index][field] = Number(event.target.value);
  preset = "";
  render();
}

function changeSize(change) {
  change();
  preset = "";
  drawTable();
  render();
}

function remove(event) {
  const { remove: side, index } = event.target.dataset;
  if (side === undefined) return;
  changeSize(() => {
    setting[side].splice(index, 1);
    if (side === "images") setting.counts.splice(index, 1);
    else setting.counts.forEach((row) => row.splice(index, 1));
  });
  byId(side === "images" ? "add-image" : "add-text").focus();
}

// The numbers and their words.

// Say what the numbers cannot: what is not determined, what was left out, and which classes tie.
function remarks({ joint, k, text: ours, views }) {
  const names = (indices) => indices.map((x) => nameOf(setting.images, joint.images[x])).join(", ");
  const told = [];
  const gone = [...setting.images.filter((_, x) => !joint.images.includes(x)), ...setting.texts.filter((_, l) => !joint.texts.includes(l))];
  if (gone.length) told.push(`Without any pair, and left out: ${gone.map(({ name }) => name).join(", ")}.`);
  if (!ours.unique) {
    told.push(`MMCL: the singular values ${k} and ${k + 1} are equal (or both 0), so there is no one best encoder of ` +
      `dimension ${k}; what it would do is not determined. Choose another k.`);
  }
  if (!views.unique) {
    told.push(`SSCL: the eigenvalues ${k} and ${k + 1} are equal, so its encoder of dimension ${k} is not determined.`);
  }
  const heads = [[ours.unique, ours.probe, "the probe of MMCL"], [ours.unique, ours.zeroShot, "the zero-shot head"], [views.unique, views.probe, "the probe of SSCL"]];
  for (const [unique, head, name] of heads) {
    if (unique && head.ties.length) told.push(`For ${name} two classes tie at ${names(head.ties)}: that counts as an error.`);
  }
  const [, second = 0, third = 0, fourth = 0] = ours.values;
  if (third > 0 && third - fourth <= RESOLUTION) told.push("The singular values 3 and 4 are equal: other directions could be drawn as well as these.");
  else if (second - third <= RESOLUTION) told.push("The singular values 2 and 3 are equal: the picture of the features could be turned.");
  return told;
}

// What is proven of the two kinds of pairs, in a sentence.
function comparison({ values, k, steps }) {
  const { probe_residual: ours, walk_lower: low, walk_upper: high, sscl_walk_lower: lowest, sscl_walk_upper: highest } = values;
  if (ours === null) return "";
  const margin = 1e-9; // above the rounding of either
  const proven = high - low < margin ? "prove just this number" : `prove that it is between ${shown(low)} and ${shown(high)}`;
  const start = `The MMCL encoder of dimension ${k} leaves the residual ${shown(ours)}; ` +
    `walks of ${steps} ${steps === 1 ? "step" : "steps"} ${proven}.`;
  if (lowest === null) return start;
  if (high < lowest - margin) return `${start} They also prove that SSCL leaves more.`;
  if (highest < low - margin) return `${start} They also prove that SSCL leaves less.`;
  return `${start} They do not decide whether SSCL leaves more or less.`;
}

function showNumbers(measured) {
  const shownValues = { ...measured.values, trivial: measured.trivial };
  for (const cell of document.querySelectorAll("[data-value]")) {
    const name = cell.dataset.value;
    const value = shownValues[name];
    const isBound = cell.hasAttribute("data-bound");
    const says = cell.dataset.bound === "upper" ? value < measured.trivial - 1e-12 : value > 1e-12;
    const vacuous = isBound && value !== null && !says;
    cell.dataset.exact = value;
    cell.textContent = value === null ? (isBound ? "says nothing" : "not determined") : shown(value);
    cell.classList.toggle("empty", value === null || vacuous);
    if (vacuous) cell.textContent += " (vacuous)";
  }
}

// What is done once a slider rests: browsers allow few changes of the address, and nobody hears every number.
let resting;
function settle(words) {
  clearTimeout(resting);
  resting = setTimeout(() => {
    byId("said").textContent = words;
    history.replaceState(null, "", addressOf());
  }, 400);
}

function render() {
  const measured = measure(setting);
  for (const id of ["results", "numbers"]) byId(id).hidden = measured === null;
  byId("empty").hidden = measured !== null;
  byId("preset").value = preset;
  byId("words").textContent = preset ? PRESETS[preset].words : "A table of your own.";
  byId("source").textContent = preset ? PRESETS[preset].source : "";
  if (measured === null) return settle("The table has no pairs.");
  const most = Math.min(measured.joint.p.length, measured.joint.q.length);
  byId("k").max = most;
  for (const name of SLIDERS) {
    byId(name).value = name === "k" ? measured.k : setting[name];
    byId(`${name}-value`).textContent = name === "k" || name === "steps" ? byId(name).value : setting[name].toFixed(2);
  }
  byId("heat-map").innerHTML = heatMap(measured, setting);
  byId("spectrum").innerHTML = spectrum(measured);
  byId("features").innerHTML = features(measured, setting);
  byId("sandwich").innerHTML = sandwich(measured);
  showNumbers(measured);
  const told = remarks(measured);
  byId("remarks").innerHTML = told.map((sentence) => `<li>${escape(sentence)}</li>`).join("");
  byId("comparison").textContent = comparison(measured);
  settle([comparison(measured), ...told].join(" "));
}

function restart() {
  readAddress();
  drawTable();
  render();
}

function start() {
  byId("preset").innerHTML = Object.entries(PRESETS).map(([name, { title }]) => option(name, preset, title)).join("") +
    '<option value="" hidden>Your own table</option>';
  byId("preset").addEventListener("change", (event) => {
    [preset, setting] = [event.target.value, begun(event.target.value)];
    drawTable();
    render();
  });
  byId("table").addEventListener("input", edit);
  byId("table").addEventListener("click", remove);
  byId("add-image").addEventListener("click", () => changeSize(() => {
    setting.images.push({ name: `image ${setting.images.length + 1}`, label: 0, look: 0 });
    setting.counts.push(setting.texts.map(() => 1));
  }));
  byId("add-text").addEventListener("click", () => changeSize(() => {
    setting.texts.push({ name: `text ${setting.texts.length + 1}`, label: 0 });
    setting.counts.forEach((row) => row.push(1));
  }));
  for (const name of SLIDERS) {
    byId(name).addEventListener("input", (event) => {
      setting[name] = Number(event.target.value);
      render();
    });
  }
  byId("theme").addEventListener("change", (event) => { document.documentElement.dataset.theme = event.target.value; });
  byId("large").addEventListener("change", (event) => document.documentElement.classList.toggle("large", event.target.checked));
  window.addEventListener("hashchange", () => location.hash.includes("=") && restart());
  restart();
}

start();
