"""Judge probable bounds: compare how often draws exceed them with the probability that they may."""

from typing import TYPE_CHECKING

import numpy as np

from ..theory.theorem import Kind
from ..theory.verdicts import EXCEEDED, NOT_APPLICABLE, VIOLATED

if TYPE_CHECKING:
    import pandas as pd

# A true statement is called violated with probability 1e-3 at most, whatever the number of draws.
LEVEL = 0.999

_GROUP = ["theorem", "k", "failure_probability"]


def failure_rates(table: "pd.DataFrame") -> "pd.DataFrame":
    """Count how often each probable bound of a verification failed, with Clopper–Pearson limits.

    The instances' samples must be independent draws; a statement then fails on each with probability δ at most,
    whichever distribution it is drawn from.

    Parameters
    ----------
    table
        From ``verify``.

    Returns
    -------
    pandas.DataFrame
        A row for each probable bound, k and δ: ``theorem``, ``k``, ``failure_probability`` (δ), ``draws`` to which
        it applies, ``failures``, ``rate``, the limits ``low`` and ``high`` of a confidence interval of level
        99.9 %, and ``consistent``: whether the rate may be δ or less, so ``low`` ≤ δ.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(3, 0.3)
    >>> draws = [joint.draw(500, key=key) for key in jax.random.split(jax.random.key(0), 100)]
    >>> instances = [mt.Instance(joint, sample=counts, failure_probability=0.1) for counts in draws]
    >>> rates = mt.failure_rates(mt.verify(instances, 1, "cooccurrence-concentration"))
    >>> rates[["draws", "failures", "consistent"]]
       draws  failures  consistent
    0    100         0        True
    """
    from scipy.special import betaincinv

    probable = table[(table.kind == Kind.PROBABILISTIC.value) & (table.verdict != NOT_APPLICABLE)]
    failed = probable.verdict.isin([EXCEEDED, VIOLATED])
    counts = failed.groupby([probable[name] for name in _GROUP], dropna=False, sort=False).agg(["size", "sum"])
    rates = counts.reset_index().rename(columns={"size": "draws", "sum": "failures"})
    draws, failures = rates.draws.to_numpy(float), rates.failures.to_numpy(float)
    rates["rate"] = rates.failures / rates.draws
    # Without a failure there is no lower limit, and without a success no upper one: there the function is not defined.
    rates["low"] = np.where(failures == 0, 0.0, betaincinv(failures, draws - failures + 1, (1 - LEVEL) / 2))
    rates["high"] = np.where(failures == draws, 1.0, betaincinv(failures + 1, draws - failures, (1 + LEVEL) / 2))
    rates["consistent"] = rates.low <= rates.failure_probability
    return rates


def judge_frequencies(table: "pd.DataFrame") -> "pd.DataFrame":
    """Replace the verdict on each draw that exceeded a probable bound by violated, if there are too many."""
    exceeded = table.verdict == EXCEEDED
    if not exceeded.any():
        return table
    rates = table.merge(failure_rates(table), on=_GROUP, how="left")[exceeded]
    told = [
        f"{row.failures:.0f} of {row.draws:.0f} draws exceed the bound, of which {row.failure_probability:g} may"
        + ("" if row.consistent else f"; {row.low:.3g} at least do")
        for row in rates.itertuples()
    ]
    verdicts = np.where(rates.consistent.astype(bool), EXCEEDED, VIOLATED)
    table = table.copy()
    table.loc[exceeded, ["verdict", "reason"]] = np.column_stack([verdicts, told])
    return table
