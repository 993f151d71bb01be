"""Enclose what a noisy label says, and what a probe that is fitted on it answers (theory, section 15)."""

from flint import fmpq

from ...joints.coloured import replaced
from ..arithmetic.ball import Ball, total
from ..arithmetic.exact import Labels
from ..arithmetic.forms import Form
from ..arithmetic.pair_law import Function, PairLaw
from .attribute import choice, count_classes
from .exact_measurement import ExactMeasurement
from .registry import encloses_with


def _named(m: ExactMeasurement, law: list[Function], answers: Labels) -> fmpq:
    """Return how often the label is what an image is given for an answer."""
    own = [row[answer] if answer < len(row) else fmpq(0) for row, answer in zip(law, answers, strict=True)]
    return m.joint.mean(own)


@encloses_with("label_law", "image_attributes")
def label_noise(m: ExactMeasurement, law: list[Function], attributes: Labels) -> fmpq:
    """Return η, the probability that the label is not the class."""
    return 1 - _named(m, law, m.joint.row_labels)


@encloses_with("label_law", "image_attributes")
def label_following(m: ExactMeasurement, law: list[Function], attributes: Labels) -> fmpq:
    """Return q, the probability that the label is the attribute."""
    return _named(m, law, attributes)


@encloses_with("label_law", "image_attributes")
def label_distance(m: ExactMeasurement, law: list[Function], attributes: Labels) -> fmpq:
    """Return the total variation of image and label from those of its own η and q."""
    n = count_classes(m)
    noise, following = label_noise(m) or 0, label_following(m) or 0
    items = list(zip(m.joint.row_labels, attributes, strict=True))
    shared: dict[tuple[int, int], fmpq] = {}
    for item, mass in zip(items, m.joint.row_marginal, strict=True):
        shared[item] = shared.get(item, fmpq(0)) + mass
    distance = fmpq(0)
    for (label, attribute), mass, row in zip(items, m.joint.row_marginal, law, strict=True):
        for value, own in enumerate(row):
            told = replaced(int(label == value), max(n - 1, 1), noise)
            shown = replaced(int(attribute == value), max(n - 1, 1), 1 - following)
            distance += mass * abs(own - told * shown / n / shared[label, attribute])
    return distance / 2


@encloses_with("label_law", "image_attributes")
def label_gap(m: ExactMeasurement, law: list[Function], attributes: Labels) -> Ball:
    """Return E ½Σ_i |Pr[Y = i | x] − its fit|."""
    scores = m.joint.form.project(_columns(law), m.k).scores
    off = []
    for row, fit, mass in zip(law, scores, m.joint.row_marginal, strict=True):
        missed = [mass * (own - score) for own, score in zip(row, fit, strict=True)]
        off += [-one.minimum(-one) for one in missed]
    return total(off) / 2


@encloses_with("label_law", "image_attributes")
def label_choice(m: ExactMeasurement, law: list[Function], attributes: Labels) -> Ball:
    """Return the choice of the probe on images that is fitted on the label."""
    return choice(m, m.joint.form, m.joint, attributes, _columns(law))


@encloses_with("label_law", "augmentation", "image_attributes")
def class_kept(m: ExactMeasurement, law: list[Function], graph: PairLaw, attributes: Labels) -> fmpq:
    """Return a², by how much more often than by chance given the attribute two views have one class."""
    differs = 1 - graph.mean(_within(graph, attributes))
    return 1 - graph.disagreement(graph.row_labels, graph.row_labels) / differs if differs > 0 else fmpq(1)


@encloses_with("label_law", "augmentation", "image_attributes")
def class_view_distance(m: ExactMeasurement, law: list[Function], graph: PairLaw, attributes: Labels) -> fmpq:
    """Return the total variation of an image and what its partner shows from views that keep the attribute."""
    kept, within = class_kept(m) or 0, _within(graph, attributes)
    items = list(zip(graph.row_labels, attributes, strict=True))
    chances = dict(zip(items, within, strict=True))
    distance = fmpq(0)
    for row, (label, attribute), mass in zip(graph.rows, items, graph.row_marginal, strict=True):
        shown = dict.fromkeys(chances, fmpq(0))
        for item, pair in zip(items, row, strict=True):
            shown[item] += pair
        for (other, shade), chance in chances.items():
            told = kept * int(label == other) + (1 - kept) * chance
            distance += abs(shown[other, shade] - mass * int(attribute == shade) * told)
    return distance / 2


@encloses_with("label_law", "augmentation_form", "augmentation", "image_attributes")
def sscl_label_choice(m: ExactMeasurement, law: list[Function], form: Form, graph: PairLaw, attributes: Labels) -> Ball:
    """Return the choice of the probe on the eigenfunctions of the augmentation graph that is fitted on the label."""
    return choice(m, form, graph, attributes, _columns(law))


def _columns(law: list[Function]) -> list[Function]:
    """Return Pr[Y = i | x] as a function of images for each i."""
    return [list(column) for column in zip(*law, strict=True)]


def _within(graph: PairLaw, attributes: Labels) -> Function:
    """Return the probability of the class of each image given its attribute."""
    items = list(zip(graph.row_labels, attributes, strict=True))
    mass = {item: fmpq(0) for item in items} | {attribute: fmpq(0) for attribute in attributes}
    for item, own in zip(items, graph.row_marginal, strict=True):
        mass[item] += own
        mass[item[1]] += own
    return [mass[item] / mass[item[1]] for item in items]
