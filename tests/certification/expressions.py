"""Draw random formulas, and evaluate them in any arithmetic; of a formula, make another one of the same value."""

import random
from fractions import Fraction

import mpmath

import mmcl_theory as mt

mpmath.iv.dps = 80
UNARY = ("sqrt", "log", "neg", "square", "cube", "inverse", "half-power")
BINARY = ("+", "-", "*", "/", "min", "max", "**")


class Undefined(Exception):
    """The formula has no value; or, where it is ``Unclear``, 80 digits do not tell."""


class Unclear(Exception):
    """An interval of 80 digits does not tell whether the formula has a value."""


def drawn(draw: random.Random, depth: int, n_quantities: int) -> tuple:
    """Draw a formula of quantities and constants as a tree."""
    if depth == 0 or draw.random() < 0.15:
        kind = draw.randrange(6)
        if kind <= 2:
            return ("q", draw.randrange(n_quantities))
        if kind == 3:
            return ("number", draw.choice([0, 1, 2, 3, 7, -1, 0.5, 0.25, 1.5, 2.0**-10]))
        if kind == 4:
            return ("rational", draw.randint(-3, 9), draw.choice([3, 7, 10, 49]))
        return (draw.choice(["sqrt", "log"]), ("number", draw.choice([2, 3, 4, 0.5])))
    if draw.random() < 0.35:
        return (draw.choice(UNARY), drawn(draw, depth - 1, n_quantities))
    return (draw.choice(BINARY), drawn(draw, depth - 1, n_quantities), drawn(draw, depth - 1, n_quantities))


def twin(draw: random.Random, tree: tuple) -> tuple:
    """Rewrite a formula to another one that has the same value wherever the first has one."""
    if len(tree) > 1 and isinstance(tree[1], tuple):
        tree = (tree[0], *(twin(draw, part) for part in tree[1:]))
    name, *parts = tree
    if name in ("+", "*", "min", "max") and draw.random() < 0.5:
        return (name, parts[1], parts[0])
    if name == "square" and draw.random() < 0.5:
        return ("*", parts[0], parts[0])
    if name == "/" and draw.random() < 0.5:
        return ("*", parts[0], ("inverse", parts[1]))
    if name == "sqrt" and parts[0][0] == "number" and parts[0][1] > 0:
        return ("/", ("sqrt", ("number", parts[0][1] * 3)), ("sqrt", ("number", 3)))
    if name == "log" and parts[0][0] == "number" and parts[0][1] > 0:
        return ("-", ("log", ("number", parts[0][1] * 7)), ("log", ("number", 7)))
    if draw.random() < 0.2:
        return draw.choice([("-", ("+", tree, ("rational", 1, 3)), ("rational", 1, 3)), ("*", tree, ("number", 1))])
    return tree


def value(tree: tuple, quantities: list) -> object:
    """Evaluate a formula with the package's functions, on numbers of whatever kind the quantities are."""
    name, *parts = tree
    if name == "q":
        return quantities[parts[0]]
    if name == "number":
        return parts[0]
    if name == "rational":
        return mt.rational(*parts)
    args = [value(part, quantities) for part in parts]
    if all(type(arg) in (int, float) for arg in args) and name not in ("sqrt", "log"):
        args[0] = mt.rational(Fraction(args[0]))  # else Python would compute, and round or fail
    return _OPERATIONS[name](*args)


_OPERATIONS = {
    "sqrt": mt.sqrt,
    "log": mt.log,
    "min": mt.minimum,
    "max": mt.maximum,
    "neg": lambda x: -x,
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "inverse": lambda x: 1 / x,
    "half-power": lambda x: x**0.5,
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": lambda x, y: x**y,
}


def interval(tree: tuple, quantities: list[Fraction]) -> mpmath.iv.mpf:
    """Enclose a formula by mpmath's intervals, which share nothing with the package.

    Raises
    ------
    Undefined, Unclear
        If it certainly has no value, or may have none.
    """
    name, *parts = tree
    if name == "q":
        return _fraction(quantities[parts[0]])
    if name == "number":
        return _fraction(Fraction(parts[0]))
    if name == "rational":
        return _fraction(Fraction(*parts))
    args, unclear = [], False
    for part in parts:  # what is undefined in any part is so in all
        try:
            args.append(interval(part, quantities))
        except Unclear:
            unclear = True
    if unclear:
        raise Unclear
    return _INTERVALS[name](*args)


def _fraction(number: Fraction) -> mpmath.iv.mpf:
    return mpmath.iv.mpf(number.numerator) / number.denominator


def _inside(x: mpmath.iv.mpf, low: bool) -> None:
    """Check that x > 0, or x ≥ 0 where ``low`` is allowed."""
    if x.b < 0 or (x.b == 0 and not low):
        raise Undefined
    if x.a < 0 or (x.a == 0 and not low):
        raise Unclear


def _root(x):
    _inside(x, low=True)
    return mpmath.iv.sqrt(x)


def _log(x):
    _inside(x, low=False)
    return mpmath.iv.log(x)


def _quotient(x, y):
    if y.a == 0 == y.b:
        raise Undefined
    if y.a <= 0 <= y.b:
        raise Unclear
    return x / y


def _power(x, y):
    if y.a == y.b and float(y.a) == int(y.a):
        n = int(y.a)
        return mpmath.iv.mpf(1) if n == 0 else x**n if n > 0 else _quotient(mpmath.iv.mpf(1), x ** (-n))
    if y.a == y.b == 0.5:
        return _root(x)
    if x.a <= 0:
        raise Unclear  # whether a power of 0 or of a negative number is one depends on the exponent
    return mpmath.iv.exp(y * mpmath.iv.log(x))


_INTERVALS = {
    "sqrt": _root,
    "log": _log,
    "min": lambda x, y: mpmath.iv.mpf([min(x.a, y.a), min(x.b, y.b)]),
    "max": lambda x, y: mpmath.iv.mpf([max(x.a, y.a), max(x.b, y.b)]),
    "neg": lambda x: -x,
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "inverse": lambda x: _quotient(mpmath.iv.mpf(1), x),
    "half-power": _root,
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": _quotient,
    "**": _power,
}
