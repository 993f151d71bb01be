"""How much rounding can move a computed number: the source of every tolerance."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
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


def allowance(formula: Callable[[Any], Any], quantities: Any) -> Float[Array, ""]:
    """How far ``formula(quantities)`` may be off when each scalar in ``quantities`` is off by ``rounding``.

    The sum over the scalars of the largest change that moving this one by ± ``rounding``·max(1, |it|) makes, so
    that a formula that magnifies errors, such as a division by a small gap, is allowed just what it magnifies.
    """
    flat, rebuild = ravel_pytree(quantities)
    step = rounding(flat.dtype) * jnp.maximum(1, jnp.abs(flat))
    centre = formula(quantities)

    def change(index: Array, sign: float) -> Array:
        return jnp.abs(formula(rebuild(flat.at[index].add(sign * step[index]))) - centre)

    indices = jnp.arange(flat.size)
    changes = jnp.stack([jax.vmap(lambda i, s=sign: change(i, s))(indices) for sign in (1.0, -1.0)])
    # A step out of a formula's domain (the root of a negative number) says nothing; the other step does.
    return jnp.sum(jnp.nanmax(changes, axis=0))
