"""Encoders: each maps a batch of inputs to a batch of embeddings of dimension d."""

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
    """Any function of n things: a vector for each, the encoder of which the theory speaks.

    Parameters
    ----------
    n, dimension
        How many things there are, and d.
    marginal
        Their law p, shape (n,): then what is learned is F_x = √p(x) f(x), in which the loss is best conditioned.
    key
        Of the Gaussian start, whose table has a norm of √d in expectation.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, mmcl_theory as mt
    >>> mt.training.Tabular(5, 2, key=jax.random.key(0))(jnp.array([0, 3])).shape
    (2, 2)
    """

    table: Float[Array, "n d"]
    scale: Float[Array, " n"]

    def __init__(self, n: int, dimension: int, *, marginal: Any = None, key: PRNGKeyArray):
        n, dimension = _checks.integer("n", n, 1), _checks.integer("dimension", dimension, 1)
        law = np.full(n, 1 / n) if marginal is None else _checks.law("marginal", marginal, 1)
        if law.shape != (n,) or not law.all():
            raise ValueError(f"marginal: {n} positive masses are needed, got shape {law.shape}, least {law.min()}")
        self.table = jax.random.normal(_checks.random_key("key", key), (n, dimension)) / np.sqrt(n)
        self.scale = jnp.asarray(1 / np.sqrt(law))

    def __call__(self, things: Int[Array, " b"]) -> Float[Array, "b d"]:
        """The vectors of things given by number; the scale is not learned."""
        return self.table[things] * jax.lax.stop_gradient(self.scale)[things, None]


class Linear(eqx.Module):
    """x ↦ G x, without a constant, on inputs of shape (b, n_inputs).

    Examples
    --------
    >>> import jax, jax.numpy as jnp, mmcl_theory as mt
    >>> mt.training.Linear(5, 2, key=jax.random.key(0))(jnp.ones((3, 5))).shape
    (3, 2)
    """

    weight: Float[Array, "d a"]

    def __init__(self, n_inputs: int, dimension: int, *, dtype: Any = float, key: PRNGKeyArray):
        n_inputs, dimension = _checks.integer("n_inputs", n_inputs, 1), _checks.integer("dimension", dimension, 1)
        key = _checks.random_key("key", key)
        self.weight = jax.random.normal(key, (dimension, n_inputs), dtype) / np.sqrt(n_inputs, dtype=dtype)

    def __call__(self, inputs: Float[Array, "b a"]) -> Float[Array, "b d"]:
        """G x for each row x."""
        return inputs.astype(self.weight.dtype) @ self.weight.T


class MLP(eqx.Module):
    """Layers x ↦ relu(Wx + b), the last without relu, on inputs of shape (b, …), which are flattened.

    Parameters
    ----------
    sizes
        Numbers of inputs, of the units of each hidden layer, and d: at least two numbers.
    dtype
        Of the weights; inputs are converted to it.  Single precision is twice as fast.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, mmcl_theory as mt
    >>> mt.training.MLP((12, 8, 2), key=jax.random.key(0))(jnp.ones((3, 4, 3))).shape
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
        # He's scale: relu halves the second moment.
        self.weights = [
            jax.random.normal(k, (b, a), dtype) * np.sqrt(2 / a).astype(dtype)
            for k, (a, b) in zip(keys, pairs, strict=True)
        ]
        self.biases = [jnp.zeros(b, dtype) for _, b in pairs]

    def hidden(self, inputs: Float[Array, "b *shape"]) -> Float[Array, "b h"]:
        """What the last layer reads: the representation that SimCLR keeps, the last layers being its projection."""
        rows = inputs.reshape(len(inputs), -1).astype(self.weights[0].dtype)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            rows = jax.nn.relu(rows @ weight.T + bias)
        return rows

    def __call__(self, inputs: Float[Array, "b *shape"]) -> Float[Array, "b d"]:
        """The output of the last layer for each input."""
        return self.hidden(inputs) @ self.weights[-1].T + self.biases[-1]


class Convolutional(eqx.Module):
    """A small convolutional net for pictures of 32 × 32 pixels, shape (b, 32, 32, channels), values of order one.

    Three 3 × 3 convolutions of stride 2 with relu, of ``width``, twice and four times as many channels, and a linear
    map of the 4 × 4 places that are left.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, mmcl_theory as mt
    >>> mt.training.Convolutional(2, width=4, key=jax.random.key(0))(jnp.ones((3, 32, 32, 3))).shape
    (3, 2)
    """

    kernels: list[Float[Array, "3 3 in out"]]
    biases: list[Float[Array, " out"]]
    last: Float[Array, "a d"]

    def __init__(
        self, dimension: int, *, width: int = 16, channels: int = 3, dtype: Any = np.float32, key: PRNGKeyArray
    ):
        dimension, width = _checks.integer("dimension", dimension, 1), _checks.integer("width", width, 1)
        sizes = [_checks.integer("channels", channels, 1), width, 2 * width, 4 * width]
        keys = jax.random.split(_checks.random_key("key", key), 4)
        self.kernels = [
            jax.random.normal(k, (3, 3, a, b), dtype) * np.sqrt(2 / (9 * a)).astype(dtype)
            for k, a, b in zip(keys[:3], sizes[:-1], sizes[1:], strict=True)
        ]
        self.biases = [jnp.zeros(b, dtype) for b in sizes[1:]]
        n_last = 16 * sizes[-1]
        self.last = jax.random.normal(keys[3], (n_last, dimension), dtype) / np.sqrt(n_last).astype(dtype)

    def hidden(self, inputs: Float[Array, "b 32 32 c"]) -> Float[Array, "b h"]:
        """What the linear map reads."""
        images = inputs.astype(self.last.dtype)
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            images = jax.nn.relu(_patches(images) @ kernel.reshape(-1, kernel.shape[-1]) + bias)
        return images.reshape(len(images), -1)

    def __call__(self, inputs: Float[Array, "b 32 32 c"]) -> Float[Array, "b d"]:
        """The embedding of each picture."""
        return self.hidden(inputs) @ self.last


class Beside(eqx.Module):
    """An encoder's embeddings beside its inputs, for a loss that reads both.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, mmcl_theory as mt
    >>> encoder = mt.training.Beside(mt.training.Linear(5, 2, key=jax.random.key(0)))
    >>> [part.shape for part in encoder(jnp.ones((3, 5)))]
    [(3, 2), (3, 5)]
    """

    encoder: Any

    def __call__(self, inputs: Array) -> tuple[Array, Array]:
        """Embeddings and inputs."""
        return self.encoder(inputs), inputs


def _patches(images: Float[Array, "b h w c"]) -> Float[Array, "b i j a"]:
    """The 3 × 3 squares at every second place, zeros beyond the edge, for a convolution as a product of matrices.

    On CPUs XLA's own convolution is twenty times slower within a loop, where training runs.
    """
    height, width = images.shape[1:3]
    padded = jnp.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)))
    squares = [padded[:, top : top + height : 2, left : left + width : 2] for top, left in product(range(3), repeat=2)]
    return jnp.concatenate(squares, axis=-1)


def embed(encoder: Any, batch: Sequence[Array]) -> list[Float[Array, "b d"]]:
    """A pair (f_V, f_L) encodes images and texts by turns; a single encoder encodes all, which are views of images."""
    sides = encoder if isinstance(encoder, tuple) else (encoder,)
    return [sides[place % len(sides)](things) for place, things in enumerate(batch)]
