"""Define the one interface of joint distributions, however they are held."""

import abc
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float, Int, PRNGKeyArray

from ... import _checks
from ..._arrays import Array, Record, xp

# XLA may flush subnormal numbers to zero, so a mass below the smallest normal one is no mass.
LEAST_MASS = float(np.finfo(float).tiny)


class Law(Record):
    """Represent the distribution of pairs, or a matrix like it, by what is asked of it: no caller asks its kind.

    Rows are images and columns are texts.  ``DenseLaw`` holds an array, ``SparseLaw`` the pairs of positive mass and
    ``FactoredLaw`` two channels from natural samples; the last two never form an array of the size of P.
    """

    held: ClassVar[str]  # the name of the kind, in files
    has_cells: ClassVar[bool] = False  # whether each cell is stored, and so can be read
    __array_ufunc__: ClassVar[None] = None  # NumPy leaves products with a distribution to it
    has_pairs: ClassVar[bool] = True  # whether the pairs of positive mass are stored, and so can be walked on

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int]:
        """Return (n_V, n_L), also of a batch."""

    @property
    @abc.abstractmethod
    def ndim(self) -> int:
        """Return 2 for one distribution, and more for a batch."""

    @property
    def size(self) -> int:
        """Return the number of cells, n_V·n_L."""
        return math.prod(self.shape)

    @property
    @abc.abstractmethod
    def dtype(self) -> Any:
        """Return the type of the numbers."""

    @property
    def rank(self) -> int:
        """Return an upper bound on the rank of the matrix."""
        return min(self.shape)

    @property
    def n_terms(self) -> int:
        """Return how many numbers are summed at most for the mass of some images with some texts, as they are held."""
        return sum(self.shape)

    def summation(self, dtype: Any) -> float:
        """Return the share of a sum of masses, or of other magnitudes, that rounding may be: n units in the last place.

        In whatever order n numbers are added, their sum is off by half of that at most, so that two equal sums differ
        by all of it.  Each number may itself be a product of a few, whose own rounding is that of 64 further numbers
        at most.
        """
        return (self.n_terms + 64) * float(jnp.finfo(dtype).eps)

    @property
    def matrix(self) -> Any:
        """Return what users see: the array of a dense distribution, and any other as it is."""
        return self

    @property
    @abc.abstractmethod
    def T(self) -> Self:
        """Return the transpose, with the roles of images and texts exchanged."""

    @abc.abstractmethod
    def sum(self, axis: int) -> Float[Array, " n"]:
        """Sum over ``axis``: return the marginal of the images for 1, of the texts for 0."""

    @abc.abstractmethod
    def __matmul__(self, block: Float[Array, "n_L *c"]) -> Float[Array, "n_V *c"]:
        """Multiply a vector or a block of columns from the right."""

    def __rmatmul__(self, block: Float[Array, "*c n_V"]) -> Float[Array, "*c n_L"]:
        """Multiply a vector or a block of rows from the left."""
        return (self.T @ block.T).T

    @abc.abstractmethod
    def scaled(self, rows: Float[Array, " n_V"], columns: Float[Array, " n_L"]) -> Self:
        """Multiply row x by rows[x] and column l by columns[l]."""

    def normalized(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> Self:
        """Return D_V^{-1/2} P D_L^{-1/2}, for the given marginals of images and texts."""
        return self.scaled(*(_inverse_root(marginal) for marginal in (images, texts)))

    @abc.abstractmethod
    def class_mass(self, labels: Int[Array, " n_V"], n_classes: int) -> Float[Array, "n_L r"]:
        """Return P(l, y_V = i), the mass that each text has with the images of each class."""

    @abc.abstractmethod
    def squared_norm(self) -> Float[Array, ""]:
        """Return ‖P‖_F², the sum of the squared entries."""

    @abc.abstractmethod
    def squared_distance(self, left: Float[Array, "n_V d"], right: Float[Array, "n_L d"]) -> Float[Array, ""]:
        """Return ‖P − left·rightᵀ‖_F²."""

    def product_norm(self, left: Float[Array, "n_V d"], right: Float[Array, "n_L d"]) -> Float[Array, ""]:
        """Return ‖left·rightᵀ‖_F² of a matrix of this shape, formed only where the distribution is an array itself."""
        left_gram, right_gram = left.T @ left, right.T @ right
        return xp.sum(left_gram * right_gram)

    def log_ratio(self) -> Any:
        """Return log P(x,l)/(p_V(x)p_L(l)) as scores held like the distribution; None where no pair's mass is at hand.

        Scores of a dense distribution are an array with −∞ where P is 0.  Those of a sparse one are a number for each
        stored pair, and stand for −∞ elsewhere.
        """
        return None

    @property
    def masses(self) -> Any:
        """Return P(x,l) of the pairs, held as scores are."""
        raise _without_pairs()

    def products(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> Any:
        """Return images[x]·texts[l] of the pairs, held as scores are."""
        raise _without_pairs()

    @abc.abstractmethod
    def least_product(self, images: Float[Array, " n_V"], texts: Float[Array, " n_L"]) -> Float[Array, ""]:
        """Return the least product images[x]·texts[l] over the pairs of positive mass."""

    def expectation(self, scores: Any) -> Float[Array, ""]:
        """Return Σ P(x,l) s(x,l) over the pairs of positive mass, of scores held like the distribution."""
        raise _without_pairs()

    def log_mean_exp(self, scores: Any, weights: Float[Array, " n"], axis: int) -> Float[Array, " m"]:
        """Return log Σ_l q(l) e^{s(x,l)} for each x (axis 1), or log Σ_x p(x) e^{s(x,l)} for each l (axis 0)."""
        raise _without_pairs()

    def check_scores(self, name: str, scores: Any) -> None:
        """Raise a ValueError unless scores are held like the distribution; ``name`` is the joint's in the message."""
        self.check_cells(name)

    def check_cells(self, name: str) -> None:
        """Raise a ValueError unless each cell is at hand, as it is of a dense distribution alone."""
        raise ValueError(f"{name}: a joint held densely is needed, as each cell of P is read: joint.to_dense()")

    def check_entries(self, name: str) -> None:
        """Raise a ValueError unless each entry is stored, and so is one number exactly; ``name`` is the joint's."""

    def text_induced(self) -> Float[Array, "n_V n_V"]:
        """Return P D_L^{-1} Pᵀ, the distribution of two images drawn independently given one text.

        Raises
        ------
        ValueError
            If the distribution is not dense, as this one is.
        """
        raise ValueError("self: a joint held densely is needed, as P_T is a dense array: joint.to_dense()")

    def difference(self, other: "Law") -> Any:
        """Return this matrix less another of the same shape, for products and ``to_dense``."""
        return Difference(self, other)

    @abc.abstractmethod
    def draw(self, n_pairs: int, key: PRNGKeyArray) -> Any:
        """Draw pairs independently and return the count of each: a NumPy array, or a SciPy sparse one if not dense."""

    @abc.abstractmethod
    def garbled(self, channel: Any) -> "Law":
        """Return P·K, each text having passed through a NumPy array or SciPy sparse matrix K."""

    def like(self, name: str, value: Any, check: Callable[[str, Any, int], np.ndarray]) -> Any:
        """Check a matrix and return it as the distribution is held: a NumPy array if dense, else a SciPy CSR array.

        ``check`` is given the name, an array and its number of dimensions, as the functions of ``_checks`` are: the
        matrix, or the entries alone of one that is sparse.
        """
        value = value.on_host() if isinstance(value, Law) else value
        if not _checks.is_sparse(value):
            return scipy.sparse.csr_array(check(name, value, 2))
        return _checks.entries(check, name, value)

    @abc.abstractmethod
    def support(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the images that have mass, and the texts that have mass with them."""

    @abc.abstractmethod
    def restricted(self, image_ids: np.ndarray, text_ids: np.ndarray) -> Self:
        """Return the rows and columns that are named."""

    @abc.abstractmethod
    def to_dense(self) -> Float[Array, "n_V n_L"]:
        """Return the dense array."""

    @abc.abstractmethod
    def to_sparse(self) -> "Law":
        """Return the same distribution by its pairs of positive mass alone."""

    def on_host(self) -> Any:
        """Return the entries as a NumPy array, or as a SciPy sparse one of a sparse distribution."""
        return np.asarray(self.to_dense())

    @abc.abstractmethod
    def arrays(self) -> dict[str, Any]:
        """Return what a file stores, arrays by name."""

    @staticmethod
    @abc.abstractmethod
    def of_arrays(data: Mapping[str, np.ndarray], shape: tuple[int, int]) -> "Law":
        """Build a distribution of this shape from what a file stored, checked."""


class Difference(Record):
    """Represent one matrix less another of the same shape, for products; neither is formed.

    Attributes
    ----------
    one, other
        The matrix, and what is subtracted from it.
    """

    one: Law
    other: Law

    @property
    def shape(self) -> tuple[int, int]:
        """Return the shape of both."""
        return self.one.shape

    @property
    def dtype(self) -> Any:
        """Return the type of the entries."""
        return jnp.result_type(self.one.dtype, self.other.dtype)

    @property
    def T(self) -> "Difference":
        """Return the transpose."""
        return Difference(self.one.T, self.other.T)

    def to_dense(self) -> Float[Array, "n_V n_L"]:
        """Return the dense array."""
        return self.one.to_dense() - self.other.to_dense()

    def __matmul__(self, block: Float[Array, "n_L *c"]) -> Float[Array, "n_V *c"]:
        """Multiply a vector or a block of columns from the right."""
        return self.one @ block - self.other @ block


def at_hand(*arrays: Any) -> bool:
    """Tell whether NumPy can read arrays where they are, and so is done before XLA has compiled a program."""
    return not _checks.is_traced(*arrays) and all(
        isinstance(array, np.ndarray) or {device.platform for device in array.devices()} == {"cpu"} for array in arrays
    )


def _inverse_root(marginal: Float[Array, " n"]) -> Any:
    return 1 / np.sqrt(np.asarray(marginal)) if at_hand(marginal) else 1 / jnp.sqrt(marginal)


def massive(marginal: np.ndarray) -> np.ndarray:
    """Find the places of what has mass."""
    return np.flatnonzero(marginal >= LEAST_MASS)


def stored_cells(data: Mapping[str, np.ndarray], shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check the rows, columns and masses of the cells that a file stores, which are in order."""
    values = _checks.weights("values", data["values"], 1)
    rows = _checks.label_array("rows", data["rows"], len(values), shape[0])
    columns = _checks.label_array("columns", data["columns"], len(values), shape[1])
    _checks.increasing("cells", rows * shape[1] + columns, shape[0] * shape[1])
    return rows, columns, values


def _without_pairs() -> ValueError:
    return ValueError("self: the mass of each pair is needed, so a joint held densely or sparsely: joint.to_sparse()")
