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
import scipy.special
import walk_definitions

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
    steps=16,
):
    """All quantities at encoder dimension k, by name; those that the instance cannot have are missing.

    The augmentation is P_A and the sample counts of pairs, both matrices.
    """
    P = np.asarray(matrix, dtype=float)
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
        "infonce_information": math.log(2) - infonce(P, pointwise_mutual_information(P), 2),
        "largest_contribution": max(1 / math.sqrt(p[x] * q[t]) for x, t in cells(P)),
        "contribution_variance": max(*contributions(P), *contributions(P.T)),
        "least_mass": min([*p, *q]),
    }
    posterior = np.array([[sum(P[x, np.array(w) == i]) / p[x] for i in range(n_classes)] for x in range(len(p))])
    walks = walk_definitions.quantities(image_pairs, y, *positive_spectrum(image_pairs), k, steps, posterior)
    found |= {walk_name(name): value for name, value in walks.items()}
    if 2 <= len(p) <= 16:
        found["conductance"] = conductance(image_pairs)
    if encoders is not None:
        f_V, f_L = (np.asarray(features, dtype=float) for features in encoders)
        found["contrastive_loss"] = contrastive_loss(P, f_V, f_L)
        found["factorization_loss"] = factorization_loss(P, f_V, f_L)
        found["best_text_loss"] = least_factorization_loss(P, f_V)
        found["unexplained"] = unexplained(P, f_V)
        d = f_V.shape[1]
        found["encoder_residual"] = residual(probe_scores(f_V, y, p, n_classes), y, p)
        found["excess_loss"] = found["factorization_loss"] - sum(s**2 for s in sigma[d:])
        found["sigma_encoder_next"] = nth(sigma, d + 1)
        C = cross_covariance(P, f_V, f_L)
        found["linear_loss"] = linear_loss(C, best_product(C, k))
        found["linear_optimum"] = -sum(max(s, 0) for s in np.linalg.eigvalsh(C @ C.T)[::-1][:k]) / 2
    if channel is not None:
        found["garbled_sigma_next"] = nth(singular_values(after_channel(P, channel)), k + 1)
    if augmentation is not None:
        P_A = np.asarray(augmentation, dtype=float)
        p_A = marginal(P_A)
        eigenvalues, eigenfunctions = spectrum_of_pairs(P_A)
        sscl_probe = probe_scores(eigenfunctions[:, :k], y, p_A, n_classes)
        found["augmentation_error"] = disagreement(P_A, y, y)
        found["augmentation_collision"] = sum(p_A[x] * p_A[z] for x, z in cells(P_A) if y[x] == y[z])
        found["lambda_k"] = nth(eigenvalues, k)
        found["lambda_next"] = nth(eigenvalues, k + 1)
        found["lambda_after"] = nth(eigenvalues, k + 2)
        found["lambda_min"] = eigenvalues[-1]
        walks = walk_definitions.quantities(P_A, y, *positive_spectrum(P_A), k, steps)
        found |= {f"sscl_walk_{name}": value for name, value in walks.items()}
        found["sscl_residual"] = residual(sscl_probe, y, p_A)
        found["sscl_error"] = error(sscl_probe, y, p_A)
        found["marginal_distance"] = total_variation(p, p_A)
        if auxiliary_labels is not None:
            auxiliary = np.asarray(auxiliary_labels).tolist()
            found["auxiliary_disagreement"] = disagreement(P_A, auxiliary, auxiliary)
            found["auxiliary_error"] = sum(p_A[x] for x in range(len(p)) if auxiliary[x] != y[x])
    if sample is not None:
        counts = np.asarray(sample, dtype=float)
        sample_law = counts / np.sum(counts)
        found["sample_size"] = np.sum(counts)
        found["failure_probability"] = failure_probability
        sample_probe = probe_scores(empirical_features(sample_law, P, k), y, p, n_classes)
        found["sample_deviation"] = spectral_norm(normalized(sample_law, like=P) - normalized(P))
        found["sample_residual"] = residual(sample_probe, y, p)
        found["sample_error"] = error(sample_probe, y, p)
        practical_probe = probe_scores(practical_features(sample_law, k), y, p, n_classes)
        found["practical_deviation"] = spectral_norm(normalized(sample_law) - normalized(P))
        found["practical_residual"] = residual(practical_probe, y, p)
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


def conditional(P):
    """p(x | t) in column t."""
    return np.array([column / math.fsum(column) for column in P.T]).T


def induced_pairs(P):
    """The law of two rows drawn independently given one column: Σ_t p(t) p(x|t) p(x'|t)."""
    given, q = conditional(P), marginal(P.T)
    pairs = np.zeros((P.shape[0], P.shape[0]))
    for x, other in cells(pairs):
        pairs[x, other] = sum(q[t] * given[x, t] * given[other, t] for t in range(P.shape[1]))
    return pairs


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


def contributions(P):
    """Σ_t P(x, t) / (p(x) p(t)) for each row x."""
    p, q = marginal(P), marginal(P.T)
    return [sum(P[x, t] / (p[x] * q[t]) for t in range(P.shape[1])) for x in range(P.shape[0])]


def total_variation(p, other):
    """sup over events of p(event) − other(event): the event of all that p favours."""
    return sum(a - b for a, b in zip(p, other, strict=True) if a > b)


def mutual_information(P):
    """E log P(x,t) / (p(x) p(t)), in nats."""
    p, q = marginal(P), marginal(P.T)
    return sum(P[x, t] * math.log(P[x, t] / (p[x] * q[t])) for x, t in cells(P) if P[x, t] > 0)


# The spectrum.


def normalized(P, like=None):
    """D_V^{-1/2} P D_L^{-1/2}, with the marginals of another law where one is given; 0 where there is no pair."""
    law = P if like is None else like
    p, q = marginal(law), marginal(law.T)
    A = np.zeros(P.shape)
    for x, t in cells(P):
        if P[x, t] > 0:
            A[x, t] = P[x, t] / math.sqrt(p[x] * q[t])
    return A


def singular_values(P):
    """σ_1 ≥ σ_2 ≥ … of the normalized matrix: the largest min(n_V, n_L) eigenvalues of [[0, A], [Aᵀ, 0]]."""
    A = normalized(P)
    zero_V, zero_L = np.zeros((A.shape[0],) * 2), np.zeros((A.shape[1],) * 2)
    eigenvalues = np.linalg.eigvalsh(np.block([[zero_V, A], [A.T, zero_L]]))
    return np.maximum(eigenvalues[::-1][: min(A.shape)], 0)


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


def pointwise_mutual_information(P):
    """log P(x,t)/(p(x)p(t)), −∞ where there is no pair."""
    p, q = marginal(P), marginal(P.T)
    scores = np.full(P.shape, -math.inf)
    for x, t in cells(P):
        if P[x, t] > 0:
            scores[x, t] = math.log(P[x, t] / (p[x] * q[t]))
    return scores


def infonce_gradient(P, scores):
    """The pairs that scores predict, half from the image and half from the text, less the true ones."""
    p, q = marginal(P), marginal(P.T)
    texts = [scipy.special.softmax(row + np.log(q)) for row in scores]
    images = [scipy.special.softmax(column + np.log(p)) for column in scores.T]
    gradient = np.zeros(P.shape)
    for x, t in cells(P):
        gradient[x, t] = (p[x] * texts[x][t] + q[t] * images[t][x]) / 2 - P[x, t]
    return gradient


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


def contrastive_loss(P, f_V, f_L):
    """−2 E_P f_Vᵀf_L + E_{p_V × p_L} (f_Vᵀf_L)²."""
    p, q = marginal(P), marginal(P.T)
    attraction = sum(P[x, t] * (f_V[x] @ f_L[t]) for x, t in cells(P))
    return -2 * attraction + sum(p[x] * q[t] * (f_V[x] @ f_L[t]) ** 2 for x, t in cells(P))


def factorization_loss(P, f_V, f_L):
    """‖A − F_V F_Lᵀ‖², cell by cell."""
    A, p, q = normalized(P), marginal(P), marginal(P.T)
    return sum((A[x, t] - math.sqrt(p[x] * q[t]) * (f_V[x] @ f_L[t])) ** 2 for x, t in cells(P))


def least_factorization_loss(P, f_V):
    """min over F_L of ‖A − F_V F_Lᵀ‖²: a least-squares problem for each column of A, so for each text."""
    A = normalized(P)
    F_V = np.sqrt(marginal(P))[:, None] * f_V
    best = [np.linalg.lstsq(F_V, column, rcond=None)[0] for column in A.T]
    return sum(np.sum((column - F_V @ factor) ** 2) for column, factor in zip(A.T, best, strict=True))


def unexplained(P, f_V):
    """Tr (I − Π) A_T, A_T the normalized graph of text-induced pairs, Π the projector onto F_V's columns."""
    F_V = np.sqrt(marginal(P))[:, None] * f_V
    projector = F_V @ np.linalg.pinv(F_V)
    return np.trace((np.eye(len(F_V)) - projector) @ normalized(induced_pairs(P)))


# Heads.


def one_hot(labels, n_classes):
    """A row for each item."""
    return np.array([[float(label == i) for i in range(n_classes)] for label in labels])


def probe_scores(features, labels, p, n_classes):
    """Bᵀf(x) for the B that minimizes E‖onehot(y(x)) − Bᵀf(x)‖²."""
    root = np.sqrt(p)[:, None]
    B = np.linalg.lstsq(root * features, root * one_hot(labels, n_classes), rcond=None)[0]
    return features @ B


def zero_shot_scores(f_V, f_L, text_labels, q, n_classes):
    """f_V(x)ᵀ E_t[1[y_L(t) = i] f_L(t)]."""
    heads = np.zeros((n_classes, f_L.shape[1]))
    for t, label in enumerate(text_labels):
        heads[label] += q[t] * f_L[t]
    return np.array([[f @ head for head in heads] for f in f_V])


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
    lost = q.largest_class * q.excess_loss / (q.sigma_k**2 - q.sigma_encoder_next**2)
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


def classes_lower_bound(q):
    """(α_T − (1−σ_k²)(1−π)) / (σ_k² − σ_min²)."""
    return (q.text_induced_error - (1 - q.sigma_k**2) * (1 - q.class_collision)) / spread(q)


def sscl_classes_lower_bound(q):
    """(α_A − (1−λ_k)(1−π_A)) / (λ_k − λ_min)."""
    return (q.augmentation_error - (1 - q.lambda_k) * (1 - q.augmentation_collision)) / sscl_spread(q)


def two_steps_above(first, second, cut):
    """first + (second − first)/(1 − cut)."""
    return first + (second - first) / (1 - cut)


def last_step_above(last, before, cut):
    """(last − cut·before)/(1 − cut)."""
    return (last - cut * before) / (1 - cut)


def sscl_best(q):
    """The best lower and upper bound of SSCL, of pairs without a negative eigenvalue."""
    return max(sscl_classes_lower_bound(q), q.sscl_walk_lower), min(sscl_bound(q), q.sscl_walk_upper)


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


FORMULAS = {
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
    "infonce-bound-two": (lambda q: q.infonce_information, lambda q: math.log(2) * q.mutual_information),
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
    "probe-mmcl-classes": lambda q: q.n_classes - 1,
}
