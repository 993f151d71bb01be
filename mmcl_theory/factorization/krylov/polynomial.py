"""Define Chebyshev filters: polynomials of AᵀA that are in [−1, 1] on [0, c] and rise steeply above.

p(AᵀA) = T_d(2AᵀA/c − 1), where T_d is Chebyshev's polynomial of degree d.  Y. Zhou, Y. Saad: A Chebyshev–Davidson
algorithm for large symmetric eigenproblems, SIAM J. Matrix Anal. Appl. 29 (2007).
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..._arrays import Array, xp
from .. import settings
from ..devices import compiled
from ..operators.machine_code import Recurrence
from ..operators.operator import Operator, by_machine_code, times
from ..operators.products import replaced


class Polynomial(NamedTuple):
    """Represent p(θ) = T_degree(scale·θ − shift), of odd degree; by default p(θ) = θ."""

    degree: int = 1
    scale: float = 1.0
    shift: float = 0.0

    def __call__(self, theta: np.ndarray) -> np.ndarray:
        """Evaluate p(θ), for θ from the last maximum of p in [−1, 1] on."""
        place = self.scale * theta - self.shift
        return np.cosh(self.degree * np.arccosh(np.maximum(place, 1))) if self.degree > 1 else place

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """Solve p(θ) = value for the largest θ."""
        if self.degree == 1:
            return (values + self.shift) / self.scale
        inside = np.cos(np.arccos(np.clip(values, -1, 1)) / self.degree)
        outside = np.cosh(np.arccosh(np.maximum(values, 1)) / self.degree)
        return (np.where(values > 1, outside, inside) + self.shift) / self.scale

    def slope(self, theta: np.ndarray) -> np.ndarray:
        """Evaluate the derivative p′(θ), for θ from the last maximum of p in [−1, 1] on."""
        angle = np.arccosh(np.maximum(self.scale * theta - self.shift, 1))
        growth = np.where(angle > 1e-6, np.sinh(self.degree * angle) / np.sinh(np.maximum(angle, 1e-6)), self.degree)
        return self.scale * self.degree * (growth if self.degree > 1 else np.ones_like(angle))

    @classmethod
    def above(cls, cut: float, top: float, deflated: float, eps: float) -> "Polynomial":
        """Choose the steepest filter that maps [0, cut] into [−1, 1] and loses nothing wanted in rounding.

        Parameters
        ----------
        cut
            Upper end of the part of the spectrum that is damped.
        top
            Largest Ritz value that is not locked; p amplifies it by at most ε^(−0.15), tenfold in single precision.
        deflated
            Largest locked Ritz value, 0 if there is none; its vector is removed from each image, so that p may amplify
            it by 1/ε.
        eps
            ε, the unit roundoff of the products.
        """

        def largest(value: float, bound: float) -> int:
            place = 2 * value / max(cut, 1e-300) - 1
            most = settings.FILTER_MAX_DEGREE
            degree = min(int(np.arccosh(bound) / np.arccosh(place)), most) if place > 1 else most
            return max(degree - (1 - degree % 2), 1)

        degree = min(largest(top, eps**-settings.FILTER_GROWTH_POWER), largest(deflated, 1 / eps))
        return cls(degree, 2 / float(cut), 1.0) if degree > 1 else cls()


def polynomial_image(operator: Operator, polynomial: Polynomial, columns: Float[Array, "n b"]) -> Float[Array, "n b"]:
    """Compute p(AᵀA)·columns; the buffer of ``columns`` is donated."""
    before, now = None, columns
    for step in range(polynomial.degree):
        factor = min(step + 1, 2)
        before, now = now, chebyshev_step(operator, factor, polynomial.scale, polynomial.shift, now, before)[0]
    return now


def traced_polynomial_image(operator: Operator, polynomial: Polynomial, columns: Float[Array, "n b"]) -> Array:
    """Compute p(AᵀA)·columns within a compiled function, in a loop of known length."""

    def step(number: Array, last: tuple[Array, Array]) -> tuple[Array, Array]:
        factor = jnp.minimum(number + 1, 2).astype(columns.dtype)
        return last[1], chebyshev_step(operator, factor, polynomial.scale, polynomial.shift, last[1], last[0])[0]

    return jax.lax.fori_loop(0, polynomial.degree, step, (jnp.zeros_like(columns), columns))[1]


def chebyshev_step(
    operator: Operator, factor: Any, scale: float, shift: float, now: Array, before: Array | None
) -> tuple[Array, Array]:
    """Compute factor·(scale·AᵀA − shift)·now − before, a step of Chebyshev's recurrence, and A·now.

    The buffer of ``before`` may be donated; None stands for zeros.  A product with A and one with Aᵀ are a call each,
    so that they can share one compiled program, which takes longer to compile than all others.
    """
    image = times(operator, now)
    if by_machine_code(operator, now):
        recurrence = Recurrence(factor * scale, factor * shift, now, before)
        return operator.machine_transpose_times(image, recurrence), image
    before = zeros_like(now) if before is None else before
    return _recurrence(factor, scale, shift, times(operator.T, image), now, before), image


@compiled
def zeros_like(columns: Float[Array, "n b"]) -> Float[Array, "n b"]:
    """Return zeros in the place of columns; in one program, where JAX would compile two."""
    return xp.zeros_like(columns)


@partial(compiled, donate_argnums=5)
def _recurrence(factor: Any, scale: Any, shift: Any, back: Array, now: Array, before: Array) -> Array:
    def step(before: Array, back: Array, now: Array) -> Array:
        return factor * (scale * back - shift * now) - before

    return replaced(step, before, back, now, axis=0)


def gram_times(operator: Operator, columns: Float[Array, "n b"]) -> tuple[Float[Array, "n b"], Float[Array, "m b"]]:
    """Compute AᵀA·columns, and A·columns."""
    return chebyshev_step(operator, 1, 1.0, 0.0, columns, None)
