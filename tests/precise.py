"""Quantities at 60 digits with mpmath, from the definitions in the theory; nothing is shared with the package.

Images are x, texts are t.  Decompositions are mpmath's ``eigsy``; probes go through normal equations of functions.
"""

import itertools
from fractions import Fraction

import mpmath
import walk_definitions
from mpmath import mp, mpf
from walk_definitions import remembered

mp.dps = 60

# Two scores this near to each other tie, and two eigenvalues are one: 60 digits leave 1e-58, and rationals of the
# sizes tried differ by far more.
EQUAL = mpf(10) ** -40


def quantities(
    P,
    y,
    w,
    k,
    encoders=None,
    channel=None,
    augmentation=None,
    auxiliary=None,
    sample=None,
    delta=None,
    times_labelled=None,
    steps=16,
    drawn_walks=None,
    attribute=None,
    resampled=None,
    label_law=None,
    negatives=None,
    **settings,
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
        "infonce_information": infonce_information(P, p, q, settings.get("candidates", 2)),
        "largest_contribution": centred(
            max(1 / mpmath.sqrt(p[x] * q[t]) for x in images for t in texts if P[x][t] > 0)
        ),
        "contribution_variance": max(
            max(mpmath.fsum(P[x][t] / p[x] / q[t] for t in texts) for x in images),
            max(mpmath.fsum(P[x][t] / p[x] / q[t] for x in images) for t in texts),
        ),
        "least_mass": min(min(p), min(q)),
        "gap_of_classes": sum(1 - square for square in (squares + [mpf(0)] * len(y))[: len(set(y))]),
        "within_class_gap": stiffness(P_T, y, p, k),
        "sigma_product": mpmath.fprod(nth(sigma, j) for j in range(2, k + 2)),
    }
    gap = difference(labelled(y, p, classes), times(A, labelled(w, q, classes)))
    found |= {"posterior_residual": squared(gap), "text_mean_residual": squared(times(transposed(A), gap))}
    tau, eta = (fraction(settings.get(name, default)) for name, default in (("temperature", 1), ("mismatch", 0.5)))
    found |= {"candidates": mpf(settings.get("candidates", 2)), "temperature": tau, "mismatch": eta}
    found |= {
        "best_ranking": ranking(P, q, [[P[x][t] / p[x] / q[t] for t in texts] for x in images]),
        "information_limit": limit(found["mutual_information"]),
        "pair_variation": sum(abs(P[x][t] - p[x] * q[t]) for x in images for t in texts) / 2,
        **dilution(P, P_T, p, q, y, eta),
        "caption_gap": caption_gap(P, p, q, lambdas, U),
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
        for name, prediction in (("probe", probe), ("zero_shot", zero_shot)):
            found |= {
                f"{name}_drawn_error": drawn_error(prediction, y, p),
                f"{name}_drawn_gain": drawn_gain(prediction, y, p),
            }
        found["head_distance"] = squared(projected(U, k, gap))
        found["soft_residual"] = residual(times(A_k, times(transposed(A), labelled(y, p, classes))), y, p)
        A_T = scaled(P_T, p, p)
        # Σ_{j≤k} u_j(x)² is what Π_k leaves of the x-th unit vector there.
        found["largest_leverage"] = max(mpmath.fsum(u[x] ** 2 for u in U[:k]) / p[x] for x in images)
        if times_labelled is not None:
            fitted = fit(U[:k], p, y, classes, [mpf(n) for n in times_labelled])
            if fitted is not None:
                found["fitted_residual"] = residual(fitted, y, p)
        found["optimal_loss"] = distance(A, A_k)
        found["optimal_text_induced_loss"] = distance(A_T, projected(U, k, A_T))
    if unique(mus, k):
        probe = projected(V, k, labelled(w, q, classes))
        found |= {"text_probe_residual": residual(probe, w, q), "text_probe_error": error(probe, w, q)}
    if encoders is not None:
        F_V, F_L = (weighted(features, law_) for features, law_ in zip(encoders, (p, q), strict=True))
        scores = times(exact(encoders[0]), transposed(exact(encoders[1])))
        for name, pairs in (("intra", ((F_V, F_V), (F_L, F_L))), ("cross", ((F_V, F_L),))):
            found[f"{name}_energy"] = mpmath.fsum(squared(times(one, transposed(other))) for one, other in pairs)
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
        found |= of_scores(P, p, q, y, w, classes, scores, tau)
        found |= of_alignment(P, p, q, *(exact(features) for features in encoders), sigma, tau)
        found["linear_loss"] = linear_loss(C, projected(directions, min(k, d), C))
        found["given_linear_loss"] = sum(mpf(1) / 2 - C[i][i] for i in range(min(k, d)))
        found["encoder_tail"] = sum(squares[d:])
        found["unexplained_energy"], dimension = least_energy(scaled(P_T, p, p), p, basis)
        found["sigma_affine_next"] = nth(sigma, dimension + 1)
        found["linear_optimum"] = -sum(spectrum(times(transposed(C), C))[0][:k]) / 2
    if channel is not None:
        K = [[entry / sum(row) for entry in row] for row in exact(channel)]
        garbled = roots_of(times(P, K))
        found["garbled_sigma_next"] = nth(garbled, k + 1)
        found["garbled_product"] = mpmath.fprod(nth(garbled, j) for j in range(2, k + 2))
        chain = roots_of([[q[t] * entry for entry in row] for t, row in enumerate(K)])
        found["channel_product"] = mpmath.fprod(nth(chain, j) for j in range(2, k + 2))
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
            "augmentation_within_class_gap": stiffness(G, y, g, k),
            "order_defect": max(mpf(0), -least(scaled(minus(laplacian(P_T), laplacian(G)), p, p))),
            "least_marginal_ratio": min(a / b for a, b in zip(g, p, strict=True)),
            "marginal_distance": sum(abs(a - b) for a, b in zip(g, p, strict=True)) / 2,
        }
        if auxiliary is not None:
            found["auxiliary_disagreement"] = disagreement(G, auxiliary, auxiliary)
            found["auxiliary_error"] = sum(g[x] for x in images if auxiliary[x] != y[x])
        walks = walk_definitions.quantities(G, y, *functions(values, S, g), k, steps)
        if values[-1] < -1e-12:  # then walks bound nothing
            walks |= {"lower": mpf(0), "upper": 1 - found["augmentation_collision"]}
        found |= {f"sscl_walk_{name}": value for name, value in walks.items()}
        if unique(values, k):
            probe = projected(S, k, labelled(y, g, classes))
            found |= {"sscl_residual": residual(probe, y, g), "sscl_error": error(probe, y, g)}
            if attribute is not None:
                found["sscl_choice"] = choice(probe, y, attribute[0], g)
        if attribute is not None:
            found |= of_view_attributes(G, y, w, attribute[0], p, classes)
        if resampled is not None:
            found |= of_resampled(G, law(resampled), y, k, classes, attribute)
    if negatives is not None:
        found["negative_collision"] = 1 - disagreement(law(negatives), y, y)
    if label_law is not None and attribute is not None:
        L = [[entry / sum(row) for entry in row] for row in exact(label_law)]
        found |= of_label_law(L, y, attribute[0], p, len({*y, *w}))
        if unique(lambdas, k):
            scores = function_of(projected(U, k, function_of(L, p, 1)), p, -1)
            found["label_gap"] = (
                sum(p[x] * abs(a - b) for x in images for a, b in zip(L[x], scores[x], strict=True)) / 2
            )
            found["label_choice"] = choice(scores, y, attribute[0], p)
        if augmentation is not None:
            found |= of_label_views(G, y, attribute[0], g)
            if unique(values, k):
                scores = function_of(projected(S, k, function_of(L, g, 1)), g, -1)
                found["sscl_label_choice"] = choice(scores, y, attribute[0], g)
    if attribute is not None:
        found |= of_attributes(P, y, w, *attribute, p)
        if unique(lambdas, k):
            found["probe_choice"] = choice(projected(U, k, labelled(y, p, classes)), y, attribute[0], p)
    if sample is not None:
        found["sample_size"] = mpmath.fsum(entry for row in exact(sample) for entry in row)
        found["failure_probability"] = mpf(delta.numerator) / delta.denominator
        drawn = law(sample)
        own = scaled(drawn, marginal(drawn), marginal(transposed(drawn)))
        estimate = scaled(drawn, p, q)
        found["sample_deviation"], found["practical_deviation"] = norm_of(estimate, A), norm_of(own, A)
        values, learned = spectrum(times(estimate, transposed(estimate)))
        found["sample_gap"] = nth(values, k) - nth(values, k + 1)
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
    if times_labelled is not None:
        found["labelled_size"] = mpmath.fsum(times_labelled)
        found["failure_probability"] = mpf(delta.numerator) / delta.denominator
    if drawn_walks is not None:
        total, *_, before, last = map(mpf, drawn_walks)
        found |= {"walk_sample_size": total, "failure_probability": mpf(delta.numerator) / delta.denominator}
        found |= {"walk_sampled_last": (total - last) / total, "walk_sampled_before": (total - before) / total}
    return found


def excess(same, r):
    """(same − 1/r)/(1 − 1/r)."""
    return (same - mpf(1) / r) / (1 - mpf(1) / r) if r > 1 else mpf(1)


def picture(digit, colour, theta, r):
    return (theta * (digit == colour) + (1 - theta) / r) / r


def told(thing, word, kept, r):
    return kept * (thing == word) + (1 - kept) / r


def of_attributes(P, y, w, images, texts, p):
    """Of image–text pairs whose classes and attributes are known."""
    r = len({*y, *w})
    theta = excess(mpmath.fsum(mass for mass, one, other in zip(p, y, images, strict=True) if one == other), r)
    found = {"n_attributes": mpf(len(set(images))), "attribute_correlation": theta}
    if texts is None:
        return found
    a, b = (
        1 - disagreement(P, *labels) / (1 - mpf(1) / r) if r > 1 else mpf(1) for labels in ((y, w), (images, texts))
    )
    off = mpmath.fsum(
        abs(mass - picture(y[x], images[x], theta, r) * told(y[x], w[t], a, r) * told(images[x], texts[t], b, r))
        for x, row in enumerate(P)
        for t, mass in enumerate(row)
    )
    return found | {"attribute_error": disagreement(P, images, texts), "coloured_distance": off / 2}


@remembered
def of_view_attributes(G, y, w, images, p, classes):
    """Of pairs of views, with the images' own correlation of class and attribute."""
    r, s, items = len({*y, *w}), len(set(images)), range(len(y))
    theta = excess(mpmath.fsum(p[x] for x in items if y[x] == images[x]), r)
    kinds = [[(y[x] == y[z]) + 2 * (images[x] == images[z]) for z in items] for x in items]
    shares = [mpmath.fsum(G[x][z] for x in items for z in items if kinds[x][z] == kind) for kind in range(4)]
    sizes = [r * s * (r - 1) * (s - 1), r * s * (s - 1), r * s * (r - 1), r * s]
    spread = [share / size if size else mpf(0) for share, size in zip(shares, sizes, strict=True)]
    a, b = (mpmath.sqrt(max(mpf(0), excess(same, r))) for same in (shares[1] + shares[3], shares[2] + shares[3]))
    natural = theta / (a * b) if a * b > EQUAL else mpf(0)
    views = [[told(v, y[x], a, r) * told(v, images[x], b, r) for x in items] for v in classes]
    together = times(transposed(views), views)
    law = [
        [
            natural * together[x][z] / r
            + (1 - natural) * told(y[x], y[z], a**2, r) * told(images[x], images[z], b**2, r) / r**2
            for z in items
        ]
        for x in items
    ]
    return {
        "augmentation_attribute_error": shares[0] + shares[1],
        "augmentation_agreement": shares[3],
        "style_distance": mpmath.fsum(abs(G[x][z] - spread[kinds[x][z]]) for x in items for z in items) / 2,
        "coloured_view_distance": mpmath.fsum(abs(G[x][z] - law[x][z]) for x in items for z in items) / 2,
    }


def function_of(values, p, sign):
    """Weigh the values of each image by the root of its mass, or divide them by it."""
    return [[mpmath.sqrt(mass) ** sign * value for value in row] for row, mass in zip(values, p, strict=True)]


@remembered
def of_label_law(L, y, c, p, r):
    """Of a noisy label: cells of image and label against those of labels that are noisy and followed."""
    noise = 1 - mpmath.fsum(mass * row[label] for row, label, mass in zip(L, y, p, strict=True))
    q = mpmath.fsum(mass * row[colour] for row, colour, mass in zip(L, c, p, strict=True) if colour < len(row))
    places, others = list(zip(y, c, strict=True)), max(r - 1, 1)
    distance = mpf(0)
    for x, (digit, colour) in enumerate(places):
        share = p[x] / mpmath.fsum(mass for mass, place in zip(p, places, strict=True) if place == (digit, colour))
        for i, own in enumerate(L[x]):
            told = (1 - noise if i == digit else noise / others) * (q if i == colour else (1 - q) / others)
            distance += abs(p[x] * own - share * told / r) / 2
    return {"label_noise": noise, "label_following": q, "label_distance": distance}


@remembered
def of_label_views(G, y, c, g):
    """Of what views keep of the class where the attribute is given."""
    places = list(zip(y, c, strict=True))
    chance = {
        place: mpmath.fsum(m for m, other in zip(g, places, strict=True) if other == place)
        / mpmath.fsum(m for m, shade in zip(g, c, strict=True) if shade == place[1])
        for place in places
    }
    differs = 1 - mpmath.fsum(mass * chance[place] for mass, place in zip(g, places, strict=True))
    kept = 1 - disagreement(G, y, y) / differs if differs > EQUAL else mpf(1)
    distance = mpf(0)
    for x, (digit, colour) in enumerate(places):
        for (other, shade), usual in chance.items():
            seen = mpmath.fsum(G[x][z] for z, place in enumerate(places) if place == (other, shade))
            told = (kept if digit == other else 0) + (1 - kept) * usual
            distance += abs(seen - (g[x] * told if colour == shade else 0)) / 2
    return {"class_kept": kept, "class_view_distance": distance}


def of_resampled(G, weights, y, k, classes, attribute):
    """Of pairs of views and what resampling made of them, by the ratios of their cells."""
    items = [(x, z) for x in range(len(y)) for z in range(len(y))]
    H = [[(weights[x][z] + weights[z][x]) / 2 for z in range(len(y))] for x in range(len(y))]
    kept = [
        min(new[x][z] / old[x][z] for x, z in items if old[x][z] > 0) for old, new in ((G, H), (H, G))
    ]  # of the old in the new, and the other way around
    false = {(x, z): y[x] != y[z] for x, z in items}
    before, after = disagreement(G, y, y), disagreement(H, y, y)
    found = {
        "resampled_error": after,
        "added_share": 1 - kept[0],
        "dropped_share": 1 - kept[1],
        "added_error": (after - kept[0] * before) / (1 - kept[0]) if kept[0] < 1 else after,
        "dropped_error": (before - kept[1] * after) / (1 - kept[1]) if kept[1] < 1 else before,
        "dropped_distance": mpmath.fsum(
            abs(kept[1] * H[x][z] - G[x][z] + (G[x][z] * (1 - kept[1]) / before if false[x, z] and before else 0))
            for x, z in items
        )
        / 2,
    }
    if attribute is not None:
        c = attribute[0]
        pairs = [(x, z) for x, z in items if not false[x, z] and c[x] != c[z]]
        new = {pair: (1 - kept[0]) / len(pairs) for pair in pairs}
        found["added_distance"] = (
            mpmath.fsum(abs(H[x][z] - kept[0] * G[x][z] - new.get((x, z), 0)) for x, z in items) / 2
        )
    h = marginal(H)
    values, S = spectrum(scaled(H, h, h))
    found |= {"resampled_lambda_k": nth(values, k), "resampled_lambda_next": nth(values, k + 1)}
    if unique(values, k):
        found["resampled_residual"] = residual(projected(S, k, labelled(y, h, classes)), y, h)
    return found


def choice(prediction, y, attributes, p):
    """E sign: 1 where the class wins, −1 where the attribute does, under those items where the two differ."""
    won = total = mpf(0)
    for x, row in enumerate(prediction):
        if y[x] == attributes[x]:
            continue
        total += p[x]
        best = [i for i, entry in enumerate(row) if all(entry > other + EQUAL for j, other in enumerate(row) if j != i)]
        won += p[x] * ((best == [y[x]]) - (best == [attributes[x]]))
    return won / total


def exact(matrix):
    """Fractions or floats as numbers of 60 digits."""
    return [[mpf(entry.numerator) / entry.denominator for entry in row] for row in matrix]


def fraction(value):
    """A fraction or a float as a number of 60 digits."""
    return exact([[Fraction(value)]])[0][0]


def law(matrix):
    matrix = exact(matrix)
    total = mpmath.fsum(entry for row in matrix for entry in row)
    return [[entry / total for entry in row] for row in matrix]


def marginal(P):
    return [mpmath.fsum(row) for row in P]


def transposed(M):
    return [list(column) for column in zip(*M, strict=True)]


@remembered
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


@remembered
def induced(P, q):
    return times([[entry / q[t] for t, entry in enumerate(row)] for row in P], transposed(P))


def centred(largest):
    """The positive root of R² − R_0 R = 1."""
    return (largest + mpmath.sqrt(largest**2 + 4)) / 2


def minus(M, N):
    return [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(M, N, strict=True)]


def laplacian(pairs):
    p = marginal(pairs)
    return [[p[x] * (x == z) - entry for z, entry in enumerate(row)] for x, row in enumerate(pairs)]


def least(S):
    return spectrum(S)[0][-1]


def stiffness(pairs, labels, p, k):
    """The (k+1)-th least eigenvalue of the Laplacian of pairs of one class; 1 beyond the last."""
    same = [[entry * (labels[x] == labels[z]) for z, entry in enumerate(row)] for x, row in enumerate(pairs)]
    values = spectrum(scaled(laplacian(same), p, p))[0]
    return values[-1 - k] if k < len(values) else mpf(1)


@remembered
def least_energy(A_T, p, basis):
    """The least eigenvalue of the Schur complement of I − A_T off the span of √p and the basis, and its dimension."""
    inside = orthonormal(transposed([*basis, [mpmath.sqrt(mass) for mass in p]]))
    n = len(p)
    whole = orthonormal(transposed([*inside, *[[mpf(x == z) for z in range(n)] for x in range(n)]]))
    outside = whole[len(inside) :]
    if not outside:
        return mpf(1), len(inside)
    M = minus([[mpf(x == z) for z in range(n)] for x in range(n)], A_T)
    across = times(times(inside, M), transposed(outside))
    values, vectors = spectrum(times(times(inside, M), transposed(inside)))
    form = times(times(outside, M), transposed(outside))
    for value, vector in zip(values, vectors, strict=True):
        if value > EQUAL:
            (row,) = times([vector], across)
            form = minus(form, [[a * b / value for b in row] for a in row])
    return least(form), len(inside)


def fit(U, p, labels, classes, counts):
    """√p(x) times the least-squares prediction on the labelled images; None where these leave it open."""
    features = [[u[x] / mpmath.sqrt(p[x]) for u in U] for x in range(len(p))]
    gram = [
        [mpmath.fsum(n * f[i] * f[j] for n, f in zip(counts, features, strict=True)) for j in range(len(U))]
        for i in range(len(U))
    ]
    if least(gram) < EQUAL:
        return None
    moments = [
        [mpmath.fsum(n * f[i] for n, f, y in zip(counts, features, labels, strict=True) if y == c) for c in classes]
        for i in range(len(U))
    ]
    weights = (mpmath.matrix(gram) ** -1 * mpmath.matrix(moments)).tolist()
    return [[mpmath.sqrt(p[x]) * score for score in row] for x, row in enumerate(times(features, weights))]


def roots_of(law):
    """The singular values of the normalized matrix of a law, without columns of no mass."""
    law = transposed([column for column in transposed(law) if sum(column) > 0])
    B = scaled(law, marginal(law), marginal(transposed(law)))
    B = B if len(B) <= len(B[0]) else transposed(B)
    return [mpmath.sqrt(positive_part(value)) for value in spectrum(times(B, transposed(B)))[0]]


@remembered
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


@remembered
def infonce_gradient(P, p, q):
    """Of −E_P s + ½ E_x log E_t e^s + ½ E_t log E_x e^s, cell by cell, at the pointwise mutual information."""
    e = [[mpmath.exp(score) for score in row] for row in scores_of(P, p, q)]
    rows = [mpmath.fdot(row, q) for row in e]
    columns = [mpmath.fdot(column, p) for column in transposed(e)]
    return [
        [p[x] * q[t] * e[x][t] * (1 / rows[x] + 1 / columns[t]) / 2 - P[x][t] for t in range(len(q))]
        for x in range(len(p))
    ]


@remembered
def infonce_information(P, p, q, candidates):
    """log M − E log (1 + Σ e^{s(x,t') − s(x,t)}), M − 1 texts t' drawn from q, in any order."""
    s, texts = scores_of(P, p, q), range(len(q))
    return mpmath.log(candidates) - mpmath.fsum(
        P[x][t]
        * mpmath.fprod(q[other] for other in others)
        * mpmath.log(1 + mpmath.fsum(mpmath.exp(s[x][other] - s[x][t]) for other in others))
        for x in range(len(p))
        for t in texts
        if P[x][t]
        for others in itertools.product(texts, repeat=candidates - 1)
    )


@remembered
def of_scores(P, p, q, y, w, classes, scores, tau):
    """What the scores of encoders say, by way of Q(t|x) ∝ q(t) e^{s/τ}."""
    images, texts = range(len(p)), range(len(q))
    odds = [[q[t] * mpmath.exp(scores[x][t] / tau) for t in texts] for x in images]
    Q = [[odd / mpmath.fsum(row) for odd in row] for row in odds]
    loss = tau * sum(p[x] * mpmath.log(mpmath.fsum(odds[x])) for x in images)
    loss -= mpmath.fsum(P[x][t] * scores[x][t] for x in images for t in texts)
    divergence = mpmath.fsum(
        P[x][t] * mpmath.log(P[x][t] / p[x] / Q[x][t]) for x in images for t in texts if P[x][t] > 0
    )
    by_class = [[mpmath.fsum(row[t] for t in texts if w[t] == i) for i in classes] for row in Q]
    truth = [[mpmath.fsum(P[x][t] for t in texts if w[t] == i) for i in classes] for x in images]
    worst = [min(truth[x][i] for i in classes if by_class[x][i] >= max(by_class[x]) - EQUAL) for x in images]
    return {
        "infonce_loss": loss,
        "score_divergence": divergence,
        "score_error": error(by_class, y, p),
        "text_label_excess": mpmath.fsum(max(truth[x]) - worst[x] for x in images),
        "ranking": ranking(P, q, scores),
        "ranking_limit": limit(divergence),
    }


@remembered
def ranking(P, q, scores):
    """Twice the AUC is the mean of 1 + sign(s(x,t) − s(x,t'))."""
    return mpmath.fsum(
        mass * other * (1 + (0 if abs(row[t] - row[z]) < EQUAL else mpmath.sign(row[t] - row[z]))) / 2
        for masses, row in zip(P, scores, strict=True)
        for t, mass in enumerate(masses)
        for z, other in enumerate(q)
    )


@remembered
def limit(divergence):
    """coth λ − 1/λ at the λ where λ coth λ − 1 − log(sinh λ/λ) is the divergence, by bisection at 100 digits."""
    if divergence < EQUAL:
        return mpmath.sqrt(2 * positive_part(divergence) / 3)
    with mp.workdps(100):
        low = mpmath.sqrt(6 * divergence)
        high = low * mpmath.exp(divergence)
        for _ in range(260):
            middle = (low + high) / 2
            reached = middle * mpmath.coth(middle) - 1 - mpmath.log(mpmath.sinh(middle) / middle)
            low, high = (middle, high) if reached < divergence else (low, middle)
        return mpmath.coth(low) - 1 / low


@remembered
def of_alignment(P, p, q, f, g, sigma, tau):
    """What the covariances and the cosines of encoders say."""
    sides = []
    for features, masses in ((f, p), (g, q)):
        means = times([masses], features)[0]
        centred = [
            [mpmath.sqrt(m) * (a - b) for a, b in zip(row, means, strict=True)]
            for m, row in zip(masses, features, strict=True)
        ]
        sides.append([positive_part(value) for value in spectrum(times(transposed(centred), centred))[0]])
    C = covariance(P, f, g)
    units = [[[a / (mpmath.norm(row) or 1) for a in row] for row in features] for features in (f, g)]
    cosines = times(units[0], transposed(units[1]))
    loss = mpmath.fsum(
        p[x] * mpmath.log(mpmath.fsum(b * mpmath.exp(s / tau) for b, s in zip(q, row, strict=True)))
        - mpmath.fsum(a * s / tau for a, s in zip(P[x], row, strict=True))
        for x, row in enumerate(cosines)
    )
    return {
        "alignment": mpmath.fsum(C[i][i] for i in range(len(C))),
        "image_variance": mpmath.fsum(sides[0]),
        "text_variance": mpmath.fsum(sides[1]),
        "alignment_spectrum": mpmath.fsum(a * mpmath.sqrt(s * t) for a, s, t in zip(sigma[1:], *sides, strict=False)),
        "cosine_information": -loss,
    }


@remembered
def dilution(P, P_T, p, q, y, eta):
    """Text-induced pairs where only a share of the captions is kept."""
    mixed = [
        [eta * mass + (1 - eta) * a * b for mass, b in zip(row, q, strict=True)] for row, a in zip(P, p, strict=True)
    ]
    pairs = induced(mixed, q)
    expected = [[eta**2 * P_T[x][z] + (1 - eta**2) * p[x] * p[z] for z in range(len(p))] for x in range(len(p))]
    return {
        "diluted_error": disagreement(pairs, y, y),
        "dilution_residual": distance(scaled(pairs, p, p), scaled(expected, p, p)),
    }


@remembered
def caption_gap(P, p, q, lambdas, U):
    """The largest weighted difference of the distances of two images by features and by captions."""

    def gap(x, z):
        features = mpmath.fsum(
            value * (u[x] / mpmath.sqrt(p[x]) - u[z] / mpmath.sqrt(p[z])) ** 2
            for value, u in zip(lambdas, U, strict=True)
        )
        captions = mpmath.fsum((P[x][t] / p[x] - P[z][t] / p[z]) ** 2 / q[t] for t in range(len(q)))
        return abs(features - captions) * p[x] * p[z] / (p[x] + p[z])

    return max(gap(x, z) for x in range(len(p)) for z in range(len(p)))


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


def difference(M, N):
    return [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(M, N, strict=True)]


def squared(M):
    return mpmath.fsum(entry**2 for row in M for entry in row)


@remembered
def nearest_probabilities(v):
    """Of the points of all faces nearest to v that are of the simplex, the nearest: with their class sets, by size."""
    best = None
    for chosen in range(1, 2 ** len(v)):
        face = [i for i in range(len(v)) if chosen >> i & 1]
        shift = (mpmath.fsum(v[i] for i in face) - 1) / len(face)
        point = [v[i] - shift if i in face else mpf(0) for i in range(len(v))]
        far = mpmath.fsum((a - b) ** 2 for a, b in zip(point, v, strict=True))
        if min(point) >= 0 and (best is None or far < best[0]):
            best = far, point
    return best[1]


def answers(prediction, p):
    """Scores of each item, and the probabilities nearest to twice these."""
    scores = [[entry / mpmath.sqrt(p[x]) for entry in row] for x, row in enumerate(prediction)]
    return scores, [nearest_probabilities([2 * score for score in row]) for row in scores]


def drawn_error(prediction, labels, p):
    return mpmath.fsum(p[x] * (1 - row[labels[x]]) for x, row in enumerate(answers(prediction, p)[1]))


def drawn_gain(prediction, labels, p):
    gains = []
    for score, near, label in zip(*answers(prediction, p), labels, strict=True):
        off = mpmath.fsum((a - b) ** 2 for a, b in zip(near, score, strict=True))
        left = [near[i] - (i == label) for i in range(len(near))]
        gains.append(off + mpmath.fsum((2 * a - b) * c for a, b, c in zip(score, near, left, strict=True)))
    return mpmath.fdot(p, gains)


def distance(M, N):
    return mpmath.fsum((a - b) ** 2 for rows in zip(M, N, strict=True) for a, b in zip(*rows, strict=True))


def residual(prediction, labels, p):
    return distance(labelled(labels, p, range(len(prediction[0]))), prediction)


def error(prediction, labels, p):
    def wrong(row, label):
        return any(row[i] >= row[label] - EQUAL for i in range(len(row)) if i != label)

    return mpmath.fsum(p[x] for x, row in enumerate(prediction) if wrong(row, labels[x]))
