"""Compute CrossCLR: negatives within a modality too, and influential samples weighted and pruned (zolfaghari2021)."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float

from .. import _checks
from .minibatch import finite, normalized, paired, positive


def crossclr(
    images: Float[Array, "n d"],
    texts: Float[Array, "n d"],
    temperature: Any,
    negative_weight: float,
    *,
    image_inputs: Float[Array, "n a"] | None = None,
    text_inputs: Float[Array, "n b"] | None = None,
    influence: float = 0.9,
    proximity: float = 0.0035,
) -> Float[Array, ""]:
    """Compute CrossCLR: in full where the inputs are given, else the released variant without influence.

    In full, for images (texts likewise, and the two are averaged): let c_i be the mean cosine of input i to the other
    inputs of its modality (its connectivity).  A sample is influential where c_i > ``influence``·max_j c_j; it is
    pruned from every set of negatives.  With s = cosine/τ of the embeddings,

        ℓ_i = −log e^{s(x_i,l_i)} / (e^{s(x_i,l_i)} + Σ_j e^{s(x_i,l_j)} + λ Σ_j e^{s(x_i,x_j)})

    over the j ≠ i that are not influential, and the loss is Σ_i w_i ℓ_i, w the softmax of c_i/``proximity``.  That the
    threshold is relative to the largest connectivity, and that the weights sum to 1, is our reading of the paper.

    The released variant, without inputs, differs in more than what it lacks: λ multiplies the logits s(x_i,x_j) within
    a modality rather than their exponentials, and an anchor's similarity to itself is multiplied by zero rather than
    removed, so that it stays in the softmax as a logit of 0.

    Parameters
    ----------
    images, texts
        The embeddings, a row each; they are normalized here.
    temperature
        The temperature τ > 0.
    negative_weight
        The weight λ ≥ 0 of negatives within a modality.
    image_inputs, text_inputs
        What the encoders were given, or expert features of it: both, or neither.
    influence
        The threshold of influence in (0, 1]; at 1 no sample is influential.
    proximity
        The scale κ > 0 of the weights; the larger it is, the more equal they are.

    Raises
    ------
    ValueError, TypeError
        If shapes disagree, an entry is not finite or a number is out of range; the message names the argument.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> images, texts = jax.random.normal(jax.random.key(0), (2, 6, 3))
    >>> released = mt.losses.crossclr(images, texts, 0.2, 0.8)
    >>> inputs = {"image_inputs": images, "text_inputs": texts}
    >>> full = mt.losses.crossclr(images, texts, 0.2, 0.0, **inputs, influence=1, proximity=1e9)
    >>> bool(abs(full - mt.losses.clip(images, texts, 0.2)) < 1e-6)  # no λ, no pruning, equal weights: CLIP
    True
    """
    images, texts = paired(images, texts)
    temperature = positive("temperature", temperature)
    if not _checks.is_traced(negative_weight):
        negative_weight = _checks.real("negative_weight", negative_weight, 0, float("inf"))
    images, texts = normalized(images), normalized(texts)
    across = images @ texts.T / temperature
    within = [side @ side.T / temperature for side in (images, texts)]
    if image_inputs is None and text_inputs is None:
        return (_released(across, within[0], negative_weight) + _released(across.T, within[1], negative_weight)) / 2
    connected = _connectivities(len(images), image_inputs, text_inputs)
    share = _checks.real("influence", influence, 0, 1, open_low=True)
    scale = positive("proximity", proximity)
    pruned = [connectivity > share * jnp.max(connectivity) for connectivity in connected]
    losses = [
        jnp.sum(jax.nn.softmax(connectivity / scale) * _full(logits, inner, negative_weight, own, other))
        for connectivity, logits, inner, own, other in (
            (connected[0], across, within[0], pruned[0], pruned[1]),
            (connected[1], across.T, within[1], pruned[1], pruned[0]),
        )
    ]
    return (losses[0] + losses[1]) / 2


def _connectivities(n: int, image_inputs: Any, text_inputs: Any) -> list[Float[Array, " n"]]:
    """Check the inputs of both modalities, n rows each, and compute the connectivities of their samples."""
    connected = []
    for name, inputs in (("image_inputs", image_inputs), ("text_inputs", text_inputs)):
        if inputs is None:
            raise ValueError(f"{name}: needed where the inputs of the other modality are given, got None")
        inputs = finite(name, inputs)
        if len(inputs) != n:
            raise ValueError(f"{name}: {n} rows are needed, one for each pair, got {len(inputs)}")
        connected.append(_connectivity(inputs))
    return connected


def _released(across: Float[Array, "n n"], within: Float[Array, "n n"], weight: Any) -> Float[Array, ""]:
    logits = jnp.concatenate([across, jnp.where(jnp.eye(len(within), dtype=bool), 0, weight * within)], axis=1)
    return -jnp.mean(jnp.diagonal(jax.nn.log_softmax(logits, axis=1)))


def _full(
    across: Float[Array, "n n"], within: Float[Array, "n n"], weight: Any, pruned: Array, pruned_across: Array
) -> Float[Array, " n"]:
    """Compute ℓ_i of each row, without the pruned samples in any sum but their own."""
    own = jnp.eye(len(across), dtype=bool)
    factors = jnp.concatenate(
        [
            jnp.where(own, 1.0, jnp.where(pruned_across[None, :], 0.0, 1.0)),
            jnp.where(own | pruned[None, :], 0.0, weight),
        ],
        axis=1,
    )
    return logsumexp(jnp.concatenate([across, within], axis=1), axis=1, b=factors) - jnp.diagonal(across)


def _connectivity(inputs: Float[Array, "n a"]) -> Float[Array, " n"]:
    """Compute the mean cosine of each row to the other rows."""
    directions = normalized(inputs)
    return (directions @ jnp.sum(directions, axis=0) - jnp.sum(directions**2, axis=1)) / (len(inputs) - 1)
