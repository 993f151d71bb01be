"""State the law of coloured pictures and of what is told of them, in any arithmetic (theory, section 15).

A picture is one of m digits in one of m colours.  The functions take an indicator, 0 or 1 or an array of such, and
probabilities as floats, arrays, fractions or balls.
"""

from typing import Any


def picture_mass(same: Any, n: Any, correlation: Any) -> Any:
    """Return p(d, c) = (1/m)[θ·1[c = d] + (1−θ)/m], of m = ``n`` digits, where ``same`` is 1[c = d].

    Examples
    --------
    >>> from fractions import Fraction
    >>> picture_mass(1, 3, Fraction(1, 2)), picture_mass(0, 3, Fraction(1, 2))
    (Fraction(2, 9), Fraction(1, 18))
    """
    return (correlation * same + (1 - correlation) / n) / n


def kept(same: Any, n: Any, probability: Any) -> Any:
    """Return the chance a·1[d' = d] + (1−a)/m to tell d' of d: d is kept with probability a, else any is drawn.

    Examples
    --------
    >>> kept(1, 4, 0.5), kept(0, 4, 0.5)
    (0.625, 0.125)
    """
    return probability * same + (1 - probability) / n


def replaced(same: Any, others: Any, probability: Any) -> Any:
    """Return the chance to have d' in the place of d, which is replaced with this probability by one of so many others.

    Examples
    --------
    >>> replaced(1, 3, 0.25), replaced(0, 3, 0.75)
    (0.75, 0.25)
    """
    return (1 - probability) * same + probability * (1 - same) / others
