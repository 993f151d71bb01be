"""Enclose what pairs say of an attribute, and whether a probe answers the class or it (theory, sections 15 and 17)."""

from typing import Any

from flint import arb_mat, fmpq, fmpq_mat

from ...joints.coloured import kept, picture_mass
from ..arithmetic.ball import Ball, hull, rational, total
from ..arithmetic.exact import Labels
from ..arithmetic.forms import Form
from ..arithmetic.pair_law import Function, PairLaw
from .exact_measurement import ExactMeasurement
from .registry import encloses_with


def _agreement(same: fmpq, n: int) -> fmpq:
    """Return by how much more than by chance labels of n values agree."""
    return fmpq(1) if n == 1 else (same - fmpq(1, n)) / (1 - fmpq(1, n))


def count_classes(m: ExactMeasurement) -> int:
    """Count the classes that an image or a text has."""
    return len({*m.joint.row_labels, *m.joint.column_labels})


@encloses_with("image_attributes")
def n_attributes(m: ExactMeasurement, attributes: Labels) -> int:
    """Return the number of attributes that an image has."""
    return len(set(attributes))


@encloses_with("image_attributes", "text_attributes")
def attribute_error(m: ExactMeasurement, images: Labels, texts: Labels) -> fmpq:
    """Return the probability that the two attributes of a pair differ."""
    return m.joint.disagreement(images, texts)


@encloses_with("image_attributes")
def attribute_correlation(m: ExactMeasurement, attributes: Labels) -> fmpq:
    """Return θ, from the probability that the attribute of an image is its class."""
    same = m.joint.mean([fmpq(int(a == b)) for a, b in zip(attributes, m.joint.row_labels, strict=True)])
    return _agreement(same, count_classes(m))


@encloses_with("image_attributes", "text_attributes")
def coloured_distance(m: ExactMeasurement, images: Labels, texts: Labels) -> fmpq:
    """Return the total variation of P from the coloured world of its own θ, a and b, cell by cell."""
    law, n, theta = m.joint, count_classes(m), rational(attribute_correlation(m))
    a = _agreement(1 - law.disagreement(law.row_labels, law.column_labels), n)
    b = _agreement(1 - law.disagreement(images, texts), n)
    distance = fmpq(0)
    for row, digit, colour in zip(law.rows, law.row_labels, images, strict=True):
        picture = picture_mass(int(digit == colour), n, theta)
        for mass, told, shade in zip(row, law.column_labels, texts, strict=True):
            distance += abs(mass - picture * kept(int(digit == told), n, a) * kept(int(colour == shade), n, b))
    return distance / 2


@encloses_with("image_attributes")
def probe_choice(m: ExactMeasurement, attributes: Labels) -> Ball:
    """Return the choice of the probe on images."""
    return choice(m, m.joint.form, m.joint, attributes, m.joint.targets)


@encloses_with("augmentation", "image_attributes")
def augmentation_attribute_error(m: ExactMeasurement, graph: PairLaw, attributes: Labels) -> fmpq:
    """Return the probability that two views have different attributes."""
    return graph.disagreement(attributes, attributes)


@encloses_with("augmentation", "image_attributes")
def augmentation_agreement(m: ExactMeasurement, graph: PairLaw, attributes: Labels) -> fmpq:
    """Return the probability that two views have one class and one attribute."""
    both = [(attributes[x] == attributes[z], graph.row_labels[x] == graph.row_labels[z]) for x, z, _ in graph.cells()]
    return sum((mass for same, (_, _, mass) in zip(both, graph.cells(), strict=True) if all(same)), fmpq(0))


@encloses_with("augmentation", "image_attributes")
def coloured_view_distance(m: ExactMeasurement, graph: PairLaw, attributes: Labels) -> Ball:
    """Return the total variation of P_A from two views of one coloured picture, of P_A's own a² and b².

    With probability θ digit and colour of the picture are one value, which views keep as one; else they are apart.
    """
    n, theta = count_classes(m), rational(attribute_correlation(m))
    equal = [1 - graph.disagreement(labels, labels) for labels in (graph.row_labels, attributes)]
    squares = [max(_agreement(same, n), fmpq(0)) for same in equal]
    a, b = (Ball(square).sqrt() for square in squares)
    natural = theta / (a * b) if min(squares) > 0 else Ball(0)
    items = list(zip(graph.row_labels, attributes, strict=True))
    told = [[kept(int(v == d), n, a) * kept(int(v == c), n, b) for d, c in items] for v in range(m.exact.n_classes)]
    matrix: Any = fmpq_mat if a.is_exact and b.is_exact else arb_mat
    views = matrix([[_entry(entry, matrix) for entry in row] for row in told])
    together = (views.transpose() * views).tolist()
    off = []
    for row, of_row, (d, c) in zip(graph.rows, together, items, strict=True):
        for mass, one, (digit, colour) in zip(row, of_row, items, strict=True):
            apart = kept(int(d == digit), n, squares[0]) * kept(int(c == colour), n, squares[1]) / n**2
            off.append((1 - natural) * apart + natural * Ball(one) / n - mass)
    return total(-entry.minimum(-entry) for entry in off) / 2


def _entry(ball: Ball, matrix: Any) -> Any:
    """Return the number of a ball as a matrix of this kind holds it."""
    return ball.value if matrix is fmpq_mat else ball.enclosure()


@encloses_with("augmentation", "image_attributes")
def style_distance(m: ExactMeasurement, graph: PairLaw, attributes: Labels) -> fmpq:
    """Return the total variation of P_A from the law that spreads evenly what agrees and differs in the same."""
    n, s = count_classes(m), len(set(attributes))
    masses: dict[tuple[bool, bool], fmpq] = {}
    kinds = [
        [(one == other, a == b) for other, b in zip(graph.row_labels, attributes, strict=True)]
        for one, a in zip(graph.row_labels, attributes, strict=True)
    ]
    for x, z, mass in graph.cells():
        masses[kinds[x][z]] = masses.get(kinds[x][z], fmpq(0)) + mass
    distance = fmpq(0)
    for row, of_row in zip(graph.rows, kinds, strict=True):
        for mass, kind in zip(row, of_row, strict=True):
            pairs = n * s * (1 if kind[0] else n - 1) * (1 if kind[1] else s - 1)
            distance += abs(mass - masses.get(kind, fmpq(0)) / pairs)
    return distance / 2


@encloses_with("augmentation_form", "augmentation", "image_attributes")
def sscl_choice(m: ExactMeasurement, form: Form, graph: PairLaw, attributes: Labels) -> Ball:
    """Return the choice of the probe on the eigenfunctions of the augmentation graph."""
    return choice(m, form, graph, attributes, graph.targets)


def choice(m: ExactMeasurement, form: Form, law: PairLaw, attributes: Labels, targets: list[Function]) -> Ball:
    """Return Pr[argmax = class] − Pr[argmax = attribute] where these differ; a tie answers neither."""
    scores = form.project(targets, m.k).scores
    apart = [x for x, label in enumerate(law.row_labels) if label != attributes[x]]
    shares = []
    for answers in (law.row_labels, attributes):
        certain = possible = fmpq(0)
        for x in apart:
            if answers[x] >= len(scores[x]):  # an attribute that is no class's number
                continue
            own = scores[x][answers[x]]
            wins = [(own - other).is_positive() for i, other in enumerate(scores[x]) if i != answers[x]]
            possible += 0 if any(win is False for win in wins) else law.row_marginal[x]
            certain += law.row_marginal[x] if all(wins) else 0
        m.open_ties |= certain != possible
        shares.append(hull(certain, possible))
    return (shares[0] - shares[1]) / total(law.row_marginal[x] for x in apart)
