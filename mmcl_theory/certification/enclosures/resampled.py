"""Enclose what guided resampling makes of augmentation pairs (theory, sections 7 and 17)."""

from flint import fmpq

from ..arithmetic.ball import Ball
from ..arithmetic.exact import Labels
from ..arithmetic.forms import Form
from ..arithmetic.pair_law import PairLaw
from .augmentation import eigenvalue
from .exact_measurement import ExactMeasurement
from .registry import encloses_with


def _mixed_share(old: PairLaw, new: PairLaw) -> fmpq:
    """Return the least w for which the new pairs are (1−w) times the old ones and w of something else."""
    return 1 - min(new.rows[x][z] / mass for x, z, mass in old.cells())


def _mixed_error(old: PairLaw, new: PairLaw) -> fmpq:
    """Return the labeling error of that something; that of the new pairs where it is nothing."""
    share, (before, after) = _mixed_share(old, new), (_error(graph) for graph in (old, new))
    return (after - (1 - share) * before) / share if share > 0 else after


def _error(graph: PairLaw) -> fmpq:
    """Return the labeling error of pairs of images."""
    return graph.disagreement(graph.row_labels, graph.row_labels)


@encloses_with("negatives")
def negative_collision(m: ExactMeasurement, graph: PairLaw) -> fmpq:
    """Return the probability that the images of a negative pair have the same class."""
    return 1 - _error(graph)


@encloses_with("resampled", "augmentation")
def resampled_error(m: ExactMeasurement, new: PairLaw, old: PairLaw) -> fmpq:
    """Return the labeling error of resampled pairs."""
    return _error(new)


@encloses_with("resampled", "augmentation")
def added_share(m: ExactMeasurement, new: PairLaw, old: PairLaw) -> fmpq:
    """Return w, the least share that is new."""
    return _mixed_share(old, new)


@encloses_with("resampled", "augmentation")
def added_error(m: ExactMeasurement, new: PairLaw, old: PairLaw) -> fmpq:
    """Return the labeling error of what is new."""
    return _mixed_error(old, new)


@encloses_with("resampled", "augmentation")
def dropped_share(m: ExactMeasurement, new: PairLaw, old: PairLaw) -> fmpq:
    """Return d, the least share that is dropped."""
    return _mixed_share(new, old)


@encloses_with("resampled", "augmentation")
def dropped_error(m: ExactMeasurement, new: PairLaw, old: PairLaw) -> fmpq:
    """Return the labeling error of what is dropped."""
    return _mixed_error(new, old)


@encloses_with("resampled", "augmentation", "image_attributes")
def added_distance(m: ExactMeasurement, new: PairLaw, old: PairLaw, attributes: Labels) -> fmpq:
    """Return the total variation of P_R from P_A mixed with pairs of one class and two attributes."""
    items = list(zip(old.row_labels, attributes, strict=True))
    others = [[int(one == other and a != b) for other, b in items] for one, a in items]
    share, count = _mixed_share(old, new), max(sum(map(sum, others)), 1)
    rows = zip(new.rows, old.rows, others, strict=True)
    cells = (cell for row in rows for cell in zip(*row, strict=True))
    return sum((abs(mass - (1 - share) * before - share * other / count) for mass, before, other in cells), fmpq(0)) / 2


@encloses_with("resampled", "augmentation")
def dropped_distance(m: ExactMeasurement, new: PairLaw, old: PairLaw) -> fmpq:
    """Return the total variation of P_R from what is left of P_A without pairs of two classes, times 1 − d."""
    share, error, labels = _mixed_share(new, old), _error(old), old.row_labels
    distance = fmpq(0)
    for row, of_row, one in zip(new.rows, old.rows, labels, strict=True):
        for mass, before, other in zip(row, of_row, labels, strict=True):
            dropped = share / error if one != other and error > 0 else 0
            distance += abs((1 - share) * mass - before * (1 - dropped))
    return distance / 2


@encloses_with("resampled_form", "augmentation")
def resampled_lambda_k(m: ExactMeasurement, form: Form, old: PairLaw) -> Ball:
    """Return the k-th eigenvalue."""
    return eigenvalue(form, m.k)


@encloses_with("resampled_form", "augmentation")
def resampled_lambda_next(m: ExactMeasurement, form: Form, old: PairLaw) -> Ball:
    """Return the (k+1)-th eigenvalue."""
    return eigenvalue(form, m.k + 1)


@encloses_with("resampled_form", "resampled", "augmentation")
def resampled_residual(m: ExactMeasurement, form: Form, new: PairLaw, old: PairLaw) -> Ball:
    """Return the residual of the probe on the eigenfunctions of resampled pairs."""
    return m.residual(form, new)
