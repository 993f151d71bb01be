"""How much rounding can move a computed number: the source of every tolerance."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def rounding(dtype: Any = float) -> float:
    """The error allowed on a quantity of order one, 2¹² units in the last place: 9.1e-13 in float64.

    LAPACK's decompositions are backward stable with an error that grows like a low power of the size; the
    largest seen on the bundled data (1906 × 3605) is 6e-15.
    """
    return 2.0**12 * float(jnp.finfo(dtype).eps)


def resolution(dtype: Any = float) -> float:
    """The least gap between singular values that counts as one: 1e3 times ``rounding``.

    A gap g turns an error δ of the matrix into one of about δ/g of the singular subspace, so at this gap the
    subspace is still known to three digits.
    """
    return 1e3 * rounding(dtype)


def rounded(quantities: Any) -> Any:
    """The error that rounding leaves on each scalar: ``rounding``·max(1, |it|)."""
    return jax.tree.map(lambda value: rounding(value.dtype) * jnp.maximum(1, jnp.abs(value)), quantities)


def allowance(formula: Callable[[Any], Any], quantities: Any, errors: Any, names: Iterable[str]) -> Float[Array, ""]:
    """How far a formula of ``quantities`` may be off when each of those named, which it reads, is, by its ``errors``.

    The sum over them of the largest change that moving this one by ± its error makes, so that a formula that magnifies
    errors, such as a division by a small gap, is allowed just what it magnifies.
    """
    unmoved, total = formula(quantities), jnp.zeros(())
    for name in names:
        value, error = getattr(quantities, name), getattr(errors, name)
        moved = [formula(dataclasses.replace(quantities, **{name: place})) for place in (value + error, value - error)]
        # A step out of a formula's domain (the root of a negative number) says nothing; the other step does.
        total = total + jnp.fmax(*(jnp.abs(one - unmoved) for one in moved))
    return total
