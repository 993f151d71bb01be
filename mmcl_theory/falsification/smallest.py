"""Find the smallest counterexample: tables of small integers, all of rising sum, then what a search found, rounded."""

import dataclasses
import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from ..certification.certificate import Certificate
from ..certification.certify import certify
from ..certification.optional import proof_module
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.settings import Settings
from ..theory.theorem import Kind, Theorem
from ..theory.verdicts import VIOLATED
from ..verification.verify import verify
from .candidates import Search

# Sizes of tables, and the largest sum of their entries: some ten thousand in all, a second or two once compiled.
TABLES = (((2, 2), 12), ((2, 3), 8), ((3, 2), 8), ((3, 3), 6))
CLASSES = 3  # at most, of the labels that are tried
_SUSPECTS = 8  # violations of one size that are certified, the smallest first
_SUMS = (*range(2, 33), 40, 48, 64, 96, 128, 192, 256, 512, 1024)  # to which a joint that a search found is rounded
_ROUNDED = 8  # images or texts, at most, of such a joint: each of its roundings is certified in hundredths of a second
_SIGNS = {Kind.UPPER_BOUND: (">", ">"), Kind.LOWER_BOUND: ("<", "<"), Kind.IDENTITY: ("≠", r"\ne")}


@dataclasses.dataclass(frozen=True, repr=False)
class Smallest:
    """Hold the smallest counterexample that was found, if any, and what was searched.

    Attributes
    ----------
    theorem
        The statement.
    certificate
        The proof that the counterexample violates it, with the joint as whole numbers and both sides, exact where they
        are rational; None where there is no counterexample.
    searched
        In a sentence what was searched; where nothing was found, that this is no proof.
    """

    theorem: Theorem
    certificate: Certificate | None
    searched: str

    @functools.cached_property
    def matrix(self) -> list[list[int]]:
        """Return the counterexample P times the sum of its entries: whole numbers; empty where there is none."""
        if self.certificate is None:
            return []
        whole = np.array([[int(entry) for entry in row] for row in self.certificate.instance.matrix])
        return (whole // np.gcd.reduce(whole, axis=None)).tolist()

    @property
    def joint(self) -> Joint | None:
        """Return the counterexample as a joint; None where there is none."""
        if self.certificate is None:
            return None
        instance = self.certificate.instance
        return Joint(self.matrix, instance.image_labels, instance.text_labels, n_classes=instance.n_classes)

    def __str__(self) -> str:
        if self.certificate is None:
            return f"{self.theorem.slug}: {self.searched}"
        proof, rows, total = self.certificate, self.matrix, sum(itertools.chain(*self.matrix))
        width, at = len(str(max(itertools.chain(*rows)))), f", k = {proof.k}" if self.theorem.per_k else ""
        lhs, rhs = _side(proof.lhs), _side(proof.rhs)
        lines = [
            f"{self.theorem.slug}: smallest counterexample found{at}, certified: "
            f"lhs {lhs.equal} {lhs.text} {self._signs[0]} {rhs.text} {rhs.equal} rhs"
        ]
        start = f"  P = 1/{total} "
        for place, (row, label) in enumerate(zip(rows, proof.instance.image_labels, strict=True)):
            entries = "  ".join(f"{entry:{width}}" for entry in row)
            lines.append(f"{'' if place else start:{len(start)}}[ {entries} ]  image of class {label}")
        labels = "  ".join(f"{label:{width}}" for label in proof.instance.text_labels)
        lines.append(f"{'':{len(start)}}  {labels}    classes of the texts")
        return "\n".join([*lines, f"  {self.to_latex()}", f"  {self.searched}"])

    __repr__ = __str__

    def to_latex(self) -> str:
        r"""Write the counterexample in LaTeX, for display mathematics; nothing where there is none.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> *_, linear = mt.mutants(mt.theorems["label-transfer"])
        >>> print(smallest_counterexample(linear, Search(2, 2, 2, 1, ())).to_latex())
        P = \tfrac{1}{4}\begin{pmatrix} 0 & 1 \\ 1 & 2 \end{pmatrix},\ ...
        """
        if self.certificate is None:
            return ""
        proof, instance = self.certificate, self.certificate.instance
        body = r" \\ ".join(" & ".join(map(str, row)) for row in self.matrix)
        image_labels, text_labels = (
            ", ".join(map(str, part)) for part in (instance.image_labels, instance.text_labels)
        )
        k = rf",\ k = {proof.k}" if self.theorem.per_k else ""
        lhs, rhs = _side(proof.lhs), _side(proof.rhs)
        equal = {"=": "=", "≈": r"\approx"}
        return (
            rf"P = \tfrac{{1}}{{{sum(itertools.chain(*self.matrix))}}}\begin{{pmatrix}} {body} \end{{pmatrix}},\ "
            rf"y_V = ({image_labels}),\ y_L = ({text_labels}){k}:\ "
            rf"\mathrm{{lhs}} {equal[lhs.equal]} {lhs.latex} {self._signs[1]} "
            rf"{rhs.latex} {equal[rhs.equal]} \mathrm{{rhs}}"
        )

    def _repr_latex_(self) -> str:
        """Show a notebook the counterexample, or what was searched for one."""
        return self.searched if self.certificate is None else f"$\\displaystyle {self.to_latex()}$"

    @property
    def _signs(self) -> tuple[str, str]:
        """Return how the sides compare, as text and in LaTeX."""
        return _SIGNS[self.theorem.kind]


class _Side(NamedTuple):
    """Hold a side of the statement as text and in LaTeX, and whether that is all of it."""

    text: str
    latex: str
    equal: str  # = or ≈


def _side(enclosure: str | None) -> _Side:
    r"""Write a side: a fraction where it is exact, else its first digits.

    Examples
    --------
    >>> _side("3/8")
    _Side(text='3/8', latex='\\frac{3}{8}', equal='=')
    >>> _side("[0.70710678118654 +/- 2e-15]").text
    '0.7071068'
    """
    text = str(enclosure)
    if text.startswith("["):
        rounded = f"{float(text[1:].split()[0]):.7g}"
        return _Side(rounded, re.sub(r"e([+-]?)0*(\d+)", r" \\cdot 10^{\1\2}", rounded).replace("^{+", "^{"), "≈")
    return _Side(text, re.sub(r"(\d+)/(\d+)", r"\\frac{\1}{\2}", text), "=")


def smallest_counterexample(theorem: Theorem, search: Search, worst: Instance | None = None) -> Smallest:
    """Search tables of small integers, of rising size and sum, for a counterexample that ``certify`` proves.

    All tables of the sizes in ``TABLES`` are tried, up to the order of their images and texts, with all labels of as
    many classes as the search has, at most three.  Then ``worst``, which a search suspects to violate the theorem, is
    rounded to integers of rising sum, if it has at most 8 images and texts.  The same call gives the same result.

    Parameters
    ----------
    theorem
        A bound or an identity; of others, and of those that read more than the joint and its labels, nothing is tried.
    search
        The number of classes and the encoder dimension, and the parts of an instance that the theorem reads.
    worst
        An instance that seems to violate the theorem, if there is one.
    """
    missing = _why_not(theorem, search)
    if missing is not None:
        return Smallest(theorem, None, f"no tables of whole numbers were tried: {missing}")
    k, n_classes = search.k if theorem.per_k else 1, min(search.n_classes, CLASSES)
    settings = dataclasses.asdict(search.settings)
    count, tried, classes = 0, [], f"with the labels of {n_classes} classes"
    for shape, largest in TABLES:
        if min(shape) < k:
            continue
        tables, image_labels, text_labels = _labeled_tables(shape, largest, n_classes)
        count += len(tables)
        tried.append(f"{shape[0]} × {shape[1]} of sum ≤ {largest}")
        laws = tables / tables.sum(axis=(1, 2), keepdims=True)
        batch = jax.device_get(_batch(laws, image_labels, text_labels, n_classes, search.settings))
        suspected = np.flatnonzero((verify(batch, k, theorem).verdict == VIOLATED).to_numpy())[:_SUSPECTS]
        joints = (Joint(tables[i], image_labels[i], text_labels[i], n_classes=n_classes) for i in suspected)
        instances = (Instance(joint, **settings) for joint in joints)
        proof = _first_violation(theorem, instances, k)
        if proof is not None:
            found = f"the first, by size and sum, of the tables of whole numbers {', '.join(tried)}, {classes}"
            return Smallest(theorem, proof, found)
    if worst is not None and max(worst.joint.matrix.shape) <= _ROUNDED:
        proof = _first_violation(theorem, (Instance(joint, **settings) for joint in _rounded(worst.joint)), k)
        if proof is not None:
            found = (
                f"the worst case of the search, rounded to whole numbers of the least sum; no {', '.join(tried)} is one"
            )
            return Smallest(theorem, proof, found)
    search_told = "nor in the search" if worst is None else "and the one of the search is none when it is rounded"
    what = f"{count} tables of whole numbers ({', '.join(tried)}, {classes})" if tried else "no table of whole numbers"
    return Smallest(
        theorem,
        None,
        f"no counterexample among {what} at k = {search.k}, {search_told}; that is evidence, and not a proof",
    )


@functools.partial(jax.jit, static_argnames=("n_classes", "settings"))
def _batch(laws: Any, image_labels: Any, text_labels: Any, n_classes: int, settings: Settings) -> Instance:
    """Make an instance of each table, with the settings of the search."""
    given = dataclasses.asdict(settings)
    made = jax.vmap(lambda *table: Instance(Joint(*table, n_classes=n_classes), **given))
    return made(laws, image_labels, text_labels)


def _why_not(theorem: Theorem, search: Search) -> str | None:
    """Say why no table can be a counterexample that is proven, if none can."""
    if theorem.kind not in _SIGNS:
        return "the statement is of an order only"
    if search.parts:
        return f"the statement reads more than the joint and its labels: {', '.join(search.parts)}"
    try:
        proof_module()
    except ValueError as error:
        return str(error)
    return None


def _first_violation(theorem: Theorem, instances: Iterable[Instance], k: int) -> Certificate | None:
    """Certify instances one after the other; return the first proof of a violation, if any can be had."""
    for instance in instances:
        try:
            proof = certify(theorem, instance, k)
        except (ValueError, TypeError):  # a formula that enclosures do not take, as at the end of a search
            return None
        if proof.verdict == VIOLATED:
            return proof
    return None


def _rounded(joint: Joint) -> Iterator[Joint]:
    """Round a joint to whole numbers of rising sum, as long as no image and no text is lost."""
    law, image_labels, text_labels = (
        np.asarray(part) for part in (joint.matrix, joint.image_labels, joint.text_labels)
    )
    for total in _SUMS:
        whole = np.rint(law * total).astype(int)
        if whole.sum(axis=0).all() and whole.sum(axis=1).all():
            yield Joint(whole, image_labels, text_labels, n_classes=joint.n_classes)


def _labeled_tables(shape: tuple[int, int], largest: int, n_classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """List tables of whole numbers without empty rows and columns, with labels of images and texts, by rising sum.

    Of those that differ by the order of images or texts of one class, or by the names of the classes, one is kept: its
    rows and columns are in order.  (Sorting rows and columns in turn lowers the table, read as one number, until both
    are.)

    Examples
    --------
    >>> tables, image_labels, text_labels = _labeled_tables((2, 2), 2, 2)
    >>> tables[-1].tolist(), image_labels[-1].tolist(), text_labels[-1].tolist()
    ([[1, 0], [0, 1]], [0, 1], [0, 1])
    """
    tables = np.array(list(_tables(shape, largest)))
    rows = tables @ (largest + 1) ** np.arange(shape[1])[::-1]
    columns = tables.transpose(0, 2, 1) @ (largest + 1) ** np.arange(shape[0])[::-1]
    found = []
    for image_labels, text_labels in _labels(*shape, n_classes):
        kept = np.ones(len(tables), dtype=bool)
        for codes, labels in ((rows, image_labels), (columns, text_labels)):
            for i in range(len(labels) - 1):
                ordered = codes[:, i] <= codes[:, i + 1]
                kept &= ordered | (labels[i] != labels[i + 1])
        found += [(table, image_labels, text_labels) for table in np.flatnonzero(kept)]
    found.sort(key=lambda one: one[0])  # stable: the tables are in order of their sum
    chosen, of_images, of_texts = (np.array(part) for part in zip(*found, strict=True))
    return tables[chosen], of_images, of_texts


def _tables(shape: tuple[int, int], largest: int) -> Iterator[np.ndarray]:
    """List all tables of whole numbers of rising sum without empty rows and columns."""
    cells = shape[0] * shape[1]
    for total in range(max(shape), largest + 1):
        for bars in itertools.combinations(range(total + cells - 1), cells - 1):
            entries = np.diff([-1, *bars, total + cells - 1]) - 1
            table = entries.reshape(shape)
            if table.sum(axis=0).all() and table.sum(axis=1).all():
                yield table


def _labels(n_images: int, n_texts: int, n_classes: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """List labels of images and texts in order, up to the names of the classes: a new name is the next one."""
    for image_labels in itertools.combinations_with_replacement(range(n_classes), n_images):
        for text_labels in itertools.combinations_with_replacement(range(n_classes), n_texts):
            used = list(dict.fromkeys((*image_labels, *text_labels)))
            if used == list(range(len(used))):
                yield image_labels, text_labels
