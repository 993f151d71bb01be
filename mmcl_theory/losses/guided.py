"""Compute NT-Xent with positives and negatives chosen by a multi-modal image encoder (zhang2023; theory, section 7)."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import _checks
from .minibatch import at_other_view, finite, normalized, ntxent, other_view, view_logits

# The share of the batch that each method discards in the released code; the first discards nothing.
GUIDED = {
    "add_new_positive": 0.0,
    "drop_false_positive": 0.1,
    "drop_false_negative": 0.05,
    "drop_easy_negative": 0.1,
    "drop_false_positive_as_released": 0.1,
}

# Cosines nearer than this many units of rounding count as equal; one of d features is wrong by about √d to d units.
TIED = 100


def guided_ntxent(
    embeddings: Float[Array, "n d"],
    guide: Float[Array, "n d'"],
    temperature: Any,
    method: str = "add_new_positive",
) -> Float[Array, ""]:
    """Compute NT-Xent guided by g, the cosine similarity of the guide's embeddings.

    ``add_new_positive``
        Average NT-Xent and the same loss with each row's most g-similar row of another image in the place of the other
        view of its image.
    ``drop_false_positive``
        Average without the ⌊0.1n⌋ rows whose g with their other view is smallest.  Rows that tie at the limit share
        what is to be dropped: all of them have one weight.  So a guide that finds all positives alike changes nothing.
    ``drop_false_negative``
        Remove from each anchor's softmax the rows whose g with it is at or above the ⌊0.05n⌋-th largest.
    ``drop_easy_negative``
        Remove from each anchor's softmax the rows whose g with it is at or below the ⌊0.1n⌋-th smallest.
    ``drop_false_positive_as_released``
        Compute plain NT-Xent: the released code (PKU-ML/CLIP-Help-SimCLR) overwrites the masked terms before it
        averages.

    The other view is never removed from the softmax.  An anchor's g with itself, 1, is counted among the largest, as
    in the released code.

    Parameters
    ----------
    embeddings
        The embeddings of two views of each image, as for ``ntxent``.
    guide
        The guide's embeddings of the same rows, of any dimension; no gradient flows into them.
    temperature
        The temperature τ > 0.
    method
        A name in ``mt.losses.GUIDED``.

    Raises
    ------
    ValueError, TypeError
        If there is no such method, the two have unequal numbers of rows, or ``ntxent`` would raise it.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> views, guide = jax.random.normal(jax.random.key(0), (2, 8, 3))
    >>> guided = mt.losses.guided_ntxent(views, guide, 0.5, method="drop_false_positive_as_released")
    >>> bool(guided == mt.losses.ntxent(views, 0.5))
    True
    """
    if method not in GUIDED:
        raise ValueError(f"method: must be one of {', '.join(GUIDED)}, got {_checks.quoted(method)}")
    logits, similarity = view_logits(embeddings, temperature), _similarity(guide)
    n = len(logits)
    if len(similarity) != n:
        raise ValueError(f"guide: {n} rows are needed, one for each embedding, got {len(similarity)}")
    count = int(GUIDED[method] * n)
    if method == "add_new_positive":
        new = jnp.argmax(jnp.where(_own_image(n), -jnp.inf, similarity), axis=1)
        log_softmax = jax.nn.log_softmax(logits, axis=1)
        return -jnp.mean(at_other_view(log_softmax) + log_softmax[jnp.arange(n), new]) / 2
    if method == "drop_false_positive_as_released" or count == 0:
        return ntxent(embeddings, temperature)
    if method == "drop_false_positive":
        losses = -at_other_view(jax.nn.log_softmax(logits, axis=1))
        left = _part_left(at_other_view(similarity), count).astype(losses.dtype)
        return jnp.sum(left * losses) / (n - count)
    order = -similarity if method == "drop_false_negative" else similarity
    dropped = order <= jnp.sort(order, axis=1)[:, count - 1 : count]
    positive = jnp.arange(n)[None, :] == other_view(n)[:, None]
    return -jnp.mean(at_other_view(jax.nn.log_softmax(jnp.where(dropped & ~positive, -jnp.inf, logits), axis=1)))


def _similarity(guide: Any) -> Float[Array, "n n"]:
    """Compute the cosine similarity of the guide's embeddings, 1 on the diagonal."""
    directions = normalized(jax.lax.stop_gradient(finite("guide", guide)))
    cosine = directions @ directions.T
    return jnp.where(jnp.eye(len(cosine), dtype=bool), 1, cosine)


def _part_left(cosines: Float[Array, " n"], count: int) -> Float[Array, " n"]:
    """Return the part of each row that is left when the ``count`` ≥ 1 rows of the lowest cosines are discarded.

    Rows at the limit share what of them is to be discarded.
    """
    limit = jnp.sort(cosines)[count - 1]
    tied = TIED * jnp.finfo(cosines.dtype).eps
    above, below = cosines > limit + tied, cosines < limit - tied
    level = ~above & ~below
    shared = (count - jnp.sum(below)) / jnp.sum(level)  # at least 1 row, the limit itself
    return jnp.where(level, 1 - shared, above)


def _own_image(n: int) -> Array:
    """Mark where row and column are views of one image."""
    image = jnp.arange(n) % (n // 2)
    return image[:, None] == image[None, :]
