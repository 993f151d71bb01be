// What walks of up to M steps prove of a residual (docs/walks.md): the least and the largest mass up to a cut that a
// measure on [0, 1] can have, given its first M moments.  The measure is that of the labels, with masses at the squared
// singular values.  Its moments determine a quadrature with a node at the cut; the mass of this up to the cut is the
// answer (Chebyshev, Markov, Stieltjes).  As the measure is known here, the quadrature is found from its masses, with
// no loss of digits; from moments in double precision it could not always be.

// Recurrence coefficients of the orthogonal polynomials of a measure by Lanczos's algorithm; null where it has too few
// atoms for n of them.
function recurrence(atoms, masses, n) {
  if (atoms.length <= n) return null;
  const basis = [masses.map((mass) => Math.sqrt(mass / total(masses)))];
  const [diagonal, off] = [[], []];
  for (let j = 0; j < n; j++) {
    let next = basis[j].map((entry, i) => entry * atoms[i]);
    diagonal.push(dot(next, basis[j]));
    for (const earlier of [...basis, ...basis]) {
      const share = dot(earlier, next);
      next = next.map((entry, i) => entry - share * earlier[i]);
    }
    const length = Math.sqrt(dot(next, next));
    if (length < 1e-14) return null;
    off.push(length);
    basis.push(next.map((entry) => entry / length));
  }
  return { diagonal, off };
}

// The Gauss–Radau rule of n nodes besides a prescribed one: its nodes and weights, or null of too few atoms.
function radau(atoms, masses, n, prescribed) {
  if (n === 0) return { nodes: [prescribed], weights: [total(masses)] };
  const coefficients = recurrence(atoms, masses, n);
  if (coefficients === null) return null;
  const { diagonal, off } = coefficients;
  let [before, now] = [0, 1];
  for (let j = 0; j < n; j++) {
    [before, now] = [now, (prescribed - diagonal[j]) * now - (j ? off[j - 1] ** 2 : 0) * before];
  }
  const quotient = (off[n - 1] ** 2 * before) / now;
  const last = Number.isFinite(quotient) ? prescribed - Math.max(-1e6, Math.min(1e6, quotient)) : 1e6;
  const jacobi = tabulate(n + 1, n + 1, (i, j) => {
    if (i === j) return i < n ? diagonal[i] : last;
    return Math.abs(i - j) === 1 ? off[Math.min(i, j)] : 0;
  });
  const { values, first } = eigenvaluesWithFirstEntries(jacobi);
  const distances = values.map((value) => Math.abs(value - prescribed));
  values[distances.indexOf(Math.min(...distances))] = prescribed;
  return { nodes: values, weights: first.map((entry) => entry ** 2 * total(masses)) };
}

// The rule of μ with a node at the cut and, where asked for, at the ends 0 and 1: the Radau rule of μ times x, 1−x or
// both, with the masses at the ends that the first moments ask for.  Returns the mass up to the cut, and by how much
// the rule fails to be one on [0, 1]: its farthest node outside, or its most negative mass.
function quadrature({ atoms, masses, cut }, n, zero, one) {
  const factor = (x) => (zero ? x : 1) * (one ? 1 - x : 1);
  const weighted = masses.map((mass, i) => mass * factor(atoms[i]));
  const kept = atoms.map((_, i) => i).filter((i) => weighted[i] > 1e-17 * total(masses));
  const rule = radau(kept.map((i) => atoms[i]), kept.map((i) => weighted[i]), n, cut);
  if (kept.length === 0 || rule === null) return null;
  const weights = rule.weights.map((weight, i) => weight / factor(rule.nodes[i]));
  const missing = total(masses) - total(weights);
  const atOne = zero ? dot(masses, atoms) - dot(weights, rule.nodes) : missing;
  const atZero = zero ? missing - (one ? atOne : 0) : 0;
  const faults = [...rule.nodes.map((x) => Math.max(-x, x - 1)), ...weights.map((w) => -w), -atZero, one ? -atOne : 0];
  return { mass: atZero + total(weights.filter((_, i) => rule.nodes[i] <= cut)), fault: Math.max(0, ...faults) };
}

// The largest mass up to the cut.  Of the two rules from M moments one has its nodes in [0, 1].
function mostUpTo(measure, steps) {
  const { atoms, masses, cut } = measure;
  const half = Math.floor(steps / 2);
  const rules = steps % 2 ? [[half, false, true], [half, true, false]] : [[half, false, false], [half - 1, true, true]];
  let best = { mass: total(masses), fault: Infinity };
  if (cut >= 1 || best.mass < NOTHING) return best.mass; // of a single class there is nothing to tell
  for (const [n, zero, one] of rules) {
    if (n < 0 || (zero && cut <= 0)) continue;
    const found = quadrature(measure, n, zero, one);
    // So many moments determine a measure of few atoms.
    if (found === null) return total(masses.filter((_, i) => atoms[i] <= cut));
    if (found.fault < best.fault) best = found;
  }
  return Math.min(best.mass, total(masses));
}

// Lower and upper bound of the mass up to ``next``, where no atom lies between that and ``own``.
function walkBounds(atoms, masses, next, own, steps) {
  const mirrored = { atoms: atoms.map((x) => 1 - x), masses, cut: 1 - own };
  const least = total(masses) - mostUpTo(mirrored, steps);
  return [Math.max(0, least), mostUpTo({ atoms, masses, cut: next }, steps)];
}
