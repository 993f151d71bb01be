"""Bound masses by moments, or by all atoms, inside JAX transformations: in batches, compiled, and with derivatives."""

from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from .._arrays import Array, DerivativeOf, of_jax, xp
from .atoms import extremal_of_atoms
from .extremal import extremal


@DerivativeOf
def mass_below(
    moments: Float[Array, " M+1"],
    a: Float[Array, ""],
    b: Float[Array, ""],
    measure: tuple[Float[Array, " N"], Float[Array, " N"]] | tuple[()] = (),
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Bound μ([0, a]) from below and above, as ``extremal`` does; differentiable (envelope theorem).

    Where ``measure``, the atoms and masses of μ, is known, the bounds are computed from it, to rounding.  Derivatives
    are still those by the moments, which have one also where singular values are equal.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> [round(float(bound), 6) for bound in mass_below(jnp.array([1.0, 0.0]), 0.25, 0.5)]
    [0.0, 0.666667]
    >>> round(float(jax.grad(lambda a: mass_below(jnp.array([1.0, 0.0]), a, 0.5)[1])(0.25)), 6)
    0.888889
    """
    number = jax.ShapeDtypeStruct((), moments.dtype)
    return _called(mass_below_on_host, (number, number), moments, a, b, measure)


@mass_below.defjvp
def _mass_below_jvp(primals: tuple, tangents: tuple) -> tuple[tuple, tuple]:
    change, of_a, of_b, _ = tangents
    moments = primals[0]
    number, series = (jax.ShapeDtypeStruct(shape, moments.dtype) for shape in ((), moments.shape))
    shapes = (number, number, series, series, number, number)
    lower, upper, lower_polynomial, upper_polynomial, lower_slope, upper_slope = _called(_extremal, shapes, *primals)
    return (lower, upper), (
        xp.sum(lower_polynomial * change) + lower_slope * of_b,
        xp.sum(upper_polynomial * change) + upper_slope * of_a,
    )


def _called(function: Any, shapes: tuple, *arguments: Any) -> tuple:
    """Call a function of NumPy, also from a compiled program."""
    if not of_jax(*arguments):
        return function(*arguments)
    return jax.pure_callback(function, shapes, *arguments, vmap_method="broadcast_all")


def mass_below_on_host(moments: Any, a: Any, b: Any, measure: Any = ()) -> tuple:
    """Compute ``mass_below`` of a batch of arrays of NumPy."""
    return _extremal(moments, a, b, measure, polynomials=False)[:2]


def _extremal(moments: Any, a: Any, b: Any, measure: Any = (), polynomials: bool = True) -> tuple:
    moments, a, b = (np.asarray(part) for part in (moments, a, b))
    if measure:
        atoms, masses = (np.asarray(part) for part in measure)
        found = extremal_of_atoms(atoms, masses, a, b, moments.shape[-1] - 1, polynomials)
    else:
        found = extremal(moments, a, b)
    return tuple(np.asarray(part, moments.dtype) for part in found)
