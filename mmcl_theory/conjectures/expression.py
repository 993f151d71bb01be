"""Read formulas of quantities from text, such as ``text_induced_error / (1 - sigma_next**2)``."""

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from .. import _checks
from ..quantities.quantities import Quantities
from ..theory.functions import log, maximum, minimum, rational, sqrt
from ..theory.theorem import Formula
from ..theory.trial import check_formula, unknown_quantity

_LONGEST = 500  # characters of one formula
_FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int]] = {
    "sqrt": (sqrt, 1),
    "log": (log, 1),
    "minimum": (minimum, 2),
    "maximum": (maximum, 2),
}
_OPERATIONS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


class Term(NamedTuple):
    """Hold a formula of quantities, and how it was written."""

    text: str
    formula: Formula

    @property
    def is_sum(self) -> bool:
        """Say whether it is written as a sum or a difference."""
        try:
            tree = ast.parse(self.text, mode="eval").body
        except SyntaxError:  # the name of a function
            return False
        return isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub)


def term(argument: str, given: str | Formula | tuple[str, Formula]) -> Term:
    """Make a term of text, of a function of the quantities, or of a name and such a function.

    Raises
    ------
    ValueError, TypeError
        If it is none of these, or uses what no formula may; the message begins with ``argument``.

    Examples
    --------
    >>> read = term("terms", "labeling_error**2 / (1 - sigma_next**2)")
    >>> import types, numpy as np
    >>> read.formula(types.SimpleNamespace(labeling_error=np.float64(0.5), sigma_next=np.float64(0)))
    np.float64(0.25)
    """
    if isinstance(given, str):
        return _read(argument, given)
    name, formula = given if isinstance(given, tuple) and len(given) == 2 else (None, given)
    if not callable(formula) or not isinstance(name, str | None):
        raise TypeError(f"{argument}: text such as 'labeling_error**2' or a function of q is needed, got {given!r}")
    name = name or getattr(formula, "__name__", "f").strip("<>")
    check_formula(f"{argument}: {name}", formula)
    return Term(name, formula)


@lru_cache(maxsize=1024)  # the same text is the same function, so that programs compiled for it serve again
def _read(argument: str, text: str) -> Term:
    """Read a term from text."""
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        raise ValueError(f"{argument}: a formula has at most {_LONGEST} characters, got {len(text)}")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{argument}: {_checks.quoted(text)} is no formula") from error
    formula = _formula(argument, tree)
    check_formula(f"{argument}: {text}", formula)
    return Term(ast.unparse(tree), formula)


def _formula(argument: str, node: ast.expr) -> Formula:
    """Turn a syntax tree into a function of the quantities."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        number = rational(Fraction(ast.unparse(node)))
        return lambda q: number
    if isinstance(node, ast.Name):
        if node.id not in Quantities.__dataclass_fields__:
            raise ValueError(f"{argument}: {unknown_quantity(node.id)}")
        return lambda q: getattr(q, node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner, sign = _formula(argument, node.operand), -1 if isinstance(node.op, ast.USub) else 1
        return lambda q: sign * inner(q)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and _whole(node.right) is not None:
        base, power = _formula(argument, node.left), _whole(node.right)
        return lambda q: base(q) ** power
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _formula(argument, node.left), _formula(argument, node.right)
        operation = _OPERATIONS[type(node.op)]
        return lambda q: operation(left(q), right(q))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        function, count = _FUNCTIONS[node.func.id]
        if len(node.args) == count and not node.keywords:
            parts = [_formula(argument, part) for part in node.args]
            return lambda q: function(*(part(q) for part in parts))
    raise ValueError(
        f"{argument}: a formula has quantities, numbers, + - * / ** and sqrt, log, minimum, maximum, got "
        f"{_checks.quoted(ast.unparse(node))}"
    )


def _whole(node: ast.expr) -> int | None:
    """Return the whole number that a node states, if it is one: a power of it is exact in every arithmetic."""
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None
