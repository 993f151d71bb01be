"""Hold a joint distribution by its pairs of positive mass."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float, Int, PRNGKeyArray

from ... import _checks
from ..._arrays import Array, of_jax, xp
from ..sampling import draw_cells
from .law import Law, at_hand, massive, stored_cells


class SparseLaw(Law):
    """Hold a distribution with few pairs of positive mass by these pairs, in the order of a dense array's cells.

    Attributes
    ----------
    rows, columns
        The image and the text of each pair, shape (pairs,).
    values
        The mass of each pair.
    dimensions
        (n_V, n_L).
    """

    rows: Int[Array, " pairs"]
    columns: Int[Array, " pairs"]
    values: Float[Array, " pairs"]
    dimensions: tuple[int, int] = eqx.field(static=True)
    held: ClassVar[str] = "sparse"

    @staticmethod
    def of_scipy(matrix: Any) -> "SparseLaw":
        """Take the nonzero entries of a SciPy sparse matrix or an array; repeated ones add up."""
        entries = scipy.sparse.csr_array(matrix)
        entries.sum_duplicates()
        entries.eliminate_zeros()
        # One integer type whatever SciPy chose, so that equal distributions are equal to the last bit.
        integer = scipy.sparse.get_index_dtype(maxval=max(entries.shape))
        rows = np.repeat(np.arange(entries.shape[0], dtype=integer), np.diff(entries.indptr))
        columns = entries.indices.astype(integer)
        rows, columns, values = jax.device_put((rows, columns, entries.data))
        return SparseLaw(rows, columns, values, entries.shape)

    @staticmethod
    def of(name: str, weights: Any) -> "SparseLaw":
        """Normalize a SciPy sparse matrix of non-negative weights to a total of 1, checked."""
        return SparseLaw.of_scipy(_checks.entries(_checks.law, name, weights))

    def to_scipy(self) -> "scipy.sparse.csr_array":
        """Return the same entries as a SciPy matrix."""
        entries = (np.asarray(self.values), (np.asarray(self.rows), np.asarray(self.columns)))
        return scipy.sparse.csr_array(entries, shape=self.shape)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_V, n_L)."""
        return self.dimensions

    @property
    def ndim(self) -> int:
        """Return 2 for one distribution, and more for a batch."""
        return 1 + self.values.ndim

    @property
    def dtype(self) -> Any:
        """Return the type of the numbers."""
        return self.values.dtype

    @property
    def T(self) -> "SparseLaw":
        """Return the transpose, with the roles of images and texts exchanged."""
        return SparseLaw(self.columns, self.rows, self.values, self.shape[::-1])

    def sum(self, axis: int) -> Float[Array, " n"]:
        """Sum over ``axis``: return the marginal of the images for 1, of the texts for 0."""
        kept = 1 - axis
        return self._sums((self.rows, self.columns)[kept], self.shape[kept])

    def __matmul__(self, block: Float[Array, "n_L *c"]) -> Float[Array, "n_V *c"]:
        """Multiply a vector or a block of columns from the right."""
        if not of_jax(self.values, block):
            return self.to_scipy() @ block
        # A column at a time, so that what is held besides is one number a pair.
        if block.ndim == 2:
            return jax.lax.map(self.__matmul__, block.T).T
        return jax.ops.segment_sum(self.values * jnp.asarray(block)[self.columns], self.rows, self.shape[0])

    def scaled(self, rows: Float[Array, " n_V"], columns: Float[Array, " n_L"]) -> "SparseLaw":
        """Multiply row x by rows[x] and column l by columns[l]."""
        parts = self.values, rows, self.rows, columns, self.columns
        values = _put_back(_scaled(*_on_host(*parts)), parts) if at_hand(*parts) else _scaled_on_device(*parts)
        return SparseLaw(self.rows, self.columns, values, self.shape)

    def class_mass(self, labels: Int[Array, " n_V"], n_classes: int) -> Float[Array, "n_L r"]:
        """Return P(l, y_V = i), the mass that each text has with the images of each class."""
        parts = self.columns, labels, self.rows
        places = _places(n_classes, *_on_host(*parts)) if at_hand(*parts) else _places_on_device(n_classes, *parts)
        return self._sums(places, self.shape[1], n_classes)

    def _sums(self, places: Int[Array, " pairs"], *shape: int) -> Float[Array, "*shape"]:
        """Add up the masses of the pairs at each place of an array of this shape."""
        if at_hand(places, self.values):
            sums = np.bincount(np.asarray(places), np.asarray(self.values), math.prod(shape))
            return _put_back(sums.astype(self.dtype).reshape(shape), (places, self.values))
        return _sums_on_device(self.values, places, shape)

    def squared_norm(self) -> Float[Array, ""]:
        """Return ‖P‖_F², the sum of the squared entries."""
        return xp.sum(self.values**2)

    def squared_distance(self, left: Float[Array, "n_V d"], right: Float[Array, "n_L d"]) -> Float[Array, ""]:
        """Return ‖P − left·rightᵀ‖_F²: directly where there are entries, and from Gram matrices elsewhere."""

        def products(column: tuple[Array, Array]) -> Any:
            """Multiply a column of ``left`` and of ``right`` at each entry."""
            return column[0][self.rows] * column[1][self.columns]

        if of_jax(self.values, left, right):
            here, _ = jax.lax.scan(lambda sums, c: (sums + products(c), None), 0 * self.values, (left.T, right.T))
        else:
            here = sum(map(products, zip(left.T, right.T, strict=True)), 0 * self.values)
        return xp.sum((self.values - here) ** 2) + self.product_norm(left, right) - xp.sum(here**2)

    def log_ratio(self) -> Float[Array, " pairs"]:
        """Return log P(x,l)/(p_V(x)p_L(l)) of each pair of positive mass."""
        images, texts = self.sum(axis=1), self.sum(axis=0)
        return xp.log(self.values) - xp.log(images)[self.rows] - xp.log(texts)[self.columns]

    @property
    def masses(self) -> Float[Array, " pairs"]:
        """Return P(x,l) of the pairs of positive mass."""
        return self.values

    def products(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> Float[Array, " pairs"]:
        """Return images[x]·texts[l] of the pairs of positive mass."""
        return xp.take(images, self.rows) * xp.take(texts, self.columns)

    def least_product(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> Float[Array, ""]:
        """Return the least product images[x]·texts[l] over the pairs of positive mass."""
        return xp.min(self.products(images, texts))

    def expectation(self, scores: Float[Array, " pairs"]) -> Float[Array, ""]:
        """Return Σ P(x,l) s(x,l) over the pairs of positive mass."""
        return xp.sum(self.values * scores)

    def log_mean_exp(self, scores: Float[Array, " pairs"], weights: Float[Array, " n"], axis: int) -> Array:
        """Return log Σ_l q(l) e^{s(x,l)} for each x (axis 1), or log Σ_x p(x) e^{s(x,l)} for each l (axis 0)."""
        kept, summed = (self.rows, self.columns) if axis == 1 else (self.columns, self.rows)
        weighted, size = scores + xp.take(xp.log(weights), summed), self.shape[1 - axis]
        if not of_jax(weighted, kept):
            most = np.full(size, -np.inf)
            np.maximum.at(most, kept, weighted)
            return most + xp.log(np.bincount(kept, np.exp(weighted - most[kept]), size))
        largest = jax.lax.stop_gradient(jax.ops.segment_max(weighted, kept, size))
        return largest + jnp.log(jax.ops.segment_sum(jnp.exp(weighted - largest[kept]), kept, size))

    def check_scores(self, name: str, scores: Any) -> None:
        """Raise a ValueError unless there is a score for each pair; ``name`` is the joint's in the message."""
        if np.shape(scores) != self.values.shape:
            self.check_cells(name)

    def draw(self, n_pairs: int, key: PRNGKeyArray) -> "scipy.sparse.csr_array":
        """Draw pairs independently and return the count of each."""
        counts = draw_cells(self.values, n_pairs, key)
        return scipy.sparse.csr_array((counts, (np.asarray(self.rows), np.asarray(self.columns))), shape=self.shape)

    def garbled(self, channel: Any) -> "SparseLaw":
        """Return P·K, each text having passed through a channel K: a matrix of NumPy or SciPy, or a ``Law``."""
        return SparseLaw.of("matrix", self.to_scipy() @ (channel.on_host() if isinstance(channel, Law) else channel))

    def support(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the images that have mass, and the texts that have mass with them."""
        rows, columns, values = (np.asarray(part) for part in (self.rows, self.columns, self.values))
        images = massive(np.bincount(rows, values, minlength=self.shape[0]))
        kept = np.isin(rows, images) if len(images) < self.shape[0] else slice(None)
        return images, massive(np.bincount(columns[kept], values[kept], minlength=self.shape[1]))

    def restricted(self, image_ids: np.ndarray, text_ids: np.ndarray) -> "SparseLaw":
        """Return the rows and columns that are named."""
        if (len(image_ids), len(text_ids)) == self.shape:
            return self
        return SparseLaw.of_scipy(self.to_scipy()[image_ids][:, text_ids])

    def to_dense(self) -> Float[Array, "n_V n_L"]:
        """Return the dense array, or raise a ValueError if it is too large."""
        _checks.dense_size("self", *self.shape)
        if not of_jax(self.values):
            return self.to_scipy().toarray()
        return _filled(self.rows, self.columns, self.values, self.shape)

    def to_sparse(self) -> "SparseLaw":
        """Return the distribution itself."""
        return self

    def on_host(self) -> "scipy.sparse.csr_array":
        """Return the entries as a SciPy matrix."""
        return self.to_scipy()

    def arrays(self) -> dict[str, Any]:
        """Return the pairs of positive mass, which is what a file stores."""
        return {"rows": self.rows, "columns": self.columns, "values": self.values}

    @staticmethod
    def of_arrays(data: Mapping[str, np.ndarray], shape: tuple[int, int]) -> "SparseLaw":
        """Build a distribution of this shape from what a file stored, checked."""
        rows, columns, values = stored_cells(data, shape)
        return SparseLaw.of("matrix", scipy.sparse.csr_array((values, (rows, columns)), shape=shape))


def _put_back(array: Any, parts: tuple[Any, ...]) -> Any:
    """Return what NumPy made of parts as an array of JAX, if one of them is."""
    return jax.device_put(array) if of_jax(*parts) else array


def _on_host(*arrays: Any) -> list[Any]:
    return [np.asarray(array) for array in arrays]


def _scaled(values: Array, left: Array, rows: Array, right: Array, columns: Array) -> Array:
    scaled = values * left[rows]
    return scaled * right[columns]


def _places(n_classes: int, columns: Array, labels: Array, rows: Array) -> Array:
    return columns.astype(int) * n_classes + labels[rows]


# One program, where its parts would be several.
_scaled_on_device, _places_on_device = jax.jit(_scaled), jax.jit(_places)


@partial(jax.jit, static_argnums=2)
def _sums_on_device(values: Array, places: Array, shape: tuple[int, ...]) -> Array:
    return jax.ops.segment_sum(values, places, math.prod(shape)).reshape(shape)


@partial(jax.jit, static_argnums=3)
def _filled(rows: Array, columns: Array, values: Array, shape: tuple[int, int]) -> Array:
    return jnp.zeros(shape, values.dtype).at[rows, columns].add(values)
