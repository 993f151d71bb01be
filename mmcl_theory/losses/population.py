"""Compute losses on a population: spectral contrastive, factorization, linear, InfoNCE (theory, sections 1, 2, 6)."""

import math
from functools import partial
from typing import Any

import jax
from jaxtyping import Float, PRNGKeyArray

from .. import _checks
from .._arrays import Array, xp
from ..joints.joint import Joint, check_dense, check_joint


def spectral_population(
    joint: Joint, image_features: Float[Array, "n_V d"], text_features: Float[Array, "n_L d"]
) -> Float[Array, ""]:
    """Compute L_SCL = −2 E_{(x,l)~P} f_V(x)ᵀf_L(l) + E_{x~p_V, l~p_L} (f_V(x)ᵀf_L(l))² (zhang2023).

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> fact = mt.factorize(joint, k=1)
    >>> round(float(mt.losses.spectral_population(joint, fact.image_features, fact.text_features)), 12)
    -1.0
    """
    attraction = xp.sum(image_features * (joint.law @ text_features))
    # √p·f stays moderate where a marginal is tiny and a feature huge.
    image_factors = xp.sqrt(joint.image_marginal)[:, None] * image_features
    text_factors = xp.sqrt(joint.text_marginal)[:, None] * text_features
    return -2 * attraction + joint.law.product_norm(image_factors, text_factors)


def crossclr_population(
    joint: Joint,
    image_features: Float[Array, "n_V d"],
    text_features: Float[Array, "n_L d"],
    negative_weight: Any = 1.0,
) -> Float[Array, ""]:
    """Compute the spectral contrastive loss with negatives within a modality too, of weight λ = ``negative_weight``.

    It is 2L_SCL + λ[E (f_V(x)ᵀf_V(x'))² + E (f_L(l)ᵀf_L(l'))²], with squares as L_SCL has in the place of CrossCLR's
    exponentials (zolfaghari2021); λ ≥ 0.  Its minimum is −2Σ_{j≤d}σ_j²/(1+λ), at F_VF_Lᵀ = A_d/(1+λ) and
    F_VᵀF_V = F_LᵀF_L: the negatives shrink the encoders and balance them, and change nothing else.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> fact = mt.factorize(joint, k=1)
    >>> halves = fact.image_features / 2**0.5, fact.text_features / 2**0.5
    >>> round(float(mt.losses.crossclr_population(joint, *halves, negative_weight=1)), 12)
    -1.0
    """
    sides = ((image_features, joint.image_marginal), (text_features, joint.text_marginal))
    factors = [xp.sqrt(marginal)[:, None] * features for features, marginal in sides]
    within = sum(xp.sum((one.T @ one) ** 2) for one in factors)
    return 2 * spectral_population(joint, image_features, text_features) + negative_weight * within


def factorization(
    joint: Joint, image_factors: Float[Array, "n_V d"], text_factors: Float[Array, "n_L d"]
) -> Float[Array, ""]:
    """Compute L_AMF = ‖A − F_V F_Lᵀ‖_F², of weighted factors (F_V)_x = √p_V(x) f_V(x)ᵀ.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> fact = mt.factorize(joint, k=1)
    >>> round(float(mt.losses.factorization(joint, fact.image_factors, fact.text_factors)), 12)
    1.6875
    """
    return joint.normalized_law.squared_distance(image_factors, text_factors)


def linear(
    covariance: Float[Array, "a b"], image_map: Float[Array, "d a"], text_map: Float[Array, "d b"]
) -> Float[Array, ""]:
    """Compute −Tr(G_1 C G_2ᵀ) + ½‖G_1ᵀG_2‖_F², of linear encoders x ↦ G_1 x and l ↦ G_2 l (nakada2023).

    Examples
    --------
    >>> import numpy as np
    >>> float(linear(np.diag([2.0, 1.0]), np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]])))
    -2.0
    """
    return -xp.trace(image_map @ covariance @ text_map.T) + xp.sum((image_map.T @ text_map) ** 2) / 2


def cross_covariance(
    joint: Joint, image_features: Float[Array, "n_V a"], text_features: Float[Array, "n_L b"]
) -> Float[Array, "a b"]:
    """Compute C = E_P (x − E x)(l − E l)ᵀ of the features of images and texts."""
    image_mean, text_mean = joint.image_marginal @ image_features, joint.text_marginal @ text_features
    image_deviations, text_deviations = image_features - image_mean, text_features - text_mean
    return image_deviations.T @ joint.law @ text_deviations


def pointwise_mutual_information(joint: Joint) -> Float[Array, "n_V n_L"]:
    """Compute log P(x,l)/(p_V(x)p_L(l)), −∞ where P(x,l) = 0: the scores that minimize InfoNCE.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.losses.pointwise_mutual_information(mt.generators.isotropic_noise(2, 0.0)).round(4).tolist()
    [[0.6931, -inf], [-inf, 0.6931]]
    """
    return check_dense("joint", joint).law.log_ratio()


def infonce_population(joint: Joint, scores: Float[Array, "n_V n_L"] | Float[Array, " pairs"]) -> Float[Array, ""]:
    """Compute the symmetric InfoNCE (CLIP) loss with infinitely many candidates, less log M.

    −E_P s(x,l) + ½ E_x log E_{l~p_L} e^{s(x,l)} + ½ E_l log E_{x~p_V} e^{s(x,l)}: convex in the scores, which may be −∞
    where P is 0; its minimum is −I(X;L) (oord2018).

    Scores of a sparse joint are those of its pairs in order, and −∞ elsewhere, as ``joint.law.log_ratio()`` gives them.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> best = mt.losses.infonce_population(joint, mt.losses.pointwise_mutual_information(joint))
    >>> bool(abs(best + mt.measure(joint, 1).mutual_information) < 1e-12)
    True
    """
    law, p, q = joint.law, joint.image_marginal, joint.text_marginal
    law.check_scores("joint", scores)
    per_image, per_text = law.log_mean_exp(scores, q, axis=1), law.log_mean_exp(scores, p, axis=0)
    image_mean, text_mean = p @ per_image, q @ per_text
    return (image_mean + text_mean) / 2 - law.expectation(scores)


def infonce_gradient(joint: Joint, scores: Float[Array, "n_V n_L"] | Float[Array, " pairs"]) -> Any:
    """Compute the derivative of ``infonce_population`` by each score, held as the scores are.

    With the chances Q(l|x) ∝ p_L(l)e^{s(x,l)} of a text given the image, and Q(x|l) ∝ p_V(x)e^{s(x,l)}, it is
    ½p_V(x)Q(l|x) + ½p_L(l)Q(x|l) − P(x,l): zero at the pointwise mutual information, where both halves are ½P.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> infonce_gradient(mt.generators.isotropic_noise(2, 0.5), np.zeros((2, 2))).tolist()
    [[-0.125, 0.125], [0.125, -0.125]]
    """
    law, p, q = joint.law, joint.image_marginal, joint.text_marginal
    law.check_scores("joint", scores)
    per_image, per_text = law.log_mean_exp(scores, q, axis=1), law.log_mean_exp(scores, p, axis=0)
    chances = law.products(p * xp.exp(-per_image), q) + law.products(p, q * xp.exp(-per_text))
    return xp.exp(scores) * chances / 2 - law.masses


def infonce_two(joint: Joint, scores: Float[Array, "n_V n_L"]) -> Float[Array, ""]:
    """Compute InfoNCE with M = 2 candidates, the text of the image and one drawn from p_L, by enumeration (oord2018).

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> round(float(infonce_two(mt.generators.isotropic_noise(3, 0.2), np.zeros((3, 3)))), 4)  # log 2
    0.6931
    """
    positive = check_dense("joint", joint).matrix > 0
    own = xp.where(positive, scores, 0)[:, :, None]
    losses = xp.logaddexp(0, scores[:, None, :] - own) @ joint.text_marginal
    return xp.sum(xp.where(positive, joint.matrix * losses, 0))


def infonce_estimate(
    joint: Joint, scores: Float[Array, "n_V n_L"], candidates: int, *, n_draws: int = 100_000, key: PRNGKeyArray
) -> tuple[float, float]:
    """Estimate InfoNCE with M candidates by Monte Carlo: return the mean of independent draws and its standard error.

    Parameters
    ----------
    joint
        The distribution of positive pairs; negatives are drawn from its text marginal.
    scores
        s(x,l), finite or −∞ where P is 0.
    candidates
        M ≥ 2, the positive included.
    n_draws
        At least 2; memory is n_draws · M numbers.
    key
        Determines the draws.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> scores = mt.losses.pointwise_mutual_information(joint)
    >>> mean, error = mt.losses.infonce_estimate(joint, scores, 2, n_draws=10_000, key=jax.random.key(0))
    >>> bool(abs(mean - infonce_two(joint, scores)) < 4 * error)
    True
    """
    matrix = check_dense("joint", check_joint("joint", joint)).matrix
    if xp.shape(scores) != matrix.shape:
        raise ValueError(f"scores: shape {matrix.shape} is needed, got {xp.shape(scores)}")
    candidates = _checks.integer("candidates", candidates, 2)
    n_draws = _checks.integer("n_draws", n_draws, 2)
    _checks.dense_size("n_draws", n_draws, candidates)
    mean, deviation = _of_draws(matrix, xp.asarray(scores), candidates, n_draws, _checks.random_key("key", key))
    return float(mean), float(deviation) / math.sqrt(n_draws)


@partial(jax.jit, static_argnums=(2, 3))
def _of_draws(
    matrix: Float[Array, "n_V n_L"], scores: Float[Array, "n_V n_L"], candidates: int, n_draws: int, key: PRNGKeyArray
) -> tuple[Array, Array]:
    """Compute the mean of InfoNCE over independent draws, and its standard deviation."""
    pair_key, negative_key = jax.random.split(key)
    cells = jax.random.choice(pair_key, matrix.size, (n_draws,), p=matrix.ravel())
    images, texts = xp.unravel_index(cells, matrix.shape)
    negatives = jax.random.choice(negative_key, matrix.shape[1], (n_draws, candidates - 1), p=matrix.sum(axis=0))
    offered = scores[images[:, None], xp.hstack([texts[:, None], negatives])]
    losses = xp.logsumexp(offered, axis=1) - offered[:, 0]
    return losses.mean(), losses.std(ddof=1)
