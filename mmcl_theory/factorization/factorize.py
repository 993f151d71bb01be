"""Factorize a joint: compute the optimal encoders in closed form."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Float, PRNGKeyArray

from .. import _checks
from .._arrays import Array, program, xp
from ..joints.joint import Joint, check_joint
from ..joints.laws.law import Law
from ..joints.shown import Fact, Shown, shown_number
from .krylov.search import NotConverged
from .operators.choose import Decomposition, decompose
from .precision import rounding


class Factorization(Shown, eqx.Module):
    """Hold the minimizer of L_AMF of dimension k: a truncated singular value decomposition of A (`amf-optimum`).

    Attributes
    ----------
    singular_values
        σ_1 … σ_{k+1}, shape (k+1,).
    image_vectors, text_vectors
        U_k and V_k, shapes (n_V, k) and (n_L, k), orthonormal columns.
    residual_norms
        max(‖A v_j − σ_j u_j‖, ‖Aᵀ u_j − σ_j v_j‖) for j = 1 … k+1, as achieved.
    value_bounds
        Bounds on |σ̂_j − σ_j|, shape (k+1,).
    image_marginal, text_marginal
        p_V and p_L.
    """

    singular_values: Float[Array, " k+1"]
    image_vectors: Float[Array, "n_V k"]
    text_vectors: Float[Array, "n_L k"]
    residual_norms: Float[Array, " k+1"]
    value_bounds: Float[Array, " k+1"]
    image_marginal: Float[Array, " n_V"]
    text_marginal: Float[Array, " n_L"]

    @property
    def image_factors(self) -> Float[Array, "n_V k"]:
        """Return F_V = U_k Σ_k^{1/2}, weighted by √p_V; F_V F_Lᵀ is the truncated decomposition."""
        return self.image_vectors * jnp.sqrt(self.singular_values[:-1])

    @property
    def text_factors(self) -> Float[Array, "n_L k"]:
        """Return F_L = V_k Σ_k^{1/2}, weighted by √p_L."""
        return self.text_vectors * jnp.sqrt(self.singular_values[:-1])

    @property
    def image_features(self) -> Float[Array, "n_V k"]:
        """Return f_V(x) = p_V(x)^{-1/2} (F_V)_x, the output of the optimal image encoder."""
        return self.image_factors / jnp.sqrt(self.image_marginal)[:, None]

    @property
    def text_features(self) -> Float[Array, "n_L k"]:
        """Return f_L(l) = p_L(l)^{-1/2} (F_L)_l, the output of the optimal text encoder."""
        return self.text_factors / jnp.sqrt(self.text_marginal)[:, None]

    def __repr__(self) -> str:
        shown = ", ".join(f"{fact.words} {fact.value}" for fact in self._facts())
        return f"Factorization({shown})"

    def _facts(self) -> list[Fact]:
        """List the encoder dimension, the singular values and how well they are met."""
        size = self.singular_values.shape[-1]
        first = self.singular_values[..., : min(size, 8)]
        values = shown_number(first) if first.ndim != 1 else ", ".join(map(shown_number, first))
        worst = self.residual_norms.max() if self.residual_norms.ndim == 1 else self.residual_norms
        return [
            Fact("k", "k =", str(size - 1)),
            Fact(r"\sigma_1,\dots", "σ =", values + ", …" * (first.ndim == 1 and size > 8)),
            Fact("", "residual norms at most", shown_number(worst)),
        ]


def factorize(joint: Joint, k: int, *, tol: float = 1e-8, key: PRNGKeyArray | None = None) -> Factorization:
    """Factorize the normalized co-occurrence matrix of a joint, which gives the optimal encoders of dimension k.

    Parameters
    ----------
    joint
        The distribution of positive pairs.
    k
        Encoder dimension, 1 … min(n_V, n_L); at the largest σ_{k+1} is 0.
    tol
        For a joint that is not held densely: the largest residual norm of the first k triplets, and the error of
        σ_{k+1}; within [1e-14, 1].  A dense joint, or a small one, is decomposed to rounding.
    key
        Draws the start of the iteration; by default always the same.

    Raises
    ------
    ValueError, TypeError
        If k or tol is out of range or of a wrong type, or the joint is not a single one.
    NotConverged
        If ``tol`` is not reached; its ``partial`` is the factorization as far as it came.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> fact = mt.factorize(mt.generators.isotropic_noise(4, 0.25), k=1)
    >>> [round(float(value), 12) for value in fact.singular_values]
    [1.0, 0.75]
    """
    joint = check_joint("joint", joint)
    (k,) = _checks.dimensions("k", [k], min(joint.law.shape))
    tol = _checks.real("tol", tol, 1e-14, 1.0)
    if key is not None:
        key = _checks.random_key("key", key)
    normalized = joint.normalized_law
    try:
        found = decompose(normalized, k, tol=tol, key=key)
    except NotConverged as error:
        raise NotConverged(str(error), _of_decomposition(joint, normalized, Decomposition(*error.partial), k)) from None
    return _of_decomposition(joint, normalized, found, k)


def _of_decomposition(joint: Joint, normalized: Law, found: Decomposition, k: int) -> Factorization:
    found = found.reaching(k + 1)
    left, values, right = found.left[:, : k + 1], found.values[: k + 1], found.right[:, : k + 1]
    norms, bounds = found.residual_norms, found.value_bounds
    if norms is None or bounds is None:  # a complete decomposition, to rounding
        norms = _residual_norms(normalized, left, values, right)
        bounds = norms + rounding()
    marginals = joint.image_marginal, joint.text_marginal
    return Factorization(values, left[:, :k], right[:, :k], norms, bounds, *marginals)


@program
def _residual_norms(normalized: Law, left: Array, values: Array, right: Array) -> Float[Array, " p"]:
    images, texts = left * values, right * values
    forth, back = normalized @ right - images, normalized.T @ left - texts
    return xp.maximum(xp.linalg.norm(forth, axis=0), xp.linalg.norm(back, axis=0))
