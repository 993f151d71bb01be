"""Represent graphs of positive pairs of images, two views of one thing (theory, sections 1 and 3)."""

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float, Int

from .. import _checks
from .._arrays import Array, Record, fixed, xp
from .counts import counted, counts_of

CONDUCTANCE_LIMIT = 16  # the most images whose 2^(n−1) cuts are enumerated


class PairGraph(Record):
    """Represent a symmetric distribution of pairs of images, with the images' labels.

    Parameters
    ----------
    matrix
        Non-negative and symmetric, shape (n, n); its total is normalized to 1.  Whole numbers and fractions are kept
        exact (``counts``).
    labels
        Integers 0 … r−1, shape (n,).
    n_classes
        r; by default one more than the largest label.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed or an image has no mass; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> graph = mt.PairGraph([[4, 1], [1, 4]], labels=[0, 1])
    >>> float(graph.labeling_error), float(graph.conductance())
    (0.2, 0.2)
    """

    matrix: Float[Array, "n n"]
    labels: Int[Array, " n"]
    n_classes: int = eqx.field(static=True)
    denominator: int | None = eqx.field(static=True, default=None)

    def __init__(self, matrix: Any, labels: Any, n_classes: int | None = None):
        weights, self.denominator = counted("matrix", matrix)
        law = _checks.law("matrix", weights, 2)
        if law.shape[0] != law.shape[1] or not np.allclose(law, law.T, rtol=1e-12, atol=0):
            raise ValueError(f"matrix: a symmetric matrix is needed, got shape {law.shape}")
        if (law.sum(axis=1) < np.finfo(law.dtype).tiny).any():  # below, XLA may flush to zero
            raise ValueError(f"matrix: image {int(np.argmin(law.sum(axis=1)))} has no mass")
        if n_classes is not None:
            n_classes = _checks.class_count("n_classes", n_classes, len(law))
        checked = _checks.label_array("labels", labels, len(law), n_classes or len(law))
        self.matrix, self.labels = fixed((law, checked))
        self.n_classes = n_classes or 1 + int(checked.max())

    @staticmethod
    def of_symmetric(
        matrix: Float[Array, "n n"], labels: Int[Array, " n"], n_classes: int, denominator: int | None = None
    ) -> "PairGraph":
        """Build a graph from a matrix that is symmetric and normalized by construction, traced or not."""
        graph = object.__new__(PairGraph)
        fields = {"matrix": matrix, "labels": labels, "n_classes": n_classes, "denominator": denominator}
        for name, value in fields.items():
            object.__setattr__(graph, name, value)
        return graph

    @staticmethod
    def of_augmentations(channel: Any, natural_law: Any, labels: Any, n_classes: int | None = None) -> "PairGraph":
        """Build the graph of P_A(x,x') = Σ_z p(z) 𝒜(x|z) 𝒜(x'|z), two independent augmentations of one natural image.

        Parameters
        ----------
        channel
            𝒜, row-stochastic, shape (natural images, n).
        natural_law
            p, the distribution of natural images; its total is normalized to 1.
        labels, n_classes
            Labels of the n augmented images, and the number of classes.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> graph = mt.PairGraph.of_augmentations([[0.5, 0.5, 0], [0, 0.5, 0.5]], [1, 1], labels=[0, 0, 1])
        >>> float(graph.labeling_error)
        0.25
        """
        channel = _checks.stochastic("channel", channel)
        law = _checks.law("natural_law", natural_law, 1)
        if len(law) != len(channel):
            raise ValueError(f"natural_law: {len(channel)} masses are needed, one for each row, got {len(law)}")
        return PairGraph(channel.T @ (law[:, None] * channel), labels, n_classes)

    @property
    def counts(self) -> np.ndarray | None:
        """Return the whole numbers that the graph was made of, shape (n, n); None where it was made of others."""
        return counts_of(np.asarray(self.matrix), self.denominator)

    @property
    def label_matrix(self) -> Float[Array, "n r"]:
        """Return √p(x) 1[y(x) = i], under the graph's own marginal."""
        return xp.sqrt(self.marginal)[:, None] * xp.one_hot(self.labels, self.n_classes)

    def disagreement(self, labels: Int[Array, " n"]) -> Float[Array, ""]:
        """Compute Pr[ŷ(x) ≠ ŷ(x')] for any labels ŷ."""
        return xp.sum(self.matrix, where=labels[:, None] != labels[None, :])

    @property
    def marginal(self) -> Float[Array, " n"]:
        """Return the distribution of one image of the pair."""
        return self.matrix.sum(axis=1)

    @property
    def normalized(self) -> Float[Array, "n n"]:
        """Return D^{-1/2} P D^{-1/2}; its largest eigenvalue is 1."""
        root = xp.sqrt(self.marginal)
        return self.matrix / root[:, None] / root[None, :]

    @property
    def labeling_error(self) -> Float[Array, ""]:
        """Return Pr[y(x) ≠ y(x')], the probability that the images of a pair have different labels."""
        return self.disagreement(self.labels)

    @property
    def consistency(self) -> Float[Array, ""]:
        """Return Pr[y(x) = y(x')], 1 less the labeling error: our reading of the first reason that zhang2023 gives."""
        return 1 - self.labeling_error

    @property
    def diversity(self) -> Float[Array, ""]:
        """Return the connectivity within classes, our reading of the second reason that zhang2023 gives.

        For each class, the pairs whose two images are both of it form a graph; 1 less the largest, over classes,
        second eigenvalue of its normalized matrix.  In [0, 2]; 0 where a class falls into parts (an image whose
        partners are all of other classes is one), 1 if within classes pairs are independent.
        """
        same = self.labels[:, None] == self.labels[None, :]
        within = xp.where(same, self.matrix, 0)
        mass = within.sum(axis=1)
        alone = mass == 0
        root = xp.sqrt(xp.where(alone, 1, mass))
        values = xp.linalg.eigvalsh(within / root[:, None] / root[None, :] + xp.diag(1.0 * alone))[::-1]
        # All classes at once have each class's first eigenvalue, which is 1; the next is the largest second one.
        n_classes = xp.sum(xp.bincount(self.labels, length=self.n_classes) > 0)
        second = xp.where(n_classes < values.size, values[xp.minimum(n_classes, values.size - 1)], 0)
        return 1 - second

    def feature_diversity(self, features: Float[Array, "n d"]) -> Float[Array, ""]:
        """Compute the mean inner product of two images of one class over that of a positive pair, for any features.

        How near an encoder brings all of a class, compared with how near it brings positive pairs; means are under the
        graph's marginal and under its pairs.  Our reading of what zhang2023 measures on real encoders.
        """
        features = xp.asarray(_checks.real_array("features", features, 2))
        if features.shape[0] != self.labels.size:
            raise ValueError(
                f"features: a row for each of the {self.labels.size} images is needed, got {features.shape}"
            )
        products = features @ features.T
        of_one_class = self.labels[:, None] == self.labels[None, :]
        same = xp.where(of_one_class, self.marginal[:, None] * self.marginal[None, :], 0)
        return xp.sum(same * products) / xp.sum(same) / xp.sum(self.matrix * products)

    @property
    def class_conductances(self) -> Float[Array, " r"]:
        """Return φ_i = Pr[y(x') ≠ i | y(x) = i] for each class; 0 for a class without mass."""
        members = xp.one_hot(self.labels, self.n_classes)
        return conductances(members.T @ self.matrix @ members)

    def conductance(self) -> Float[Array, ""]:
        """Compute φ(G) = min over sets S of at most half the mass of Pr[x' ∉ S | x ∈ S], by enumeration.

        Raises
        ------
        ValueError
            If there is one image only, or more than 16.
        """
        n = self.matrix.shape[0]
        if not 2 <= n <= CONDUCTANCE_LIMIT:
            raise ValueError(f"conductance is enumerated for 2 … {CONDUCTANCE_LIMIT} images, got {n}")
        # Every cut once: sets that do not contain the last image.
        sets = (np.arange(1, 2 ** (n - 1))[:, None] >> np.arange(n)) & 1
        inside = xp.asarray(sets, dtype=self.matrix.dtype)
        mass = inside @ self.marginal
        crossing = xp.sum((inside @ self.matrix) * (1 - inside), axis=1)
        return xp.min(crossing / xp.minimum(mass, (1 - inside) @ self.marginal))


def check_graph(name: str, value: Any) -> PairGraph:
    """Return the value if it is a pair graph; otherwise raise a TypeError."""
    if not isinstance(value, PairGraph):
        raise TypeError(f"{name}: a PairGraph is needed, got {type(value).__name__}")
    return value


def conductances(flow: Float[Array, "r r"]) -> Float[Array, " r"]:
    """Compute the share of each class's pairs that lead to another, from the mass between classes; 0 for 0/0."""
    leaving = xp.sum(flow * (1 - xp.eye(len(flow))), axis=1)
    mass = flow.sum(axis=1)
    return xp.where(mass > 0, leaving / xp.where(mass > 0, mass, 1), 0)
