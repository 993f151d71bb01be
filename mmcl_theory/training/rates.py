r"""Predict how stochastic gradients approach the optimum of the spectral loss: to which level, and at which rate.

Near the balanced optimum F_V = U_kΣ_k^{1/2}, F_L = V_kΣ_k^{1/2} a step of size η moves the parameters θ = (F_V, F_L) by
−η(Hδ + ξ), δ the distance, H the Hessian of L_AMF, and ξ the noise of the batch's gradient, of covariance C.  In the
eigenbasis of H, with curvatures h_i and variances s_i = C_ii, the mean excess ½Σ h_i E δ_i² obeys one recursion each,

    E δ_i² ← (1 − ηh_i)² E δ_i² + η² s_i.

With a constant step it stays at Σ_i η s_i/(2(2 − ηh_i)).  With steps c/t it is ½Σ_i h_i c² s_i/(2ch_i − 1) · 1/t in the
limit, provided that c > 1/(2h_i) for each (Robbins and Monro 1951; Chung 1954); the least h_i is 2(σ_k − σ_{k+1}).

F_V M and F_L M^{-T} have one product, so k² curvatures vanish.  No batch's loss sees M either: there is no noise in
these directions, and they are left out.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from .. import _checks, losses
from ..factorization.factorize import factorize
from ..factorization.precision import resolution
from ..joints.joint import Joint, check_joint
from .draws import NEGATIVES


class Modes(NamedTuple):
    """Hold the curvatures h_i of L_AMF at its balanced optimum, ascending, and the variances s_i of a gradient."""

    curvatures: Float[Array, " m"]
    variances: Float[Array, " m"]


def modes(joint: Joint, k: int, batch: int, negatives: str = "in-batch") -> Modes:
    """Compute curvature and noise at the optimum of dimension k, without the k² directions that have neither.

    The parameters are those of ``Tabular`` encoders given their marginal, and the losses ``losses.spectral`` on pairs
    and ``losses.spectral_independent`` on pairs and independent negatives.  Everything is enumerated, so the result is
    exact for every size of batch; it takes ((n_V + n_L)k)² numbers, so the joint must be small.

    Parameters
    ----------
    joint
        The joint distribution of the pairs.
    k
        The encoder dimension.  A gap σ_k > σ_{k+1} is needed: then the optimum has no other flat directions.
    batch, negatives
        The size of a batch and its negatives, as for ``Pairs``.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or there is no gap; the message names the argument.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> modes = mt.training.modes(mt.generators.isotropic_noise(3, 0.2), 1, batch=8)
    >>> round(float(modes.curvatures[0]), 4)  # 2(σ_1 − σ_2)
    0.4
    """
    joint, batch = check_joint("joint", joint), _checks.integer("batch", batch, 2)
    if negatives not in NEGATIVES:
        raise ValueError(f"negatives: must be one of {', '.join(NEGATIVES)}, got {negatives!r}")
    fact = factorize(joint, k)
    if fact.singular_values[k - 1] - fact.singular_values[k] <= resolution():
        raise ValueError(f"k: a gap σ_k > σ_(k+1) is needed, got {k}, where both are {fact.singular_values[k]:.6g}")
    size = fact.image_factors.size + fact.text_factors.size
    _checks.dense_size("joint", size, size)
    curvatures, variances = _curvatures_and_variances(joint, fact.image_factors, fact.text_factors, batch, negatives)
    return Modes(curvatures[k * k :], variances[k * k :])


@partial(jax.jit, static_argnames="negatives")
def _curvatures_and_variances(
    joint: Joint, image_factors: Float[Array, "n_V k"], text_factors: Float[Array, "n_L k"], batch: int, negatives: str
) -> tuple[Float[Array, " D"], Float[Array, " D"]]:
    """Compute the eigenvalues of the Hessian at these factors, and a gradient's variances along its eigenvectors."""
    start, unravel = ravel_pytree((image_factors, text_factors))
    curvatures, basis = jnp.linalg.eigh(jax.hessian(lambda theta: losses.factorization(joint, *unravel(theta)))(start))
    roots = jnp.sqrt(joint.image_marginal)[:, None], jnp.sqrt(joint.text_marginal)[:, None]

    def scores(theta: Array) -> Float[Array, "n_V n_L"]:
        images, texts = (factors / root for factors, root in zip(unravel(theta), roots, strict=True))
        return images @ texts.T

    slopes = jax.jacobian(scores)(start)
    squares = 2 * scores(start)[..., None] * slopes  # the gradient of ⟨z, w⟩²
    noise = _covariance(joint, -2 * slopes, squares, batch, negatives)
    return curvatures, jnp.sum(basis * (noise @ basis), axis=0)


def _covariance(
    joint: Joint,
    attraction: Float[Array, "n_V n_L D"],
    repulsion: Float[Array, "n_V n_L D"],
    batch: int,
    negatives: str,
) -> Float[Array, "D D"]:
    """Compute the covariance of a batch's gradient, mean_i a(x_i, l_i) + mean r.

    The second mean is over all cells (x'_i, l'_j) of other draws, or over the cells (x_i, l_j) of pairs i ≠ j.  It is a
    sum of independent terms, E r given x and given l, and of what is left (Hoeffding 1948).
    """
    P, p, q = joint.matrix, joint.image_marginal, joint.text_marginal
    independent = p[:, None] * q
    mean = jnp.einsum("xl,xld->d", independent, repulsion)
    of_image, of_text = jnp.einsum("l,xld->xd", q, repulsion), jnp.einsum("x,xld->ld", p, repulsion)
    rest = repulsion - of_image[:, None] - of_text + mean
    rest_noise = jnp.einsum("xl,xld,xle->de", independent, rest, rest)
    if negatives == "independent":
        parts = [(P, attraction), (p, of_image), (q, of_text)]
        return sum(_covariance_of_values(masses, values) for masses, values in parts) / batch + rest_noise / batch**2
    # The cells (i, j) and (j, i) share both pairs.
    crossed = jnp.einsum("xl,xmd->lmd", P, rest)
    rest_noise += jnp.einsum("lmd,mle->de", crossed, crossed)
    pairs = attraction + of_image[:, None] + of_text
    return _covariance_of_values(P, pairs) / batch + rest_noise / (batch * (batch - 1))


def _covariance_of_values(masses: Float[Array, "*shape"], values: Float[Array, "*shape D"]) -> Float[Array, "D D"]:
    """Compute the covariance of values drawn from a distribution."""
    weights, rows = masses.ravel(), values.reshape(masses.size, -1)
    mean = weights @ rows
    return (rows * weights[:, None]).T @ rows - jnp.outer(mean, mean)


def plateau(modes: Modes, step: float) -> float:
    """Compute the mean excess loss at which gradient descent with a constant step stays, Σ_i η s_i/(2(2 − ηh_i)).

    Raises
    ------
    ValueError, TypeError
        If the step is not positive, or too large to be stable in the linear recursion, η ≥ 2/max h_i.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> modes = mt.training.Modes(np.array([0.5]), np.array([3.0]))  # one of each
    >>> round(mt.training.plateau(modes, 0.1), 6)  # 0.3/(2 · 1.95)
    0.076923
    """
    h, s = map(np.asarray, modes)
    step = _checks.real("step", step, 0, 2 / float(h[-1]), open_low=True)
    return float(np.sum(step * s / (2 * (2 - step * h))))


def decay(modes: Modes, c: float) -> float:
    """Compute the limit of t times the mean excess loss after t steps of size c/t, ½Σ_i h_i c² s_i/(2ch_i − 1).

    Raises
    ------
    ValueError, TypeError
        If c ≤ 1/(2 min h_i): then the excess falls more slowly than 1/t.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> modes = mt.training.Modes(np.array([0.5]), np.array([3.0]))  # one of each
    >>> mt.training.decay(modes, 2.0), mt.training.decay(modes, 4.0)
    (3.0, 4.0)
    """
    h, s = map(np.asarray, modes)
    c = _checks.real("c", c, 1 / (2 * float(h[0])), float("inf"), open_low=True)
    return float(np.sum(h * c**2 * s / (2 * c * h - 1)) / 2)
