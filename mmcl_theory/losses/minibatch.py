"""Compute losses on a batch of positive pairs: row i of one side goes with row i of the other."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import _checks


def spectral(
    images: Float[Array, "n d"], texts: Float[Array, "n d"], *, max_norm: float | None = None
) -> Float[Array, ""]:
    """Compute the spectral contrastive loss −2 mean_i ⟨z_i, w_i⟩ + mean_{i≠j} ⟨z_i, w_j⟩² (haochen2021, zhang2023).

    Where pairs are drawn independently, the texts of other pairs are independent of an image, so the mean over batches
    is ``spectral_population`` exactly.  Batches drawn without replacement from a finite set of pairs are an exception.

    Parameters
    ----------
    images, texts
        The embeddings, a row each, n ≥ 2; those of two views of each image for single-modal learning.
    max_norm
        The norm √μ > 0 to which longer rows are shortened; by default no row is shortened.

    Raises
    ------
    ValueError, TypeError
        If shapes disagree or an entry is not finite; the message names the argument.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> float(mt.losses.spectral(np.eye(2), np.array([[1.0, 0.5], [0.0, 1.0]])))
    -1.875
    """
    images, texts = paired(images, texts)
    images, texts = clipped(images, max_norm), clipped(texts, max_norm)
    squares = (images @ texts.T) ** 2
    n = len(images)
    others = jnp.sum(jnp.where(jnp.eye(n, dtype=bool), 0, squares)) / (n * (n - 1))
    return -2 * jnp.mean(jnp.sum(images * texts, axis=1)) + others


def spectral_independent(
    images: Float[Array, "n d"],
    texts: Float[Array, "n d"],
    other_images: Float[Array, "m d"],
    other_texts: Float[Array, "m d"],
) -> Float[Array, ""]:
    """Compute −2 mean_i ⟨z_i, w_i⟩ + mean_{i,j} ⟨z'_i, w'_j⟩², the spectral loss with independent negatives.

    The negatives are drawn from the marginals independently of the pairs.  The mean over batches is
    ``spectral_population``, whatever the joint distribution of the pairs within a batch.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> float(mt.losses.spectral_independent(np.eye(2), np.eye(2), np.eye(2), np.eye(2)))
    -1.5
    """
    images, texts = paired(images, texts)
    other_images, other_texts = paired(other_images, other_texts, names=("other_images", "other_texts"))
    return -2 * jnp.mean(jnp.sum(images * texts, axis=1)) + jnp.mean((other_images @ other_texts.T) ** 2)


def clip(images: Float[Array, "n d"], texts: Float[Array, "n d"], temperature: Any) -> Float[Array, ""]:
    """Compute CLIP's symmetric InfoNCE loss: the mean −log softmax of cosine/τ at the own text and at the own image.

    Parameters
    ----------
    images, texts
        The embeddings, a row each; they are normalized here.
    temperature
        The temperature τ > 0; it may be learned, as the loss is differentiable in it.

    Raises
    ------
    ValueError, TypeError
        If shapes disagree, an entry is not finite or the temperature is not positive; the message names the argument.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> round(float(mt.losses.clip(np.eye(2), np.eye(2), 1.0)), 6)  # log(1 + 1/e)
    0.313262
    """
    images, texts = paired(images, texts)
    return symmetric_infonce(normalized(images) @ normalized(texts).T / positive("temperature", temperature))


def symmetric_infonce(logits: Float[Array, "n n"]) -> Float[Array, ""]:
    """Compute the mean −log softmax of each pair's logit among those of its image and among those of its text.

    Row i and column i belong to pair i; the other pairs are the negatives.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(symmetric_infonce(np.zeros((4, 4)))), 4)  # log 4
    1.3863
    """
    own = [jnp.mean(jnp.diagonal(jax.nn.log_softmax(logits, axis=axis))) for axis in (0, 1)]
    return -(own[0] + own[1]) / 2


def ntxent(embeddings: Float[Array, "n d"], temperature: Any) -> Float[Array, ""]:
    """Compute NT-Xent, the loss of SimCLR: each row is to find the other view of its image among all other rows.

    Parameters
    ----------
    embeddings
        The embeddings, which are normalized here: rows 0 … n/2−1 are first views, rows n/2 … n−1 the second views of
        the same images.
    temperature
        The temperature τ > 0.

    Raises
    ------
    ValueError, TypeError
        If n is odd, an entry is not finite or the temperature is not positive; the message names the argument.

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> views = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    >>> round(float(mt.losses.ntxent(views, 1.0)), 6)  # log(1 + 2/e)
    0.551445
    """
    logits = view_logits(embeddings, temperature)
    return -jnp.mean(at_other_view(jax.nn.log_softmax(logits, axis=1)))


def view_logits(embeddings: Any, temperature: Any) -> Float[Array, "n n"]:
    """Compute cosine/τ of the rows of two views, −∞ between a row and itself."""
    embeddings = normalized(finite("embeddings", embeddings))
    n = len(embeddings)
    if n % 2 or n < 4:
        raise ValueError(f"embeddings: two views of at least two images are needed, an even number of rows, got {n}")
    logits = embeddings @ embeddings.T / positive("temperature", temperature)
    return jnp.where(jnp.eye(n, dtype=bool), -jnp.inf, logits)


def other_view(n: int) -> Array:
    """Return, for each row, the number of the row with the other view of its image."""
    return jnp.roll(jnp.arange(n), n // 2)


def at_other_view(matrix: Float[Array, "n n"]) -> Float[Array, " n"]:
    """Return each row's entry in the column of the other view of its image."""
    n = len(matrix)
    return matrix[jnp.arange(n), other_view(n)]


def normalized(rows: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """Scale each row to norm 1, whatever its size; a row of zeros stays zero, and its gradient is zero.

    Half precision becomes single.

    Examples
    --------
    >>> import numpy as np
    >>> normalized(np.array([[3e-200, 0.0], [0.0, 0.0]])).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return _measured(rows)[0]


def clipped(rows: Float[Array, "n d"], max_norm: Any) -> Float[Array, "n d"]:
    """Scale rows longer than ``max_norm`` down to this norm; None leaves all as they are."""
    if max_norm is None:
        return rows
    limit = positive("max_norm", max_norm)
    directions, norms = _measured(rows)
    return jnp.where(norms > limit, directions * limit, rows)


@jax.jit
def _measured(rows: Float[Array, "n d"]) -> tuple[Float[Array, "n d"], Float[Array, "n 1"]]:
    """Compute the direction of each row, 0 where it is zero, and its norm.

    A row is first divided by the power of two of its largest entry: its squares then neither overflow nor vanish, and
    no digit changes.
    """
    rows = _widened(rows)
    largest = jax.lax.stop_gradient(jnp.max(jnp.abs(rows), axis=1, keepdims=True))
    # The bits of the exponent alone, which are those that are set in ∞; beyond 1/tiny, XLA's reciprocal would vanish.
    whole = jnp.int32 if rows.dtype == jnp.float32 else jnp.int64
    bits, mask = (jax.lax.bitcast_convert_type(x, whole) for x in (largest, jnp.full_like(largest, jnp.inf)))
    powers = jnp.minimum(jax.lax.bitcast_convert_type(bits & mask, rows.dtype), 1 / jnp.finfo(rows.dtype).tiny)
    some = powers > 0
    scaled = rows / jnp.where(some, powers, 1)
    norms = jnp.sqrt(jnp.where(some, jnp.sum(scaled**2, axis=1, keepdims=True), 1))
    return jnp.where(some, scaled / norms, 0), jnp.where(some, norms * powers, 0)


def finite(name: str, value: Any) -> Float[Array, "n d"]:
    """Return embeddings, one a row, as a floating-point array, in single precision if they are in half.

    Values are checked to be finite outside JAX transformations, where they can be inspected.
    """
    if jnp.issubdtype(getattr(value, "dtype", object), jnp.floating):
        value = _widened(value)
    if not _checks.is_traced(value):
        _checks.real_array(name, value, 2)
    array = jnp.asarray(value)
    if array.ndim != 2:
        raise ValueError(f"{name}: 2 dimension(s) are needed, got shape {array.shape}")
    return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(float)


def _widened(array: Any) -> Any:
    """Return numbers in half precision in single, in which sums of them are accurate; others as they are."""
    return array.astype(jnp.promote_types(array.dtype, jnp.float32))


def paired(
    images: Any, texts: Any, names: tuple[str, str] = ("images", "texts")
) -> tuple[Float[Array, "n d"], Float[Array, "n d"]]:
    """Check the two sides of a batch of at least two pairs, which must have one shape, and return them as arrays."""
    one, other = finite(names[0], images), finite(names[1], texts)
    if one.shape != other.shape:
        raise ValueError(f"{names[1]}: the shape of {names[0]}, {one.shape}, is needed, got {other.shape}")
    if len(one) < 2:
        raise ValueError(f"{names[0]}: at least two pairs are needed, got {len(one)}")
    return one, other


def positive(name: str, value: Any) -> Any:
    """Check that a number is finite and above 0, and return it; a traced one cannot be checked."""
    if _checks.is_traced(value):
        return value
    number = value
    if not isinstance(value, jax.Array) or value.ndim:
        number = _checks.real(name, value, 0, float("inf"), open_low=True)
    if not 0 < float(number) < float("inf"):
        raise ValueError(f"{name}: must be in (0, inf), got {_checks.quoted(value)}")
    return number
