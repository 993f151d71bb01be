"""Let a linear program and an adversary fight over the coefficients of a bound, round after round."""

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import PRNGKeyArray

from ..falsification.ascent import DECADES, SCALES, Population, Score, climb, populate, renew
from ..falsification.candidates import Search
from ..falsification.falsify import generator
from .combination import Combination
from .known import extremal_rows
from .optimist import Program
from .rows import Inequalities, Rows, at, inequalities, measured, ratios

_ATTACKERS = 64  # candidates of the adversary in each round: of large joints fewer, so that what they fill is bounded
_NUMBERS = 2**24
_DRAWS = 4  # times as many joints of each size are drawn before the duel begins
# By how much of its largest entry a row may fail: while coefficients move, and when they are final.  The program itself
# keeps to its rows within 1e-9.
_SETTLED, _REFUTED = 1e-5, 1e-8
_QUIET = 8  # rounds in a row without a violation, after which coefficients are made simple
_LONGEST = 400  # rounds of one duel


@dataclasses.dataclass(frozen=True)
class Setting:
    """Specify a duel: the form of the bounds, the sizes of joints, what the bound should be tight for, and the budget.

    ``weights`` are the terms at the instance for which the bound should be tight, None for the mean over the draws.
    ``first`` are the sizes of the duel; ``searches`` also has those on which only final coefficients are attacked.
    """

    form: Combination
    searches: tuple[Search, ...]
    first: int
    weights: tuple[float, ...] | None
    key: PRNGKeyArray
    budget: int


@dataclasses.dataclass(frozen=True)
class State:
    """Hold a duel between two rounds: all joints met, in blocks, and whether coefficients are final and attacked.

    Attributes
    ----------
    setting
        What the duel is about.
    known
        What the bounds say of the extremal families.
    blocks
        All joints met: ``DRAWS`` of each size, and then the attackers of each round, in the order in which they came.
    quiet
        Rounds in a row without a violation.
    coefficients
        The coefficients that are attacked, once they are simple fractions; None as long as they move.
    attacked
        Rounds of the attack on these.
    rounds
        All rounds so far.
    """

    setting: Setting
    known: Inequalities
    blocks: tuple[Rows, ...]
    quiet: int = 0
    coefficients: tuple[Fraction, ...] | None = None
    attacked: int = 0
    rounds: int = 0

    @property
    def done(self) -> bool:
        """Say whether the duel is over: an attack found nothing, or it went on for too long."""
        return (self.coefficients is not None and self.attacked >= self.setting.budget) or self.rounds >= _LONGEST

    @property
    def settled(self) -> bool:
        """Say whether final coefficients withstood the whole attack."""
        return self.coefficients is not None and self.attacked >= self.setting.budget

    @cached_property
    def rows(self) -> list[Inequalities]:
        """Return what the bounds of the form say of each block of joints."""
        return [inequalities(block, self.setting.form) for block in self.blocks]

    @cached_property
    def program(self) -> Program:
        """Return the linear program of all joints met."""
        drawn = [part.terms * part.scale[:, None] for part in self.rows[: self.setting.first]]
        weights = np.concatenate(drawn).mean(axis=0)
        if self.setting.weights is not None:  # where the instance leaves a choice, the mean decides
            weights = np.array(self.setting.weights) + 1e-6 * weights
        lhs = [self.known.lhs, *(part.lhs for part in self.rows)]
        terms = [self.known.terms, *(part.terms for part in self.rows)]
        return Program(np.concatenate(lhs), np.concatenate(terms), weights)

    @cached_property
    def current(self) -> np.ndarray:
        """Return the coefficients that the next round attacks."""
        if self.coefficients is not None:
            return np.array([float(c) for c in self.coefficients])
        return self.program.solved()

    def check(self) -> None:
        """Raise ``ValueError`` if final coefficients fail on the joints that were met, or joints are missing."""
        s = self.setting
        if len(self.blocks) < s.first + self.rounds * s.first:
            raise ValueError("joints of some of its rounds are missing")
        if self.coefficients is not None:
            if len(self.coefficients) != len(s.form.terms):
                raise ValueError(f"it has {len(self.coefficients)} coefficients for {len(s.form.terms)} terms")
            if max(part.excess(self.current) for part in (self.known, *self.rows)) > _REFUTED:
                raise ValueError("its coefficients fail on its own joints")

    def after_round(self) -> "State":
        """Play one round: the adversary attacks on every size, and what it found is met from now on."""
        setting, current, new, worst = self.setting, self.current, [], -np.inf
        final = self.coefficients is not None
        for place, search in enumerate(setting.searches if final else setting.searches[: setting.first]):
            draw = generator(setting.key, (self.rounds + 1) * len(setting.searches) + place)
            population = self._attackers(search, draw, fresh=final and self.attacked == 0)
            if self.rounds:
                population = renew(population, draw, search)
            found = climb(population, draw, setting.form, search, current)
            rows = measured(found.points, search, setting.form)
            worst = max(worst, inequalities(rows, setting.form).excess(current))
            new.append(rows)
        after = dataclasses.replace(self, blocks=(*self.blocks, *new), rounds=self.rounds + 1)
        if final:
            if worst > _REFUTED:
                return dataclasses.replace(after, coefficients=None, attacked=0, quiet=0)
            return dataclasses.replace(after, attacked=self.attacked + 1)
        quiet = 0 if worst > _SETTLED else self.quiet + 1
        after = dataclasses.replace(after, quiet=quiet)
        if quiet < _QUIET:
            return after
        return dataclasses.replace(after, coefficients=after.program.simplified(), quiet=0, attacked=0)

    def _attackers(self, search: Search, draw: np.random.Generator, fresh: bool) -> Population:
        """Return the candidates of the last round, at first the best draws, scored against what is current."""
        if fresh:
            return populate(draw, search, attackers(search))
        own = [block for block in self.blocks if block.search == search]
        if not own:
            return populate(draw, search, attackers(search))
        safe: Any = ratios(own[-1], self.setting.form.at(self.current))
        best = np.argsort(-safe, kind="stable")[: attackers(search)]
        sides: Any = np.zeros(len(best))
        scales: Any = np.zeros((len(best), len(SCALES)))
        scores = Score(safe[best], sides, sides, scales)
        trend: Any = np.full((len(SCALES), DECADES), -np.inf)
        return Population(at(own[-1], best), scores, trend)


def begun(setting: Setting) -> State:
    """Draw the joints of each size with which a duel begins."""
    blocks = []
    for place, search in enumerate(setting.searches[: setting.first]):
        points = populate(generator(setting.key, place), search, _DRAWS * attackers(search)).points
        blocks.append(measured(points, search, setting.form))
    return State(setting, extremal_rows(setting.form, setting.searches[0]), tuple(blocks))


def attackers(search: Search) -> int:
    """Return how many candidates attack at once: a multiple of 8."""
    return min(_ATTACKERS, max(8, _NUMBERS // (search.n_images + search.n_texts) ** 2 // 8 * 8))


def restored(setting: Setting, points: Sequence[tuple[int, Any]], facts: dict[str, Any]) -> State:
    """Build a state again from its points, which are measured again in the same blocks, and its counts."""
    blocks = tuple(measured(part, setting.searches[place], setting.form) for place, part in points)
    given = facts["coefficients"]
    coefficients = None if given is None else tuple(Fraction(one) for one in given)
    counts = {name: facts[name] for name in ("quiet", "attacked", "rounds")}
    known = extremal_rows(setting.form, setting.searches[0])
    return State(setting, known, blocks, coefficients=coefficients, **counts)
