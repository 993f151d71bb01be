"""The functions that formulas may use besides + − * / **.

One small module, so that a new kind of number (a ball, say) is taught to every theorem in one place.
"""

from typing import Any

from jax.numpy import log, minimum, sqrt

__all__ = ["log", "maximum", "minimum", "sqrt"]


def maximum(one: Any, other: Any) -> Any:
    """The larger of two."""
    return -minimum(-one, -other)
