"""Laws of pairs that are too large for a dense array: sparse ones, and those that factor through natural samples.

Both read like the array they stand for, as far as a ``Joint`` needs it: ``shape``, ``T``, ``sum(axis)`` and products
with arrays.  Neither ever forms it.
"""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jaxtyping import Array, Float, Int


class SparseLaw(eqx.Module):
    """A law with few pairs of positive mass, by these pairs, in the order of a dense array's cells.

    Attributes
    ----------
    rows, columns
        Image and text of each pair, shape (pairs,).
    values
        Its mass.
    shape
        (n_V, n_L).
    """

    rows: Int[Array, " pairs"]
    columns: Int[Array, " pairs"]
    values: Float[Array, " pairs"]
    shape: tuple[int, int] = eqx.field(static=True)

    @staticmethod
    def of_scipy(matrix: Any) -> "SparseLaw":
        """The entries of a SciPy sparse matrix other than zeros; repeated ones add up."""
        entries = scipy.sparse.csr_array(matrix)
        entries.sum_duplicates()
        entries.eliminate_zeros()
        # Of one type whatever SciPy chose, so that equal laws are equal to the last bit.
        integer = scipy.sparse.get_index_dtype(maxval=max(entries.shape))
        rows = np.repeat(np.arange(entries.shape[0], dtype=integer), np.diff(entries.indptr))
        columns = entries.indices.astype(integer)
        return SparseLaw(jnp.asarray(rows), jnp.asarray(columns), jnp.asarray(entries.data), entries.shape)

    def to_scipy(self) -> scipy.sparse.csr_array:
        """The same entries as a SciPy matrix."""
        entries = (np.asarray(self.values), (np.asarray(self.rows), np.asarray(self.columns)))
        return scipy.sparse.csr_array(entries, shape=self.shape)

    def to_dense(self) -> Float[Array, "n_V n_L"]:
        """The dense array."""
        return jnp.zeros(self.shape, self.values.dtype).at[self.rows, self.columns].add(self.values)

    @property
    def ndim(self) -> int:
        """2, and more for a batch."""
        return 1 + self.values.ndim

    @property
    def size(self) -> int:
        """The number of cells of the dense array."""
        return math.prod(self.shape)

    @property
    def T(self) -> "SparseLaw":
        """With the roles of images and texts exchanged."""
        return SparseLaw(self.columns, self.rows, self.values, self.shape[::-1])

    def sum(self, axis: int) -> Float[Array, " n"]:
        """The marginal that is left when ``axis`` is summed over."""
        kept = 1 - axis
        return jax.ops.segment_sum(self.values, (self.rows, self.columns)[kept], self.shape[kept])

    def __matmul__(self, block: Float[Array, "n_L *c"]) -> Float[Array, "n_V *c"]:
        # A column at a time, so that what is held besides is one number a pair.
        if block.ndim == 2:
            return jax.lax.map(self.__matmul__, block.T).T
        return jax.ops.segment_sum(self.values * block[self.columns], self.rows, self.shape[0])

    def __rmatmul__(self, block: Float[Array, "*c n_V"]) -> Float[Array, "*c n_L"]:
        return (self.T @ block.T).T

    def scaled(self, rows: Float[Array, " n_V"], columns: Float[Array, " n_L"]) -> "SparseLaw":
        """Row x times rows[x], column l times columns[l]."""
        values = self.values * rows[self.rows] * columns[self.columns]
        return SparseLaw(self.rows, self.columns, values, self.shape)

    def of_classes(self, labels: Int[Array, " n_V"], n_classes: int) -> Float[Array, "n_L r"]:
        """The mass that each text has with each class of images."""
        places = self.columns * n_classes + labels[self.rows]
        return jax.ops.segment_sum(self.values, places, self.shape[1] * n_classes).reshape(self.shape[1], n_classes)

    def squared_norm(self) -> Float[Array, ""]:
        """The sum of the squared entries."""
        return jnp.sum(self.values**2)

    def squared_distance(self, left: Float[Array, "n_V d"], right: Float[Array, "n_L d"]) -> Float[Array, ""]:
        """Squared norm of this array less left·rightᵀ: where there are entries, and elsewhere."""

        def products(column: tuple[Array, Array]) -> Array:
            return column[0][self.rows] * column[1][self.columns]

        here, _ = jax.lax.scan(lambda sums, c: (sums + products(c), None), 0 * self.values, (left.T, right.T))
        everywhere = jnp.sum((left.T @ left) * (right.T @ right))
        return jnp.sum((self.values - here) ** 2) + everywhere - jnp.sum(here**2)


class FactoredLaw(eqx.Module):
    """P = Kᵥᵀ diag(p) Kₗ: an image and a text drawn, independently, given a natural sample; P is never formed.

    Attributes
    ----------
    natural
        p, the law of natural samples, shape (m,).
    images, texts
        Kᵥ and Kₗ, shapes (m, n_V) and (m, n_L); rows are laws, unless ``scaled``.
    """

    natural: Float[Array, " m"]
    images: Float[Array, "m n_V"]
    texts: Float[Array, "m n_L"]

    def to_dense(self) -> Float[Array, "n_V n_L"]:
        """The dense array."""
        return (self.images.T * self.natural) @ self.texts

    @property
    def shape(self) -> tuple[int, int]:
        """(n_V, n_L)."""
        return self.images.shape[-1], self.texts.shape[-1]

    @property
    def ndim(self) -> int:
        """2, and more for a batch."""
        return 1 + self.natural.ndim

    @property
    def size(self) -> int:
        """The number of cells of the dense array."""
        return math.prod(self.shape)

    @property
    def T(self) -> "FactoredLaw":
        """With the roles of images and texts exchanged."""
        return FactoredLaw(self.natural, self.texts, self.images)

    def sum(self, axis: int) -> Float[Array, " n"]:
        """The marginal that is left when ``axis`` is summed over."""
        kept, gone = (self.images, self.texts) if axis == 1 else (self.texts, self.images)
        return (self.natural * gone.sum(axis=1)) @ kept

    def __matmul__(self, block: Float[Array, "n_L *c"]) -> Float[Array, "n_V *c"]:
        return ((self.texts @ block).T * self.natural @ self.images).T

    def __rmatmul__(self, block: Float[Array, "*c n_V"]) -> Float[Array, "*c n_L"]:
        return (self.T @ block.T).T

    def scaled(self, rows: Float[Array, " n_V"], columns: Float[Array, " n_L"]) -> "FactoredLaw":
        """Row x times rows[x], column l times columns[l]."""
        return FactoredLaw(self.natural, self.images * rows, self.texts * columns)

    def of_classes(self, labels: Int[Array, " n_V"], n_classes: int) -> Float[Array, "n_L r"]:
        """The mass that each text has with each class of images."""
        return self.T @ jax.nn.one_hot(labels, n_classes)

    def squared_norm(self) -> Float[Array, ""]:
        """The sum of the squared entries, from two Gram matrices of the natural samples."""
        root = jnp.sqrt(self.natural)
        images, texts = (side * root[:, None] for side in (self.images, self.texts))
        return jnp.sum((images @ images.T) * (texts @ texts.T))

    def squared_distance(self, left: Float[Array, "n_V d"], right: Float[Array, "n_L d"]) -> Float[Array, ""]:
        """Squared norm of this array less left·rightᵀ, from triangular factors of both sides put side by side."""
        root = jnp.sqrt(self.natural)
        rows = jnp.linalg.qr(jnp.hstack([self.images.T * root, -left]), mode="r")
        columns = jnp.linalg.qr(jnp.hstack([self.texts.T * root, right]), mode="r")
        return jnp.sum((rows @ columns.T) ** 2)


Law = SparseLaw | FactoredLaw


class Difference(eqx.Module):
    """One of these arrays less another of the same shape, for products."""

    one: Law
    other: Law

    @property
    def shape(self) -> tuple[int, int]:
        """Of both."""
        return self.one.shape

    @property
    def T(self) -> "Difference":
        """Transposed."""
        return Difference(self.one.T, self.other.T)

    def to_dense(self) -> Float[Array, "n_V n_L"]:
        """The dense array."""
        return self.one.to_dense() - self.other.to_dense()

    def __matmul__(self, block: Float[Array, "n_L *c"]) -> Float[Array, "n_V *c"]:
        return self.one @ block - self.other @ block
