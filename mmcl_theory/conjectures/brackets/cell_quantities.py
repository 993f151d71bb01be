"""Write quantities at k = 1 as functions of the cells of a joint whose smaller side has two items.

Such a joint has the singular values 1 and σ_2 alone, and σ_2² = ‖A‖² − 1 is a ratio of polynomials.  The first
singular functions are constant, so that the heads of dimension 1 answer by the masses of the classes.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from ...quantities.quantities import Quantities
from ...theory.functions import maximum, minimum
from .joint_cells import ALL, Cells
from .surd import OutOfReach, Surd


class CellQuantities(Cells):
    """Offer quantities to a theorem's formulas, under the names that they have in ``Quantities``."""

    # How a theorem's formulas know which names are quantities and what they need.
    __dataclass_fields__ = Quantities.__dataclass_fields__

    def __getattr__(self, name: str) -> Any:
        """Return None for what a bare joint does not have; refuse every other quantity that is not written here."""
        field = self.__dataclass_fields__.get(name)
        if field is None:
            raise AttributeError(name)
        if field.metadata["parts"]:
            return None
        raise OutOfReach(f"it reads {name}, which is not known as an algebraic function of the cells")

    # Labels.

    k = 1
    sigma_k = sigma_three_quarters = largest_leverage = property(lambda self: self.zero + 1)

    @property
    def n_items(self) -> Surd:
        """Return the number of images and texts."""
        return self.zero + len(self.p) + len(self.q)

    @property
    def n_classes(self) -> Surd:
        """Return r."""
        return self.zero + len(self.classes)

    @cached_property
    def masses(self) -> list[Surd]:
        """Return the mass of each class of images."""
        return [self.sum(p for p, y in zip(self.p, self.image_labels, strict=True) if y == i) for i in self.classes]

    @cached_property
    def text_masses(self) -> list[Surd]:
        """Return the mass of each class of texts."""
        return [self.sum(q for q, y in zip(self.q, self.text_labels, strict=True) if y == i) for i in self.classes]

    @cached_property
    def labeling_error(self) -> Surd:
        """Return α."""
        return self.sum(
            mass
            for y, row in zip(self.image_labels, self.joint, strict=True)
            for z, mass in zip(self.text_labels, row, strict=True)
            if y != z
        )

    @cached_property
    def bayes_labeling_error(self) -> Surd:
        """Return α*, what is left where each text has the class that most of its images have."""
        return 1 - self.sum(_largest(column) for column in zip(*self._class_rows, strict=True))

    @property
    def _class_rows(self) -> list[list[Surd]]:
        """Return the mass of each class of images with each text."""
        rows = [[row for row, y in zip(self.joint, self.image_labels, strict=True) if y == i] for i in self.classes]
        return [[self.sum(column) for column in zip(*some, strict=True)] for some in rows if some]

    @property
    def largest_class(self) -> Surd:
        """Return the mass of the largest class of images."""
        return _largest(self.masses)

    @property
    def class_collision(self) -> Surd:
        """Return π."""
        return self.sum(mass**2 for mass in self.masses)

    # The spectrum.

    @cached_property
    def chi_square(self) -> Surd:
        """Return χ² = σ_2², as there is no other value beyond the first."""
        pairs = [
            (mass, p, q) for row, p in zip(self.joint, self.p, strict=True) for mass, q in zip(row, self.q, strict=True)
        ]
        return self.sum(mass**2 / (p * q) for mass, p, q in pairs) - 1

    inertia = tail = optimal_loss = property(lambda self: self.chi_square)

    @property
    def text_induced_tail(self) -> Surd:
        """Return σ_2⁴."""
        return self.chi_square**2

    optimal_text_induced_loss = text_induced_tail

    @property
    def squared_norm(self) -> Surd:
        """Return ‖A‖²."""
        return 1 + self.chi_square

    def _sigma(self, j: int) -> Surd:
        """Return σ_j."""
        return self.zero + 1 if j == 1 else self.chi_square.sqrt() if j == 2 else self.zero

    sigma_2 = sigma_next = property(lambda self: self._sigma(2))
    sigma_after = property(lambda self: self._sigma(3))
    sigma_min = property(lambda self: self._sigma(len(self.p)))
    sigma_classes = property(lambda self: self._sigma(len({*self.image_labels})))

    @property
    def gap_of_classes(self) -> Surd:
        """Return Σ_{j≤r}(1 − σ_j²)."""
        r = len({*self.image_labels})
        return r - self.sum(self._sigma(j) ** 2 for j in range(1, r + 1))

    # Heads, whose scores are the masses of the classes.

    @property
    def probe_residual(self) -> Surd:
        """Return 1 − π, which is what a constant leaves."""
        return 1 - self.class_collision

    soft_residual = probe_residual

    @property
    def text_probe_residual(self) -> Surd:
        """Return the same for texts."""
        return 1 - self.sum(mass**2 for mass in self.text_masses)

    @property
    def zero_shot_residual(self) -> Surd:
        """Return what the masses of the classes of texts leave."""
        return self.probe_residual + self.head_distance

    @property
    def head_distance(self) -> Surd:
        """Return the squared distance between the masses of the two heads."""
        return self.sum((a - b) ** 2 for a, b in zip(self.masses, self.text_masses, strict=True))

    def _error(self, scores: list[Surd], masses: list[Surd]) -> Surd:
        """Return the mass of items whose class has not the one largest score."""
        wins = [
            all(self.sign(own - other, ALL) > 0 for j, other in enumerate(scores) if j != i)
            if masses[i].terms
            else True
            for i, own in enumerate(scores)
        ]
        return self.sum(mass for mass, win in zip(masses, wins, strict=True) if not win)

    @property
    def probe_error(self) -> Surd:
        """Return the error of the largest class of images."""
        return self._error(self.masses, self.masses)

    @property
    def text_probe_error(self) -> Surd:
        """Return the same for texts."""
        return self._error(self.text_masses, self.text_masses)

    @property
    def zero_shot_error(self) -> Surd:
        """Return the error of the largest class of texts."""
        return self._error(self.text_masses, self.masses)

    def _drawn(self, scores: list[Surd]) -> tuple[Surd, Surd]:
        """Return the error of answers that are drawn, and the gain: from the probabilities nearest to twice the scores.

        They are max(0, 2s_i − τ), and τ is the largest of (Σ 2s_i − 1)/j over sets of j classes.
        """
        several = [chosen for j in range(1, len(scores) + 1) for chosen in itertools.combinations(scores, j)]
        threshold = _largest([(2 * self.sum(chosen) - 1) / len(chosen) for chosen in several])
        drawn = [maximum(0, 2 * score - threshold) for score in scores]
        error = 1 - self.sum(mass * chance for mass, chance in zip(self.masses, drawn, strict=True))
        gain = self.sum((chance - score) ** 2 for chance, score in zip(drawn, scores, strict=True))
        # Of a class that is never drawn the threshold is beyond twice its score.
        beyond = [maximum(0, threshold - 2 * score) for score in scores]
        return error, gain + self.sum(mass * more for mass, more in zip(self.masses, beyond, strict=True))

    @property
    def probe_drawn_error(self) -> Surd:
        """Return the error of the probe that draws its answers."""
        return self._drawn(self.masses)[0]

    @property
    def probe_drawn_gain(self) -> Surd:
        """Return what drawing gains on the residual."""
        return self._drawn(self.masses)[1]

    @property
    def zero_shot_drawn_error(self) -> Surd:
        """Return the error of the zero-shot head that draws its answers."""
        return self._drawn(self.text_masses)[0]

    @property
    def zero_shot_drawn_gain(self) -> Surd:
        """Return what drawing gains on the residual."""
        return self._drawn(self.text_masses)[1]

    # Pairs that share a partner.

    @cached_property
    def induced(self) -> list[list[Surd]]:
        """Return the probabilities of two images drawn given one text."""
        return _induced(self.joint, self.q, self.sum)

    @property
    def text_induced_error(self) -> Surd:
        """Return α_T."""
        return self.sum(_differing(self.induced, self.image_labels))

    @property
    def image_induced_error(self) -> Surd:
        """Return α_V."""
        return self.sum(_differing(_induced(list(zip(*self.joint, strict=True)), self.p, self.sum), self.text_labels))

    @property
    def walk_error_two(self) -> Surd:
        """Return α^(2): all of the labels' measure beyond its mass π at 1 is at σ_2², or at 0."""
        return self.probe_residual - (self.probe_residual - self.text_induced_error) * self.chi_square

    @property
    def class_conductances(self) -> list[Surd]:
        """Return the share of pairs that leave each class of images."""
        leaving = [
            self.sum(
                mass
                for y, row in zip(self.image_labels, self.induced, strict=True)
                for z, mass in zip(self.image_labels, row, strict=True)
                if y == i and z != i
            )
            for i in self.classes
        ]
        return [out / mass for out, mass in zip(leaving, self.masses, strict=True) if mass.terms]

    @property
    def class_conductance(self) -> Surd:
        """Return the largest conductance of a class."""
        return _largest(self.class_conductances)

    @property
    def total_conductance(self) -> Surd:
        """Return the sum of the conductances."""
        return self.sum(self.class_conductances)

    @property
    def conductance(self) -> Surd:
        """Return φ(G), by all cuts."""
        n = len(self.p)
        shares = []
        for cut in range(1, 2 ** (n - 1)):
            inside = [x for x in range(n) if cut >> x & 1]
            mass = self.sum(self.p[x] for x in inside)
            crossing = self.sum(self.induced[x][z] for x in inside for z in range(n) if z not in inside)
            shares.append(crossing / minimum(mass, 1 - mass))
        return -_largest([-share for share in shares])

    @property
    def within_class_gap(self) -> Surd:
        """Return 1 − σ_2² where there is one class of images, and else 0, as the classes are parts of the graph."""
        return (1 - self.chi_square) * (len({*self.image_labels}) == 1)

    # The zero-shot head that is not truncated.

    @property
    def posterior_residual(self) -> Surd:
        """Return 2α − α_V."""
        return 2 * self.labeling_error - self.image_induced_error

    @property
    def text_mean_residual(self) -> Surd:
        """Return ‖Aᵀ(Y − AW)‖²."""
        found = self.zero
        for i in self.classes:
            gaps = [
                int(y == i) - self.sum(mass for mass, z in zip(row, self.text_labels, strict=True) if z == i) / p
                for y, row, p in zip(self.image_labels, self.joint, self.p, strict=True)
            ]
            for column, q in zip(zip(*self.joint, strict=True), self.q, strict=True):
                found += self.sum(mass * gap for mass, gap in zip(column, gaps, strict=True)) ** 2 / q
        return found

    # Retrieval.

    @property
    def pair_variation(self) -> Surd:
        """Return the total variation from independent pairs."""
        return self.sum(
            maximum(0, mass - p * q)
            for row, p in zip(self.joint, self.p, strict=True)
            for mass, q in zip(row, self.q, strict=True)
        )

    @property
    def best_ranking(self) -> Surd:
        """Return AUC* = ½ + ½ Σ_x Σ_{l<m} |P(x,l)p_L(m) − P(x,m)p_L(l)|, by the pairs that are ranked rightly."""
        found = self.zero
        for row in self.joint:
            for one in range(len(row)):
                for other in range(one):
                    gap = row[one] * self.q[other] - row[other] * self.q[one]
                    found += maximum(gap, -gap)
        return (found + 1) / 2


def _largest(numbers: Sequence[Surd]) -> Surd:
    """Return the largest of some numbers."""
    found = numbers[0]
    for number in numbers[1:]:
        found = maximum(found, number)
    return found


def _induced(joint: Any, marginal: Sequence[Surd], total: Callable[[Any], Surd]) -> list[list[Surd]]:
    """Compute P D⁻¹ Pᵀ."""
    return [
        [total(a * b / q for a, b, q in zip(one, other, marginal, strict=True)) for other in joint] for one in joint
    ]


def _differing(pairs: list[list[Surd]], labels: Sequence[int]) -> Iterator[Surd]:
    """List the probabilities of pairs with different labels."""
    return (mass for y, row in zip(labels, pairs, strict=True) for z, mass in zip(labels, row, strict=True) if y != z)
