"""What a dense joint's quantities read off arrays of its size, of a joint that is sparse or factors: no such array."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..joints.joint import Joint
from ..joints.laws.law import Law
from ..joints.laws.sparse import SparseLaw
from ..joints.pairs import conductances

Scalar = Float[Array, ""]


def pair_quantities(joint: Joint, law: Law) -> dict[str, Any]:
    """Dependence of texts on images, the graph of text-induced pairs, and InfoNCE at its optimum."""
    normalized: Any = joint.normalized
    independent = (jnp.sqrt(marginal)[:, None] for marginal in (joint.image_marginal, joint.text_marginal))
    of_classes = conductances(joint.class_mass.T @ (joint.class_mass / joint.text_marginal[:, None]))
    measured = {
        "squared_norm": normalized.squared_norm(),
        "chi_square": normalized.squared_distance(*independent),
        "class_conductance": jnp.max(of_classes),
        "total_conductance": jnp.sum(of_classes),
    }
    if isinstance(law, SparseLaw):
        best = pointwise_mutual_information(joint, law)
        measured["mutual_information"] = jnp.sum(law.values * best)
        measured["infonce_gradient"] = jnp.sum(jnp.abs(jax.grad(infonce_population, argnums=2)(joint, law, best)))
    return measured


def pointwise_mutual_information(joint: Joint, law: SparseLaw) -> Float[Array, " pairs"]:
    """Log P(x,l)/(p_V(x)p_L(l)) of the pairs of positive mass; −∞ elsewhere."""
    return jnp.log(law.values) - jnp.log(joint.image_marginal)[law.rows] - jnp.log(joint.text_marginal)[law.columns]


def infonce_population(joint: Joint, law: SparseLaw, scores: Float[Array, " pairs"]) -> Scalar:
    """``losses.infonce_population`` of scores that are −∞ but on the pairs of positive mass."""
    p, q = joint.image_marginal, joint.text_marginal
    per_image = _log_sum_exp(scores + jnp.log(q)[law.columns], law.rows, joint.n_images)
    per_text = _log_sum_exp(scores + jnp.log(p)[law.rows], law.columns, joint.n_texts)
    return -jnp.sum(law.values * scores) + (p @ per_image + q @ per_text) / 2


def _log_sum_exp(scores: Float[Array, " pairs"], groups: Array, n_groups: int) -> Float[Array, " n"]:
    largest = jax.lax.stop_gradient(jax.ops.segment_max(scores, groups, n_groups))
    return largest + jnp.log(jax.ops.segment_sum(jnp.exp(scores - largest[groups]), groups, n_groups))


def contribution_variance(joint: Joint, law: Law) -> Scalar:
    """The v of `cooccurrence-concentration`, from a product with each marginal's inverse."""
    p, q = joint.image_marginal, joint.text_marginal
    return jnp.maximum(jnp.max((law @ (1 / q)) / p), jnp.max((law.T @ (1 / p)) / q))


def truncation_loss(
    normalized: Law,
    left: Float[Array, "n_V p"],
    kept: Float[Array, " p"],
    right: Float[Array, "n_L p"],
) -> Scalar:
    """‖A − U diag(kept) Vᵀ‖_F², expanded; it does not rely on U and V being singular vectors, nor orthonormal."""
    products = jnp.sum(left * (normalized @ right), axis=0)
    return normalized.squared_norm() - 2 * kept @ products + kept @ ((left.T @ left) * (right.T @ right)) @ kept
