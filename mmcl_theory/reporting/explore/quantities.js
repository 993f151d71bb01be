// What the page measures, by the names that the quantities and theorems have in the package.

const ROUNDING = 2 ** -40; // as the package's: 2¹² units in the last place of numbers of order one
const RESOLUTION = 1e3 * ROUNDING; // the least gap between singular values that counts as one
const STEPS = 16; // the most steps of a walk
const ACCIDENT = 0.2; // how often a view that does not keep the class keeps the look

// The channel that replaces a thing by one of its group, drawn by their masses.
const redrawn = (masses, groups) =>
  tabulate(masses.length, masses.length, (i, j) =>
    groups[i] === groups[j] ? masses[j] / total(masses.filter((_, m) => groups[m] === groups[i])) : 0);
const blend = (share, A, B) => A.map((row, i) => row.map((entry, j) => (1 - share) * entry + share * B[i][j]));

// The joint distribution of images and captions, after captions are garbled and replaced; what has no pairs is left
// out.
function jointOf(setting) {
  const images = setting.images.map((_, x) => x).filter((x) => total(setting.counts[x]) > 0);
  const texts = setting.texts.map((_, l) => l).filter((l) => images.some((x) => setting.counts[x][l] > 0));
  const all = total(setting.counts.flat());
  const given = images.map((x) => texts.map((l) => setting.counts[x][l] / all));
  if (all === 0) return null;
  const imageLabels = images.map((x) => setting.images[x].label);
  const textLabels = texts.map((l) => setting.texts[l].label);
  const q = transpose(given).map(total);
  const garbled = blend(setting.garbling, identity(q.length), redrawn(q, textLabels));
  const noisy = blend(setting.noise, identity(q.length), redrawn(q, q.map(() => 0)));
  const P = product(product(given, garbled), noisy);
  return {
    given, P, p: P.map(total), q, images, texts, imageLabels, textLabels,
    looks: images.map((x) => setting.images[x].look),
    classes: 1 + Math.max(...setting.images.map(({ label }) => label), ...setting.texts.map(({ label }) => label)),
  };
}

const normalized = (P) => {
  const [p, q] = [P.map(total), transpose(P).map(total)];
  return P.map((row, x) => row.map((mass, l) => mass / Math.sqrt(p[x] * q[l])));
};
const labelMatrix = (masses, labels, classes) =>
  tabulate(masses.length, classes, (x, i) => (labels[x] === i ? Math.sqrt(masses[x]) : 0));
const disagreement = (P, rows, columns) =>
  total(P.map((row, x) => total(row.filter((_, l) => rows[x] !== columns[l]))));

// α_T, the probability that two images of one text differ in class, as a sum without differences.
function textInducedError({ P, q, imageLabels, classes }) {
  const mass = tabulate(q.length, classes, (l, i) => total(P.map((row, x) => (imageLabels[x] === i ? row[l] : 0))));
  return total(mass.map((row, l) => total(row.map((m, i) => m * total(row.filter((_, j) => j !== i)))) / q[l]));
}

// Project a target on the first k vectors.
const projected = (vectors, k, target) => {
  const basis = vectors.slice(0, k);
  const shares = product(basis, target);
  return tabulate(target.length, target[0].length, (x, i) => total(basis.map((u, j) => u[x] * shares[j][i])));
};

// Residual and error of the scores that a head gives, and the images for which two classes tie, which are errors.
function judged(scores, Y, labels, masses) {
  const ties = [];
  const wrong = scores.map((row, x) => {
    if (row.length === 1) return 0;
    const lead = row[labels[x]] - Math.max(...row.filter((_, i) => i !== labels[x]));
    const margin = ROUNDING * Math.max(...row.map(Math.abs), Math.sqrt(masses[x]));
    if (Math.abs(lead) <= margin) ties.push(x);
    return lead <= margin ? masses[x] : 0;
  });
  return { residual: squaredDistance(Y, scores), error: total(wrong), ties };
}

// Measure a kind of pairs: from the directions that its encoder learns, their eigenvalues, and the labels.
function spectralMeasure(vectors, eigenvalues, Y, masses) {
  const roots = masses.map(Math.sqrt);
  const means = transpose(Y).map((column) => dot(column, roots));
  const centred = Y.map((row, x) => row.map((entry, i) => entry - roots[x] * means[i]));
  const shares = vectors.map((u) => total(transpose(centred).map((column) => dot(u, column) ** 2)));
  const outside = squaredDistance(centred, projected(vectors, vectors.length, centred));
  return { atoms: [...eigenvalues, 0], weights: [...shares, outside] };
}

// What walks say of one kind of pairs, for every number of steps: bounds, and how often the label differs after them.
function walked({ atoms, weights }, eigenvalues, k, steps) {
  const [own, next] = [eigenvalues[k - 1], eigenvalues[k] ?? 0];
  const bounds = Array.from({ length: STEPS }, (_, m) => walkBounds(atoms, weights, next, own, m + 1));
  return { bounds, error: total(weights.map((weight, j) => weight * (1 - atoms[j] ** steps))) };
}

function measureText(joint, k, steps, Y) {
  const A = normalized(joint.P);
  const { left, values, right } = decompose(A);
  const W = labelMatrix(joint.q, joint.textLabels, joint.classes);
  const eigenvalues = values.map((value) => value ** 2);
  const unique = values[k - 1] - (values[k] ?? 0) > RESOLUTION;
  const probe = judged(projected(left, k, Y), Y, joint.imageLabels, joint.p);
  const zeroShot = judged(projected(left, k, product(A, W)), Y, joint.imageLabels, joint.p);
  const measure = spectralMeasure(left, eigenvalues, Y, joint.p);
  return { A, left, values, right, eigenvalues, unique, probe, zeroShot, ...walked(measure, eigenvalues, k, steps) };
}

// Augmentation pairs: two views of one image, drawn independently.  A view is of the same law as images are.
function measureViews({ p, imageLabels, looks }, k, steps, Y, strength) {
  const careless = blend(ACCIDENT, identity(p.length), redrawn(p, looks));
  const views = blend(strength, careless, redrawn(p, imageLabels));
  const pairs = product(transpose(views), views.map((row, x) => row.map((entry) => p[x] * entry)));
  // The channel is reversible, so that its normalized matrix is symmetric, and that of the pairs its square.
  const { left, values } = decompose(tabulate(p.length, p.length, (x, z) => Math.sqrt(p[x] / p[z]) * views[x][z]));
  const eigenvalues = values.map((value) => value ** 2);
  const unique = eigenvalues[k - 1] - (eigenvalues[k] ?? 0) > RESOLUTION;
  const probe = judged(projected(left, k, Y), Y, imageLabels, p);
  const measure = spectralMeasure(left, eigenvalues, Y, p);
  const pairError = disagreement(pairs, imageLabels, imageLabels);
  return { left, eigenvalues, unique, probe, pairError, ...walked(measure, eigenvalues, k, steps) };
}

// A bound, or null where what it divides by vanishes.
const bound = (numerator, eigenvalue) => (1 - eigenvalue > RESOLUTION ? numerator / (1 - eigenvalue) : null);

// Everything that the page shows of a setting; null of a table without pairs.  A value is null where it is not
// determined: where the k-th and the (k+1)-th eigenvalue are equal, so that there is no one best encoder.
function measure(setting) {
  const joint = jointOf(setting);
  if (joint === null) return null;
  const { steps } = setting;
  const k = Math.min(setting.k, joint.p.length, joint.q.length);
  const Y = labelMatrix(joint.p, joint.imageLabels, joint.classes);
  const text = measureText(joint, k, steps, Y);
  const views = measureViews(joint, k, steps, Y, setting.augmentation);
  const alpha = disagreement(joint.P, joint.imageLabels, joint.textLabels);
  const alphaT = textInducedError(joint);
  const classMasses = transpose(Y).map((column) => dot(column, column));
  const sure = (kind, value) => (kind.unique ? value : null);
  const next = text.eigenvalues[k] ?? 0;
  const nextView = views.eigenvalues[k] ?? 0;
  const values = {
    labeling_error: alpha,
    text_induced_error: alphaT,
    augmentation_error: views.pairError,
    class_collision: dot(classMasses, classMasses),
    sigma_next: Math.sqrt(next),
    lambda_next: nextView,
    walk_error_last: text.error,
    sscl_walk_error_last: views.error,
    probe_residual: sure(text, text.probe.residual),
    probe_error: sure(text, text.probe.error),
    zero_shot_residual: sure(text, text.zeroShot.residual),
    zero_shot_error: sure(text, text.zeroShot.error),
    sscl_residual: sure(views, views.probe.residual),
    sscl_error: sure(views, views.probe.error),
    walk_lower: sure(text, text.bounds[steps - 1][0]),
    walk_upper: sure(text, text.bounds[steps - 1][1]),
    sscl_walk_lower: sure(views, views.bounds[steps - 1][0]),
    sscl_walk_upper: sure(views, views.bounds[steps - 1][1]),
    "probe-text-induced": sure(text, bound(alphaT, next)),
    "probe-mmcl": sure(text, bound(2 * alpha - alpha ** 2, next)),
    "probe-sscl": sure(views, bound(views.pairError, nextView)),
  };
  const before = decompose(normalized(joint.given)).values;
  return { joint, k, steps, text, views, values, before, trivial: 1 - values.class_collision };
}
