"""Represent the joint distribution of positive image–text pairs (theory, section 1)."""

import dataclasses
import os
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray

from .. import _checks
from .._arrays import Array, Record, xp
from . import storage
from .counts import counts_of
from .fields import check_channel, checked_fields, normalized_law, traced_fields, warn_of_dropped
from .laws.dense import DenseLaw
from .laws.factored import FactoredLaw
from .laws.law import Law
from .names import Names
from .pairs import PairGraph
from .shown import Fact, Shown, errors_of

PAIRS_LIMIT = 2**36  # the largest number of pairs, whose draws take about a day


class Joint(Shown, Record):
    """Represent the joint distribution P of positive pairs, with the labels of images and texts.

    Images are rows (V), texts are columns (L).  The total is normalized to 1, unless it is 1 within rounding
    already.  Rows and columns of zero mass are dropped, with a warning: ``image_ids`` and ``text_ids`` say which
    of the given ones were kept.  Inside a JAX transformation, where values cannot be inspected, the matrix is
    only normalized: no check is made and nothing is dropped.  What a joint holds are arrays of NumPy that cannot be
    written to, those of JAX inside a transformation, and of a sparse distribution.

    Parameters
    ----------
    matrix
        Non-negative weights of pairs, shape (n_V, n_L): counts, fractions or probabilities, dense or SciPy sparse.
        Whole numbers and fractions are kept exact (``counts``), which is how ``certify`` takes them.  A SciPy sparse
        matrix of more than 2²⁵ cells stays sparse: no array of the size of P is ever formed, ``matrix`` is a
        ``SparseLaw``, and what needs the complete spectrum is not measured.  ``to_sparse`` and ``of_channels`` give
        such joints of any size.
    image_labels
        y_V, integers 0 … r−1, shape (n_V,).
    text_labels
        y_L, integers 0 … r−1, shape (n_L,).  By default the Bayes label, argmax_i P(y_V = i | l) (the lowest of
        several that are equal but for rounding), which minimizes the labeling error.
    n_classes
        r.  By default one more than the largest label.
    names
        What the rows, columns and classes are called.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.Joint([[3, 1], [0, 4]], image_labels=[0, 1], text_labels=[0, 1])
    >>> joint
    Joint(2 images × 2 texts, 2 classes)
    >>> float(joint.labeling_error)
    0.125
    """

    law: Law
    image_labels: Int[Array, " n_V"]
    text_labels: Int[Array, " n_L"]
    image_ids: Int[Array, " n_V"]
    text_ids: Int[Array, " n_L"]
    n_classes: int = eqx.field(static=True)
    given_shape: tuple[int, int] = eqx.field(static=True)
    names: Names | None = eqx.field(static=True)
    denominator: int | None = eqx.field(static=True)

    def __init__(
        self,
        matrix: Any,
        image_labels: Any,
        text_labels: Any = None,
        *,
        n_classes: int | None = None,
        names: Names | None = None,
    ):
        if _checks.is_traced(matrix, image_labels, text_labels):
            fields = traced_fields(matrix, image_labels, text_labels, n_classes, names)
        else:
            law, denominator = normalized_law("matrix", matrix)
            fields = checked_fields(law, image_labels, text_labels, n_classes, names, denominator)
            warn_of_dropped(fields)
        for name, value in fields.items():
            setattr(self, name, value)

    @staticmethod
    def of_channels(
        image_channel: Any,
        text_channel: Any,
        natural_law: Any,
        image_labels: Any,
        text_labels: Any = None,
        *,
        n_classes: int | None = None,
        names: Names | None = None,
    ) -> "Joint":
        """Build P = Kᵥᵀ diag(p) Kₗ: an image and a text drawn, independently, given a natural sample.

        P is never formed.

        Parameters
        ----------
        image_channel, text_channel
            Kᵥ and Kₗ, row-stochastic, shapes (m, n_V) and (m, n_L).
        natural_law
            p, the law of the m natural samples; its total is normalized to 1.
        image_labels, text_labels, n_classes, names
            As for a ``Joint``.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> joint = mt.Joint.of_channels([[0.5, 0.5, 0], [0, 0, 1]], [[1, 0], [0.5, 0.5]], [1, 1], [0, 0, 1])
        >>> joint, float(joint.labeling_error)
        (Joint(3 images × 2 texts, 2 classes), 0.25)
        """
        law = FactoredLaw.of(image_channel, text_channel, natural_law)
        fields = checked_fields(law, image_labels, text_labels, n_classes, names)
        warn_of_dropped(fields)
        return build(**fields)

    @staticmethod
    def of_law(
        law: Law,
        image_labels: Any,
        text_labels: Any,
        n_classes: int | None = None,
        names: Names | None = None,
        denominator: int | None = None,
    ) -> "Joint":
        """Build a joint from its distribution as a ``Law``; what has no mass is dropped without a warning."""
        return build(**checked_fields(law, image_labels, text_labels, n_classes, names, denominator))

    @property
    def matrix(self) -> Any:
        """Return P: an array of shape (n_V, n_L), or the ``Law`` of a joint that is not dense."""
        return self.law.matrix

    @property
    def is_dense(self) -> bool:
        """Say whether P is held as a dense array."""
        return self.law.has_cells

    def to_dense(self) -> "Joint":
        """Return the same joint with P as a dense array."""
        return self._held_as(DenseLaw(self.law.to_dense()))

    def to_sparse(self) -> "Joint":
        """Return the same joint with P by its pairs of positive mass alone.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> joint = mt.Joint([[3, 1], [0, 4]], image_labels=[0, 1], text_labels=[0, 1])
        >>> joint.to_sparse().matrix.values.tolist()
        [0.375, 0.125, 0.5]
        """
        return self._held_as(self.law.to_sparse())

    def _held_as(self, law: Law) -> "Joint":
        return build(**(_fields_of(self) | {"law": law}))

    @property
    def counts(self) -> np.ndarray | None:
        """Return the whole numbers that the joint was made of, shape (n_V, n_L); None where it was made of others.

        Fractions count over their common denominator.

        Raises
        ------
        ValueError
            If the joint is not dense and too large to be held so.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> mt.Joint([[3, 1], [0, 2]], image_labels=[0, 1]).counts
        array([[3, 1],
               [0, 2]])
        """
        return None if self.denominator is None else counts_of(np.asarray(self.law.to_dense()), self.denominator)

    @property
    def n_images(self) -> int:
        """Return n_V, the number of images of positive mass."""
        return self.law.shape[0]

    @property
    def n_texts(self) -> int:
        """Return n_L, the number of texts of positive mass."""
        return self.law.shape[1]

    @property
    def image_marginal(self) -> Float[Array, " n_V"]:
        """Return p_V = P·1."""
        return self.law.sum(axis=1)

    @property
    def text_marginal(self) -> Float[Array, " n_L"]:
        """Return p_L = Pᵀ·1."""
        return self.law.sum(axis=0)

    @property
    def normalized_law(self) -> Law:
        """Return the normalized co-occurrence matrix A = D_V^{-1/2} P D_L^{-1/2} as a ``Law``; its largest σ is 1."""
        return self.law.normalized(self.image_marginal, self.text_marginal)

    @property
    def normalized(self) -> Any:
        """Return the normalized co-occurrence matrix A: an array, or a ``Law`` of a joint that is not dense."""
        return self.normalized_law.matrix

    @property
    def image_label_matrix(self) -> Float[Array, "n_V r"]:
        """Return Y_{x,i} = √p_V(x) 1[y_V(x) = i]; ‖Y‖_F = 1."""
        return xp.sqrt(self.image_marginal)[:, None] * xp.one_hot(self.image_labels, self.n_classes)

    @property
    def text_label_matrix(self) -> Float[Array, "n_L r"]:
        """Return W_{l,i} = √p_L(l) 1[y_L(l) = i]; ‖W‖_F = 1."""
        return xp.sqrt(self.text_marginal)[:, None] * xp.one_hot(self.text_labels, self.n_classes)

    @property
    def labeling_error(self) -> Float[Array, ""]:
        """Return α = Pr_{(x,l)~P}[y_V(x) ≠ y_L(l)]."""
        return xp.sum(self.class_mass, where=self.text_labels[:, None] != xp.arange(self.n_classes))

    @property
    def class_mass(self) -> Float[Array, "n_L r"]:
        """Return P(l, y_V = i), the mass that each text has with the images of each class."""
        return self.law.class_mass(self.image_labels, self.n_classes)

    @property
    def bayes_labeling_error(self) -> Float[Array, ""]:
        """Return α* = E_l[1 − max_i P(y_V = i | l)], the least labeling error that labels of the texts can have."""
        class_mass = self.class_mass
        best = xp.argmax(class_mass, axis=1)[:, None] == xp.arange(self.n_classes)
        return xp.sum(xp.where(best, 0, class_mass))

    @property
    def text_induced_error(self) -> Float[Array, ""]:
        """Return α_T = Pr_{P_T}[y(x) ≠ y(x')], the probability that two images of one text differ in class.

        P_T is not formed.
        A sum of non-negative terms, so it keeps its relative accuracy when it is small, as 1 − ‖AᵀY‖² would not.
        """
        class_mass = self.class_mass
        of_other_classes = class_mass @ (1.0 - xp.eye(self.n_classes))
        return xp.sum(class_mass * (of_other_classes / self.text_marginal[:, None]))

    def text_induced(self) -> PairGraph:
        """Return the graph of P_T = P D_L^{-1} Pᵀ, two images drawn independently given one text.

        Raises
        ------
        ValueError
            If the joint is not dense, as P_T is a dense array.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> joint = mt.generators.isotropic_noise(3, 0.3)
        >>> abs(float(joint.text_induced().labeling_error - joint.text_induced_error)) < 1e-15
        True
        """
        return PairGraph.of_symmetric(self.law.text_induced(), self.image_labels, self.n_classes)

    def transpose(self) -> "Joint":
        """Exchange the roles of images and texts, so that every statement on images becomes one on texts."""
        return build(
            law=self.law.T,
            image_labels=self.text_labels,
            text_labels=self.image_labels,
            image_ids=self.text_ids,
            text_ids=self.image_ids,
            n_classes=self.n_classes,
            given_shape=self.given_shape[::-1],
            names=self.names and self.names.transposed(),
            denominator=self.denominator,
        )

    def draw(self, n_pairs: int, *, key: PRNGKeyArray) -> Any:
        """Draw ``n_pairs`` pairs independently from P and return how often each came, in the shape of P.

        The counts are a NumPy array, or a SciPy sparse one of a joint that is not dense.  Pairs are drawn some millions
        at a time, so that memory is bounded by the size of what is returned.
        """
        n_pairs = _checks.integer("n_pairs", n_pairs, 1, PAIRS_LIMIT)
        return self.law.draw(n_pairs, _checks.random_key("key", key))

    def sample(self, n_pairs: int, *, key: PRNGKeyArray) -> "Joint":
        """Draw ``n_pairs`` pairs independently from P and return their empirical joint, sparse if P is not dense.

        Images and texts that were not drawn are dropped; ``image_ids`` and ``text_ids`` tell which of *this* joint's
        rows and columns remain.  Labels and names are carried over.

        Examples
        --------
        >>> import jax, mmcl_theory as mt
        >>> joint = mt.generators.isotropic_noise(3, 0.3)
        >>> joint.sample(1000, key=jax.random.key(0))
        Joint(3 images × 3 texts, 3 classes)
        """
        law, total = normalized_law("matrix", self.draw(n_pairs, key=key), sparse=True)
        return Joint.of_law(law, self.image_labels, self.text_labels, self.n_classes, self.names, total)

    def garble(self, channel: Any) -> "Joint":
        """Garble each text by a channel K: return the joint P·K, whose new texts have their Bayes labels.

        Parameters
        ----------
        channel
            K, row-stochastic, shape (n_L, n_new): row l is the distribution of what text l becomes; dense, SciPy
            sparse or as an ``Instance`` holds it.  If the joint is not dense, no array of the size of P·K is formed.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> joint = mt.generators.isotropic_noise(3, 0.3)
        >>> joint.garble([[1, 0], [0, 1], [0.5, 0.5]]).n_texts
        2
        """
        channel = check_channel(channel, self.law)
        law = self.law.garbled(channel)
        if _checks.is_traced(*jax.tree.leaves(law)):
            return Joint(law.matrix, self.image_labels, n_classes=self.n_classes)
        names = self.names and self.names.garbled(law.shape[1])
        return Joint.of_law(law, self.image_labels, None, self.n_classes, names)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the joint to an ``.npz`` file (no pickle), from which ``Joint.load`` restores it bit for bit."""
        storage.save(_fields_of(check_joint("self", self)), path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Joint":
        """Read a joint written by ``save``.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file was not written by ``save``; a pickle is refused unread.
        """
        return build(**storage.load(path))

    def __repr__(self) -> str:
        """Return the sizes, and how much of what was given has no mass."""
        if _checks.is_traced(*jax.tree.leaves(self.law)) or self.law.ndim != 2:
            return f"Joint(batch of shape {self.matrix.shape}, {self.n_classes} classes)"
        dropped = ", ".join(
            f"{given - kept} {what} of zero mass dropped"
            for given, kept, what in zip(self.given_shape, self.law.shape, ("images", "texts"), strict=True)
            if given > kept
        )
        size = f"{self.n_images} images × {self.n_texts} texts, {self.n_classes} classes"
        return f"Joint({size}{'; ' + dropped if dropped else ''})"

    def _facts(self) -> list[Fact]:
        """List the labeling errors of a single joint."""
        return errors_of(self)


def check_joint(name: str, value: Any) -> Joint:
    """Return the value if it is a single joint; otherwise raise."""
    if not isinstance(value, Joint):
        raise TypeError(f"{name}: a Joint is needed, got {type(value).__name__}")
    if value.law.ndim != 2:
        batch = value.image_labels.shape[:-1]
        raise ValueError(f"{name}: a single joint is needed, got a batch of shape {batch}")
    return value


def check_dense(name: str, joint: Joint) -> Joint:
    """Return the joint if P is a dense array, of which each cell is needed; otherwise raise."""
    joint.law.check_cells(name)
    return joint


def build(**fields: Any) -> Joint:
    """Build a joint from its fields as they are, as JAX itself does."""
    joint = object.__new__(Joint)
    for name, value in fields.items():
        object.__setattr__(joint, name, value)
    return joint


def _fields_of(joint: Joint) -> dict[str, Any]:
    return {field.name: getattr(joint, field.name) for field in dataclasses.fields(joint)}
