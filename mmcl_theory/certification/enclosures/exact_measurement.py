"""Compute what several enclosures of one instance share: its distributions, singular values and heads."""

from functools import cached_property

from flint import ctx, fmpq, fmpq_mat

from ..arithmetic.ball import Ball, hull, rational, total
from ..arithmetic.encoder_pair import EncoderPair
from ..arithmetic.exact import ExactInstance, Labels, Matrix
from ..arithmetic.forms import Form
from ..arithmetic.pair_law import Function, PairLaw, normalized
from ..arithmetic.sampled_pairs import SampledPairs


class ExactMeasurement:
    """Hold an exact instance and an encoder dimension k, and compute what enclosures of its quantities share.

    A part that the instance lacks is None.

    Attributes
    ----------
    exact, k
        The instance and the encoder dimension.
    open_ties
        Whether an error was computed in which a tie of scores could not be told from a near one.
    """

    def __init__(self, exact: ExactInstance, k: int):
        self.exact, self.k = exact, k
        self.open_ties = False
        self._roots: dict[tuple[int, int], tuple[Ball, Ball]] = {}

    @cached_property
    def joint(self) -> PairLaw:
        """Return the joint distribution P, normalized."""
        exact = self.exact
        return PairLaw(normalized(exact.matrix), exact.image_labels, exact.text_labels, exact.n_classes)

    @cached_property
    def encoders(self) -> EncoderPair | None:
        """Return the pair of encoders on the joint."""
        return None if self.exact.encoders is None else EncoderPair(self.joint, self.exact.encoders)

    @cached_property
    def augmentation(self) -> PairLaw | None:
        """Return the distribution of augmentation pairs, symmetric."""
        return self._symmetric(self.exact.augmentation)

    @cached_property
    def resampled(self) -> PairLaw | None:
        """Return the distribution of resampled pairs, symmetric."""
        return self._symmetric(self.exact.resampled)

    @cached_property
    def negatives(self) -> PairLaw | None:
        """Return the distribution of negative pairs, symmetric."""
        return self._symmetric(self.exact.negatives)

    def _symmetric(self, weights: Matrix | None) -> PairLaw | None:
        """Return the distribution of pairs of images with these weights, half of each in either order."""
        if weights is None:
            return None
        matrix, labels = normalized(weights), self.exact.image_labels
        return PairLaw((matrix + matrix.transpose()) / 2, labels, labels, self.exact.n_classes)

    @property
    def auxiliary_labels(self) -> Labels | None:
        """Return the auxiliary labels ŷ."""
        return self.exact.auxiliary_labels

    @property
    def image_attributes(self) -> Labels | None:
        """Return the attributes of the images."""
        return None if self.exact.attribute is None else self.exact.attribute[0]

    @property
    def text_attributes(self) -> Labels | None:
        """Return the attributes of the texts."""
        return None if self.exact.attribute is None else self.exact.attribute[1]

    @cached_property
    def label_law(self) -> list[Function] | None:
        """Return the law of the label given each image."""
        rows = self.exact.label_law
        return None if rows is None else [[rational(entry / sum(row)) for entry in row] for row in rows]

    @cached_property
    def augmentation_form(self) -> Form | None:
        """Return the symmetric form whose eigenvalues are the λ_j of the augmentation graph."""
        return _form(self.augmentation)

    @cached_property
    def resampled_form(self) -> Form | None:
        """Return the same of the resampled pairs."""
        return _form(self.resampled)

    @cached_property
    def garbled(self) -> PairLaw | None:
        """Return the distribution PK of images and garbled captions, without captions of no mass."""
        if self.exact.channel is None:
            return None
        rows = [[rational(entry) for entry in row] for row in self.exact.channel]
        channel = fmpq_mat([[entry / sum(row, fmpq(0)) for entry in row] for row in rows])
        columns = (self.joint.matrix * channel).transpose().tolist()
        used = fmpq_mat([column for column in columns if any(entry != 0 for entry in column)])
        return PairLaw(used.transpose(), self.exact.image_labels, (0,) * used.nrows(), self.exact.n_classes)

    @cached_property
    def channel_pairs(self) -> PairLaw | None:
        """Return the distribution D_L K of texts and the captions that they become, without captions of no mass."""
        if self.exact.channel is None:
            return None
        rows = [[rational(entry) for entry in row] for row in self.exact.channel]
        masses = self.joint.column_marginal
        pairs = [[q * entry / sum(row, fmpq(0)) for entry in row] for q, row in zip(masses, rows, strict=True)]
        used = fmpq_mat([column for column in map(list, zip(*pairs, strict=True)) if any(e != 0 for e in column)])
        return PairLaw(used.transpose(), self.exact.text_labels, (0,) * used.nrows(), self.exact.n_classes)

    @property
    def labelled(self) -> Labels | None:
        """Return how often each image was drawn to be labelled."""
        return self.exact.labelled

    @property
    def walks(self) -> Labels | None:
        """Return how many drawn walks are at an image of their class after each step."""
        return self.exact.walks

    @cached_property
    def sample(self) -> SampledPairs | None:
        """Return the sample of pairs."""
        return None if self.exact.sample is None else SampledPairs(self.joint, self.exact.sample)

    def squared_sigmas(self, law: PairLaw | None = None) -> list[Ball]:
        """Return σ_1² ≥ σ_2² ≥ …, min(n_V, n_L) of them, of the joint or of another distribution."""
        return (law or self.joint).smaller.form.eigenvalues()

    def sigma(self, j: int, law: PairLaw | None = None) -> Ball:
        """Return σ_j, 0 beyond the last; equal ones are one object, so that their difference is exactly 0."""
        squares = self.squared_sigmas(law)
        if j > len(squares):
            return Ball(0)
        square = squares[j - 1]
        at = ctx.prec, id(square)
        if at not in self._roots:
            # No singular value is above 1, so neither is what lies above 1 in its ball.
            at_most_one = square if square.is_exact else square.minimum(1)
            self._roots[at] = square, at_most_one.sqrt()
        return self._roots[at][1]

    def residual(self, form: Form, law: PairLaw) -> Ball:
        """Return the residual 1 − Σ_i ⟨1_i, Π_k 1_i⟩ of the probe on the first k eigenfunctions of a form."""
        products = form.project(law.targets, self.k).products
        return 1 - total(products[i][i] for i in range(law.n_classes))

    def error(self, form: Form, law: PairLaw) -> Ball:
        """Return the error of the probe on the first k eigenfunctions of a form."""
        return self.error_of_scores(form.project(law.targets, self.k).scores, law)

    def error_of_scores(self, scores: list[list[Ball]], law: PairLaw) -> Ball:
        """Return Pr[argmax_i score ≠ y(x)], a tie being an error; items that the balls leave open may count or not."""
        certain = possible = fmpq(0)
        for row, label, mass in zip(scores, law.row_labels, law.row_marginal, strict=True):
            wins = [(row[label] - other).is_positive() for i, other in enumerate(row) if i != label]
            if not all(wins):
                possible += mass
                certain += mass if any(win is False for win in wins) else 0
        self.open_ties |= certain != possible
        return hull(certain, possible)


def _form(graph: PairLaw | None) -> Form | None:
    """Return the symmetric form of a graph of pairs of images; None of none."""
    return None if graph is None else Form(graph.matrix, graph.row_marginal)
