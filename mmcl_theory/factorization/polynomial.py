"""Polynomials of AᵀA that map [0, c] into [−1, 1] and rise steeply above: T_d(2AᵀA/c − 1), with T_d Chebyshev's.

As T_d is T_outer of T_inner where d = outer·inner, what must not grow can be removed in between.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .operators import Operator

# Beyond this degree a basis costs nothing beside the products.
_DEGREE = 9


class Polynomial(NamedTuple):
    """p(θ) = T_outer(T_inner(scale·θ − shift)) = T_degree(scale·θ − shift), of odd degree.

    What is locked is removed between the two: it would grow beyond what rounding bears.
    """

    inner: int = 1
    outer: int = 1
    scale: float = 1.0
    shift: float = 0.0

    @property
    def degree(self) -> int:
        """Products with AᵀA that it takes."""
        return self.inner * self.outer

    def __call__(self, theta: np.ndarray) -> np.ndarray:
        """p(θ), for θ from the last maximum of p in [−1, 1] on."""
        place = self.scale * theta - self.shift
        return np.cosh(self.degree * np.arccosh(np.maximum(place, 1))) if self.degree > 1 else place

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """θ of p(θ), the largest there is."""
        if self.degree == 1:
            return (values + self.shift) / self.scale
        inside = np.cos(np.arccos(np.clip(values, -1, 1)) / self.degree)
        outside = np.cosh(np.arccosh(np.maximum(values, 1)) / self.degree)
        return (np.where(values > 1, outside, inside) + self.shift) / self.scale

    def slope(self, theta: np.ndarray) -> np.ndarray:
        """p′(θ), for θ from the last maximum of p in [−1, 1] on."""
        angle = np.arccosh(np.maximum(self.scale * theta - self.shift, 1))
        growth = np.where(angle > 1e-6, np.sinh(self.degree * angle) / np.sinh(np.maximum(angle, 1e-6)), self.degree)
        return self.scale * self.degree * (growth if self.degree > 1 else np.ones_like(angle))

    @classmethod
    def above(cls, cut: float, locked: float, top: float, eps: float) -> "Polynomial":
        """The steepest that maps [0, cut] into [−1, 1] and keeps the largest values, locked and not, in bounds.

        The largest locked value may grow to eps^(−0.7) before it is removed, others to eps^(−2/5), where ``eps`` is
        the unit of rounding, which these multiply.
        """

        def largest(value: float, bound: float, most: int) -> int:
            place = 2 * value / max(cut, 1e-300) - 1
            degree = int(np.log(2 * bound) / np.arccosh(place)) if place > 1 else most
            degree = max(min(degree, most), 1)
            return degree - (1 - degree % 2)

        degree = largest(top, eps**-0.4, _DEGREE)
        inner = range(1, 1 + largest(max(locked, top), eps**-0.7, degree), 2)
        pairs = [(one, degree // one - (1 - degree // one % 2)) for one in inner]
        one, other = max(pairs, key=lambda pair: (pair[0] * pair[1], pair[0]))
        return cls(one, other, 2 / cut, 1.0) if one * other > 1 else cls()


def polynomial_image(
    operator: Operator, polynomial: Polynomial, columns: Float[Array, "n b"], purged: list[Float[Array, "r n"]]
) -> Float[Array, "n b"]:
    """p(AᵀA)·columns, without the directions of the rows ``purged``, which the columns must not have either."""
    numbers = [jnp.asarray(part) for part in polynomial]
    return _image(operator, columns, purged, *numbers)


@eqx.filter_jit
def _image(
    operator: Operator, columns: Array, purged: list[Array], inner: Array, outer: Array, scale: Array, shift: Array
) -> Array:
    scale, shift = scale.astype(columns.dtype), shift.astype(columns.dtype)

    def linear(block: Array) -> Array:
        return scale * operator.transpose_times(operator.times(block)) - shift * block

    def purge(block: Array) -> Array:
        for rows in purged:
            block = block - jnp.einsum("rn,rb->nb", rows, jnp.einsum("rn,nb->rb", rows, block))
        return block

    return _chebyshev(lambda block: purge(_chebyshev(linear, inner, block)), outer, columns)


def _chebyshev(apply: Any, degree: Array, first: Array) -> Array:
    """T_degree of a linear map, for odd degrees."""

    def advance(_: Any, pair: tuple[Array, Array]) -> tuple[Array, Array]:
        # Two steps at once: each writes over what it no longer needs.
        before, now = pair
        before = 2 * apply(now) - before
        return before, 2 * apply(before) - now

    return jax.lax.fori_loop(0, degree // 2, advance, (first, apply(first)))[1]
