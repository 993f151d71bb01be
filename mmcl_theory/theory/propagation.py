"""Propagate the errors of quantities through a formula."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def propagated_error(formula: Callable[[Any], Any], quantities: Any, errors: Any, names: Iterable[str]) -> Any:
    """Bound how far a formula is off when each named quantity that it reads is off by its error.

    The bound is Σ_i max|f(q ± e_i) − f(q)|, so that a formula that magnifies errors, such as a division by a small gap,
    is allowed just what it magnifies.

    Examples
    --------
    >>> from mmcl_theory.quantities.quantities import Quantities
    >>> q, e = Quantities(labeling_error=np.array(0.5)), Quantities(labeling_error=np.array(0.25))
    >>> float(propagated_error(lambda q: 1 / q.labeling_error, q, e, ["labeling_error"]))
    2.0
    """
    unmoved: Any = formula(quantities)
    total: Any = 0.0
    for name in names:
        value, error = getattr(quantities, name), getattr(errors, name)
        moved = [formula(_Replaced(quantities, {name: place})) for place in (value + error, value - error)]
        up, down = (abs(one - unmoved) for one in moved)
        # A step out of a formula's domain (the root of a negative number) says nothing; the other step does.
        total = total + (jnp.fmax(up, down) if isinstance(up, jax.Array) else np.fmax(up, down))
    return total


def evaluation_error(formula: Callable[[Any], Any], quantities: Any, names: Iterable[str]) -> Any:
    """Bound how far rounding in the formula itself puts its value off, of quantities that are arrays of NumPy.

    Where it reads numbers of order one and their errors cancel, or small ones beside a constant, that is what is left:
    twice the difference from the value in extended precision.  That is blind to a number below 1e-19 beside a constant,
    and where a machine has no extended precision, or a formula does without.

    Examples
    --------
    >>> from mmcl_theory.quantities.quantities import Quantities
    >>> q = Quantities(labeling_error=np.array(1e-13))
    >>> bool(1e-18 < evaluation_error(lambda q: 1 - (1 - q.labeling_error), q, ["labeling_error"]) < 1e-15)
    True
    """
    values = {name: np.asarray(getattr(quantities, name), np.longdouble) for name in names}
    try:
        extended = formula(_Replaced(quantities, values))
    except TypeError:  # a function of double precision alone
        return 0.0
    with np.errstate(all="ignore"):
        # A formula that reads nothing gives a constant, which becomes a float.
        return np.nan_to_num(np.abs(2 * np.asarray(formula(quantities) - extended, float)), posinf=0.0)


class _Replaced:
    """Show a formula some quantities in the place of others, without making new ones of them all."""

    def __init__(self, quantities: Any, others: Mapping[str, Any]):
        self._quantities = quantities
        self.__dict__.update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._quantities, name)
