"""Quantities at 60 digits with mpmath, from the definitions in the theory; nothing is shared with the package.

Images are x, texts are t.  Decompositions are mpmath's ``eigsy``; probes go through normal equations of functions.
"""

import mpmath
import walk_definitions
from mpmath import mp, mpf

mp.dps = 60

# Two scores this near to each other tie, and two eigenvalues are one: 60 digits leave 1e-58, and rationals of the
# sizes tried differ by far more.
EQUAL = mpf(10) ** -40


def quantities(
    P, y, w, k, encoders=None, channel=None, augmentation=None, auxiliary=None, sample=None, delta=None, steps=16
):
    """By name; those that rest on a projector that is not unique are missing."""
    P = law(P)
    classes = range(1 + max([*y, *w]))
    p, q = marginal(P), marginal(transposed(P))
    images, texts = range(len(p)), range(len(q))
    A = scaled(P, p, q)
    lambdas, U = spectrum(times(A, transposed(A)))
    mus, V = spectrum(times(transposed(A), A))
    n = min(len(p), len(q))
    squares = [nearly_one(positive_part(value)) for value in (lambdas if len(p) <= len(q) else mus)][:n]
    sigma = [mpmath.sqrt(square) for square in squares]
    P_T, Q_T = induced(P, q), induced(transposed(P), p)
    found = {
        "k": mpf(k),
        "n_items": mpf(len(y) + len(w)),
        "n_classes": mpf(len({*y, *w})),
        "labeling_error": disagreement(P, y, w),
        "bayes_labeling_error": sum(min(disagreement([[row[t]] for row in P], y, [i]) for i in classes) for t in texts),
        "text_induced_error": disagreement(P_T, y, y),
        "image_induced_error": disagreement(Q_T, w, w),
        "class_collision": sum(sum(p[x] for x in images if y[x] == i) ** 2 for i in classes),
        "largest_class": max(sum(p[x] for x in images if y[x] == i) for i in classes),
        "sigma_2": nth(sigma, 2),
        "sigma_k": nth(sigma, k),
        "sigma_next": nth(sigma, k + 1),
        "sigma_three_quarters": nth(sigma, max(1, int(mpmath.floor(mpf(3) * k / 4)))),
        "sigma_after": nth(sigma, k + 2),
        "sigma_classes": nth(sigma, len(set(y))),
        "sigma_min": nth(sigma, len(p)),
        "inertia": sum(squares[1:]),
        "tail": sum(squares[k:]),
        "text_induced_tail": sum(square**2 for square in squares[k:]),
        "squared_norm": sum(entry**2 for row in A for entry in row),
        "chi_square": sum((P[x][t] - p[x] * q[t]) ** 2 / (p[x] * q[t]) for x in images for t in texts),
        "mutual_information": sum(
            P[x][t] * mpmath.log(P[x][t] / p[x] / q[t]) for x in images for t in texts if P[x][t] > 0
        ),
        "class_conductance": max(leaving(P_T, [x for x in images if y[x] == i]) for i in set(y)),
        "total_conductance": sum(leaving(P_T, [x for x in images if y[x] == i]) for i in set(y)),
        "infonce_gradient": mpmath.fsum(abs(slope) for row in infonce_gradient(P, p, q) for slope in row),
        "infonce_information": mpmath.log(2) - infonce_of_two(P, p, q),
        "largest_contribution": max(1 / mpmath.sqrt(p[x] * q[t]) for x in images for t in texts),
        "contribution_variance": max(
            max(mpmath.fsum(P[x][t] / p[x] / q[t] for t in texts) for x in images),
            max(mpmath.fsum(P[x][t] / p[x] / q[t] for x in images) for t in texts),
        ),
        "least_mass": min(min(p), min(q)),
    }
    posterior = [[sum(P[x][t] for t in texts if w[t] == i) / p[x] for i in classes] for x in images]
    walks = walk_definitions.quantities(P_T, y, *functions(lambdas, U, p), k, steps, posterior)
    found |= {walk_name(name): value for name, value in walks.items()}
    if 2 <= len(p) <= 8:
        cuts = [[x for x in images if bits >> x & 1] for bits in range(1, 2 ** len(p) - 1)]
        found["conductance"] = min(leaving(P_T, S) for S in cuts if sum(p[x] for x in S) <= mpf(1) / 2 + EQUAL)
    if unique(lambdas, k):
        probe = projected(U, k, labelled(y, p, classes))
        found |= {"probe_residual": residual(probe, y, p), "probe_error": error(probe, y, p)}
        A_k = projected(U, k, A)
        zero_shot = times(A_k, labelled(w, q, classes))
        found |= {"zero_shot_residual": residual(zero_shot, y, p), "zero_shot_error": error(zero_shot, y, p)}
        A_T = scaled(P_T, p, p)
        found["optimal_loss"] = distance(A, A_k)
        found["optimal_text_induced_loss"] = distance(A_T, projected(U, k, A_T))
    if unique(mus, k):
        probe = projected(V, k, labelled(w, q, classes))
        found |= {"text_probe_residual": residual(probe, w, q), "text_probe_error": error(probe, w, q)}
    if encoders is not None:
        F_V, F_L = (weighted(features, law_) for features, law_ in zip(encoders, (p, q), strict=True))
        scores = times(exact(encoders[0]), transposed(exact(encoders[1])))
        d = len(F_V[0])
        basis = orthonormal(F_V)
        explained = projected(basis, len(basis), A)
        found["contrastive_loss"] = sum(
            -2 * P[x][t] * scores[x][t] + p[x] * q[t] * scores[x][t] ** 2 for x in images for t in texts
        )
        found["factorization_loss"] = distance(A, times(F_V, transposed(F_L)))
        found["best_text_loss"] = distance(A, explained)
        found["unexplained"] = sum(A[x][t] * (A[x][t] - explained[x][t]) for x in images for t in texts)
        found["encoder_residual"] = residual(projected(basis, len(basis), labelled(y, p, classes)), y, p)
        found["excess_loss"] = found["factorization_loss"] - sum(squares[d:])
        found["sigma_encoder_next"] = nth(sigma, d + 1)
        C = covariance(P, *(exact(features) for features in encoders))
        directions = spectrum(times(C, transposed(C)))[1]
        found["linear_loss"] = linear_loss(C, projected(directions, min(k, d), C))
        found["linear_optimum"] = -sum(spectrum(times(transposed(C), C))[0][:k]) / 2
    if channel is not None:
        PK = times(P, [[entry / sum(row) for entry in row] for row in exact(channel)])
        PK = transposed([column for column in transposed(PK) if sum(column) > 0])
        B = scaled(PK, p, marginal(transposed(PK)))
        B = B if len(B) <= len(B[0]) else transposed(B)
        garbled = [mpmath.sqrt(positive_part(value)) for value in spectrum(times(B, transposed(B)))[0]]
        found["garbled_sigma_next"] = nth(garbled, k + 1)
    if augmentation is not None:
        G = law(augmentation)
        G = [[(G[x][z] + G[z][x]) / 2 for z in images] for x in images]
        g = marginal(G)
        values, S = spectrum(scaled(G, g, g))
        found |= {
            "augmentation_error": disagreement(G, y, y),
            "augmentation_collision": sum(sum(g[x] for x in images if y[x] == i) ** 2 for i in classes),
            "lambda_k": nth(values, k),
            "lambda_next": nth(values, k + 1),
            "lambda_after": nth(values, k + 2),
            "lambda_min": values[-1],
            "marginal_distance": sum(abs(a - b) for a, b in zip(g, p, strict=True)) / 2,
            "auxiliary_disagreement": disagreement(G, auxiliary, auxiliary),
            "auxiliary_error": sum(g[x] for x in images if auxiliary[x] != y[x]),
        }
        walks = walk_definitions.quantities(G, y, *functions(values, S, g), k, steps)
        found |= {f"sscl_walk_{name}": value for name, value in walks.items()}
        if unique(values, k):
            probe = projected(S, k, labelled(y, g, classes))
            found |= {"sscl_residual": residual(probe, y, g), "sscl_error": error(probe, y, g)}
    if sample is not None:
        found["sample_size"] = mpmath.fsum(entry for row in exact(sample) for entry in row)
        found["failure_probability"] = mpf(delta.numerator) / delta.denominator
        drawn = law(sample)
        own = scaled(drawn, marginal(drawn), marginal(transposed(drawn)))
        estimate = scaled(drawn, p, q)
        found["sample_deviation"], found["practical_deviation"] = norm_of(estimate, A), norm_of(own, A)
        values, learned = spectrum(times(estimate, transposed(estimate)))
        if unique(values, k):
            probe = projected(learned, k, labelled(y, p, classes))
            found |= {"sample_residual": residual(probe, y, p), "sample_error": error(probe, y, p)}
        values, learned = spectrum(times(own, transposed(own)))
        if unique(values, k):
            p_drawn = marginal(drawn)
            factors = [
                [mpmath.sqrt(p[x] / p_drawn[x]) * u[x] if p_drawn[x] else mpf(0) for u in learned[:k]] for x in images
            ]
            basis = orthonormal(factors)
            found["practical_residual"] = residual(projected(basis, len(basis), labelled(y, p, classes)), y, p)
    return found


def exact(matrix):
    """Fractions or floats as numbers of 60 digits."""
    return [[mpf(entry.numerator) / entry.denominator for entry in row] for row in matrix]


def law(matrix):
    matrix = exact(matrix)
    total = mpmath.fsum(entry for row in matrix for entry in row)
    return [[entry / total for entry in row] for row in matrix]


def marginal(P):
    return [mpmath.fsum(row) for row in P]


def transposed(M):
    return [list(column) for column in zip(*M, strict=True)]


def times(M, N):
    columns = transposed(N)
    return [[mpmath.fdot(row, column) for column in columns] for row in M]


def scaled(P, p, q):
    """P(x,t)/√(p(x)q(t)), 0 where there is no pair."""
    return [[P[x][t] / mpmath.sqrt(p[x] * q[t]) if P[x][t] else mpf(0) for t in range(len(q))] for x in range(len(p))]


def norm_of(M, N):
    """‖M − N‖₂."""
    off = [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(M, N, strict=True)]
    return mpmath.sqrt(positive_part(spectrum(times(off, transposed(off)))[0][0]))


def weighted(features, p):
    return [[mpmath.sqrt(p[x]) * entry for entry in row] for x, row in enumerate(exact(features))]


def induced(P, q):
    return times([[entry / q[t] for t, entry in enumerate(row)] for row in P], transposed(P))


def spectrum(S):
    """Eigenvalues, descending, and eigenvectors, one a row."""
    values, vectors = mp.eigsy(mpmath.matrix(S))
    order = sorted(range(len(S)), key=lambda i: values[i], reverse=True)
    return [values[i] for i in order], [[vectors[x, i] for x in range(len(S))] for i in order]


def walk_name(name):
    """The package's name of what ``walk_definitions`` calls so."""
    return f"zero_shot_walk_{name.removeprefix('zero_shot_')}" if name.startswith("zero_shot") else f"walk_{name}"


def functions(values, vectors, p):
    """Eigenvalues within [0, 1], and the vectors as functions on what has the marginal p."""
    inside = [min(positive_part(value), mpf(1)) for value in values]
    return inside, [[u[x] / mpmath.sqrt(p[x]) for x in range(len(p))] for u in vectors]


def positive_part(value):
    """The eigenvalue of a Gram matrix; the root of what rounding leaves of 0 would be far from 0."""
    return value if value > EQUAL else mpf(0)


def nearly_one(square):
    """1 where it is off by rounding: no σ exceeds 1."""
    return mpf(1) if abs(square - 1) < EQUAL else square


def orthonormal(F):
    """Gram–Schmidt on columns; what is left of a dependent one is rounding."""
    basis = []
    for column in transposed(F):
        for _ in range(2):
            for b in basis:
                dot = mpmath.fdot(b, column)
                column = [c - dot * e for c, e in zip(column, b, strict=True)]
        norm = mpmath.sqrt(mpmath.fdot(column, column))
        if norm > EQUAL:
            basis.append([c / norm for c in column])
    return basis


def projected(basis, k, T):
    """The columns of T on the span of the first k rows of the basis."""
    coordinates = times(basis[:k], T)
    return times(transposed(basis[:k]), coordinates)


def unique(values, k):
    return k == len(values) or values[k - 1] - values[k] > EQUAL


def nth(values, j):
    return values[j - 1] if j <= len(values) else mpf(0)


def scores_of(P, p, q):
    """Pointwise mutual information, −∞ where there is no pair."""
    return [
        [mpmath.log(P[x][t] / p[x] / q[t]) if P[x][t] else -mpmath.inf for t in range(len(q))] for x in range(len(p))
    ]


def infonce_gradient(P, p, q):
    """Of −E_P s + ½ E_x log E_t e^s + ½ E_t log E_x e^s, cell by cell, at the pointwise mutual information."""
    e = [[mpmath.exp(score) for score in row] for row in scores_of(P, p, q)]
    rows = [mpmath.fdot(row, q) for row in e]
    columns = [mpmath.fdot(column, p) for column in transposed(e)]
    return [
        [p[x] * q[t] * e[x][t] * (1 / rows[x] + 1 / columns[t]) / 2 - P[x][t] for t in range(len(q))]
        for x in range(len(p))
    ]


def infonce_of_two(P, p, q):
    """E log (1 + e^{s(x,t') − s(x,t)}), t' drawn from q."""
    s = scores_of(P, p, q)
    return mpmath.fsum(
        P[x][t] * q[other] * mpmath.log(1 + mpmath.exp(s[x][other] - s[x][t]))
        for x in range(len(p))
        for t in range(len(q))
        for other in range(len(q))
        if P[x][t]
    )


def covariance(P, f, g):
    """E f gᵀ − (E f)(E g)ᵀ."""
    means = times([marginal(P)], f), times([marginal(transposed(P))], g)
    products = times(transposed(means[0]), means[1])
    joint = times(transposed(f), times(P, g))
    return [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(joint, products, strict=True)]


def linear_loss(C, product):
    """−⟨C, G_1ᵀG_2⟩ + ½‖G_1ᵀG_2‖²."""
    return mpmath.fsum(-a * b + b**2 / 2 for rows in zip(C, product, strict=True) for a, b in zip(*rows, strict=True))


def disagreement(P, rows, columns):
    return mpmath.fsum(entry for x, row in enumerate(P) for t, entry in enumerate(row) if rows[x] != columns[t])


def leaving(P, S):
    inside = mpmath.fsum(entry for x in S for entry in P[x])
    return mpmath.fsum(P[x][z] for x in S for z in range(len(P)) if z not in S) / inside


def labelled(labels, p, classes):
    return [[mpmath.sqrt(p[x]) * (label == i) for i in classes] for x, label in enumerate(labels)]


def distance(M, N):
    return mpmath.fsum((a - b) ** 2 for rows in zip(M, N, strict=True) for a, b in zip(*rows, strict=True))


def residual(prediction, labels, p):
    return distance(labelled(labels, p, range(len(prediction[0]))), prediction)


def error(prediction, labels, p):
    def wrong(row, label):
        return any(row[i] >= row[label] - EQUAL for i in range(len(row)) if i != label)

    return mpmath.fsum(p[x] for x, row in enumerate(prediction) if wrong(row, labels[x]))
