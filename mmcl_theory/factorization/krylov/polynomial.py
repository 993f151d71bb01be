"""Polynomials of AᵀA that map [0, c] into [−1, 1] and rise steeply above: T_d(2AᵀA/c − 1), with T_d Chebyshev's."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..operators.operator import Operator

# With a larger degree a basis costs little less beside the products, of which more are needed.
_DEGREE = 7


class Polynomial(NamedTuple):
    """p(θ) = T_degree(scale·θ − shift), of odd degree."""

    degree: int = 1
    scale: float = 1.0
    shift: float = 0.0

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
    def above(cls, cut: float, top: float, removed: float, eps: float) -> "Polynomial":
        """The steepest that maps [0, cut] into [−1, 1] and lets nothing drown in rounding, of which eps is the unit.

        ``top`` is the largest value of what remains, which single precision bears to grow tenfold; ``removed`` that of
        what is removed from each image.
        """

        def largest(value: float, bound: float) -> int:
            place = 2 * value / max(cut, 1e-300) - 1
            degree = min(int(np.arccosh(bound) / np.arccosh(place)), _DEGREE) if place > 1 else _DEGREE
            return max(degree - (1 - degree % 2), 1)

        degree = min(largest(top, eps**-0.15), largest(removed, 1 / eps))
        return cls(degree, 2 / float(cut), 1.0) if degree > 1 else cls()


def polynomial_image(operator: Operator, polynomial: Polynomial, columns: Float[Array, "n b"]) -> Float[Array, "n b"]:
    """p(AᵀA)·columns, which are written over."""
    before, now = jnp.zeros_like(columns), columns
    for step in range(polynomial.degree):
        before, now = now, following(operator, min(step + 1, 2), polynomial.scale, polynomial.shift, now, before)
    return now


@partial(jax.jit, donate_argnums=5)
def following(operator: Operator, factor: Array, scale: Array, shift: Array, now: Array, before: Array) -> Array:
    """factor·(scale·AᵀA − shift)·now − before, in the place of ``before``: a step of Chebyshev's recurrence.

    All products with AᵀA in single precision are this one, so that it is compiled once, which takes seconds.
    """
    return factor * (scale * operator.transpose_times(operator.times(now)) - shift * now) - before


def gram_times(operator: Operator, columns: Float[Array, "n b"]) -> Float[Array, "n b"]:
    """AᵀA·columns."""
    return following(operator, 1, 1.0, 0.0, columns, jnp.zeros_like(columns))
