// Matrices are arrays of rows of doubles, at most 8 × 8.

const dot = (u, v) => u.reduce((sum, entry, i) => sum + entry * v[i], 0);
const total = (list) => list.reduce((sum, entry) => sum + entry, 0);
const tabulate = (rows, columns, entry) =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => entry(i, j)));
const transpose = (A) => tabulate(A[0].length, A.length, (i, j) => A[j][i]);
const product = (A, B) => tabulate(A.length, B[0].length, (i, j) => A[i].reduce((sum, a, m) => sum + a * B[m][j], 0));
const identity = (n) => tabulate(n, n, (i, j) => (i === j ? 1 : 0));
const squaredDistance = (A, B) => total(A.map((row, i) => total(row.map((entry, j) => (entry - B[i][j]) ** 2))));

// The largest singular value of every matrix here is 1, so one of this size is rounding.
const NOTHING = 1e-15;

// Rotate two rows of a matrix.
function rotate(rows, i, j, cosine, sine) {
  for (let m = 0; m < rows[i].length; m++) {
    const [one, other] = [rows[i][m], rows[j][m]];
    rows[i][m] = cosine * one - sine * other;
    rows[j][m] = sine * one + cosine * other;
  }
}

function rotateColumns(rows, i, j, cosine, sine) {
  for (const row of rows) {
    [row[i], row[j]] = [cosine * row[i] - sine * row[j], sine * row[i] + cosine * row[j]];
  }
}

// The smaller of the two rotations that bring [[a, c], [c, b]] to a diagonal.
function jacobiRotation(a, b, c) {
  const ratio = (b - a) / (2 * c);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
  const cosine = 1 / Math.hypot(1, tangent);
  return [cosine, cosine * tangent];
}

// Singular value decomposition by one-sided Jacobi rotations: the columns of A are turned until they are orthogonal.
// Small singular values keep their digits, which the eigenvalues of AAᵀ would lose.  Vectors are given as lists,
// left[j] and right[j]; those of a vanishing value are zero.
function decompose(A) {
  if (A.length < A[0].length) {
    const { left, values, right } = decompose(transpose(A));
    return { left: right, values, right: left };
  }
  const columns = transpose(A);
  const turned = identity(columns.length);
  for (let sweep = 0, moved = true; moved && sweep < 60; sweep++) {
    moved = false;
    for (let i = 0; i < columns.length; i++) {
      for (let j = i + 1; j < columns.length; j++) {
        const [a, b, c] = [dot(columns[i], columns[i]), dot(columns[j], columns[j]), dot(columns[i], columns[j])];
        if (Math.abs(c) <= NOTHING * Math.sqrt(a * b) || Math.min(a, b) < NOTHING ** 2) continue;
        const [cosine, sine] = jacobiRotation(a, b, c);
        rotate(columns, i, j, cosine, sine);
        rotate(turned, i, j, cosine, sine);
        moved = true;
      }
    }
  }
  const triplets = columns.map((column, j) => ({ column, right: turned[j], value: Math.sqrt(dot(column, column)) }));
  triplets.sort((one, other) => other.value - one.value);
  return {
    left: triplets.map(({ column, value }) => column.map((entry) => (value > NOTHING ? entry / value : 0))),
    values: triplets.map(({ value }) => (value > NOTHING ? Math.min(value, 1) : 0)),
    right: triplets.map(({ right, value }) => right.map((entry) => (value > NOTHING ? entry : 0))),
  };
}

// Eigenvalues of a symmetric matrix with the first entries of its eigenvectors, by Jacobi rotations.
function eigenvaluesWithFirstEntries(matrix) {
  const S = matrix.map((row) => [...row]);
  const vectors = identity(S.length);
  for (let sweep = 0, moved = true; moved && sweep < 60; sweep++) {
    moved = false;
    for (let i = 0; i < S.length; i++) {
      for (let j = i + 1; j < S.length; j++) {
        if (Math.abs(S[i][j]) <= 1e-18 * (Math.abs(S[i][i]) + Math.abs(S[j][j])) + 1e-300) continue;
        const [cosine, sine] = jacobiRotation(S[i][i], S[j][j], S[i][j]);
        rotate(S, i, j, cosine, sine);
        rotateColumns(S, i, j, cosine, sine);
        rotate(vectors, i, j, cosine, sine);
        moved = true;
      }
    }
  }
  return { values: S.map((row, i) => row[i]), first: vectors.map((vector) => vector[0]) };
}
