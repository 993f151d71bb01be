"""Define encoders: each maps a batch of inputs to a batch of embeddings of dimension d."""

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from .. import _checks


class Tabular(eqx.Module):
    """Map each of n items to a vector of its own: the encoder of the theory, which can be any function.

    Parameters
    ----------
    n, dimension
        The number of items, and d.
    marginal
        The distribution p of the items, shape (n,), by default uniform: what is learned is F_x = √p(x) f(x), in which
        the loss is best conditioned.
    key
        The random key of the Gaussian start, whose table has a norm of √d in expectation.

    Examples
    --------
    >>> import jax, numpy as np, mmcl_theory as mt
    >>> mt.training.Tabular(5, 2, key=jax.random.key(0))(np.array([0, 3])).shape
    (2, 2)
    """

    table: Float[Array, "n d"]
    scale: Float[Array, " n"]

    def __init__(self, n: int, dimension: int, *, marginal: Any = None, key: PRNGKeyArray):
        n, dimension = _checks.integer("n", n, 1), _checks.integer("dimension", dimension, 1)
        masses = np.full(n, 1 / n) if marginal is None else _checks.law("marginal", marginal, 1)
        if masses.shape != (n,) or not masses.all():
            raise ValueError(
                f"marginal: {n} positive masses are needed, got shape {masses.shape}, least {masses.min()}"
            )
        self.table = jax.random.normal(_checks.random_key("key", key), (n, dimension)) / np.sqrt(n)
        self.scale = jnp.asarray(1 / np.sqrt(masses))

    def __call__(self, things: Int[Array, " b"]) -> Float[Array, "b d"]:
        """Look up the vectors of items given by number, NaN for numbers not in 0 … n − 1; the scale is not learned."""
        vectors = self.table[things] * jax.lax.stop_gradient(self.scale)[things, None]
        # JAX would read another row in place of one that is not there.
        return jnp.where(((things >= 0) & (things < len(self.table)))[..., None], vectors, jnp.nan)


class Linear(eqx.Module):
    """Map inputs linearly, x ↦ G x, without a constant; they have shape (b, n_inputs).

    Examples
    --------
    >>> import jax, numpy as np, mmcl_theory as mt
    >>> mt.training.Linear(5, 2, key=jax.random.key(0))(np.ones((3, 5))).shape
    (3, 2)
    """

    weight: Float[Array, "d a"]

    def __init__(self, n_inputs: int, dimension: int, *, dtype: Any = float, key: PRNGKeyArray):
        n_inputs, dimension = _checks.integer("n_inputs", n_inputs, 1), _checks.integer("dimension", dimension, 1)
        key = _checks.random_key("key", key)
        self.weight = jax.random.normal(key, (dimension, n_inputs), dtype) / np.sqrt(n_inputs, dtype=dtype)

    def __call__(self, inputs: Float[Array, "b a"]) -> Float[Array, "b d"]:
        """Compute G x for each row x."""
        return inputs.astype(self.weight.dtype) @ self.weight.T


class MLP(eqx.Module):
    """Apply layers x ↦ relu(Wx + b), the last without relu, to inputs of shape (b, …), which are flattened.

    Parameters
    ----------
    sizes
        The number of inputs, of the units of each hidden layer, and d: at least two numbers.
    dtype
        The type of the weights; inputs are converted to it.  Single precision is twice as fast.
    key
        The random key of the initial weights.

    Examples
    --------
    >>> import jax, numpy as np, mmcl_theory as mt
    >>> mt.training.MLP((12, 8, 2), key=jax.random.key(0))(np.ones((3, 4, 3))).shape
    (3, 2)
    """

    weights: list[Float[Array, "out in"]]
    biases: list[Float[Array, " out"]]

    def __init__(self, sizes: Sequence[int], *, dtype: Any = float, key: PRNGKeyArray):
        if not isinstance(sizes, Sequence) or len(sizes) < 2:
            raise ValueError(f"sizes: numbers of inputs and of outputs are needed at least, got {sizes!r}")
        sizes = [_checks.integer("sizes", size, 1) for size in sizes]
        keys = jax.random.split(_checks.random_key("key", key), len(sizes) - 1)
        pairs = list(pairwise(sizes))
        # The scale of He et al. (2015): relu halves the second moment.
        self.weights = [
            jax.random.normal(k, (b, a), dtype) * np.sqrt(2 / a).astype(dtype)
            for k, (a, b) in zip(keys, pairs, strict=True)
        ]
        self.biases = [jnp.zeros(b, dtype) for _, b in pairs]

    def hidden(self, inputs: Float[Array, "b *shape"]) -> Float[Array, "b h"]:
        """Compute the input of the last layer: the representation that SimCLR keeps, without its projection."""
        rows = inputs.reshape(len(inputs), -1).astype(self.weights[0].dtype)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            rows = jax.nn.relu(rows @ weight.T + bias)
        return rows

    def __call__(self, inputs: Float[Array, "b *shape"]) -> Float[Array, "b d"]:
        """Compute the output of the last layer for each input."""
        return self.hidden(inputs) @ self.weights[-1].T + self.biases[-1]


class Convolutional(eqx.Module):
    """Apply a small convolutional network to pictures of ``side`` × ``side`` pixels.

    The pictures have shape (b, side, side, channels) and values of order one.  The network has three 3 × 3 convolutions
    of stride 2 with relu, of ``width``, 2·``width`` and 4·``width`` channels, and a linear map of the pixels left, an
    eighth of the side each way.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or the side is no multiple of 8; the message names it.

    Examples
    --------
    >>> import equinox as eqx, jax, numpy as np, mmcl_theory as mt
    >>> network = mt.training.Convolutional(2, width=4, key=jax.random.key(0))
    >>> eqx.filter_jit(network)(np.ones((3, 32, 32, 3))).shape
    (3, 2)
    """

    kernels: list[Float[Array, "3 3 in out"]]
    biases: list[Float[Array, " out"]]
    last: Float[Array, "a d"]

    def __init__(
        self,
        dimension: int,
        *,
        width: int = 16,
        channels: int = 3,
        side: int = 32,
        dtype: Any = np.float32,
        key: PRNGKeyArray,
    ):
        dimension, width = _checks.integer("dimension", dimension, 1), _checks.integer("width", width, 1)
        if _checks.integer("side", side, 8) % 8:
            raise ValueError(f"side: must be a multiple of 8, got {side}")
        sizes = [_checks.integer("channels", channels, 1), width, 2 * width, 4 * width]
        keys = jax.random.split(_checks.random_key("key", key), 4)
        self.kernels = [
            jax.random.normal(k, (3, 3, a, b), dtype) * np.sqrt(2 / (9 * a)).astype(dtype)
            for k, a, b in zip(keys[:3], sizes[:-1], sizes[1:], strict=True)
        ]
        self.biases = [jnp.zeros(b, dtype) for b in sizes[1:]]
        n_last = (side // 8) ** 2 * sizes[-1]
        self.last = jax.random.normal(keys[3], (n_last, dimension), dtype) / np.sqrt(n_last).astype(dtype)

    def hidden(self, inputs: Float[Array, "b side side c"]) -> Float[Array, "b h"]:
        """Compute the input of the linear map."""
        images = inputs.astype(self.last.dtype)
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            images = jax.nn.relu(_patches(images) @ kernel.reshape(-1, kernel.shape[-1]) + bias)
        return images.reshape(len(images), -1)

    def __call__(self, inputs: Float[Array, "b side side c"]) -> Float[Array, "b d"]:
        """Compute the embedding of each picture."""
        return self.hidden(inputs) @ self.last


class Beside(eqx.Module):
    """Return an encoder's embeddings beside its inputs, for a loss that reads both.

    Examples
    --------
    >>> import jax, numpy as np, mmcl_theory as mt
    >>> encoder = mt.training.Beside(mt.training.Linear(5, 2, key=jax.random.key(0)))
    >>> [part.shape for part in encoder(np.ones((3, 5)))]
    [(3, 2), (3, 5)]
    """

    encoder: Any

    def __call__(self, inputs: Array) -> tuple[Array, Array]:
        """Return embeddings and inputs."""
        return self.encoder(inputs), inputs


def _patches(images: Float[Array, "b h w c"]) -> Float[Array, "b i j a"]:
    """Extract the 3 × 3 squares at every second pixel, with zeros beyond the edge.

    A convolution is then a product of matrices.  On CPUs XLA's own convolution is twenty times slower within a loop,
    where training runs.
    """
    height, width = images.shape[1:3]
    padded = jnp.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)))
    squares = [padded[:, top : top + height : 2, left : left + width : 2] for top, left in product(range(3), repeat=2)]
    return jnp.concatenate(squares, axis=-1)


def embed(encoder: Any, batch: Sequence[Array]) -> list[Float[Array, "b d"]]:
    """Encode a batch: a pair (f_V, f_L) encodes images and texts in turn, a single encoder all, as views of images."""
    sides = encoder if isinstance(encoder, tuple) else (encoder,)
    return [sides[place % len(sides)](things) for place, things in enumerate(batch)]
