"""Bound masses by moments inside JAX transformations: in batches, compiled, and with derivatives."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .extremal import extremal


@jax.custom_jvp
def mass_below(
    moments: Float[Array, " M+1"], a: Float[Array, ""], b: Float[Array, ""]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Bound μ([0, a]) from below and above, as ``extremal`` does; differentiable (envelope theorem).

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> [round(float(bound), 6) for bound in mass_below(jnp.array([1.0, 0.0]), 0.25, 0.5)]
    [0.0, 0.666667]
    >>> round(float(jax.grad(lambda a: mass_below(jnp.array([1.0, 0.0]), a, 0.5)[1])(0.25)), 6)
    0.888889
    """
    lower, upper, *_ = _called(moments, a, b)
    return lower, upper


@mass_below.defjvp
def _mass_below_jvp(primals: tuple, tangents: tuple) -> tuple[tuple, tuple]:
    change, of_a, of_b = tangents
    lower, upper, lower_polynomial, upper_polynomial, lower_slope, upper_slope = _called(*primals)
    return (lower, upper), (
        jnp.sum(lower_polynomial * change) + lower_slope * of_b,
        jnp.sum(upper_polynomial * change) + upper_slope * of_a,
    )


def _called(moments: Any, a: Any, b: Any) -> tuple:
    """Call ``extremal`` from a compiled program."""
    number = jax.ShapeDtypeStruct((), moments.dtype)
    series = jax.ShapeDtypeStruct(moments.shape, moments.dtype)
    shapes = (number, number, series, series, number, number)
    return jax.pure_callback(_extremal, shapes, moments, a, b, vmap_method="broadcast_all")


def mass_below_on_host(moments: Any, a: Any, b: Any) -> tuple:
    """Compute ``mass_below`` of a batch of arrays of NumPy, once where instances have the same moments."""
    *given, order = np.broadcast_arrays(
        np.asarray(a)[..., None], np.asarray(b)[..., None], np.asarray(moments)[..., :1]
    )
    series = np.broadcast_to(moments, (*order.shape[:-1], np.shape(moments)[-1]))
    rows = np.concatenate([series, *given], axis=-1)
    distinct, places = np.unique(rows.reshape(-1, rows.shape[-1]), axis=0, return_inverse=True)
    bounds = _extremal(distinct[:, :-2], distinct[:, -2], distinct[:, -1])[:2]
    return tuple(bound[places].reshape(order.shape[:-1]) for bound in bounds)


def _extremal(moments: Any, a: Any, b: Any) -> tuple:
    moments = np.asarray(moments)
    return tuple(np.asarray(part, moments.dtype) for part in extremal(moments, np.asarray(a), np.asarray(b)))
