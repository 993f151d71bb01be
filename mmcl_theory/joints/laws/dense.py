"""Hold a joint distribution as a dense array, within JAX transformations or without."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray

from ... import _checks
from ..._arrays import Array, fixed, program, xp
from ..sampling import draw_cells
from .law import Difference, Law, massive, stored_cells
from .sparse import SparseLaw


class DenseLaw(Law):
    """Hold a distribution as an array with a cell for each pair.

    Attributes
    ----------
    array
        P, shape (n_V, n_L).
    """

    array: Float[Array, "n_V n_L"]
    held: ClassVar[str] = "dense"
    has_cells: ClassVar[bool] = True

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_V, n_L)."""
        rows, columns = self.array.shape[-2:]
        return rows, columns

    @property
    def ndim(self) -> int:
        """Return 2 for one distribution, and more for a batch."""
        return self.array.ndim

    @property
    def dtype(self) -> Any:
        """Return the type of the numbers."""
        return self.array.dtype

    @property
    def matrix(self) -> Float[Array, "n_V n_L"]:
        """Return the array."""
        return self.array

    @property
    def T(self) -> "DenseLaw":
        """Return the transpose, with the roles of images and texts exchanged."""
        return DenseLaw(self.array.T)

    def sum(self, axis: int) -> Float[Array, " n"]:
        """Sum over ``axis``: return the marginal of the images for 1, of the texts for 0."""
        return self.array.sum(axis=axis)

    def __matmul__(self, block: Float[Array, "n_L *c"]) -> Float[Array, "n_V *c"]:
        """Multiply a vector or a block of columns from the right."""
        return self.array @ block

    def __rmatmul__(self, block: Float[Array, "*c n_V"]) -> Float[Array, "*c n_L"]:
        """Multiply a vector or a block of rows from the left."""
        return block @ self.array

    def scaled(self, rows: Float[Array, " n_V"], columns: Float[Array, " n_L"]) -> "DenseLaw":
        """Multiply row x by rows[x] and column l by columns[l]."""
        return DenseLaw(rows[:, None] * self.array * columns[None, :])

    @program  # where its parts would be several
    def normalized(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> "DenseLaw":
        """Return D_V^{-1/2} P D_L^{-1/2}, for the given marginals of images and texts."""
        # Two divisions: the product of two small square roots could underflow.
        return DenseLaw(self.array / xp.sqrt(images)[:, None] / xp.sqrt(texts)[None, :])

    def class_mass(self, labels: Int[Array, " n_V"], n_classes: int) -> Float[Array, "n_L r"]:
        """Return P(l, y_V = i), the mass that each text has with the images of each class."""
        return self.array.T @ xp.one_hot(labels, n_classes)

    def squared_norm(self) -> Float[Array, ""]:
        """Return ‖P‖_F², the sum of the squared entries."""
        return xp.sum(self.array**2)

    def squared_distance(self, left: Float[Array, "n_V d"], right: Float[Array, "n_L d"]) -> Float[Array, ""]:
        """Return ‖P − left·rightᵀ‖_F²."""
        gap = left @ right.T
        gap = self.array - gap  # under the same name, so that the product is not kept
        return xp.sum(gap**2)

    def product_norm(self, left: Float[Array, "n_V d"], right: Float[Array, "n_L d"]) -> Float[Array, ""]:
        """Return ‖left·rightᵀ‖_F² from its entries, whose squares do not cancel each other."""
        return xp.sum((left @ right.T) ** 2)

    def log_ratio(self) -> Float[Array, "n_V n_L"]:
        """Return log P(x,l)/(p_V(x)p_L(l)), −∞ where P is 0."""
        return xp.log(self.array) - xp.log(self.sum(axis=1))[:, None] - xp.log(self.sum(axis=0))[None, :]

    @property
    def masses(self) -> Float[Array, "n_V n_L"]:
        """Return P(x,l) of all pairs."""
        return self.array

    def products(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> Float[Array, "n_V n_L"]:
        """Return images[x]·texts[l] of all pairs."""
        return images[:, None] * texts[None, :]

    def least_product(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> Float[Array, ""]:
        """Return the least product images[x]·texts[l] over the pairs of positive mass."""
        return xp.min(xp.where(self.array > 0, self.products(images, texts), xp.inf))

    def expectation(self, scores: Float[Array, "n_V n_L"]) -> Float[Array, ""]:
        """Return Σ P(x,l) s(x,l) over the pairs of positive mass."""
        positive = self.array > 0
        return xp.sum(xp.where(positive, self.array * xp.where(positive, scores, 0), 0))

    def log_mean_exp(self, scores: Float[Array, "n_V n_L"], weights: Float[Array, " n"], axis: int) -> Array:
        """Return log Σ_l q(l) e^{s(x,l)} for each x (axis 1), or log Σ_x p(x) e^{s(x,l)} for each l (axis 0)."""
        return xp.logsumexp(scores, axis=axis, b=xp.expand_dims(weights, 1 - axis))

    def check_scores(self, name: str, scores: Any) -> None:
        """Allow any scores, as arrays are checked where they meet."""

    def check_cells(self, name: str) -> None:
        """Allow any use, as each cell is at hand."""

    def text_induced(self) -> Float[Array, "n_V n_V"]:
        """Return P D_L^{-1} Pᵀ, the distribution of two images drawn independently given one text."""
        return (self.array / self.sum(axis=0)[None, :]) @ self.array.T

    def difference(self, other: Law) -> Any:
        """Return this matrix less another of the same shape, dense where both are."""
        return DenseLaw(self.array - other.array) if isinstance(other, DenseLaw) else Difference(self, other)

    def draw(self, n_pairs: int, key: PRNGKeyArray) -> np.ndarray:
        """Draw pairs independently and return the count of each."""
        return draw_cells(self.array, n_pairs, key).reshape(self.shape)

    def garbled(self, channel: Any) -> "DenseLaw":
        """Return P·K, each text having passed through a NumPy array K."""
        if _checks.is_traced(self.array, channel):
            return DenseLaw(self.array @ channel)
        return DenseLaw.of("matrix", self.on_host() @ np.asarray(channel))

    @staticmethod
    def of(name: str, weights: Any) -> "DenseLaw":
        """Normalize non-negative weights to a total of 1, checked; they stay an array of NumPy."""
        checked: Any = _checks.law(name, weights, 2)
        return DenseLaw(checked)

    def like(self, name: str, value: Any, check: Callable[[str, Any, int], np.ndarray]) -> np.ndarray:
        """Check a matrix by ``check`` and return it as a NumPy array."""
        return check(name, value.on_host() if isinstance(value, Law) else value, 2)

    def support(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the images that have mass, and the texts that have mass with them."""
        array = np.asarray(self.array)
        images = massive(array.sum(axis=1))
        kept = array if images.size == len(array) else array[images]
        return images, massive(kept.sum(axis=0))

    def restricted(self, image_ids: np.ndarray, text_ids: np.ndarray) -> "DenseLaw":
        """Return the rows and columns that are named."""
        every = (image_ids.size, text_ids.size) == self.array.shape
        return fixed(DenseLaw(np.asarray(self.array if every else self.array[image_ids][:, text_ids])))

    def to_dense(self) -> Float[Array, "n_V n_L"]:
        """Return the array."""
        return self.array

    def to_sparse(self) -> SparseLaw:
        """Return the same distribution by its pairs of positive mass alone."""
        return SparseLaw.of_scipy(self.on_host())

    def arrays(self) -> dict[str, Any]:
        """Return the cells of positive mass, which is what a file stores."""
        dense = self.on_host()
        rows, columns = np.nonzero(dense)
        return {"rows": rows, "columns": columns, "values": dense[rows, columns]}

    @staticmethod
    def of_arrays(data: Mapping[str, np.ndarray], shape: tuple[int, int]) -> "DenseLaw":
        """Build a distribution of this shape from what a file stored, checked."""
        rows, columns, values = stored_cells(data, shape)
        _checks.dense_size("matrix", *shape)
        matrix = np.zeros(shape)
        matrix[rows, columns] = values
        return DenseLaw.of("matrix", matrix)


def as_law(matrix: Any) -> Law:
    """Hold a SciPy sparse matrix sparsely and any other array densely; return a ``Law`` as it is."""
    if isinstance(matrix, Law):
        return matrix
    return SparseLaw.of_scipy(matrix) if _checks.is_sparse(matrix) else DenseLaw(xp.asarray(matrix))
