"""Define the functions that formulas may use besides + − * / **.

They stand in one small module, so that a new kind of number is taught to every theorem in one place.  A number that has
a method of the function's name (``certification.arithmetic.ball.Ball``) computes it itself; an array of JAX, also a
traced one, goes to JAX; a float or an array of NumPy goes to NumPy, and nothing is traced or compiled.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["log", "maximum", "minimum", "sqrt"]


def sqrt(x: Any) -> Any:
    """Return √x; NaN where x is negative."""
    return x.sqrt() if hasattr(x, "sqrt") else _call("sqrt", x)


def log(x: Any) -> Any:
    """Return the natural logarithm of x; NaN where x is negative, −∞ at 0."""
    return x.log() if hasattr(x, "log") else _call("log", x)


def minimum(x: Any, y: Any) -> Any:
    """Return the smaller of two numbers."""
    if hasattr(x, "minimum"):
        return x.minimum(y)
    return y.minimum(x) if hasattr(y, "minimum") else _call("minimum", x, y)


def maximum(x: Any, y: Any) -> Any:
    """Return the larger of two numbers."""
    return -minimum(-x, -y)


def _call(name: str, *values: Any) -> Any:
    """Apply JAX's function of this name where a value is JAX's, else NumPy's, which then warns of nothing either."""
    if any(isinstance(value, jax.Array) for value in values):
        return getattr(jnp, name)(*values)
    with np.errstate(all="ignore"):
        return getattr(np, name)(*values)
