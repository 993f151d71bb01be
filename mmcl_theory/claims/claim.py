"""Define a claim of a work, the verdict on it, and what decides it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .._progress import progress_bar

if TYPE_CHECKING:
    import pandas as pd

VERIFIED = "verified"  # proved, or seen wherever it was tried, as the source states it
REFUTED = "refuted"  # there is a counterexample
CONDITIONAL = "holds under conditions"  # proved or decided where the condition holds, and refuted where it does not
UNTESTABLE = "not testable here"  # it is about data or networks that are not at hand
VERDICTS = (VERIFIED, REFUTED, CONDITIONAL, UNTESTABLE)


class Outcome(NamedTuple):
    """Hold whether what a verdict rests on was found, and the numbers that were found."""

    found: bool
    told: str


@dataclass(frozen=True)
class Claim:
    """Represent what a work claims, the verdict on it, and why.

    Attributes
    ----------
    slug
        Its name in tables and on the command line.
    statement
        What is claimed, in a sentence.
    source
        A citation key of ``theory.references``, or an arXiv number.
    verdict
        One of ``VERDICTS``.
    evidence
        What the verdict rests on, with numbers and seeds where it is an experiment.
    command
        How to see it: a command line.
    condition
        Where the claim holds, if it is conditional.
    theorems
        Slugs of statements of the catalogue that it rests on.
    check
        Looks for what the verdict rests on, within seconds; None where that takes an experiment.
    control
        Does the same where it must not be found: with a false variant of the claim, or where the condition fails.
    controlled_by
        What the control changes, in words.

    Raises
    ------
    ValueError
        If the verdict is none of ``VERDICTS``, or a check has no control.
    """

    slug: str
    statement: str
    source: str
    verdict: str
    evidence: str
    command: str
    condition: str = ""
    theorems: tuple[str, ...] = ()
    check: Callable[[], Outcome] | None = None
    control: Callable[[], Outcome] | None = None
    controlled_by: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict: one of {', '.join(VERDICTS)} is needed, got {self.verdict!r}")
        if len({self.check is None, self.control is None, not self.controlled_by}) > 1:
            raise ValueError(f"control: a check, its control and words for it go together, in {self.slug!r}")


def run(claims: Iterable[Claim]) -> "pd.DataFrame":
    """Check the claims that can be checked within seconds.

    Returns
    -------
    pandas.DataFrame
        A row for each claim that has a check: ``claim``, ``verdict``, ``stands``, whether what the verdict rests on was
        found, and not in the control, ``found`` and ``in_control``, the numbers of both, and ``seconds``.

    Examples
    --------
    >>> from mmcl_theory.claims.registry import claims
    >>> run([claims["released-drop-false-positive"]])[["claim", "verdict", "stands"]]
                              claim   verdict  stands
    0  released-drop-false-positive  verified    True
    """
    import pandas as pd

    rows = []
    checked = [(claim, claim.check, claim.control) for claim in claims if claim.check and claim.control]
    with progress_bar("Checking claims", len(checked)) as advance:
        for claim, check, control in checked:
            start = time.perf_counter()
            found, in_control = check(), control()
            stands = found.found and not in_control.found
            took = time.perf_counter() - start
            rows.append((claim.slug, claim.verdict, stands, found.told, in_control.told, took))
            advance()
    return pd.DataFrame(rows, columns=["claim", "verdict", "stands", "found", "in_control", "seconds"])
