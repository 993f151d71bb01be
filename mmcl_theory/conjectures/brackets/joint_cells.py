"""Represent all joints with given labels at once, by their cells, and what is assumed of functions of the cells."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

from flint import Ordering, fmpz_mpoly, fmpz_mpoly_ctx

from .assertions import NotNegative
from .surd import Surd, Term

Labels = tuple[int, ...]
Value = TypeVar("Value")
Made = TypeVar("Made", bound="Cells")

EITHER, ALL = (1, -1), (1, -1, 0)  # the signs that may be assumed: where 0 is of both, and where it is another case


class Assumed(NamedTuple):
    """Hold what is assumed of a number, not negative (1), not positive (−1) or zero (0), and what else could be."""

    number: Surd
    sign: int
    signs: tuple[int, ...]


class Cells:
    """Represent the joints with some labels by functions of their cells.

    Where a sign is asked for that is not known, one is assumed: by ``answers``, and after the last of them the first of
    those that there are.  ``cases`` goes through all.

    Attributes
    ----------
    image_labels, text_labels
        y_V and y_L, as many as there are images and texts.
    joint, p, q
        P and its marginals.
    assumed
        What was assumed so far, in order.
    """

    def __init__(self, image_labels: Labels, text_labels: Labels, answers: Sequence[int] = ()):
        self.image_labels, self.text_labels, self._answers = image_labels, text_labels, answers
        self.assumed: list[Assumed] = []
        n, m = len(image_labels), len(text_labels)
        self.ring = fmpz_mpoly_ctx.get([f"p{x}{text}" for x in range(n) for text in range(m)], Ordering.degrevlex)
        cells = self.ring.gens()
        one, total = self.ring.constant(1), sum(cells, self.ring.constant(0))
        self.joint = [
            [Surd([Term(one, cell)], total, self._choose) for cell in cells[x * m : x * m + m]] for x in range(n)
        ]
        self.zero = 0 * self.joint[0][0]
        self.p = [self.sum(row) for row in self.joint]
        self.q = [self.sum(column) for column in zip(*self.joint, strict=True)]
        self.classes = sorted({*image_labels, *text_labels})

    @cached_property
    def squares(self) -> list[fmpz_mpoly]:
        """Return squares that proofs use beside those of binomials: of the table with images or texts put together.

        They are (A_0B_1 − A_1B_0)² and (A_0A_1 − B_0B_1)² for two disjoint sets A and B of the longer side, whose sums
        with the two items of the other side are A_0, A_1 and B_0, B_1.
        """
        gens, m = self.ring.gens(), len(self.q)
        rows = [gens[x * m : x * m + m] for x in range(len(self.p))]
        longer = rows if len(rows) > m else list(zip(*rows, strict=True))
        places = range(len(longer))
        sets = [chosen for size in places for chosen in itertools.combinations(places, size) if chosen]
        found = []
        for one, other in itertools.combinations(sets, 2):
            if not {*one} & {*other}:
                (a, b), (c, d) = (
                    [sum(column) for column in zip(*(longer[i] for i in s), strict=True)] for s in (one, other)
                )
                found += [(a * d - b * c) ** 2, (a * b - c * d) ** 2]
        return found

    def _choose(self, number: Surd) -> bool:
        """Say whether a number is not negative, as it is known or assumed."""
        return self.sign(number, EITHER) >= 0

    def sign(self, number: Surd, signs: tuple[int, ...]) -> int:
        """Return the sign of a number, as it is known or assumed."""
        if not number.terms:
            return 0
        asserted = number.is_nonnegative(), (-number).is_nonnegative()
        # Of three signs none is told by what leaves two of them open.
        earlier = [one for one in self.assumed if signs in (one.signs, EITHER)]
        if any(one.sign == 0 and one.number.is_nonnegative() in asserted for one in earlier):
            return 0
        signed = [(one.sign * one.number).is_nonnegative() for one in earlier]
        known = tuple(one.polynomial for one in signed if isinstance(one, NotNegative))
        for sign in EITHER:
            if (sign * number).is_nonnegative(known).is_proven:
                return sign
        turn = len(self.assumed)
        sign = signs[self._answers[turn] if turn < len(self._answers) else 0]
        self.assumed.append(Assumed(number, sign, signs))
        return sign

    def sum(self, numbers: Iterable[Surd]) -> Surd:
        """Sum numbers, of which there may be none."""
        return sum(numbers, self.zero)


class Case(NamedTuple, Generic[Value]):
    """Hold what a formula gives where some things are assumed."""

    cells: Cells
    assumed: list[Assumed]
    value: Value


def cases(make: Callable[[Sequence[int]], Made], formula: Callable[[Made], Value]) -> Iterator[Case[Value]]:
    """Evaluate a formula on cells in all cases, which together cover all joints; ``make`` makes cells of answers."""
    pending: list[tuple[int, ...]] = [()]
    while pending:
        answers = pending.pop()
        cells = make(answers)
        value = formula(cells)
        for turn in range(len(answers), len(cells.assumed)):
            first = (*answers, *(0,) * (turn - len(answers)))
            pending += [(*first, other) for other in range(1, len(cells.assumed[turn].signs))]
        yield Case(cells, cells.assumed, value)
