"""Compile how much of each bound is used up: what a search found, what is certified of it, and what is known."""

import importlib.util
import math
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from ..certification.certify import LARGEST, certify
from ..falsification.falsification import Falsification
from ..theory.theorem import BOUNDS, Extremal
from ..theory.verdicts import VIOLATED
from .mutants import scaled

if TYPE_CHECKING:
    import pandas as pd

# What may be taken off a ratio to have it certified: from what rounding blurs to what is hardly worth saying.
_MARGINS = (1e-9, 1e-7, 1e-5, 1e-3, 1e-2)
_DIGITS = 6  # of a certified share, so that the number that is shown is the one that is proven


def tightness(found: Iterable[tuple[Falsification, float]]) -> "pd.DataFrame":
    """Compile the table of worst cases, each with how long it took to find.

    Parameters
    ----------
    found
        Falsifications, and the seconds that each search took.

    Returns
    -------
    pandas.DataFrame
        The columns of ``worst_cases``, and ``certified`` (see ``certified_share``; missing where nothing is, or without
        python-flint), ``tightness`` (what is known of the bound, with proof in docs/tightness.md: ``tight``,
        ``asymptotically tight``, ``loose by`` a factor, or empty) and ``seconds``.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> worst = mt.falsify("probe-text-induced", 2, 2, key=jax.random.key(0), budget=2)
    >>> table = tightness([(worst, 1.0)])
    >>> table[["theorem", "tightness"]]
                  theorem tightness
    0  probe-text-induced     tight
    >>> bool(table.certified[0] > 0.999)
    True
    """
    rows = list(found)
    table = worst_cases(worst for worst, _ in rows)
    table["certified"] = [certified_share(worst) for worst, _ in rows]
    known = [worst.theorem.extremal for worst, _ in rows]
    table["tightness"] = [extremal.tightness if isinstance(extremal, Extremal) else "" for extremal in known]
    table["seconds"] = [seconds for _, seconds in rows]
    return table


def certified_share(worst: Falsification) -> float:
    """Compute a share of the bound that the worst case provably uses up: a bound of that share is certified violated.

    It has six decimal digits, being rounded down before it is certified, so 0.999999 is never shown as 1.  It is not a
    number where nothing is certified: for an identity or a statement of an order, on too large an instance, or without
    python-flint.
    """
    ratio = worst.ratio
    if worst.theorem.kind not in BOUNDS or not math.isfinite(ratio) or not ratio > 0:
        return math.nan
    if importlib.util.find_spec("flint") is None or max(worst.joint.matrix.shape) > LARGEST:
        return math.nan
    for margin in _MARGINS:
        share = rounded_down(ratio * (1 - margin))
        if certify(scaled(worst.theorem, share), worst.instance, worst.k).verdict == VIOLATED:
            return float(share)
    return math.nan


def rounded_down(share: float) -> Fraction:
    """Return the largest fraction of ``_DIGITS`` decimal digits that is not above a positive number.

    Examples
    --------
    >>> rounded_down(0.999999999), rounded_down(2.5)
    (Fraction(999999, 1000000), Fraction(5, 2))
    """
    exact = Decimal(share)
    return Fraction(exact.quantize(Decimal(1).scaleb(exact.adjusted() + 1 - _DIGITS), ROUND_FLOOR))


def worst_cases(found: Iterable[Falsification]) -> "pd.DataFrame":
    """Summarize falsifications, a row for each: sizes, the worst case's numbers, its verdict, and the certificate's."""
    import pandas as pd

    names = ("ratio", "safe_ratio", "lhs", "rhs", "tolerance", "verdict", "reason", "rounds")
    sizes = ("n_images", "n_texts", "n_classes", "k")
    rows = [
        {"theorem": one.theorem.slug, "kind": one.theorem.kind.value}
        | {name: getattr(one.search, name) for name in sizes}
        | {name: getattr(one, name) for name in names}
        | {"certificate": "" if one.certificate is None else one.certificate.verdict}
        for one in found
    ]
    return pd.DataFrame(rows, columns=["theorem", "kind", *sizes, *names, "certificate"])
