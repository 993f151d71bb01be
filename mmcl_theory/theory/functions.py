"""The functions that formulas may use besides + − * / **.

One small module, so that a new kind of number is taught to every theorem in one place: a number that has a method of
the function's name (``rigorous.ball.Ball``) computes it itself; everything else is JAX's.
"""

from typing import Any

import jax.numpy as jnp

__all__ = ["log", "maximum", "minimum", "sqrt"]


def sqrt(x: Any) -> Any:
    """√x."""
    return x.sqrt() if hasattr(x, "sqrt") else jnp.sqrt(x)


def log(x: Any) -> Any:
    """The natural logarithm."""
    return x.log() if hasattr(x, "log") else jnp.log(x)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two numbers."""
    if hasattr(x, "minimum"):
        return x.minimum(y)
    return y.minimum(x) if hasattr(y, "minimum") else jnp.minimum(x, y)


def maximum(x: Any, y: Any) -> Any:
    """The larger of two numbers."""
    return -minimum(-x, -y)
