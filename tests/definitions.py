"""Every quantity and both sides of every theorem, computed again from their definitions in the theory.

Plain NumPy and SciPy, loops and enumeration, for small joints; nothing is shared with the package.  These things
are done differently on purpose: singular values are eigenvalues of the symmetric matrix [[0, A], [Aᵀ, 0]]; the
optimal image features are eigenvectors of the graph of text-induced pairs; those of augmentation pairs solve
P_A f = λ diag(p_A) f; probes are weighted least squares.  Images are x and texts are t.
"""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.special
import walk_definitions
from walk_definitions import remembered

# Scores of order one this near to each other tie: far above rounding, far below a real difference.
TIE = 1e-10


def quantities(
    matrix,
    image_labels,
    text_labels,
    k,
    encoders=None,
    channel=None,
    augmentation=None,
    auxiliary_labels=None,
    sample=None,
    failure_probability=0.05,
    labelled=None,
    temperature=1.0,
    mismatch=0.5,
    candidates=2,
    steps=16,
    walks=None,
    attribute=None,
    resampled=None,
    label_law=None,
    negatives=None,
):
    """All quantities at encoder dimension k, by name; those that the instance cannot have are missing.

    The augmentation is P_A, resampled is P_R and the sample counts of pairs, all matrices; labelled are counts of
    images; walks are counts of walks that are in their class after each step; attribute has those of images and of
    texts.
    """
    # Whatever kind of number was given, all that follows is NumPy.
    P, failure_probability = np.asarray(matrix, dtype=float), float(failure_probability)
    y, w = np.asarray(image_labels).tolist(), np.asarray(text_labels).tolist()
    n_classes = 1 + max(y + w)
    p, q = marginal(P), marginal(P.T)
    image_pairs, text_pairs = induced_pairs(P), induced_pairs(P.T)
    sigma = singular_values(P)

    image_features = optimal_features(image_pairs, k)
    matching_text_features = conditional_means(P, image_features)
    probe = probe_scores(image_features, y, p, n_classes)
    text_probe = probe_scores(optimal_features(text_pairs, k), w, q, n_classes)
    zero_shot = zero_shot_scores(image_features, matching_text_features, w, q, n_classes)

    found = {
        "k": k,
        "n_items": len(y) + len(w),
        "n_classes": len(set(y) | set(w)),
        "labeling_error": disagreement(P, y, w),
        "bayes_labeling_error": sum(min(disagreement(P[:, [t]], y, [i]) for i in set(y)) for t in range(len(w))),
        "text_induced_error": disagreement(image_pairs, y, y),
        "image_induced_error": disagreement(text_pairs, w, w),
        "class_collision": sum(p[x] * p[z] for x, z in cells(np.outer(p, p)) if y[x] == y[z]),
        "largest_class": max(p[list(members(y, i))].sum() for i in set(y)),
        "sigma_2": nth(sigma, 2),
        "sigma_k": nth(sigma, k),
        "sigma_next": nth(sigma, k + 1),
        "sigma_after": nth(sigma, k + 2),
        "sigma_three_quarters": nth(sigma, max(1, math.floor(0.75 * k))),
        "sigma_classes": nth(sigma, len(set(y))),
        "sigma_min": 0.0 if len(p) > len(q) else sigma[-1],
        "inertia": sum(s**2 for s in sigma[1:]),
        "tail": sum(s**2 for s in sigma[k:]),
        "text_induced_tail": sum(s**4 for s in sigma[k:]),
        "probe_residual": residual(probe, y, p),
        "probe_error": error(probe, y, p),
        "text_probe_residual": residual(text_probe, w, q),
        "text_probe_error": error(text_probe, w, q),
        "zero_shot_residual": residual(zero_shot, y, p),
        "zero_shot_error": error(zero_shot, y, p),
        "probe_drawn_error": drawn_error(probe, y, p),
        "probe_drawn_gain": drawn_gain(probe, y, p),
        "zero_shot_drawn_error": drawn_error(zero_shot, y, p),
        "zero_shot_drawn_gain": drawn_gain(zero_shot, y, p),
        "posterior_residual": residual(posteriors(P, w, n_classes), y, p),
        "text_mean_residual": text_mean_residual(P, y, w, n_classes),
        "head_distance": sum(p[x] * np.sum((probe[x] - zero_shot[x]) ** 2) for x in range(len(p))),
        "soft_residual": residual(soft_scores(P, image_features, matching_text_features, y, n_classes), y, p),
        "optimal_loss": factorization_loss(P, image_features, matching_text_features),
        "optimal_text_induced_loss": factorization_loss(
            image_pairs, image_features, conditional_means(image_pairs, image_features)
        ),
        "squared_norm": sum(P[x, t] ** 2 / (p[x] * q[t]) for x, t in cells(P)),
        "chi_square": sum((P[x, t] - p[x] * q[t]) ** 2 / (p[x] * q[t]) for x, t in cells(P)),
        "mutual_information": mutual_information(P),
        "class_conductance": max(probability_of_leaving(image_pairs, members(y, i)) for i in set(y)),
        "total_conductance": sum(probability_of_leaving(image_pairs, members(y, i)) for i in set(y)),
        "infonce_gradient": np.abs(infonce_gradient(P, pointwise_mutual_information(P))).sum(),
        "largest_contribution": centred_norm(max(1 / math.sqrt(p[x] * q[t]) for x, t in cells(P) if P[x, t] > 0)),
        "contribution_variance": max(*contributions(P), *contributions(P.T)),
        "least_mass": min([*p, *q]),
        "gap_of_classes": sum(1 - nth(sigma, j) ** 2 for j in range(1, len(set(y)) + 1)),
        "within_class_gap": stiffness(within(image_pairs, y), np.diag(p), k),
        "sigma_product": math.prod(nth(sigma, j) for j in range(2, k + 2)),
        "largest_leverage": max(f @ f for f in image_features),
        "infonce_information": math.log(candidates) - infonce(P, pointwise_mutual_information(P), candidates),
        "candidates": candidates,
        "temperature": temperature,
        "best_ranking": ranking(P, np.exp(pointwise_mutual_information(P))),
        "information_limit": limit(mutual_information(P)),
        "pair_variation": total_variation(P.ravel(), np.outer(p, q).ravel()),
        "mismatch": mismatch,
        "diluted_error": disagreement(induced_pairs(diluted(P, mismatch)), y, y),
        "dilution_residual": dilution_residual(P, mismatch),
        "caption_gap": caption_gap(P),
    }
    posterior = np.array([[sum(P[x, np.array(w) == i]) / p[x] for i in range(n_classes)] for x in range(len(p))])
    of_walks = walk_definitions.quantities(image_pairs, y, *positive_spectrum(image_pairs), k, steps, posterior)
    found |= {walk_name(name): value for name, value in of_walks.items()}
    if 2 <= len(p) <= 16:
        found["conductance"] = conductance(image_pairs)
    if encoders is not None:
        f_V, f_L = (np.asarray(features, dtype=float) for features in encoders)
        found["contrastive_loss"] = contrastive_loss(P, f_V, f_L)
        found["factorization_loss"] = factorization_loss(P, f_V, f_L)
        found["best_text_loss"] = least_factorization_loss(P, f_V)
        found["unexplained"] = unexplained(P, f_V)
        found["intra_energy"] = sum(
            m[i] * m[j] * (f[i] @ f[j]) ** 2 for f, m in ((f_V, p), (f_L, q)) for i, j in cells(np.outer(m, m))
        )
        found["cross_energy"] = sum(p[x] * q[t] * (f_V[x] @ f_L[t]) ** 2 for x, t in cells(P))
        d = f_V.shape[1]
        found["encoder_residual"] = residual(probe_scores(f_V, y, p, n_classes), y, p)
        found["excess_loss"] = found["factorization_loss"] - sum(s**2 for s in sigma[d:])
        found["sigma_encoder_next"] = nth(sigma, d + 1)
        C = cross_covariance(P, f_V, f_L)
        found["linear_loss"] = linear_loss(C, best_product(C, k))
        kept = range(min(k, d))
        found["given_linear_loss"] = linear_loss(C, np.diag([float(i in kept) for i in range(d)]))
        found["encoder_tail"] = sum(s**2 for s in sigma[d:])
        found["unexplained_energy"], dimension = least_energy(P, f_V)
        found["sigma_affine_next"] = nth(sigma, dimension + 1)
        found |= contrastive_quantities(P, y, w, n_classes, f_V, f_L, temperature)
        found["linear_optimum"] = -sum(max(s, 0) for s in np.linalg.eigvalsh(C @ C.T)[::-1][:k]) / 2
    if channel is not None:
        garbled, texts_only = (singular_values(after_channel(law, channel)) for law in (P, np.diag(q)))
        found["garbled_sigma_next"] = nth(garbled, k + 1)
        found["garbled_product"] = math.prod(nth(garbled, j) for j in range(2, k + 2))
        found["channel_product"] = math.prod(nth(texts_only, j) for j in range(2, k + 2))
    if augmentation is not None:
        P_A = np.asarray(augmentation, dtype=float)
        p_A = marginal(P_A)
        eigenvalues, eigenfunctions = spectrum_of_pairs(P_A)
        sscl_probe = probe_scores(eigenfunctions[:, :k], y, p_A, n_classes)
        found["augmentation_error"] = disagreement(P_A, y, y)
        found["augmentation_collision"] = sum(p_A[x] * p_A[z] for x, z in cells(np.outer(p_A, p_A)) if y[x] == y[z])
        found["lambda_k"] = nth(eigenvalues, k)
        found["lambda_next"] = nth(eigenvalues, k + 1)
        found["lambda_after"] = nth(eigenvalues, k + 2)
        found["lambda_min"] = eigenvalues[-1]
        of_walks = walk_definitions.quantities(P_A, y, *positive_spectrum(P_A), k, steps)
        if eigenvalues[-1] < -1e-12:  # then walks bound nothing
            of_walks |= {"lower": 0, "upper": 1 - found["augmentation_collision"]}
        found |= {f"sscl_walk_{name}": value for name, value in of_walks.items()}
        found["sscl_residual"] = residual(sscl_probe, y, p_A)
        found["sscl_error"] = error(sscl_probe, y, p_A)
        found["marginal_distance"] = total_variation(p, p_A)
        found["augmentation_within_class_gap"] = stiffness(within(P_A, y), np.diag(p_A), k)
        # x' and x'' are the partners of x: E_T ½(f(x)−f(x'))² − E_A ½(f(x)−f(x''))², over E f(x)², at its least.
        order = laplacian(image_pairs) - laplacian(P_A)
        found["order_defect"] = max(0, -scipy.linalg.eigh(order, np.diag(p), eigvals_only=True)[0])
        found["least_marginal_ratio"] = min(a / b for a, b in zip(p_A, p, strict=True))
        if auxiliary_labels is not None:
            auxiliary = np.asarray(auxiliary_labels).tolist()
            found["auxiliary_disagreement"] = disagreement(P_A, auxiliary, auxiliary)
            found["auxiliary_error"] = sum(p_A[x] for x in range(len(p)) if auxiliary[x] != y[x])
        if resampled is not None:
            found |= of_resampled(P_A, np.asarray(resampled, dtype=float), y, k, n_classes, attribute)
    if attribute is not None:
        images, texts = (None if part is None else np.asarray(part).tolist() for part in attribute)
        r = len(set(y) | set(w))
        theta = above_chance(sum(p[x] for x in range(len(p)) if y[x] == images[x]), r)
        found["n_attributes"] = len(set(images))
        found["attribute_correlation"] = theta
        found["probe_choice"] = choice(probe, y, images, p)
        if texts is not None:
            found["attribute_error"] = disagreement(P, images, texts)
            kept = [above_chance(1 - found[name], r) for name in ("labeling_error", "attribute_error")]
            captions = [
                [told(y[x], w[t], kept[0], r) * told(images[x], texts[t], kept[1], r) for t in range(len(q))]
                for x in range(len(p))
            ]
            expected = [[picture(y[x], images[x], theta, r) * c for c in row] for x, row in enumerate(captions)]
            found["coloured_distance"] = np.abs(P - np.array(expected)).sum() / 2
        if augmentation is not None:
            found["augmentation_attribute_error"] = disagreement(P_A, images, images)
            same = [[(y[x] == y[z], images[x] == images[z]) for z in range(len(p))] for x in range(len(p))]
            shares = {kind: sum(P_A[x, z] for x, z in cells(P_A) if same[x][z] == kind) for kind in PAIR_KINDS}
            found["augmentation_agreement"] = shares[True, True]
            s, spread = len(set(images)), {}
            for one, other in PAIR_KINDS:
                pairs = r * s * (1 if one else r - 1) * (1 if other else s - 1)
                spread[one, other] = shares[one, other] / pairs if pairs else 0
            found["style_distance"] = sum(abs(P_A[x, z] - spread[same[x][z]]) for x, z in cells(P_A)) / 2
            errors = found["augmentation_error"], found["augmentation_attribute_error"]
            of_views = [math.sqrt(max(above_chance(1 - error, r), 0)) for error in errors]
            expected = coloured_views(y, images, theta, *of_views, r, n_classes)
            found["coloured_view_distance"] = np.abs(P_A - expected).sum() / 2
            found["sscl_choice"] = choice(sscl_probe, y, images, p_A)
    if negatives is not None:
        M = np.asarray(negatives, dtype=float)
        found["negative_collision"] = sum(M[x, z] for x, z in cells(M) if y[x] == y[z]) / M.sum()
    if label_law is not None and attribute is not None:
        L, c = np.asarray(label_law, dtype=float), np.asarray(attribute[0]).tolist()
        found |= of_label_law(L, y, c, p, len(set(y) | set(w)))
        fit = fitted_scores(image_features, L, p)
        found["label_gap"] = sum(p[x] * total_variation(L[x], fit[x]) for x in range(len(p)))
        found["label_choice"] = choice(fit, y, c, p)
        if augmentation is not None:
            found |= of_label_views(P_A, y, c)
            found["sscl_label_choice"] = choice(fitted_scores(eigenfunctions[:, :k], L, p_A), y, c, p_A)
    if sample is not None:
        counts = np.asarray(sample, dtype=float)
        sample_law = counts / np.sum(counts)
        found["sample_size"] = np.sum(counts)
        found["failure_probability"] = failure_probability
        sample_probe = probe_scores(empirical_features(sample_law, P, k), y, p, n_classes)
        found["sample_deviation"] = spectral_norm(normalized(sample_law, like=P) - normalized(P))
        found["sample_residual"] = residual(sample_probe, y, p)
        found["sample_error"] = error(sample_probe, y, p)
        learned = np.append(np.linalg.svd(normalized(sample_law, like=P), compute_uv=False), 0)
        found["sample_gap"] = learned[k - 1] ** 2 - learned[k] ** 2
        practical_probe = probe_scores(practical_features(sample_law, k), y, p, n_classes)
        found["practical_deviation"] = spectral_norm(normalized(sample_law) - normalized(P))
        found["practical_residual"] = residual(practical_probe, y, p)
    if labelled is not None:
        counts = np.asarray(labelled, dtype=float)
        found["labelled_size"] = np.sum(counts)
        found["failure_probability"] = failure_probability
        found["fitted_residual"] = residual_of_fit(image_features, y, p, n_classes, counts)
    if walks is not None:
        walks = np.asarray(walks, dtype=float)
        found["walk_sample_size"] = walks[0]
        found["walk_sampled_last"], found["walk_sampled_before"] = (1 - walks[m] / walks[0] for m in (steps, steps - 1))
        found["failure_probability"] = failure_probability
    return {name: float(value) for name, value in found.items()}


# Laws.


def cells(P):
    """Every (row, column)."""
    return itertools.product(range(P.shape[0]), range(P.shape[1]))


def members(labels, i):
    """The items of class i."""
    return tuple(item for item, label in enumerate(labels) if label == i)


def marginal(P):
    """The law of the row."""
    return np.array([math.fsum(row) for row in P])


@remembered
def conditional(P):
    """p(x | t) in column t."""
    return np.array([column / math.fsum(column) for column in P.T]).T


@remembered
def induced_pairs(P):
    """The law of two rows drawn independently given one column: Σ_t p(t) p(x|t) p(x'|t)."""
    given, q = conditional(P), marginal(P.T)
    pairs = np.zeros((P.shape[0], P.shape[0]))
    for x, other in cells(pairs):
        pairs[x, other] = sum(q[t] * given[x, t] * given[other, t] for t in range(P.shape[1]))
    return pairs


@remembered
def after_channel(P, channel):
    """The law of images and garbled captions: Σ_t P(x, t) K(t, new)."""
    K = np.asarray(channel, dtype=float)
    law = np.zeros((P.shape[0], K.shape[1]))
    for x, new in cells(law):
        law[x, new] = sum(P[x, t] * K[t, new] for t in range(P.shape[1]))
    return law


def disagreement(P, row_labels, column_labels):
    """The probability that the two of a pair have different labels."""
    return sum(P[x, t] for x, t in cells(P) if row_labels[x] != column_labels[t])


def centred_norm(largest):
    """The positive root of R² − R_0 R = 1."""
    return max(np.roots([1, -largest, -1]))


def contributions(P):
    """Σ_t P(x, t) / (p(x) p(t)) for each row x."""
    p, q = marginal(P), marginal(P.T)
    return [sum(P[x, t] / (p[x] * q[t]) for t in range(P.shape[1])) for x in range(P.shape[0])]


def total_variation(p, other):
    """sup over events of p(event) − other(event): the event of all that p favours."""
    return sum(a - b for a, b in zip(p, other, strict=True) if a > b)


@remembered
def mutual_information(P):
    """E log P(x,t) / (p(x) p(t)), in nats."""
    p, q = marginal(P), marginal(P.T)
    return sum(P[x, t] * math.log(P[x, t] / (p[x] * q[t])) for x, t in cells(P) if P[x, t] > 0)


# An attribute beside the class.

PAIR_KINDS = tuple(itertools.product((True, False), repeat=2))  # whether classes agree, and attributes


def above_chance(same, r):
    """By how much the probability that two labels are equal exceeds that of r equally likely ones, as a share."""
    return (r * same - 1) / (r - 1) if r > 1 else 1.0


def picture(digit, colour, theta, r):
    """The mass of a digit in a colour: with probability θ one draw is both, else they are drawn apart."""
    return theta * (digit == colour) / r + (1 - theta) / r**2


def told(thing, word, kept, r):
    """The chance of a word for a thing that is kept with some probability, else drawn."""
    return kept * (thing == word) + (1 - kept) / r


@remembered
def coloured_views(y, images, theta, a, b, r, n_classes):
    """The law of two views of a picture, whose digit and colour are one value with some probability, else apart."""
    law = np.zeros((len(y), len(y)))
    natural = theta / (a * b) if a * b > 0 else 0.0
    for x, z in cells(law):
        digits, colours = (told(one[x], one[z], kept**2, r) / r for one, kept in ((y, a), (images, b)))
        law[x, z] = (1 - natural) * digits * colours
    for value in range(n_classes):
        views = [told(value, y[x], a, r) * told(value, images[x], b, r) for x in range(len(y))]
        law += natural / r * np.outer(views, views)
    return law


def choice(scores, y, attributes, p):
    """How much more often the best score, clear of all others, is that of the class than that of the attribute."""
    apart = [x for x in range(len(y)) if y[x] != attributes[x]]
    answers = {}
    for x in apart:
        best, *rest = sorted(scores[x], reverse=True)
        answers[x] = None if rest and best - rest[0] < TIE else int(np.argmax(scores[x]))
    named = [sum(p[x] for x in apart if answers[x] == labels[x]) for labels in (y, attributes)]
    return (named[0] - named[1]) / sum(p[x] for x in apart)


# A noisy label.


@remembered
def of_label_law(L, y, c, p, r):
    """How noisy it is, how often it is the attribute, and how far from noisy classes that the attribute follows."""
    same = [sum(p[x] * L[x, one[x]] for x in range(len(p)) if one[x] < L.shape[1]) for one in (y, c)]
    eta, q, distance = 1 - same[0], same[1], 0
    for x in range(len(p)):
        share = p[x] / sum(p[z] for z in range(len(p)) if (y[z], c[z]) == (y[x], c[x]))
        for label in range(L.shape[1]):
            noisy = 1 - eta if label == y[x] else eta / max(r - 1, 1)
            shown = q if label == c[x] else (1 - q) / max(r - 1, 1)
            distance += abs(p[x] * L[x, label] - share * noisy * shown / r) / 2
    return {"label_noise": eta, "label_following": q, "label_distance": distance}


def fitted_scores(features, target, p):
    """The best weighted least-squares fit of a target by features."""
    root = np.sqrt(p)[:, None]
    return features @ np.linalg.lstsq(root * features, root * target, rcond=1e-9)[0]


@remembered
def of_label_views(P_A, y, c):
    """How views keep the class where the attribute is given."""
    p, items = marginal(P_A), list(zip(y, c, strict=True))
    mass = {item: sum(p[x] for x in range(len(p)) if items[x] == item) for item in items}
    of_colour = {colour: sum(mass[item] for item in mass if item[1] == colour) for colour in c}
    differs = 1 - sum(mass[item] ** 2 / of_colour[item[1]] for item in mass)
    kept = 1 - disagreement(P_A, y, y) / differs if differs > 1e-12 else 1.0
    distance = 0
    for x, (digit, colour) in enumerate(items):
        for other, shade in mass:
            seen = sum(P_A[x, z] for z in range(len(p)) if items[z] == (other, shade))
            told = kept * (digit == other) + (1 - kept) * mass[other, shade] / of_colour[shade]
            distance += abs(seen - p[x] * (colour == shade) * told) / 2
    return {"class_kept": kept, "class_view_distance": distance}


# Resampled pairs.


def of_resampled(P_A, law, y, k, n_classes, attribute):
    """What resampling made of P_A: new pairs, by the largest multiple of the one law that fits below the other."""
    before, after = disagreement(P_A, y, y), disagreement(law, y, y)
    kept_of_old = min(law[x, z] / P_A[x, z] for x, z in cells(law) if P_A[x, z] > 0)
    kept_of_new = min(P_A[x, z] / law[x, z] for x, z in cells(law) if law[x, z] > 0)
    new, dropped = law - kept_of_old * P_A, P_A - kept_of_new * law
    values, functions = spectrum_of_pairs(law)
    false = np.array([[float(one != other) for other in y] for one in y])
    left = P_A - (1 - kept_of_new) * P_A * false / max(before, 1e-300)
    found = {
        "resampled_error": after,
        "added_share": 1 - kept_of_old,
        "dropped_share": 1 - kept_of_new,
        "added_error": disagreement(new / new.sum(), y, y),
        "dropped_error": disagreement(dropped / dropped.sum(), y, y),
        "dropped_distance": np.abs(kept_of_new * law - left).sum() / 2,
        "resampled_lambda_k": nth(values, k),
        "resampled_lambda_next": nth(values, k + 1),
        "resampled_residual": residual(probe_scores(functions[:, :k], y, marginal(law), n_classes), y, marginal(law)),
    }
    if attribute is not None:
        c = np.asarray(attribute[0])
        pairs = (1 - false) * (c[:, None] != c[None, :])
        expected = kept_of_old * P_A + (1 - kept_of_old) * pairs / max(pairs.sum(), 1)
        found["added_distance"] = np.abs(law - expected).sum() / 2
    return found


# The spectrum.


@remembered
def normalized(P, like=None):
    """D_V^{-1/2} P D_L^{-1/2}, with the marginals of another law where one is given; 0 where there is no pair."""
    law = P if like is None else like
    p, q = marginal(law), marginal(law.T)
    A = np.zeros(P.shape)
    for x, t in cells(P):
        if P[x, t] > 0:
            A[x, t] = P[x, t] / math.sqrt(p[x] * q[t])
    return A


@remembered
def singular_values(P):
    """σ_1 ≥ σ_2 ≥ … of the normalized matrix: the largest min(n_V, n_L) eigenvalues of [[0, A], [Aᵀ, 0]]."""
    A = normalized(P)
    zero_V, zero_L = np.zeros((A.shape[0],) * 2), np.zeros((A.shape[1],) * 2)
    eigenvalues = np.linalg.eigvalsh(np.block([[zero_V, A], [A.T, zero_L]]))
    return np.maximum(eigenvalues[::-1][: min(A.shape)], 0)


@remembered
def spectrum_of_pairs(pairs):
    """λ_1 ≥ λ_2 ≥ … and functions f with P_A f = λ diag(p_A) f, E f fᵀ = I under p_A: encoders, best first."""
    eigenvalues, eigenfunctions = scipy.linalg.eigh(pairs, np.diag(marginal(pairs)))
    return eigenvalues[::-1], eigenfunctions[:, ::-1]


def positive_spectrum(pairs):
    """The eigenvalues, those below 0 by rounding as 0, and the functions, one a row."""
    eigenvalues, eigenfunctions = spectrum_of_pairs(pairs)
    return np.clip(eigenvalues, 0, 1), eigenfunctions.T


def walk_name(name):
    """The package's name of what ``walk_definitions`` calls so."""
    return f"zero_shot_walk_{name.removeprefix('zero_shot_')}" if name.startswith("zero_shot") else f"walk_{name}"


def spectral_norm(M):
    """The root of the largest eigenvalue of MᵀM."""
    return math.sqrt(max(np.linalg.eigvalsh(M.T @ M)[-1], 0))


def nth(values, j):
    """The j-th of them, counted from 1; 0 beyond the last."""
    return values[j - 1] if j <= len(values) else 0.0


@remembered
def laplacian(pairs):
    """½E(f(x) − f(x'))² as a quadratic form of f."""
    L = np.zeros(pairs.shape)
    for x, other in cells(pairs):
        e = np.zeros(len(pairs))
        e[x] += 1
        e[other] -= 1
        L += pairs[x, other] * np.outer(e, e) / 2
    return L


def within(pairs, labels):
    """Pairs of one class."""
    return np.array([[pairs[x, z] * (labels[x] == labels[z]) for z in range(len(pairs))] for x in range(len(pairs))])


def stiffness(pairs, D, k):
    """The (k+1)-th least λ of L f = λ D f; 1 beyond the last."""
    values = scipy.linalg.eigh(laplacian(pairs), D, eigvals_only=True)
    return values[k] if k < len(values) else 1.0


@remembered
def least_energy(P, f_V):
    """min over g of ½E(g(x) − g(x'))² / dist²(g, affine functions of f_V), and the dimension of these functions.

    For g = h + s, h in the complement, the best s solves normal equations; what is left is a form of h alone.
    """
    root = np.sqrt(marginal(P))
    L = laplacian(induced_pairs(P)) / np.outer(root, root)
    inside = scipy.linalg.orth(np.column_stack([root, root[:, None] * f_V]), rcond=1e-10)
    outside = scipy.linalg.null_space(inside.T)
    if not outside.shape[1]:
        return 1.0, inside.shape[1]
    across = inside.T @ L @ outside
    form = outside.T @ L @ outside - across.T @ np.linalg.pinv(inside.T @ L @ inside, rcond=1e-10) @ across
    return np.linalg.eigvalsh(form)[0], inside.shape[1]


# Encoders.


def optimal_features(pairs, k):
    """f(x) = p(x)^{-1/2} u(x), u the top k eigenvectors of the normalized graph of pairs; here E f fᵀ = I."""
    eigenvectors = np.linalg.eigh(normalized(pairs))[1][:, ::-1]
    return eigenvectors[:, :k] / np.sqrt(marginal(pairs))[:, None]


def conditional_means(P, features):
    """E[f(x) | t] for each column t: given features with E f fᵀ = I, the other factor of least loss."""
    given = conditional(P)
    return np.array([sum(given[x, t] * features[x] for x in range(len(features))) for t in range(P.shape[1])])


def empirical_features(sample_law, P, k):
    """f(x) = p(x)^{-1/2} u(x), u the top k eigenvectors of ÂÂᵀ, Â the sample normalized by the population."""
    estimate = normalized(sample_law, like=P)
    eigenvectors = np.linalg.eigh(estimate @ estimate.T)[1][:, ::-1]
    return eigenvectors[:, :k] / np.sqrt(marginal(P))[:, None]


def practical_features(sample_law, k):
    """f(x) = p̂(x)^{-1/2} u(x), u the top k eigenvectors of the sample's own graph; 0 for images not drawn."""
    A = normalized(sample_law)
    eigenvectors = np.linalg.eigh(A @ A.T)[1][:, ::-1]
    rows = [
        u[:k] / math.sqrt(mass) if mass > 0 else np.zeros(k)
        for u, mass in zip(eigenvectors, marginal(sample_law), strict=True)
    ]
    return np.array(rows)


# Other losses.


@remembered
def pointwise_mutual_information(P):
    """log P(x,t)/(p(x)p(t)), −∞ where there is no pair."""
    p, q = marginal(P), marginal(P.T)
    scores = np.full(P.shape, -math.inf)
    for x, t in cells(P):
        if P[x, t] > 0:
            scores[x, t] = math.log(P[x, t] / (p[x] * q[t]))
    return scores


@remembered
def infonce_gradient(P, scores):
    """The pairs that scores predict, half from the image and half from the text, less the true ones."""
    p, q = marginal(P), marginal(P.T)
    texts = [scipy.special.softmax(row + np.log(q)) for row in scores]
    images = [scipy.special.softmax(column + np.log(p)) for column in scores.T]
    gradient = np.zeros(P.shape)
    for x, t in cells(P):
        gradient[x, t] = (p[x] * texts[x][t] + q[t] * images[t][x]) / 2 - P[x, t]
    return gradient


@remembered
def infonce(P, scores, candidates):
    """E −log of the share of e^score that an image's text has among the candidates, all sets of which are tried."""
    q, loss = marginal(P.T), 0.0
    for x, t in cells(P):
        if P[x, t] > 0:
            odds = [math.exp(score - scores[x, t]) for score in scores[x]]
            for others in itertools.product(range(len(q)), repeat=candidates - 1):
                chance = P[x, t] * math.prod(q[other] for other in others)
                loss += chance * math.log(1 + sum(odds[other] for other in others))
    return loss


@remembered
def cross_covariance(P, f_V, f_L):
    """E (f_V − E f_V)(f_L − E f_L)ᵀ, pair by pair."""
    mean_V = sum(P[x, t] * f_V[x] for x, t in cells(P))
    mean_L = sum(P[x, t] * f_L[t] for x, t in cells(P))
    return sum(P[x, t] * np.outer(f_V[x] - mean_V, f_L[t] - mean_L) for x, t in cells(P))


def best_product(C, k):
    """The G_1ᵀG_2 of rank k that is nearest to C: C on the top k eigenvectors of CᵀC."""
    right = np.linalg.eigh(C.T @ C)[1][:, ::-1][:, :k]
    return C @ right @ right.T


def linear_loss(C, product):
    """−⟨C, G_1ᵀG_2⟩ + ½‖G_1ᵀG_2‖²."""
    return sum(-C[i, j] * product[i, j] + product[i, j] ** 2 / 2 for i, j in cells(C))


@remembered
def contrastive_loss(P, f_V, f_L):
    """−2 E_P f_Vᵀf_L + E_{p_V × p_L} (f_Vᵀf_L)²."""
    p, q = marginal(P), marginal(P.T)
    attraction = sum(P[x, t] * (f_V[x] @ f_L[t]) for x, t in cells(P))
    return -2 * attraction + sum(p[x] * q[t] * (f_V[x] @ f_L[t]) ** 2 for x, t in cells(P))


@remembered
def factorization_loss(P, f_V, f_L):
    """‖A − F_V F_Lᵀ‖², cell by cell."""
    A, p, q = normalized(P), marginal(P), marginal(P.T)
    return sum((A[x, t] - math.sqrt(p[x] * q[t]) * (f_V[x] @ f_L[t])) ** 2 for x, t in cells(P))


@remembered
def least_factorization_loss(P, f_V):
    """min over F_L of ‖A − F_V F_Lᵀ‖²: a least-squares problem for each column of A, so for each text."""
    A = normalized(P)
    F_V = np.sqrt(marginal(P))[:, None] * f_V
    best = [np.linalg.lstsq(F_V, column, rcond=None)[0] for column in A.T]
    return sum(np.sum((column - F_V @ factor) ** 2) for column, factor in zip(A.T, best, strict=True))


@remembered
def unexplained(P, f_V):
    """Tr (I − Π) A_T, A_T the normalized graph of text-induced pairs, Π the projector onto F_V's columns."""
    F_V = np.sqrt(marginal(P))[:, None] * f_V
    projector = F_V @ np.linalg.pinv(F_V)
    return np.trace((np.eye(len(F_V)) - projector) @ normalized(induced_pairs(P)))


# InfoNCE of given scores, with infinitely many negatives; retrieval; alignment; captions.


@remembered
def contrastive_quantities(P, y, w, n_classes, f_V, f_L, temperature):
    """What the scores f_V(x)ᵀf_L(t) say, divided by the temperature."""
    p, q = marginal(P), marginal(P.T)
    s = np.array([[f @ g for g in f_L] for f in f_V]) / temperature
    predicted = np.array([scipy.special.softmax(row + np.log(q)) for row in s])
    given = P / p[:, None]
    classes = np.array([[sum(row[list(members(w, i))]) for i in range(n_classes)] for row in predicted])
    cosines = [[cosine(f, g) / temperature for g in f_L] for f in f_V]
    divergence = sum(p[x] * scipy.special.rel_entr(given[x], predicted[x]).sum() for x in range(len(p)))
    return {
        "infonce_loss": temperature * loss_of_all_texts(P, s),
        "score_divergence": divergence,
        "score_error": error(classes, y, p),
        "text_label_excess": sum(p[x] * worst_regret(given[x], classes[x], w) for x in range(len(p))),
        "ranking": ranking(P, s),
        "ranking_limit": limit(divergence),
        "cosine_information": -loss_of_all_texts(P, np.array(cosines)),
        "alignment": np.trace(cross_covariance(P, f_V, f_L)),
        "image_variance": sum(p[x] * np.sum((f_V[x] - p @ f_V) ** 2) for x in range(len(p))),
        "text_variance": sum(q[t] * np.sum((f_L[t] - q @ f_L) ** 2) for t in range(len(q))),
        "alignment_spectrum": sum(
            a * b * c for a, b, c in zip(singular_values(P)[1:], scales(f_V, p), scales(f_L, q), strict=False)
        ),
    }


def loss_of_all_texts(P, s):
    """E_P of −log e^{s(x,t)} / E_{t'} e^{s(x,t')}."""
    q = marginal(P.T)
    return sum(P[x, t] * (math.log(q @ np.exp(s[x] - s[x, t]))) for x, t in cells(P))


def cosine(f, g):
    """The cosine of the angle between two vectors, 0 where one is 0."""
    lengths = math.sqrt(sum(f**2)) * math.sqrt(sum(g**2))
    return f @ g / lengths if lengths > 0 else 0.0


def worst_regret(given, classes, text_labels):
    """How much less likely the answer is than the likeliest label of the text; of answers that tie, the worst."""
    truth = [sum(given[list(members(text_labels, i))]) for i in range(len(classes))]
    return max(truth) - min(truth[i] for i in range(len(classes)) if classes[i] >= max(classes) - TIE)


@remembered
def ranking(P, s):
    """Pr[s(x,t) > s(x,t')] + ½ Pr[=], t' drawn from all texts."""
    q, won = marginal(P.T), 0.0
    for (x, t), other in itertools.product(cells(P), range(len(q))):
        tie = s[x, t] == s[x, other] or abs(s[x, t] - s[x, other]) < 1e-12  # scores of order one, but for rounding
        won += P[x, t] * q[other] * (0.5 if tie else float(s[x, t] > s[x, other]))
    return won


@remembered
def limit(divergence):
    """inf over λ > 0 of (κ + log(sinh λ/λ))/λ, the dual form of what a law of divergence κ can do to a mean."""

    def bound(log_tilt):
        tilt = math.exp(log_tilt)
        return (divergence + tilt + math.log1p(-math.exp(-2 * tilt)) - math.log(2 * tilt)) / tilt

    if divergence < 1e-15:
        return math.sqrt(max(2 * divergence / 3, 0))
    start = math.log(6 * divergence) / 2  # the minimum is between √(6κ) and √(6κ)e^κ
    return scipy.optimize.minimize_scalar(
        bound, bounds=(start - 0.1, start + divergence + 0.1), method="bounded", options={"xatol": 1e-9}
    ).fun


def scales(features, p):
    """The singular values of √p(x)(f(x) − E f), as of [[0, F], [Fᵀ, 0]]."""
    F = np.sqrt(p)[:, None] * (features - p @ features)
    zeros = [np.zeros((size, size)) for size in F.shape]
    return np.maximum(np.linalg.eigvalsh(np.block([[zeros[0], F], [F.T, zeros[1]]]))[::-1][: min(F.shape)], 0)


def diluted(P, share):
    """A share of the pairs as they are, the others with a text drawn anew."""
    return share * P + (1 - share) * np.outer(marginal(P), marginal(P.T))


@remembered
def dilution_residual(P, share):
    """The squared distance of the diluted graph of text-induced pairs from the mixture of two graphs."""
    p = marginal(P)
    mixture = share**2 * induced_pairs(P) + (1 - share**2) * np.outer(p, p)
    return np.sum((normalized(induced_pairs(diluted(P, share))) - normalized(mixture)) ** 2)


@remembered
def caption_gap(P):
    """How far Σσ_j²(φ_j(x)−φ_j(z))² is from the chi-square distance of two rows, times pp'/(p+p'), at most."""
    p, q = marginal(P), marginal(P.T)
    eigenvalues, functions = spectrum_of_pairs(induced_pairs(P))

    def gap(x, z):
        features = sum(eigenvalues * (functions[x] - functions[z]) ** 2)
        captions = sum((P[x, t] / p[x] - P[z, t] / p[z]) ** 2 / q[t] for t in range(len(q)))
        return p[x] * p[z] / (p[x] + p[z]) * abs(features - captions)

    return max(gap(x, z) for x, z in itertools.product(range(len(p)), repeat=2))


# Heads.


def one_hot(labels, n_classes):
    """A row for each item."""
    return np.array([[float(label == i) for i in range(n_classes)] for label in labels])


def probe_scores(features, labels, p, n_classes):
    """Bᵀf(x) for the B that minimizes E‖onehot(y(x)) − Bᵀf(x)‖²."""
    root = np.sqrt(p)[:, None]
    B = np.linalg.lstsq(root * features, root * one_hot(labels, n_classes), rcond=None)[0]
    return features @ B


def residual_of_fit(features, labels, p, n_classes, counts):
    """E‖onehot − Bᵀf‖² for the B that fits each labelled image as often as it was drawn; ∞ where B is not unique."""
    drawn = [x for x, n in enumerate(counts) for _ in range(min(int(n), 1))]
    if np.linalg.matrix_rank(features[drawn], tol=1e-9) < features.shape[1]:
        return math.inf
    return residual(features @ weighted_fit(features, labels, n_classes, counts), labels, p)


def weighted_fit(features, labels, n_classes, counts):
    """(Σ n f fᵀ)^{-1} Σ n f onehotᵀ."""
    gram = sum(n * np.outer(f, f) for n, f in zip(counts, features, strict=True))
    return np.linalg.solve(gram, (counts[:, None] * features).T @ one_hot(labels, n_classes))


def zero_shot_scores(f_V, f_L, text_labels, q, n_classes):
    """f_V(x)ᵀ E_t[1[y_L(t) = i] f_L(t)]."""
    heads = np.zeros((n_classes, f_L.shape[1]))
    for t, label in enumerate(text_labels):
        heads[label] += q[t] * f_L[t]
    return np.array([[f @ head for head in heads] for f in f_V])


def posteriors(P, text_labels, n_classes):
    """Pr[y_L = i | x] for each image x."""
    given, codes = conditional(P.T), one_hot(text_labels, n_classes)
    return np.array([sum(given[t, x] * codes[t] for t in range(P.shape[1])) for x in range(P.shape[0])])


def text_mean_residual(P, image_labels, text_labels, n_classes):
    """E_t ‖E[onehot(y(x)) − posterior(x) | t]‖²."""
    errors = one_hot(image_labels, n_classes) - posteriors(P, text_labels, n_classes)
    return sum(q * np.sum(mean**2) for q, mean in zip(marginal(P.T), conditional_means(P, errors), strict=True))


def soft_scores(P, f_V, f_L, image_labels, n_classes):
    """f_V(x)ᵀ E[1[y(x') = i] f_L(t')], (x', t') a pair: the prompt for i is the mean caption of its images."""
    heads = np.zeros((n_classes, f_L.shape[1]))
    for x, t in cells(P):
        heads[image_labels[x]] += P[x, t] * f_L[t]
    return f_V @ heads.T


@remembered
def nearest_probabilities(v):
    """The point of the simplex nearest to v: (v − τ)₊ with the τ for which it sums to one, by a search for τ."""
    tau = scipy.optimize.brentq(lambda tau: np.maximum(v - tau, 0).sum() - 1, v.min() - 1, v.max(), xtol=1e-15)
    return np.maximum(v - tau, 0)


def drawn_error(scores, labels, p):
    """The probability that a class drawn from the probabilities nearest to twice the scores is wrong."""
    return sum(
        p[x] * sum(share for i, share in enumerate(nearest_probabilities(2 * scores[x])) if i != labels[x])
        for x in range(len(p))
    )


def drawn_gain(scores, labels, p):
    """E‖π − p‖² + E⟨2p − π, π − onehot⟩, π the probabilities nearest to twice the scores p."""
    gains = []
    for score, target in zip(scores, one_hot(labels, scores.shape[1]), strict=True):
        near = nearest_probabilities(2 * score)
        gains.append(np.sum((near - score) ** 2) + (2 * score - near) @ (near - target))
    return p @ gains


def residual(scores, labels, p):
    """E‖onehot(y(x)) − score(x)‖²."""
    targets = one_hot(labels, scores.shape[1])
    return sum(p[x] * np.sum((targets[x] - scores[x]) ** 2) for x in range(len(p)))


def error(scores, labels, p):
    """The probability that some other class scores as high as the own one, or higher."""
    return sum(p[x] for x in range(len(p)) if not own_class_wins(scores[x], labels[x]))


def own_class_wins(scores, own):
    """Whether the own class scores above every other by more than a tie."""
    return all(scores[own] > score + TIE for i, score in enumerate(scores) if i != own)


# Cuts of a graph of pairs.


def probability_of_leaving(pairs, inside):
    """Pr[x' ∉ S | x ∈ S]."""
    outside = [x for x in range(len(pairs)) if x not in inside]
    return pairs[np.ix_(inside, outside)].sum() / pairs[list(inside)].sum()


@remembered
def conductance(pairs):
    """min over the sets S of at most half the mass of Pr[x' ∉ S | x ∈ S]."""
    p = marginal(pairs)
    sizes = range(1, len(p))
    subsets = itertools.chain.from_iterable(itertools.combinations(range(len(p)), size) for size in sizes)
    half = 0.5 + 1e-12  # a set of exactly half the mass counts, whatever rounding says
    return min(probability_of_leaving(pairs, S) for S in subsets if p[list(S)].sum() <= half)


# Theorems.


def sides(slug, quantities):
    """Both sides of a theorem from a dictionary of quantities."""
    lhs, rhs = FORMULAS[slug]
    q = SimpleNamespace(**quantities)
    return lhs(q), rhs(q)


def applies(slug, quantities):
    """Whether what a theorem supposes is true; the first k directions of everything must be unique besides."""
    return slug not in CONDITIONS or CONDITIONS[slug](SimpleNamespace(**quantities)) > TIE


def binary_entropy(t):
    """−t log t − (1−t) log(1−t)."""
    return float(scipy.special.entr(t) + scipy.special.entr(1 - t))


def transferred(q):
    """2α − α²."""
    return 2 * q.labeling_error - q.labeling_error**2


def gap(q):
    """1 − σ²_{k+1}."""
    return 1 - q.sigma_next**2


def zero_shot_bound(q):
    """(√(2α) + σ_{k+1} √(min(1, (2α−α²)/(1−σ²_{k+1}))))²."""
    text_residual = min(1.0, transferred(q) / gap(q))
    return (math.sqrt(2 * q.labeling_error) + q.sigma_next * math.sqrt(text_residual)) ** 2


def spread(q):
    """σ_k² − σ_min²: what the first k directions of images have over the rest, if there is a rest."""
    return q.sigma_k**2 - q.sigma_min**2


def sscl_spread(q):
    """λ_k − λ_min."""
    return q.lambda_k - q.lambda_min


def lower_bound(q):
    """(α_T − (1−σ_k²)) / (σ_k² − σ_min²)."""
    return (q.text_induced_error - (1 - q.sigma_k**2)) / spread(q)


def text_induced_bound(q):
    """α_T / (1−σ²_{k+1})."""
    return q.text_induced_error / gap(q)


def sscl_bound(q):
    """α_A / (1−λ_{k+1})."""
    return q.augmentation_error / (1 - q.lambda_next)


def sscl_lower_bound(q):
    """(α_A − (1−λ_k)) / (λ_k − λ_min)."""
    return (q.augmentation_error - (1 - q.lambda_k)) / sscl_spread(q)


def haochen_bound(q):
    """4φ^ŷ / (1−λ_{k+1}) + 8Δ."""
    return 4 * q.auxiliary_disagreement / (1 - q.lambda_next) + 8 * q.auxiliary_error


def suboptimal_bound(q):
    """(√(α_T/(1−σ²_{k+1})) + √(p_max ε/(σ_k² − σ²_{d+1})))², d the dimension of the encoders."""
    lost = q.largest_class * max(q.excess_loss, 0) / (q.sigma_k**2 - q.sigma_encoder_next**2)
    return (math.sqrt(text_induced_bound(q)) + math.sqrt(lost)) ** 2


def finite_sample_bound(q, t=None):
    """(α_T + 2t + t²) / (1 − (σ_{k+1}+2t)²), for the deviation of the sample or another one."""
    t = q.sample_deviation if t is None else t
    return (q.text_induced_error + 2 * t + t**2) / (1 - (q.sigma_next + 2 * t) ** 2)


def likely_deviation(q):
    """RL/(3N) + √((RL/(3N))² + 2vL/N), the positive root of t² − 2RL/(3N) t = 2vL/N, L = log((n_V+n_L)/δ)."""
    L = math.log(q.n_items / q.failure_probability)
    linear, constant = (
        2 * q.largest_contribution * L / (3 * q.sample_size),
        2 * q.contribution_variance * L / q.sample_size,
    )
    return max(np.roots([1, -linear, -constant]))


def paper_bound(q):
    """α/(1−σ²_{k+1}) + k/Δ_σ² (κ min(1, √((n_V+n_L)/(N/3))) + √(log(2/δ)/N) + δ), κ = min(p_V, p_L)^{-1/2}."""
    complexity = min(1, math.sqrt(q.n_items / (q.sample_size / 3))) / math.sqrt(q.least_mass)
    deviation = math.sqrt(math.log(2 / q.failure_probability) / q.sample_size)
    spread = (q.sigma_three_quarters**2 - q.sigma_k**2) ** 2
    return q.labeling_error / gap(q) + q.k / spread * (complexity + deviation + q.failure_probability)


def transferred_among_classes(q):
    """2α − α² r/(r−1)."""
    return 2 * q.labeling_error - q.n_classes / (q.n_classes - 1) * q.labeling_error**2


def zero_shot_parts(q):
    """‖Y − AW‖ = √(2α − α_V), and by how much truncation moves it at most: σ_{k+1} √(min(1, α_V/(1−σ²_{k+1})))."""
    loss = max(0, 2 * q.labeling_error - q.image_induced_error)  # is 0, but for rounding, where α is
    return math.sqrt(loss), q.sigma_next * math.sqrt(min(1, q.image_induced_error / gap(q)))


def auxiliary_bound(q):
    """(√(φ^ŷ/(1−λ_{k+1})) + √(2Δ))²."""
    return (math.sqrt(q.auxiliary_disagreement / (1 - q.lambda_next)) + math.sqrt(2 * q.auxiliary_error)) ** 2


def sharper_haochen_bound(q):
    """2φ^ŷ / (1−λ_{k+1}) + 5Δ."""
    return 2 * q.auxiliary_disagreement / (1 - q.lambda_next) + 5 * q.auxiliary_error


def sharp_finite_sample_bound(q):
    """sin²((ψ + arccos c)/2), ψ = arctan(τ/h) and c = (h − α_T)/√(h²+τ²); 1 where α_T ≥ 2h = 1 − (σ_{k+1}+2t)²."""
    t = q.sample_deviation
    h, tau = (1 - (q.sigma_next + 2 * t) ** 2) / 2, t * (1 + q.sigma_next + t)
    if q.text_induced_error >= 2 * h:
        return 1.0
    rho = math.hypot(h, tau)
    angle = math.atan2(tau, h) + math.acos(min(1, (h - q.text_induced_error) / rho))
    return math.sin(angle / 2) ** 2


def sharp_haochen_bound(q):
    """max over 0 ≤ φ ≤ 1 of Δ + 2φ(√A + √(2Δ(1−φ)))²; its maximum is where 1 − φ = s², 2s² + γs = 1."""
    A, D = q.auxiliary_disagreement / (1 - q.lambda_next), q.auxiliary_error
    if D == 0:
        return 2 * A
    gamma = math.sqrt(A / 2 / D)
    s = max(np.roots([2, gamma, -1]))
    return D + 4 * D * (1 - s**2) * (s + gamma) ** 2


def labelled_bound(q):
    """r_k (1 + 2κ/(δN(1−t)²))."""
    return q.probe_residual * (
        1 + 2 * q.largest_leverage / q.failure_probability / q.labelled_size / (1 - shrinkage(q)) ** 2
    )


def shrinkage(q):
    """√(2κ log(2k/δ)/N)."""
    return math.sqrt(2 * q.largest_leverage * math.log(2 * q.k / q.failure_probability) / q.labelled_size)


def sscl_best(q):
    """The best lower and upper bound of SSCL."""
    return max(sscl_classes_lower_bound(q), q.sscl_walk_lower), min(sscl_bound(q), q.sscl_walk_upper)


def classes_lower_bound(q):
    """(α_T − (1−σ_k²)(1−π)) / (σ_k² − σ_min²)."""
    return (q.text_induced_error - (1 - q.sigma_k**2) * (1 - q.class_collision)) / spread(q)


def sscl_classes_lower_bound(q):
    """(α_A − (1−λ_k)(1−π_A)) / (λ_k − λ_min)."""
    return (q.augmentation_error - (1 - q.lambda_k) * (1 - q.augmentation_collision)) / sscl_spread(q)


def sampled_walk_bound(q):
    """What the shares say of the last step, and Hoeffding's deviation of a mean of numbers between −a and 1."""
    a = q.sigma_next**2
    deviation = math.sqrt(-math.log(q.failure_probability) / q.walk_sample_size / 2) * (1 + a)
    return last_step_above(q.walk_sampled_last, q.walk_sampled_before, a) + deviation / (1 - a)


def two_steps_above(first, second, cut):
    """first + (second − first)/(1 − cut)."""
    return first + (second - first) / (1 - cut)


def last_step_above(last, before, cut):
    """(last − cut·before)/(1 − cut)."""
    return (last - cut * before) / (1 - cut)


def mmcl_margin(q):
    """How far the lower bound of SSCL is above the upper one of MMCL, where all that the proof needs is given."""
    if min(sscl_spread(q), q.lambda_k, q.sigma_k) <= TIE or q.marginal_distance > 1e-12:
        return 0
    return sscl_best(q)[0] - min(text_induced_bound(q), q.walk_upper)


def sscl_margin(q):
    """The same with the roles exchanged."""
    if min(sscl_spread(q), q.lambda_k, q.sigma_k) <= TIE or q.marginal_distance > 1e-12:
        return 0
    return q.walk_lower - sscl_best(q)[1]


def probe_bound(q):
    """What is known of r_k without a decomposition: 1 − Σ p_i², and α_T/(1−σ²_{k+1})."""
    return min(max(0, 1 - q.class_collision), text_induced_bound(q))


def behind_probe(q):
    """The most of ‖Y−AW‖² that the first k directions can hold: all of it, and ‖Aᵀ(Y−AW)‖²/σ_k²."""
    return min(q.posterior_residual, q.text_mean_residual / q.sigma_k**2)


def closed_bound(q):
    """The largest c + 2√r t − t² of all t up to s̄ and r up to r̄: where t is s̄ or √r̄."""
    c, cut = q.posterior_residual, zero_shot_parts(q)[1]
    r = min(probe_bound(q), (math.sqrt(c) + cut) ** 2)
    return c + r - max(0, math.sqrt(r) - cut) ** 2


def least_behind_probe(q):
    """The least of ‖Y−AW‖² that the first k directions can hold: the solution h of step = h + σ²_{k+1}(c − h)."""
    return max(0, (q.text_mean_residual - q.sigma_next**2 * q.posterior_residual) / gap(q))


def caption_preference(q):
    """How often captions keep the class, less how often the attribute."""
    return (q.attribute_error - q.labeling_error) * q.n_classes / (q.n_classes - 1)


def view_preference(q):
    """The same of two views, squared each."""
    return (q.augmentation_attribute_error - q.augmentation_error) * q.n_classes / (q.n_classes - 1)


def content_preference(q):
    """x − max(y, z), of the products of centred indicators."""
    x, y, z = content_and_style(q)
    return x - max(y, z)


def content_and_style(q):
    """The mean products over pairs of the centred indicators of the content, of the style, and of both."""
    r, s = q.n_classes, q.n_attributes
    same_class, same_style = 1 - q.augmentation_error, 1 - q.augmentation_attribute_error
    x, y = (r * same_class - 1) / (r - 1), (s * same_style - 1) / (s - 1)
    both = r * s * q.augmentation_agreement - r * same_class - s * same_style + 1
    return x, y, both / ((r - 1) * (s - 1))


def weight_beyond(q):
    """w − w*, at which (1−w)x + w is (1−w)max(y, z) − w/(s−1): that is where w is to 1 − w as a gap is to another."""
    x, y, z = content_and_style(q)
    odds = (max(y, z) - x) * (q.n_attributes - 1) / q.n_attributes
    return q.added_share - odds / (1 + odds)


def share_beyond(q):
    """d − d*, where the share ε of pairs of two contents that is left would leave the correlation of styles."""
    left = (1 - content_and_style(q)[1]) * (q.n_classes - 1) / q.n_classes
    return q.dropped_share - 1 + (1 - q.augmentation_error) / (1 - left)


def class_energy(q, same):
    """Less the minimum of two parabolas, Σ (positive mass)²/(negative mass), of pairs of one class and of two."""
    positive = 1 - q.augmentation_error, q.augmentation_error
    return sum(a**2 / b for a, b in zip(positive, (same, 1 - same), strict=True))


def content_learned(q):
    return (1 - 1 / q.n_classes) / 2 - q.resampled_residual


FORMULAS = {
    "intra-energy": (lambda q: q.intra_energy, lambda q: 2 * q.cross_energy),
    "crossclr-spectral": (
        lambda q: 2 * (q.squared_norm - q.factorization_loss) - q.intra_energy,
        lambda q: q.squared_norm - q.encoder_tail,
    ),
    "class-or-colour": (lambda q: q.probe_choice, caption_preference),
    "class-or-colour-sscl": (lambda q: q.sscl_choice, view_preference),
    "content-or-style": (lambda q: (1 - 1 / q.n_classes) / 2 - q.sscl_residual, content_preference),
    "resampling-negatives": (
        lambda q: class_energy(q, q.negative_collision) - class_energy(q, q.augmentation_collision),
        lambda q: q.augmentation_collision - q.negative_collision,
    ),
    "resampling-add": (
        lambda q: q.augmentation_error - q.resampled_error,
        lambda q: q.augmentation_error - q.added_error,
    ),
    "resampling-drop": (
        lambda q: q.augmentation_error - q.resampled_error,
        lambda q: q.dropped_error - q.augmentation_error,
    ),
    "resampling-threshold-add": (content_learned, weight_beyond),
    "resampling-threshold-drop": (content_learned, share_beyond),
    "coloured-thresholds-narrow": (lambda q: -(0.5 + q.label_choice), lambda q: q.label_following - 1 / q.n_classes),
    "coloured-thresholds": (lambda q: q.label_choice, lambda q: 1 - (q.label_noise + q.label_following)),
    "multi-against-single": (
        lambda q: q.sscl_label_choice,
        lambda q: q.class_kept - q.lambda_next - (q.lambda_k - q.lambda_next) / 2,
    ),
    "scl-amf": (lambda q: q.contrastive_loss + q.squared_norm, lambda q: q.factorization_loss),
    "amf-optimum": (lambda q: q.optimal_loss, lambda q: q.tail),
    "text-induced-spectrum": (lambda q: q.optimal_text_induced_loss, lambda q: q.text_induced_tail),
    "partial-minimum": (lambda q: q.best_text_loss, lambda q: q.unexplained),
    "chi-square": (lambda q: q.inertia, lambda q: q.chi_square),
    "label-transfer": (lambda q: q.text_induced_error, transferred),
    "probe-text-induced": (lambda q: q.probe_residual, text_induced_bound),
    "probe-mmcl": (lambda q: q.probe_residual, lambda q: transferred(q) / gap(q)),
    "probe-error": (lambda q: q.probe_error, lambda q: 2 * q.probe_residual),
    "probe-error-mmcl": (lambda q: q.probe_error, lambda q: 2 * transferred(q) / gap(q)),
    "probe-mmcl-lower": (lambda q: q.probe_residual, lower_bound),
    "probe-mmcl-paper": (lambda q: q.probe_error, lambda q: q.labeling_error / gap(q)),
    "zero-shot": (lambda q: q.zero_shot_residual, zero_shot_bound),
    "zero-shot-error": (lambda q: q.zero_shot_error, lambda q: 2 * q.zero_shot_residual),
    "class-conductance": (lambda q: 1 - q.sigma_classes**2, lambda q: 2 * q.class_conductance),
    "cheeger": (lambda q: q.conductance, lambda q: math.sqrt(2 * (1 - q.sigma_2**2))),
    "cheeger-lower": (lambda q: q.conductance, lambda q: (1 - q.sigma_2**2) / 2),
    "caption-garbling": (lambda q: q.garbled_sigma_next, lambda q: q.sigma_next),
    "information-chi-square": (lambda q: q.mutual_information, lambda q: math.log(1 + q.chi_square)),
    "probe-sscl": (lambda q: q.sscl_residual, sscl_bound),
    "probe-sscl-lower": (lambda q: q.sscl_residual, sscl_lower_bound),
    "probe-sscl-haochen": (lambda q: q.sscl_error, haochen_bound),
    "mmcl-advantage": (lambda q: q.probe_residual, lambda q: q.sscl_residual),
    "sscl-advantage": (lambda q: q.sscl_residual, lambda q: q.probe_residual),
    "suboptimal-encoder": (lambda q: q.encoder_residual, suboptimal_bound),
    "finite-sample": (lambda q: q.sample_residual, finite_sample_bound),
    "cooccurrence-concentration": (lambda q: q.sample_deviation, likely_deviation),
    "finite-sample-apriori": (lambda q: q.sample_residual, lambda q: finite_sample_bound(q, likely_deviation(q))),
    "rademacher-paper": (lambda q: q.sample_error, paper_bound),
    "linear-mmcl": (lambda q: q.linear_loss, lambda q: q.linear_optimum),
    "infonce-optimum": (lambda q: q.infonce_gradient, lambda q: 0.0),
    "infonce-bound": (lambda q: q.infonce_information, lambda q: q.mutual_information),
    "label-transfer-classes": (lambda q: q.text_induced_error, transferred_among_classes),
    "label-transfer-lower": (lambda q: q.text_induced_error, lambda q: q.bayes_labeling_error),
    "label-transfer-bayes": (
        lambda q: q.text_induced_error,
        lambda q: q.bayes_labeling_error * (2 - q.bayes_labeling_error / (1 - 1 / q.n_classes)),
    ),
    "information-classes": (lambda q: q.mutual_information, lambda q: 1 - q.text_induced_error - q.class_collision),
    "chi-square-classes": (lambda q: q.text_induced_error, lambda q: 1 - q.class_collision - q.chi_square / 2),
    "probe-mmcl-classes": (lambda q: q.probe_residual, lambda q: transferred_among_classes(q) / gap(q)),
    "zero-shot-sharp": (lambda q: q.zero_shot_residual, lambda q: sum(zero_shot_parts(q)) ** 2),
    "zero-shot-lower": (
        lambda q: q.zero_shot_residual,
        lambda q: max(0, zero_shot_parts(q)[0] - zero_shot_parts(q)[1]) ** 2,
    ),
    "zero-shot-probe": (lambda q: q.zero_shot_residual, lambda q: q.probe_residual),
    "class-conductance-total": (lambda q: 1 - q.sigma_classes**2, lambda q: q.total_conductance),
    "probe-sscl-auxiliary": (lambda q: q.sscl_residual, auxiliary_bound),
    "probe-sscl-error": (lambda q: q.sscl_error, sharper_haochen_bound),
    "cheeger-text-induced": (lambda q: q.conductance, lambda q: 2 * math.sqrt((1 - q.sigma_2**2) / 3)),
    "probe-drawn-exact": (lambda q: q.probe_drawn_error, lambda q: q.probe_residual - q.probe_drawn_gain),
    "zero-shot-drawn-exact": (
        lambda q: q.zero_shot_drawn_error,
        lambda q: q.zero_shot_residual - q.zero_shot_drawn_gain,
    ),
    "probe-drawn": (lambda q: q.probe_drawn_error, lambda q: q.probe_residual),
    "zero-shot-drawn": (lambda q: q.zero_shot_drawn_error, lambda q: q.zero_shot_residual),
    "probe-drawn-mmcl": (lambda q: q.probe_drawn_error, lambda q: transferred(q) / gap(q)),
    "zero-shot-untruncated": (lambda q: q.posterior_residual, lambda q: 2 * q.labeling_error - q.image_induced_error),
    "zero-shot-pythagoras": (lambda q: q.zero_shot_residual, lambda q: q.probe_residual + q.head_distance),
    "zero-shot-closed": (lambda q: q.zero_shot_residual, closed_bound),
    "zero-shot-closed-probe": (lambda q: q.zero_shot_residual, lambda q: q.probe_residual + behind_probe(q)),
    "zero-shot-closed-lower": (lambda q: q.zero_shot_residual, lambda q: q.probe_residual + least_behind_probe(q)),
    "zero-shot-closed-text-induced": (lambda q: q.zero_shot_residual, lambda q: probe_bound(q) + behind_probe(q)),
    "zero-shot-soft": (lambda q: q.soft_residual, text_induced_bound),
    "zero-shot-soft-lower": (lambda q: q.soft_residual, lambda q: q.probe_residual),
    "finite-sample-sharp": (lambda q: q.sample_residual, sharp_finite_sample_bound),
    "probe-sscl-error-sharp": (lambda q: q.sscl_error, sharp_haochen_bound),
    "consistency-or-diversity": (lambda q: q.augmentation_error, lambda q: q.text_induced_error + q.order_defect),
    "consistency-or-diversity-spectrum": (
        lambda q: q.sigma_next**2,
        lambda q: 1 - q.least_marginal_ratio * (1 - q.lambda_next) + q.order_defect,
    ),
    "diversity-spectrum": (lambda q: q.within_class_gap, gap),
    "probe-diversity": (lambda q: q.probe_residual, lambda q: q.text_induced_error / q.within_class_gap),
    "sscl-diversity-spectrum": (lambda q: q.augmentation_within_class_gap, lambda q: 1 - q.lambda_next),
    "probe-sscl-diversity": (
        lambda q: q.sscl_residual,
        lambda q: q.augmentation_error / q.augmentation_within_class_gap,
    ),
    "class-conductance-sum": (lambda q: q.gap_of_classes, lambda q: q.total_conductance),
    "amf-lower": (lambda q: q.factorization_loss, lambda q: q.encoder_tail),
    "partial-lower": (lambda q: q.factorization_loss, lambda q: q.unexplained),
    "linear-lower": (lambda q: -q.given_linear_loss, lambda q: -q.linear_optimum),
    "probe-minimax": (lambda q: q.unexplained_energy, lambda q: 1 - q.sigma_affine_next**2),
    "probe-samples": (lambda q: q.fitted_residual, labelled_bound),
    "modality-chain": (lambda q: q.garbled_product, lambda q: q.sigma_product * q.channel_product),
    "infonce-bound-many": (
        lambda q: q.infonce_information,
        lambda q: -(q.candidates - 1) * math.log(1 - 1 / q.candidates) * q.mutual_information,
    ),
    "infonce-kl": (lambda q: q.infonce_loss / q.temperature, lambda q: q.score_divergence - q.mutual_information),
    "infonce-negatives": (
        lambda q: q.infonce_information,
        lambda q: q.mutual_information - math.log(1 + q.chi_square / q.candidates),
    ),
    "zero-shot-infonce-entropy": (
        lambda q: q.score_error * (math.log(2) - binary_entropy(q.labeling_error / q.score_error)),
        lambda q: q.score_divergence,
    ),
    "zero-shot-infonce": (
        lambda q: q.score_error,
        lambda q: (
            2 * q.labeling_error
            + q.score_divergence
            + math.sqrt(max(0, q.score_divergence * (q.score_divergence + 4 * q.labeling_error)))
        ),
    ),
    "zero-shot-infonce-excess": (
        lambda q: math.log(2) - binary_entropy((1 + q.text_label_excess) / 2),
        lambda q: q.score_divergence,
    ),
    "retrieval-regret": (lambda q: q.best_ranking - q.ranking, lambda q: q.ranking_limit),
    "retrieval-regret-root": (
        lambda q: q.best_ranking - q.ranking,
        lambda q: math.sqrt(max(0, 2 / 3 * q.score_divergence)),
    ),
    "retrieval-variation-lower": (lambda q: 2 * q.best_ranking - 1, lambda q: q.pair_variation),
    "retrieval-variation": (lambda q: 2 * q.best_ranking - 1, lambda q: 2 * q.pair_variation),
    "retrieval-information": (lambda q: 2 * q.best_ranking - 1, lambda q: q.information_limit),
    "retrieval-chi-square": (lambda q: 2 * q.best_ranking - 1, lambda q: math.sqrt(q.chi_square / 3)),
    "alignment-spectrum": (lambda q: q.alignment, lambda q: q.alignment_spectrum),
    "alignment-ceiling": (
        lambda q: q.alignment,
        lambda q: q.sigma_2 * math.sqrt(q.image_variance) * math.sqrt(q.text_variance),
    ),
    "temperature-ceiling": (
        lambda q: q.cosine_information,
        lambda q: min(q.mutual_information, q.sigma_2 / q.temperature),
    ),
    "noise-dilution": (
        lambda q: q.diluted_error,
        lambda q: (1 - q.mismatch**2) * (1 - q.class_collision) + q.mismatch**2 * q.text_induced_error,
    ),
    "noise-dilution-spectrum": (lambda q: q.dilution_residual, lambda q: 0.0),
    "caption-distance": (lambda q: q.caption_gap, lambda q: 0.0),
    "probe-lower-classes": (lambda q: q.probe_residual, classes_lower_bound),
    "probe-two-step": (
        lambda q: q.probe_residual,
        lambda q: two_steps_above(q.text_induced_error, q.walk_error_two, q.sigma_next**2),
    ),
    "probe-two-step-lower": (
        lambda q: q.probe_residual,
        lambda q: (1 + 1 / q.sigma_k**2) * q.text_induced_error - q.walk_error_two / q.sigma_k**2,
    ),
    "probe-steps": (
        lambda q: q.probe_residual,
        lambda q: last_step_above(q.walk_error_last, q.walk_error_before, q.sigma_next**2),
    ),
    "walk-sampled": (lambda q: q.probe_residual, sampled_walk_bound),
    "probe-walk": (lambda q: q.probe_residual, lambda q: q.walk_upper),
    "probe-walk-lower": (lambda q: q.probe_residual, lambda q: q.walk_lower),
    "zero-shot-walk": (lambda q: q.zero_shot_residual, lambda q: q.zero_shot_walk_upper),
    "zero-shot-walk-lower": (lambda q: q.zero_shot_residual, lambda q: q.zero_shot_walk_lower),
    "probe-sscl-lower-classes": (lambda q: q.sscl_residual, sscl_classes_lower_bound),
    "probe-sscl-two-step": (
        lambda q: q.sscl_residual,
        lambda q: two_steps_above(q.augmentation_error, q.sscl_walk_error_two, q.lambda_next),
    ),
    "probe-sscl-two-step-lower": (
        lambda q: q.sscl_residual,
        lambda q: (1 + 1 / q.lambda_k) * q.augmentation_error - q.sscl_walk_error_two / q.lambda_k,
    ),
    "probe-sscl-steps": (
        lambda q: q.sscl_residual,
        lambda q: last_step_above(q.sscl_walk_error_last, q.sscl_walk_error_before, q.lambda_next),
    ),
    "probe-sscl-walk": (lambda q: q.sscl_residual, lambda q: q.sscl_walk_upper),
    "probe-sscl-walk-lower": (lambda q: q.sscl_residual, lambda q: q.sscl_walk_lower),
}


def decided(q, least_classes, distance, preference, *shares):
    """The least of what must be positive: one width for each class, the exact world, and more than chance."""
    if q.n_classes < least_classes:
        return -1
    world = 1e-9 - distance, *(1e-9 + share(q) for share in shares)
    return min(0.5 - abs(q.k - q.n_classes), *world, abs(preference(q)) - 1000 * distance)


def captions_decide(q):
    """In a coloured world of more than two digits; where captions keep the colour better, it says something of them."""
    kept = [
        lambda q, error=error: above_chance(1 - error, q.n_classes) for error in (q.labeling_error, q.attribute_error)
    ]
    least = decided(q, 3, q.coloured_distance, caption_preference, *kept, lambda q: q.attribute_correlation)
    if least < 0:
        return least
    return min(least, max(q.attribute_correlation, caption_preference(q)) - 1000 * q.coloured_distance)


def views_decide(q):
    """The same of views."""
    errors = q.augmentation_error, q.augmentation_attribute_error
    kept = [lambda q, error=error: above_chance(1 - error, q.n_classes) for error in errors]
    least = decided(q, 3, q.coloured_view_distance, view_preference, *kept, lambda q: q.attribute_correlation)
    if least < 0:
        return least
    return min(least, max(q.attribute_correlation, view_preference(q)) - 1000 * q.coloured_view_distance)


def new_pairs_decide(q):
    """Of one image of each content and style, with new pairs of a content, and not at the threshold."""
    if q.n_attributes < 2 or q.n_classes < 2 or q.k != q.n_classes:
        return -1
    worst = max(q.style_distance, q.added_distance)
    return min(1e-9 - worst, abs(weight_beyond(q)) - 1000 * worst, q.resampled_lambda_k)


def dropped_pairs_decide(q):
    """Likewise of pairs that change content and style independently, of which some of two contents are dropped."""
    if q.n_attributes < 2 or q.n_classes < 2 or q.k != q.n_classes:
        return -1
    x, y, _ = content_and_style(q)
    worst = max(q.style_distance, q.dropped_distance)
    together = q.augmentation_agreement - (1 - q.augmentation_error) * (1 - q.augmentation_attribute_error)
    world = min(1e-9 - worst, 1e-9 - abs(together), 1e-9 + min(x, y))
    return min(world, abs(share_beyond(q)) - 1000 * worst, q.resampled_lambda_k)


def colours_decide(q):
    """One dimension a class, and captions that tell as many colours."""
    if q.n_classes < 3 or q.k != q.n_classes or q.n_attributes != q.n_classes:
        return -1
    worst = max(q.label_distance, q.attribute_error)
    cut = q.sigma_k - q.sigma_next - 1000 * q.attribute_error
    return min(1e-9 - worst, abs(q.label_following - 1 / q.n_classes) - 1000 * worst, cut)


def labels_decide(q):
    """The law of the label is held, and the class or the attribute tells it, the one better than the other."""
    worst = max(q.label_distance, q.label_gap)
    told = max(q.label_following, 1 - q.label_noise) - 1 / q.n_classes
    return min(q.n_classes - 1, 1e-9 - worst, abs(q.label_following + q.label_noise - 1) - 1000 * worst, told)


def label_views_decide(q):
    """Views keep the attribute, and a label goes with it, but more with the class."""
    world = 1e-9 - max(q.label_distance, q.class_view_distance, q.marginal_distance)
    between = min(q.label_following - 1 / q.n_classes, 1 - q.label_noise - q.label_following)
    cut = q.lambda_k - q.lambda_next - 1000 * q.class_view_distance
    return min(q.n_classes - 1, world, between, cut, q.lambda_k)


# What must be positive, where no eigenvalue of augmentation pairs is negative.
CONDITIONS = {
    "probe-mmcl-lower": spread,
    "probe-sscl-lower": sscl_spread,
    "mmcl-advantage": mmcl_margin,
    "sscl-advantage": sscl_margin,
    "probe-lower-classes": spread,
    "probe-sscl-lower-classes": sscl_spread,
    "suboptimal-encoder": lambda q: q.sigma_k - q.sigma_encoder_next,
    "finite-sample": lambda q: 1 - (q.sigma_next + 2 * q.sample_deviation),
    "finite-sample-apriori": lambda q: 1 - (q.sigma_next + 2 * likely_deviation(q)),
    "rademacher-paper": lambda q: q.sigma_three_quarters**2 - q.sigma_k**2,
    "label-transfer-classes": lambda q: q.n_classes - 1,
    "label-transfer-bayes": lambda q: q.n_classes - 1,
    "probe-mmcl-classes": lambda q: q.n_classes - 1,
    "probe-diversity": lambda q: q.within_class_gap,
    "probe-sscl-diversity": lambda q: q.augmentation_within_class_gap,
    "probe-samples": lambda q: 1 - shrinkage(q),
    "zero-shot-infonce-entropy": lambda q: q.score_error - 2 * q.labeling_error,
    "class-or-colour": captions_decide,
    "class-or-colour-sscl": views_decide,
    "content-or-style": lambda q: decided(q, 2, q.style_distance, content_preference) if q.n_attributes > 1 else -1,
    "resampling-negatives": lambda q: min(
        q.n_classes - 1,
        1 - q.augmentation_error - max(q.negative_collision, q.augmentation_collision),
        abs(q.negative_collision - q.augmentation_collision),
    ),
    "coloured-thresholds-narrow": colours_decide,
    "coloured-thresholds": labels_decide,
    "multi-against-single": label_views_decide,
    "resampling-add": lambda q: min(q.added_share, abs(q.added_error - q.augmentation_error)),
    "resampling-drop": lambda q: min(q.dropped_share, 1 - q.dropped_share, abs(q.dropped_error - q.augmentation_error)),
    "resampling-threshold-add": new_pairs_decide,
    "resampling-threshold-drop": dropped_pairs_decide,
}
