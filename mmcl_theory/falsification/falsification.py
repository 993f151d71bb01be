"""Hold what a search for counterexamples found, write it to a file and read it back."""

import dataclasses
import os
from functools import cached_property
from typing import TYPE_CHECKING

from jaxtyping import PRNGKeyArray

from ..certification.certificate import Certificate
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.shown import Fact, Shown, shown_number
from ..theory.theorem import Theorem
from ..theory.verdicts import VIOLATED
from .ascent import Population
from .candidates import Search
from .conclude import Verified, conclude, trend_table, verify_best
from .smallest import Smallest, smallest_counterexample
from .state import State, read_verified

if TYPE_CHECKING:
    import pandas as pd

_QUICKLY = 32  # images or texts that are certified in a second or two


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Falsification(Shown):
    """Hold the worst case that a search found.

    Attributes
    ----------
    theorem, k
        The statement and the encoder dimension that were attacked.
    instance
        The worst case (of violations, the worst that ``certify`` proves): a joint, and the other parts that are read.
    lhs, rhs, tolerance, verdict, reason
        What ``verify`` says of the worst case.  What it calls *violated* is passed to ``certify``, and where that
        decides, verdict and reason are those of the certificate.  Where it does not, or cannot, the reason says why
        the violation is not certified.
    certificate
        The certificate of the suspected violation; None where nothing was suspected or nothing could be certified.
    ratio
        lhs/rhs (rhs/lhs for a lower bound): the share of the bound that is used up.  Above 1 only where the bound is
        violated by more than ``tolerance``, which rounding may account for; within it a ratio above 1 is given as 1.
        For an identity |lhs − rhs| relative to the larger side, or to 1; for an order statement the largest
        constant that it was seen to need.  Infinite where a bound is violated that is not positive; not a number where
        no applicable instance was found.
    safe_ratio
        The ratio with ``tolerance`` taken from its numerator: what the search maximizes, and never loses.
    trajectory
        One row for each round: ``round``, ``steps`` (of each candidate so far), ``ratio``, ``safe_ratio``, ``lhs`` and
        ``rhs`` of the best so far, its ``labeling_error`` α and its ``spectral_gap`` 1 − σ²_{k+1}.
    trend
        The approach to limits: ``ratio``, the best safe ratio with ``labeling_error``, ``spectral_gap`` or ``rhs``
        (named in ``scale``) within ``below`` … ``below``/10; the smallest decade holds all that is smaller.
    search, key, rounds
        Sizes, and what to pass again to get the same.
    population
        All candidates, from which ``falsify(…, resume=…)`` goes on.
    """

    theorem: Theorem
    instance: Instance
    ratio: float
    safe_ratio: float
    lhs: float
    rhs: float
    tolerance: float
    verdict: str
    reason: str
    certificate: Certificate | None
    trajectory: "pd.DataFrame"
    trend: "pd.DataFrame"
    search: Search
    key: PRNGKeyArray
    rounds: int
    population: Population

    @property
    def joint(self) -> Joint:
        """Return the worst joint."""
        return self.instance.joint

    @property
    def k(self) -> int:
        """Return the encoder dimension."""
        return self.search.k

    @property
    def suspected(self) -> bool:
        """Say whether the theorem is violated by more than rounding seems to explain; this is no proof."""
        return self.verdict == VIOLATED

    @property
    def certified(self) -> bool:
        """Say whether the violation is proven: rounding cannot overturn it, and anyone can check ``certificate``."""
        return self.certificate is not None and self.certificate.verdict == VIOLATED

    @cached_property
    def smallest(self) -> Smallest:
        """Return the smallest counterexample, or in a sentence what was searched for one.

        It is a table of whole numbers with the exact sides: the first of all small ones, else the worst case rounded.
        It is searched when it is first asked for, which takes a second or some, and depends only on what was searched,
        so that a search that was loaded has the same.

        Examples
        --------
        >>> import jax, mmcl_theory as mt
        >>> *_, linear = mt.mutants(mt.theorems["label-transfer"])
        >>> worst = mt.falsify(linear, 2, 2, key=jax.random.key(0), budget=1)
        >>> worst.smallest.matrix, worst.smallest.certificate.lhs
        ([[0, 1], [1, 2]], '1/3')
        """
        return smallest_counterexample(self.theorem, self.search, self.instance if self.suspected else None)

    @staticmethod
    def of(state: State) -> "Falsification":
        """Conclude a search: verify its best candidates, certify a violation, and report the worst case."""
        return _concluded(state, verify_best(state.theorem, state.search, state.population), None)

    @property
    def state(self) -> State:
        """Return what the search goes on from."""
        return State(self.theorem, self.search, self.key, self.population, self.trajectory.to_dict("records"))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the search to an ``.npz`` file (no pickle), from which ``Falsification.load`` concludes the same again.

        The file holds what the search goes on from, and nothing that it found: no ratio, verdict or certificate.
        """
        self.state.write(path)

    @staticmethod
    def load(path: str | os.PathLike[str], theorem: Theorem | None = None) -> "Falsification":
        """Read a search that ``save`` or ``falsify(checkpoint=…)`` wrote, and conclude it again.

        What is said of the worst case is computed now: it is verified, and a violation is certified; with more than 32
        images or texts, where that may take minutes, it is not, and ``reason`` says "not yet checked".  Of the earlier
        rows of ``trajectory`` and of ``trend`` no more is known than that they lead to the best candidate.  On the same
        machine and versions the result is the same bit for bit, and so is a search that goes on from it.

        Parameters
        ----------
        path
            The file.
        theorem
            By default the one of the file's slug in the registry; a theorem of your own must be given again.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError, TypeError
            If the file was not written by ``save``, or is about another theorem: one with another slug, statement or
            kind, or whose formulas give the best candidates other sides than the file says.

        Examples
        --------
        >>> import jax, pathlib, tempfile, mmcl_theory as mt
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "worst.npz"
        >>> worst = mt.falsify("probe-text-induced", 2, 2, key=jax.random.key(0), budget=2)
        >>> worst.save(path)
        >>> mt.Falsification.load(path).ratio == worst.ratio
        True
        """
        state, best = read_verified(path, theorem, "path")
        return _concluded(state, best, _QUICKLY)

    def __repr__(self) -> str:
        s = self.search
        size = f"{s.n_images} × {s.n_texts}, {s.n_classes} classes, k = {s.k}"
        verdict = self.verdict
        if self.suspected:
            verdict += ", certified" if self.certified else ", not certified"
        return f"Falsification({self.theorem.slug}: ratio {self.ratio:.7g}, {verdict}; {size}, {self.rounds} rounds)"

    def _facts(self) -> list[Fact]:
        """List the two sides of the worst case, their ratio and the verdict."""
        numbers = {"lhs": self.lhs, "rhs": self.rhs, "ratio": self.ratio}
        facts = [Fact(rf"\mathrm{{{name}}}", name, shown_number(value)) for name, value in numbers.items()]
        return [*facts, Fact("", self.verdict, self.reason)]


def _concluded(state: State, best: Verified, largest: int | None) -> Falsification:
    """Build the result of a search, of which the best candidates are verified; see ``conclude`` for ``largest``."""
    import pandas as pd

    return Falsification(
        theorem=state.theorem,
        search=state.search,
        key=state.key,
        rounds=len(state.rows),
        population=state.population,
        trajectory=pd.DataFrame(state.rows),
        trend=trend_table(state.population),
        **conclude(state.theorem, state.search.k, best, largest),
    )
