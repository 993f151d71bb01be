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
  const fits = (entry) => Number.isInteger(entry) && entry >= 0 && entry < limit;
  if (found.length !== count || !found.every(fits)) throw Error();
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
    const named = fields.get("preset");
    if (Object.hasOwn(PRESETS, named)) [preset, setting] = [named, begun(named)];
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

const option = (value, chosen, words) =>
  `<option value="${value}"${value === chosen ? " selected" : ""}>${words}</option>`;
const choice = (side, index, field, signs) =>
  `<select data-side="${side}" data-index="${index}" data-field="${field}">` +
  `${[...signs].map((sign, value) => option(value, setting[side][index][field], sign)).join("")}</select>`;
const nameField = (side, index) =>
  `<input data-side="${side}" data-index="${index}" data-field="name" maxlength="20" ` +
  `value="${escape(setting[side][index].name)}">`;
const remover = (side, index) =>
  `<button type="button" class="remove" data-remove="${side}" data-index="${index}"` +
  `${setting[side].length === 1 ? " disabled" : ""}>×</button>`;
const countField = (x, l) =>
  `<input type="number" min="0" max="9999" step="any" data-row="${x}" data-column="${l}" ` +
  `value="${setting.counts[x][l]}">`;

function drawTable() {
  const { images, texts } = setting;
  const heads = texts.map((_, l) =>
    `<th scope="col">${nameField("texts", l)}${choice("texts", l, "label", LETTERS)}${remover("texts", l)}</th>`);
  const rows = images.map((_, x) =>
    `<tr><th scope="row">${nameField("images", x)}</th><td>${choice("images", x, "label", LETTERS)}</td>` +
    `<td>${choice("images", x, "look", "12345678")}</td>` +
    `${texts.map((__, l) => `<td>${countField(x, l)}</td>`).join("")}<td>${remover("images", x)}</td></tr>`);
  byId("table").innerHTML = '<thead><tr><th scope="col">image</th><th scope="col">class</th><th scope="col">look</th>' +
    `${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody>`;
  byId("add-image").disabled = images.length === LARGEST;
  byId("add-text").disabled = texts.length === LARGEST;
  nameControls();
}

// What a screen reader says of a control of the table, by the names that images and captions have now.
function wordsFor({ row, column, side, field, remove: removed, index }) {
  if (row !== undefined) return `${nameOf(setting.images, row)} with ${nameOf(setting.texts, column)}`;
  if (removed) return `Remove ${nameOf(setting[removed], index)}`;
  if (field === "name") return `Name of ${side === "images" ? "image" : "caption"} ${Number(index) + 1}`;
  return `${field === "label" ? "Class" : "Look"} of ${nameOf(setting[side], index)}`;
}

function nameControls() {
  for (const control of byId("table").querySelectorAll("input, select, button")) {
    control.setAttribute("aria-label", wordsFor(control.dataset));
    if (control.dataset.field === "name") control.title = control.value; // which may be longer than its field
  }
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
  } else setting[side][index][field] = field === "name" ? event.target.value : Number(event.target.value);
  nameControls();
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
  const without = (side) => setting[side].filter((_, i) => !joint[side].includes(i)).map(({ name }) => name);
  const gone = [...without("images"), ...without("texts")];
  if (gone.length) told.push(`Without any pair, and left out: ${gone.join(", ")}.`);
  if (!ours.unique) {
    told.push(`MMCL: the singular values ${k} and ${k + 1} are equal (or both 0), so there is no one best encoder of ` +
      `dimension ${k}; what it would do is not determined. Choose another k.`);
  }
  if (!views.unique) {
    told.push(`SSCL: the eigenvalues ${k} and ${k + 1} are equal, so its encoder of dimension ${k} is not determined.`);
  }
  const tie = (unique, { ties }, head) => {
    if (unique && ties.length) told.push(`For ${head} two classes tie at ${names(ties)}: that counts as an error.`);
  };
  tie(ours.unique, ours.probe, "the probe of MMCL");
  tie(ours.unique, ours.zeroShot, "the zero-shot head");
  tie(views.unique, views.probe, "the probe of SSCL");
  const [, second = 0, third = 0, fourth = 0] = ours.values;
  if (third > 0 && third - fourth <= RESOLUTION) {
    told.push("The singular values 3 and 4 are equal: the features could be drawn in other directions as well.");
  } else if (second - third <= RESOLUTION) {
    told.push("The singular values 2 and 3 are equal: the picture of the features could be turned.");
  }
  return told;
}

// What is proven of the two kinds of pairs, in a sentence.
function comparison({ values, k, steps }) {
  const [ours, low, high] = [values.probe_residual, values.walk_lower, values.walk_upper];
  const [lowest, highest] = [values.sscl_walk_lower, values.sscl_walk_upper];
  if (ours === null) return "";
  const margin = 1e-9; // above the rounding of either
  const range = `prove that it is between ${shown(low)} and ${shown(high)}`;
  const proven = high - low < margin ? "prove just this number" : range;
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
  byId("source").textContent = preset && `In the package: ${PRESETS[preset].source}`;
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
  byId("large").addEventListener("change", (event) => {
    document.documentElement.classList.toggle("large", event.target.checked);
  });
  window.addEventListener("hashchange", () => location.hash.includes("=") && restart());
  restart();
}

start();
