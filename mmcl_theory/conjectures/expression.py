"""Read formulas of quantities from text, such as ``text_induced_error / (1 - sigma_next**2)``."""

import ast
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
_FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, str]] = {
    "sqrt": (sqrt, 1, r"\sqrt{%s}"),
    "log": (log, 1, r"\log\left(%s\right)"),
    "minimum": (minimum, 2, r"\min\left(%s, %s\right)"),
    "maximum": (maximum, 2, r"\max\left(%s, %s\right)"),
}
_OPERATIONS: Mapping[type, tuple[Callable[[Any, Any], Any], str, int]] = {
    ast.Add: (lambda x, y: x + y, "%s + %s", 1),
    ast.Sub: (lambda x, y: x - y, "%s - %s", 1),
    ast.Mult: (lambda x, y: x * y, r"%s \cdot %s", 2),
    ast.Div: (lambda x, y: x / y, r"\frac{%s}{%s}", 4),
    ast.Pow: (lambda x, y: x**y, "%s^{%s}", 3),
}
_ATOM = 4  # binds more tightly than any operation


class Term(NamedTuple):
    """Hold a formula of quantities, how it was written, its LaTeX, and whether that is a sum."""

    text: str
    formula: Formula
    latex: str
    is_sum: bool = False


def term(argument: str, given: str | Formula | tuple[str, Formula]) -> Term:
    """Make a term of text, of a function of the quantities, or of a name and such a function.

    Raises
    ------
    ValueError, TypeError
        If it is none of these, or uses what no formula may; the message begins with ``argument``.

    Examples
    --------
    >>> read = term("terms", "labeling_error**2 / (1 - sigma_next**2)")
    >>> read.latex
    '\\\\frac{\\\\alpha^{2}}{1 - \\\\sigma_{k+1}^{2}}'
    >>> import types
    >>> read.formula(types.SimpleNamespace(labeling_error=0.5, sigma_next=0.0))
    0.25
    """
    if isinstance(given, str):
        return _read(argument, given)
    name, formula = given if isinstance(given, tuple) and len(given) == 2 else (None, given)
    if not callable(formula) or not isinstance(name, str | None):
        raise TypeError(f"{argument}: text such as 'labeling_error**2' or a function of q is needed, got {given!r}")
    name = name or getattr(formula, "__name__", "f").strip("<>")
    check_formula(f"{argument}: {name}", formula)
    return Term(name, formula, rf"\mathrm{{{name}}}(q)".replace("_", r"\_"))


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
    text, formula, (latex, binds) = ast.unparse(tree), _formula(argument, tree), _latex(tree)
    check_formula(f"{argument}: {text}", formula)
    return Term(text, formula, latex, binds == 1)


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
        operation = _OPERATIONS[type(node.op)][0]
        return lambda q: operation(left(q), right(q))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        function, count, _ = _FUNCTIONS[node.func.id]
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


def _latex(node: ast.expr) -> tuple[str, int]:
    """Write a syntax tree in LaTeX, and say how tightly its outermost operation binds."""
    if isinstance(node, ast.Name):
        return Quantities.__dataclass_fields__[node.id].metadata["symbol"], _ATOM
    if isinstance(node, ast.UnaryOp):
        return f"-{_bound(node.operand, 2)}", 1
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id][2] % tuple(_latex(part)[0] for part in node.args), _ATOM
    if isinstance(node, ast.BinOp):
        _, pattern, binds = _OPERATIONS[type(node.op)]
        if isinstance(node.op, ast.Div):
            return pattern % (_latex(node.left)[0], _latex(node.right)[0]), binds
        if isinstance(node.op, ast.Pow):
            return pattern % (_raised(node.left), _latex(node.right)[0]), binds
        return pattern % (_bound(node.left, binds), _bound(node.right, binds + isinstance(node.op, ast.Sub))), binds
    return ast.unparse(node), _ATOM


def _bound(node: ast.expr, binds: int) -> str:
    """Write an operand, in parentheses where it binds less tightly."""
    latex, own = _latex(node)
    return latex if own >= binds else rf"\left({latex}\right)"


def _raised(node: ast.expr) -> str:
    """Write what a power is of: a symbol that has a superscript already stands in parentheses."""
    latex = _bound(node, _ATOM)
    return rf"\left({latex}\right)" if isinstance(node, ast.BinOp) or "^" in latex else latex
