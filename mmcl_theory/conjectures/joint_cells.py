"""Represent all joints with given labels at once, by their cells, and what is assumed of functions of the cells."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from flint import Ordering, fmpz_mpoly_ctx

from .assertions import NotNegative
from .surd import Surd, Term

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

    def __init__(self, image_labels: Sequence[int], text_labels: Sequence[int], answers: Sequence[int] = ()):
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

    ring: fmpz_mpoly_ctx
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
        yield Case(cells.ring, cells.assumed, value)
