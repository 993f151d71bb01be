// Draw charts as SVG.  Each has a title and a description in words, for those who do not see it.

const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const clip = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
const place = (number) => number.toFixed(1);

// A number in four digits; what rounding leaves of 0 is 0.
function shown(value) {
  if (Math.abs(value) < 1e-12) return "0";
  return Math.abs(value) < 1e-3 ? value.toExponential(1).replace("-", "−") : value.toFixed(4).replace("-", "−");
}

function chart(width, height, title, description, parts) {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(`${title}. ${description}`)}">` +
    `${parts.join("")}</svg>`;
}
const line = (x1, y1, x2, y2, kind) =>
  `<line class="${kind}" x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}"/>`;
const text = (x, y, words, kind = "", turn = 0) =>
  `<text class="${kind}" x="${place(x)}" y="${place(y)}" transform="rotate(${turn} ${place(x)} ${place(y)})">` +
  `${escape(words)}</text>`;
const path = (points, kind) =>
  `<path class="${kind}" d="${points.map(([x, y], i) => `${i ? "L" : "M"}${place(x)} ${place(y)}`).join("")}"/>`;

// The shapes of classes, so that no colour is needed to tell them apart: corners around a centre, or a circle.
const SHAPES = [
  null,
  [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  [[0, -1.2], [1.2, 1], [-1.2, 1]],
  [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]],
  [[0, 1.2], [1.2, -1], [-1.2, -1]],
  [[-0.4, -1.3], [0.4, -1.3], [0.4, -0.4], [1.3, -0.4], [1.3, 0.4], [0.4, 0.4], [0.4, 1.3], [-0.4, 1.3], [-0.4, 0.4],
    [-1.3, 0.4], [-1.3, -0.4], [-0.4, -0.4]],
  [[-1.3, -0.6], [1.3, -0.6], [1.3, 0.6], [-1.3, 0.6]],
  [[-0.6, -1.3], [0.6, -1.3], [0.6, 1.3], [-0.6, 1.3]],
];

function mark(x, y, size, shape, kind) {
  if (!SHAPES[shape]) return `<circle class="${kind}" cx="${place(x)}" cy="${place(y)}" r="${size}"/>`;
  return path(SHAPES[shape].map(([dx, dy]) => [x + dx * size, y + dy * size]), kind).replace('"/>', 'Z"/>');
}

const nameOf = (list, index) => list[index].name || "(no name)";

// The normalized matrix A, each entry with its number.
function heatMap({ joint, text: { A } }, setting) {
  const [left, top, width, margin] = [94, 82, 400, 46]; // the last caption leans into the margin
  const [wide, high] = [(width - left - margin) / A[0].length, Math.min(40, 300 / A.length)];
  const largest = Math.max(...A.flat());
  const parts = [];
  joint.texts.forEach((l, j) =>
    parts.push(text(left + (j + 0.5) * wide - 2, top - 8, clip(nameOf(setting.texts, l), 11), "", -42)));
  joint.images.forEach((x, i) => {
    const y = top + i * high;
    parts.push(text(left - 8, y + high / 2 + 5, clip(nameOf(setting.images, x), 10), "end"));
    A[i].forEach((entry, j) => {
      const share = Math.round((100 * entry) / largest);
      parts.push(`<rect x="${place(left + j * wide)}" y="${place(y)}" width="${place(wide - 2)}" rx="3" ` +
        `height="${place(high - 2)}" style="fill:color-mix(in oklab, var(--paper), var(--text-pairs) ${share}%)"/>`);
      parts.push(text(left + (j + 0.5) * wide - 1, y + high / 2 + 4, entry < 5e-3 ? "·" : entry.toFixed(2),
        share > 55 ? "middle on-dark" : "middle"));
    });
  });
  const rows = joint.images.map((x, i) => `${nameOf(setting.images, x)}: ` +
    A[i].map((entry, j) => `${nameOf(setting.texts, joint.texts[j])} ${entry.toFixed(2)}`).join(", "));
  return chart(width, top + A.length * high + 4, "The normalized matrix A", rows.join("; "), parts);
}

// Squared singular values of A, now and before captions were changed, beside the eigenvalues of augmentation pairs.
function spectrum({ text: ours, views, before, k }) {
  const [left, top, width, height] = [50, 12, 400, 330];
  const count = Math.max(ours.eigenvalues.length, views.eigenvalues.length);
  const step = (width - left - 12) / count;
  const [x, y] = [(j) => left + (j + 0.5) * step, (value) => top + (1 - value) * (height - top - 46)];
  const parts = [`<rect class="kept" x="${left}" y="${top}" width="${place(k * step)}" height="${height - top - 46}"/>`];
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(line(left, y(tick), width - 8, y(tick), "grid"), text(left - 8, y(tick) + 5, String(tick), "end"));
  }
  for (let j = 0; j < count; j++) {
    parts.push(text(x(j), height - 27, String(j + 1), "middle"));
    if (j < before.length) parts.push(mark(x(j) - 7, y(before[j] ** 2), 6, 0, "ghost"));
    if (j < ours.eigenvalues.length) {
      parts.push(line(x(j) - 7, y(0), x(j) - 7, y(ours.eigenvalues[j]), "stem ours"));
      parts.push(mark(x(j) - 7, y(ours.eigenvalues[j]), 5.5, 0, "ours"));
    }
    parts.push(line(x(j) + 7, y(0), x(j) + 7, y(views.eigenvalues[j]), "stem theirs"));
    parts.push(mark(x(j) + 7, y(views.eigenvalues[j]), 4.5, 1, "theirs"));
  }
  parts.push(text((left + width) / 2, height - 6, "direction (shaded: learned)", "middle"));
  const list = (values) => values.map((value) => value.toFixed(3)).join(", ");
  const words = `Squared singular values of A: ${list(ours.eigenvalues)}. Eigenvalues of augmentation pairs: ` +
    `${list(views.eigenvalues)}. The first ${k} are learned`;
  return chart(width, height, "The spectrum", words, parts);
}

// Place labels beside their points where they cover neither each other nor a point.
function labelled(points, width, height) {
  const taken = points.map(([x, y]) => [x - 8, y - 8, x + 8, y + 8]);
  const free = ([a, b, c, d]) => a > 0 && b > 0 && c < width && d < height &&
    !taken.some(([e, f, g, h]) => a < g && e < c && b < h && f < d);
  return points.map(([x, y, words, kind]) => {
    const long = 8.6 * words.length;
    const tries = [11, 17, 30, 46].flatMap((far) => [[far, 5], [-far - long, 5], [-long / 2, -far], [-long / 2, far + 8],
      [far, -far], [far, far + 8], [-far - long, -far], [-far - long, far + 8]]);
    const boxes = tries.map(([dx, dy]) => [x + dx, y + dy - 12, x + dx + long, y + dy + 3]);
    const box = boxes.find(free) ?? boxes[0];
    taken.push(box);
    const far = Math.hypot((box[0] + box[2]) / 2 - x, (box[1] + box[3]) / 2 - y) > long / 2 + 24;
    return (far ? line(x, y, (box[0] + box[2]) / 2, box[1] + 8, "leader") : "") + text(box[0], box[3] - 3, words, kind);
  });
}

// Features in the first two directions after the constant one: √σ_j u_j(x)/√p_V(x) of images, likewise of texts.
function featuresOf({ joint, text: ours }) {
  const of = (vectors, masses, j) =>
    masses.map((mass, i) => (vectors[j] ? (Math.sqrt(ours.values[j]) * vectors[j][i]) / Math.sqrt(mass) : 0));
  return { images: [1, 2].map((j) => of(ours.left, joint.p, j)), texts: [1, 2].map((j) => of(ours.right, joint.q, j)) };
}

function features(measured, setting) {
  const [width, height, edge] = [400, 330, 46];
  const { joint } = measured;
  const { images, texts } = featuresOf(measured);
  const [across, along] = [0, 1].map((j) => Math.max(1e-9, ...images[j].map(Math.abs), ...texts[j].map(Math.abs)));
  const scale = Math.min((width / 2 - edge) / across, (height / 2 - 36) / along); // the same in both directions
  const [x, y] = [(value) => width / 2 + scale * value, (value) => height / 2 - 10 - scale * value];
  const parts = [line(8, y(0), width - 8, y(0), "grid"), line(x(0), 8, x(0), height - 28, "grid")];
  const [points, words] = [[], []];
  const add = (list, indices, coordinates, kind) => indices.forEach((index, i) => {
    const [px, py] = [x(coordinates[0][i]), y(coordinates[1][i])];
    parts.push(mark(px, py, kind === "image" ? 6 : 5, list[index].label, kind));
    points.push([px, py, clip(nameOf(list, index), 12), kind === "text" ? "slanted" : ""]);
    words.push(`${nameOf(list, index)} ${coordinates.map((values) => values[i].toFixed(2)).join(", ")}`);
  });
  add(setting.texts, joint.texts, texts, "text");
  add(setting.images, joint.images, images, "image");
  parts.push(...labelled(points, width, height - 24));
  parts.push(text(width / 2, height - 6, "direction 2 →, direction 3 ↑", "middle"));
  return chart(width, height, "Learned features", `Directions 2 and 3 of ${words.join("; ")}`, parts);
}

// Bounds of walks that close on the residual as the number of steps grows, of both kinds of pairs.
function sandwich({ text: ours, views, values, trivial, steps }) {
  const [left, top, width, height] = [50, 12, 400, 330];
  const [right, floor] = [width - 62, height - 46];
  const x = (m) => left + ((m - 1) / (STEPS - 1)) * (right - left);
  // The scale is that of the root, on which small residuals can be told apart.
  const ceiling = trivial > 1e-12 ? 1.1 * trivial : 1; // of a single class nothing is left
  const y = (value) => floor - Math.sqrt(Math.max(value, 0) / ceiling) * (floor - top);
  const parts = [`<rect class="step" x="${place(x(steps) - 9)}" y="${top}" width="18" height="${floor - top}"/>`];
  for (const m of [1, 4, 8, 12, 16]) parts.push(text(x(m), height - 27, String(m), "middle"));
  for (const tick of [0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8].filter((value) => value <= ceiling)) {
    parts.push(line(left, y(tick), right, y(tick), "grid"), text(left - 8, y(tick) + 5, String(tick), "end"));
  }
  const labels = [[trivial, "trivial", ""]];
  parts.push(line(left, y(trivial), right, y(trivial), "limit"));
  const words = [];
  const kinds = [[views, "theirs", values.sscl_residual, "SSCL"], [ours, "ours", values.probe_residual, "MMCL"]];
  for (const [kind, style, residual, name] of kinds) {
    if (!kind.unique) {
      words.push(`${name}: not determined`);
      const under = top + (style === "ours" ? 44 : 64);
      parts.push(text(left + 28, under, `${name}: not determined at this k`, `name ${style}`));
      continue;
    }
    const [low, high] = [0, 1].map((end) => kind.bounds.map((pair, m) => [x(m + 1), y(pair[end])]));
    parts.push(path([...low, ...[...high].reverse()], `band ${style}`));
    parts.push(path(low, `edge ${style}`), path(high, `edge ${style}`));
    parts.push(line(left, y(residual), right, y(residual), `level ${style}`));
    const shape = style === "ours" ? 0 : 1;
    for (const [px, py] of [low[steps - 1], high[steps - 1]]) parts.push(mark(px, py, 5, shape, style));
    labels.push([residual, name, style]);
    words.push(`${name}: the residual is ${shown(residual)}; walks of 1 to ${STEPS} steps bound it by ` +
      kind.bounds.map(([least, most]) => `${least.toFixed(3)} to ${most.toFixed(3)}`).join(", "));
  }
  const fromLabels = values["probe-mmcl"];
  if (fromLabels !== null && fromLabels < ceiling) {
    parts.push(mark(x(1), y(fromLabels), 5, 3, "ghost"));
    words.push(`probe-mmcl: at most ${shown(fromLabels)}`);
  }
  labels.sort((one, other) => one[0] - other[0]); // from the axis upwards, none over another
  let last = floor + 19;
  for (const [value, name, style] of labels) {
    last = Math.min(y(value) + 5, last - 17);
    parts.push(text(right + 7, last, name, `name ${style}`));
  }
  parts.push(text((left + right) / 2, height - 6, "steps M of a walk", "middle"));
  return chart(width, height, "Residual between the bounds of walks", words.join(". "), parts);
}
