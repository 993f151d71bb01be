"""Find the best coefficients of a form of bound: the optimist proposes, and the adversary attacks."""

import dataclasses
import os
import time
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from .. import _archive, _checks
from .._progress import progress_bar
from ..falsification.candidates import Search, sized_search
from ..falsification.conclude import built
from ..falsification.falsify import checked_key
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.settings import Settings
from ..joints.shown import Fact, Shown
from ..quantities.quantities import measure
from ..theory.theorem import Kind, Theorem
from ..theory.written import to_latex
from .combination import Combination, combination
from .demands import Limit, limits
from .duel import Setting, State, attackers, begun
from .optimist import Unbounded
from .rows import at, ratios
from .saved import about, read, write
from .structure import structure

if TYPE_CHECKING:
    import pandas as pd

SIZES = ((3, 3), (5, 5))  # of the joints of a duel, unless others are asked for
_PAUSE = 2.0  # seconds between two writes of a checkpoint
_WIDEST = 12  # images or texts, at most, of the larger joints on which final coefficients are attacked too
_SHOWN, _TRIED = 3, 30  # joints that nearly meet a bound: how many are shown, and looked at for that


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Conjecture(Shown):
    """Hold the best bound of a form that a duel found, and its evidence.

    It is no theorem: nothing is proved but that its coefficients cannot be lowered further than ``limits`` says.

    Attributes
    ----------
    state
        The duel: all joints that were met.
    """

    state: State

    @cached_property
    def coefficients(self) -> tuple[Fraction, ...]:
        """Return the coefficients: simple fractions with which no joint that was met violates the bound."""
        return self.state.coefficients or self.state.program.simplified()

    @cached_property
    def optimum(self) -> np.ndarray:
        """Return the best coefficients for the joints that were met, before they were made simple: shape (terms,)."""
        return self.state.program.solved()

    @property
    def settled(self) -> bool:
        """Say whether the coefficients withstood the whole attack; if not, the duel was still going on."""
        return self.state.settled

    @property
    def attacks(self) -> int:
        """Return how many ascents attacked the final coefficients in vain."""
        return self.state.attacked * sum(attackers(search) for search in self.state.setting.searches)

    @cached_property
    def limits(self) -> tuple[Limit | None, ...]:
        """Return for each coefficient a value to which it cannot be lowered, with a certificate; None if unproved.

        The other coefficients are as they are.  Of a lower bound it is a value to which it cannot be raised.
        """
        return limits(self.state, self.coefficients)

    @cached_property
    def theorem(self) -> Theorem:
        """Return the bound as a statement marked as conjectured, which can be verified, attacked and certified."""
        return self.state.setting.form.stated(self.coefficients, self.evidence)

    @property
    def evidence(self) -> str:
        """Return in a sentence what speaks for the coefficients."""
        *_, largest = self.state.setting.searches
        if not self.settled:
            return f"Not settled after {self.state.rounds} rounds: the coefficients may still be too small."
        return (
            f"Unproved. Nothing was found against it in {self.attacks} attacks up to "
            f"{largest.n_images} × {largest.n_texts}."
        )

    @property
    def table(self) -> "pd.DataFrame":
        """Return a row for each term: ``term``, ``coefficient``, ``optimum``, ``limit`` (NaN where none is proved)."""
        import pandas as pd

        rows = [
            (one.text, str(c), float(best), np.nan if limit is None else float(limit.value))
            for one, c, best, limit in zip(
                self.state.setting.form.terms, self.coefficients, self.optimum, self.limits, strict=True
            )
        ]
        return pd.DataFrame(rows, columns=["term", "coefficient", "optimum", "limit"])

    @cached_property
    def nearest(self) -> list[tuple[Instance, float]]:
        """Return the joints that use up the most of the bound, each with the share: one of each structure."""
        theorem, found = self.state.setting.form.stated(self.coefficients), []
        for block in self.state.blocks:
            safe = ratios(block, theorem)
            found += [(float(safe[one]), block, int(one)) for one in np.argsort(-safe, kind="stable")[:_SHOWN]]
        found.sort(key=lambda one: -one[0])
        kept: dict[str, tuple[Instance, float]] = {}
        for share, block, one in found[:_TRIED]:
            (made,) = built(at(block, [one]), block.search)
            kept.setdefault(structure(made).split("; masses")[0], (made, share))
            if len(kept) == _SHOWN:
                break
        return list(kept.values())

    @property
    def structures(self) -> list[str]:
        """Describe the joints that use up the most of the bound, from which a proof may start."""
        return [f"{share:.6f} of the bound: {structure(made)}" for made, share in self.nearest]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the duel to an ``.npz`` file (no pickle), from which ``load`` concludes the same again."""
        write(self.state, path)

    @staticmethod
    def load(path: str | os.PathLike[str], form: Combination | None = None) -> "Conjecture":
        """Read what ``save`` or ``conjecture(checkpoint=…)`` wrote; its joints are measured again.

        Parameters
        ----------
        path
            The file.
        form
            The form of the bounds, ``conjecture.state.setting.form``, needed where formulas were functions.

        Raises
        ------
        FileNotFoundError, ValueError
            If there is no such file, it is damaged, or of another form.
        """
        return Conjecture(read(path, form))

    def __repr__(self) -> str:
        return f"Conjecture({self.state.setting.form.told(self.coefficients)}: {self.evidence})"

    def _facts(self) -> list[Fact]:
        """List the statement, its evidence and the limits of its coefficients."""
        facts = [Fact(self.theorem.statement, "conjectured", self.evidence)]
        word = "below" if self.state.setting.form.kind is Kind.UPPER_BOUND else "above"
        for one, c, limit in zip(self.state.setting.form.terms, self.coefficients, self.limits, strict=True):
            told = "" if limit is None else f", not {word} {float(limit.value):.6g}, certified"
            facts.append(Fact(to_latex(one.formula), "coefficient", f"{c}{told}"))
        return facts


def conjecture(
    lhs: Any,
    terms: Any,
    *,
    kind: Kind = Kind.UPPER_BOUND,
    size: tuple[int, int] | Sequence[tuple[int, int]] = SIZES,
    n_classes: int = 2,
    k: int = 1,
    requires: Sequence[Any] = (),
    objective: Joint | Instance | None = None,
    key: PRNGKeyArray,
    budget: int = 40,
    checkpoint: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Conjecture:
    r"""Find the best coefficients c of a bound lhs ≤ Σ c_i·term_i (or ≥) that holds for all joints of some sizes.

    A linear program finds the coefficients whose bound is tightest among those that are true of every joint met so far;
    the adversary of ``falsify`` attacks the bound, and each joint that violates it is a new row of the program.  The
    joints met at the beginning are random draws (noise, marginals, matchings and blocks, with any weights) and the
    extremal families of the catalogue, evaluated exactly.  When the adversary has found nothing for eight rounds, the
    coefficients are replaced by the simplest fractions with which the bound is true of all joints met and on average
    a hundredth looser at most; these are attacked afresh, on larger joints too, and if they fall the duel goes on.

    Parameters
    ----------
    lhs
        What is bounded: text such as ``"probe_residual"``, or a function of ``Quantities``, as in a ``Theorem``.
    terms
        The terms: text with commas, or a list of texts, functions, or pairs of a name and a function.
    kind
        Of bounds, upper or lower.
    size, n_classes, k
        (n_images, n_texts), or several; the number of classes; the encoder dimension.
    requires
        Assumptions, such as ``mt.theorems["probe-mmcl"].requires``, under which the bound is claimed.
    objective
        A joint or instance for which the bound should be as tight as possible; by default the mean over the draws.
    key, budget
        The random key: the same call gives the same bits; and rounds of the attack on final coefficients.
    checkpoint
        A file that is written as the duel goes, and from which it goes on if it exists.
    settings
        The steps, candidates, temperature and mismatch of the instances, as of an ``Instance``.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, a term is absent or no number on some joint, or no finite coefficients make a true
        bound; the message says which.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> found = mt.conjecture(
    ...     "text_induced_error", "labeling_error, labeling_error**2", size=(3, 2), key=jax.random.key(0), budget=2
    ... )
    >>> print(found.theorem.statement)
    \alpha_T \le 2\alpha-2\alpha^{2}
    """
    form = combination(lhs, terms, kind, requires)
    setting = setting_of(
        form, size=size, n_classes=n_classes, k=k, objective=objective, key=key, budget=budget, **settings
    )
    state = _earlier(setting, checkpoint) or begun(setting)
    saved = time.monotonic()
    with progress_bar("Conjecturing", budget) as advance:
        while not state.done:
            before = state.attacked
            try:
                state = state.after_round()
            except Unbounded as error:
                raise ValueError(f"terms: {error}; other terms are needed, or more assumptions (requires)") from error
            if state.attacked > before:
                advance()
            if checkpoint is not None and (state.done or time.monotonic() - saved > _PAUSE):
                write(state, checkpoint, "checkpoint")
                saved = time.monotonic()
    return Conjecture(state)


def setting_of(
    form: Combination,
    *,
    size: Any = SIZES,
    n_classes: Any = 2,
    k: Any = 1,
    objective: Any = None,
    key: Any,
    budget: Any = 40,
    **settings: Any,
) -> Setting:
    """Check the arguments of ``conjecture`` other than the form, whose assumptions it has already."""
    n_classes, chosen = _checks.integer("n_classes", n_classes, 1), Settings(**settings)
    theorem = form.at(np.ones(len(form.terms)))
    sizes = [size] if np.ndim(size) == 1 else list(size)
    if not sizes or any(np.shape(one) != (2,) for one in sizes):
        raise ValueError(f"size: a pair (n_images, n_texts) is needed, or several, got {size!r}")
    searches = [_sized(theorem, one, n_classes, k, chosen) for one in sizes]
    larger = tuple(2 * max(int(one[side]) for one in sizes) for side in (0, 1))
    if max(larger) <= _WIDEST:
        searches.append(_sized(theorem, larger, n_classes, k, chosen))
    weights = None if objective is None else _weights(form, objective, k)
    budget = _checks.integer("budget", budget, 1)
    return Setting(form, tuple(searches), len(sizes), weights, checked_key(key, None), budget)


def _sized(theorem: Theorem, size: Any, n_classes: int, k: Any, settings: Settings) -> Search:
    """Check one size."""
    n_images, n_texts = (_checks.integer("size", n, 1) for n in size)
    classes = min(n_classes, n_images + n_texts)
    return sized_search(theorem, n_images, n_texts, classes, k, restarts=8, settings=settings)


def _weights(form: Combination, objective: Any, k: Any) -> tuple[float, ...]:
    """Evaluate the terms at the instance for which the bound should be tight; of a lower bound, negated."""
    quantities = jax.device_get(measure(Instance.of(objective), k))
    theorem = form.at(np.ones(len(form.terms)))
    if not all(float(margin) > 0 for margin in theorem.margins(quantities)):
        raise ValueError("objective: an assumption of the bound (requires) fails there")
    theorem.sides(quantities)
    found = [float(one.formula(quantities)) for one in form.terms]
    if not np.isfinite(found).all():
        raise ValueError(f"objective: a term is no finite number there: {found}")
    return tuple(-one if form.kind is Kind.LOWER_BOUND else one for one in found)


def _earlier(setting: Setting, checkpoint: Any) -> State | None:
    """Read the duel that goes on, if there is one."""
    if checkpoint is None:
        return None
    path = _checks.file_name("checkpoint", checkpoint)
    _archive.check_writable("checkpoint", path)
    if not os.path.isfile(path):
        return None
    state = read(path, setting.form)
    if about(state.setting) != about(setting):
        raise ValueError(f"checkpoint: {os.fspath(path)!r} is of another search: other terms, sizes, key or budget")
    return dataclasses.replace(state, setting=setting)
