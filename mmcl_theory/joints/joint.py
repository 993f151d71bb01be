"""The joint distribution of positive image–text pairs (theory, section 1)."""

import dataclasses
import math
import os
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jaxtyping import Array, Float, Int, PRNGKeyArray

from .. import _checks
from .laws.law import FactoredLaw, Law, SparseLaw
from .pairs import PairGraph
from .sampling import draw_cells, draw_pairs

PAIRS_LIMIT = 2**36  # draws that a day is enough for
SPARSE_FROM = 2**25  # cells: a SciPy sparse matrix of more stays sparse, as its dense array would take 256 MiB

PARTS = ("images", "texts", "classes")


@dataclasses.dataclass(frozen=True)
class Names:
    """What images, texts and classes are called: one string for each row, column and class of a joint."""

    images: tuple[str, ...]
    texts: tuple[str, ...]
    classes: tuple[str, ...]


class Joint(eqx.Module):
    """The joint distribution P of positive pairs, with the labels of images and texts.

    Images are rows (V), texts are columns (L).  The total is normalized to 1, unless it is 1 within rounding
    already.  Rows and columns of zero mass are dropped, with a warning: ``image_ids`` and ``text_ids`` say which
    of the given ones were kept.  Inside a JAX transformation, where values cannot be inspected, the matrix is
    only normalized: no check is made and nothing is dropped.

    Parameters
    ----------
    matrix
        Non-negative weights of pairs, shape (n_V, n_L): counts or probabilities, dense or SciPy sparse.  A SciPy
        sparse matrix of more than 2²⁵ cells stays sparse: no array of the size of P is ever formed, ``matrix`` is a
        ``SparseLaw``, and what needs the complete spectrum is not measured.  ``to_sparse`` and ``of_channels`` give
        such joints of any size.
    image_labels
        y_V, integers 0 … r−1, shape (n_V,).
    text_labels
        y_L, integers 0 … r−1, shape (n_L,).  By default the Bayes label, argmax_i P(y_V = i | l) (the lowest of
        several), which minimizes the labeling error.
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

    matrix: Any  # Float[Array, "n_V n_L"], or a Law of this shape
    image_labels: Int[Array, " n_V"]
    text_labels: Int[Array, " n_L"]
    image_ids: Int[Array, " n_V"]
    text_ids: Int[Array, " n_L"]
    n_classes: int = eqx.field(static=True)
    given_shape: tuple[int, int] = eqx.field(static=True)
    names: Names | None = eqx.field(static=True)

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
            fields = _traced_fields(matrix, image_labels, text_labels, n_classes, names)
        else:
            fields = checked_fields(matrix, image_labels, text_labels, n_classes, names)
            _warn_of_dropped(fields)
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
        """P = Kᵥᵀ diag(p) Kₗ, an image and a text drawn, independently, given a natural sample; P is never formed.

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
        fields = _factored_fields(image_channel, text_channel, natural_law, image_labels, text_labels, n_classes, names)
        _warn_of_dropped(fields)
        return build(**fields)

    @property
    def is_dense(self) -> bool:
        """Whether P is held as a dense array."""
        return not isinstance(self.matrix, Law)

    def to_dense(self) -> "Joint":
        """The same joint with P as a dense array."""
        if isinstance(self.matrix, Law):
            _checks.dense_size("self", *self.matrix.shape)
            return self._with_matrix(self.matrix.to_dense())
        return self

    def to_sparse(self) -> "Joint":
        """The same joint with P by its pairs of positive mass alone.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> joint = mt.Joint([[3, 1], [0, 4]], image_labels=[0, 1], text_labels=[0, 1])
        >>> joint.to_sparse().matrix.values.tolist()
        [0.375, 0.125, 0.5]
        """
        if isinstance(self.matrix, SparseLaw):
            return self
        return self._with_matrix(SparseLaw.of_scipy(np.asarray(self.to_dense().matrix)))

    def _with_matrix(self, matrix: Any) -> "Joint":
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return build(**(fields | {"matrix": matrix}))

    @property
    def n_images(self) -> int:
        """n_V, the number of images of positive mass."""
        return self.matrix.shape[-2]

    @property
    def n_texts(self) -> int:
        """n_L, the number of texts of positive mass."""
        return self.matrix.shape[-1]

    @property
    def image_marginal(self) -> Float[Array, " n_V"]:
        """p_V = P·1."""
        return self.matrix.sum(axis=1)

    @property
    def text_marginal(self) -> Float[Array, " n_L"]:
        """p_L = Pᵀ·1."""
        return self.matrix.sum(axis=0)

    @property
    def normalized(self) -> Any:
        """The normalized co-occurrence matrix A = D_V^{-1/2} P D_L^{-1/2}, held as P is; its largest σ is 1."""
        if isinstance(self.matrix, Law):
            return self.matrix.scaled(1 / jnp.sqrt(self.image_marginal), 1 / jnp.sqrt(self.text_marginal))
        # Two divisions: the product of two small square roots could underflow.
        return self.matrix / jnp.sqrt(self.image_marginal)[:, None] / jnp.sqrt(self.text_marginal)[None, :]

    @property
    def image_label_matrix(self) -> Float[Array, "n_V r"]:
        """Y_{x,i} = √p_V(x) 1[y_V(x) = i]; ‖Y‖_F = 1."""
        return jnp.sqrt(self.image_marginal)[:, None] * jax.nn.one_hot(self.image_labels, self.n_classes)

    @property
    def text_label_matrix(self) -> Float[Array, "n_L r"]:
        """W_{l,i} = √p_L(l) 1[y_L(l) = i]; ‖W‖_F = 1."""
        return jnp.sqrt(self.text_marginal)[:, None] * jax.nn.one_hot(self.text_labels, self.n_classes)

    @property
    def labeling_error(self) -> Float[Array, ""]:
        """α = Pr_{(x,l)~P}[y_V(x) ≠ y_L(l)]."""
        if isinstance(self.matrix, Law):
            return jnp.sum(self.class_mass, where=self.text_labels[:, None] != jnp.arange(self.n_classes))
        return jnp.sum(self.matrix, where=self.image_labels[:, None] != self.text_labels[None, :])

    @property
    def class_mass(self) -> Float[Array, "n_L r"]:
        """The mass that each text has with the images of each class, P(l, y_V = i)."""
        return _class_mass(self.matrix, self.image_labels, self.n_classes)

    @property
    def bayes_labeling_error(self) -> Float[Array, ""]:
        """α* = E_l[1 − max_i P(y_V = i | l)], the least labeling error that labels of the texts can have."""
        class_mass = self.class_mass
        best = jnp.argmax(class_mass, axis=1)[:, None] == jnp.arange(self.n_classes)
        return jnp.sum(jnp.where(best, 0, class_mass))

    @property
    def text_induced_error(self) -> Float[Array, ""]:
        """α_T = Pr_{P_T}[y(x) ≠ y(x')], without forming P_T: two images given one text, of different classes.

        A sum of non-negative terms, so it keeps its relative accuracy when it is small, as 1 − ‖AᵀY‖² would not.
        """
        class_mass = self.class_mass
        of_other_classes = class_mass @ (1.0 - jnp.eye(self.n_classes))
        return jnp.sum(class_mass * (of_other_classes / self.text_marginal[:, None]))

    def text_induced(self) -> PairGraph:
        """P_T = P D_L^{-1} Pᵀ, the law of two images drawn independently given one text.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> joint = mt.generators.isotropic_noise(3, 0.3)
        >>> abs(float(joint.text_induced().labeling_error - joint.text_induced_error)) < 1e-15
        True
        """
        if isinstance(self.matrix, Law):
            raise ValueError("self: a joint held densely is needed, as P_T is a dense array: joint.to_dense()")
        law = (self.matrix / self.text_marginal[None, :]) @ self.matrix.T
        return PairGraph.of_symmetric(law, self.image_labels, self.n_classes)

    def transpose(self) -> "Joint":
        """The same pairs with the roles of images and texts exchanged: every statement on images, for texts."""
        names = self.names and Names(self.names.texts, self.names.images, self.names.classes)
        return build(
            matrix=self.matrix.T,
            image_labels=self.text_labels,
            text_labels=self.image_labels,
            image_ids=self.text_ids,
            text_ids=self.image_ids,
            n_classes=self.n_classes,
            given_shape=self.given_shape[::-1],
            names=names,
        )

    def draw(self, n_pairs: int, *, key: PRNGKeyArray) -> Any:
        """Counts of ``n_pairs`` pairs drawn independently from P, of the shape of P.

        A NumPy array, or a SciPy sparse one of a joint that is not dense.  Pairs are drawn some millions at a time, so
        that memory is bounded by the size of what is returned.
        """
        n_pairs = _checks.integer("n_pairs", n_pairs, 1, PAIRS_LIMIT)
        key = _checks.random_key("key", key)
        if isinstance(self.matrix, FactoredLaw):
            return draw_pairs(self.matrix, n_pairs, key)
        if isinstance(self.matrix, SparseLaw):
            counts = draw_cells(self.matrix.values, n_pairs, key)
            return scipy.sparse.csr_array(
                (counts, (np.asarray(self.matrix.rows), np.asarray(self.matrix.columns))), shape=self.matrix.shape
            )
        return draw_cells(self.matrix.ravel(), n_pairs, key).reshape(self.matrix.shape)

    def sample(self, n_pairs: int, *, key: PRNGKeyArray) -> "Joint":
        """The empirical joint of ``n_pairs`` pairs drawn independently from P; sparse, if P is not dense.

        Images and texts that were not drawn are dropped; ``image_ids`` and ``text_ids`` tell which of *this* joint's
        rows and columns remain.  Labels and names are carried over.

        Examples
        --------
        >>> import jax, mmcl_theory as mt
        >>> joint = mt.generators.isotropic_noise(3, 0.3)
        >>> joint.sample(1000, key=jax.random.key(0))
        Joint(3 images × 3 texts, 3 classes)
        """
        counts = self.draw(n_pairs, key=key)
        fields = checked_fields(
            counts, self.image_labels, self.text_labels, self.n_classes, self.names, sparse=not self.is_dense
        )
        return build(**fields)

    def garble(self, channel: Any) -> "Joint":
        """The joint P·K after each text has passed through a channel K; the new texts have their Bayes labels.

        Parameters
        ----------
        channel
            K, row-stochastic, shape (n_L, n_new): row l is the law of what text l becomes; dense or SciPy sparse.  Of a
            joint that is sparse or of channels no array of the size of P·K is formed.

        Examples
        --------
        >>> import mmcl_theory as mt
        >>> joint = mt.generators.isotropic_noise(3, 0.3)
        >>> joint.garble([[1, 0], [0, 1], [0.5, 0.5]]).n_texts
        2
        """
        channel = check_channel(channel, self.n_texts, sparse=not self.is_dense)
        if _checks.is_traced(self.matrix, channel):
            return Joint(self.matrix @ channel, self.image_labels, n_classes=self.n_classes)
        names = self.names and Names(
            self.names.images, tuple(f"garbled {j}" for j in range(channel.shape[1])), self.names.classes
        )
        labels = self.image_labels, None, self.n_classes, names
        if isinstance(self.matrix, FactoredLaw):
            law = self.matrix
            return build(**_factored_fields(law.images, np.asarray(law.texts) @ channel, law.natural, *labels))
        if isinstance(self.matrix, SparseLaw):
            return build(**checked_fields(self.matrix.to_scipy() @ channel, *labels, sparse=True))
        return build(**checked_fields(np.asarray(self.matrix) @ np.asarray(channel), *labels))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the joint to an ``.npz`` file (no pickle); ``Joint.load`` gives it back bit for bit."""
        from .storage import save

        save(check_joint("self", self), path)

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
        from .storage import load

        return load(path)

    def __repr__(self) -> str:
        if _checks.is_traced(*jax.tree.leaves(self.matrix)) or self.matrix.ndim != 2:
            return f"Joint(batch of shape {self.matrix.shape}, {self.n_classes} classes)"
        dropped = ", ".join(
            f"{given - kept} {what} of zero mass dropped"
            for given, kept, what in zip(self.given_shape, self.matrix.shape, ("images", "texts"), strict=True)
            if given > kept
        )
        size = f"{self.n_images} images × {self.n_texts} texts, {self.n_classes} classes"
        return f"Joint({size}{'; ' + dropped if dropped else ''})"


def check_joint(name: str, value: Any) -> Joint:
    """The value, if it is a single joint."""
    if not isinstance(value, Joint):
        raise TypeError(f"{name}: a Joint is needed, got {type(value).__name__}")
    if value.matrix.ndim != 2:
        batch = value.image_labels.shape[:-1]
        raise ValueError(f"{name}: a single joint is needed, got a batch of shape {batch}")
    return value


def check_channel(channel: Any, n_texts: int, *, sparse: bool = False) -> Any:
    """A row-stochastic matrix with a row for each text, without the new texts that none becomes; SciPy's, or dense."""
    if _checks.is_traced(channel):
        return channel
    checked = _checks.sparse_stochastic("channel", channel) if sparse else _checks.stochastic("channel", channel)
    if checked.shape[0] != n_texts:
        raise ValueError(f"channel: {n_texts} rows are needed, one for each text, got {checked.shape[0]}")
    used = checked[:, np.flatnonzero(checked.sum(axis=0))]
    return used if sparse else jnp.asarray(used)


def check_dense(name: str, joint: Joint) -> Joint:
    """The joint, if P is held as a dense array, of which each cell is needed."""
    if not joint.is_dense:
        raise ValueError(f"{name}: a joint held densely is needed, as each cell of P is read: joint.to_dense()")
    return joint


def _class_mass(matrix: Any, image_labels: Any, n_classes: int) -> Float[Array, "n_L r"]:
    if isinstance(matrix, Law):
        return matrix.of_classes(image_labels, n_classes)
    return matrix.T @ jax.nn.one_hot(image_labels, n_classes)


def bayes_text_labels(matrix: Any, image_labels: Any, n_classes: int) -> Int[Array, " n_L"]:
    """argmax_i P(y_V = i | l) for each text, the lowest of several: no other text labels give a smaller α."""
    return jnp.argmax(_class_mass(matrix, jnp.asarray(image_labels), n_classes), axis=1)


def build(**fields: Any) -> Joint:
    """A joint from its fields as they are, which is how JAX itself rebuilds one."""
    joint = object.__new__(Joint)
    for name, value in fields.items():
        object.__setattr__(joint, name, value)
    return joint


def _traced_fields(
    matrix: Any, image_labels: Any, text_labels: Any, n_classes: int | None, names: Names | None
) -> dict[str, Any]:
    matrix = jnp.asarray(matrix, dtype=float)
    if matrix.ndim != 2:
        raise ValueError(f"matrix: 2 dimensions are needed, got shape {matrix.shape}")
    if n_classes is None:
        if _checks.is_traced(image_labels, text_labels):
            raise ValueError("n_classes: must be given where the labels are traced")
        n_classes = 1 + max(int(np.max(labels)) for labels in (image_labels, text_labels) if labels is not None)
    matrix = matrix / matrix.sum()
    if text_labels is None:
        text_labels = bayes_text_labels(matrix, image_labels, n_classes)
    return {
        "matrix": matrix,
        "image_labels": jnp.asarray(image_labels),
        "text_labels": jnp.asarray(text_labels),
        "image_ids": jnp.arange(matrix.shape[0]),
        "text_ids": jnp.arange(matrix.shape[1]),
        "n_classes": n_classes,
        "given_shape": matrix.shape,
        "names": names,
    }


def checked_fields(
    matrix: Any,
    image_labels: Any,
    text_labels: Any,
    n_classes: int | None,
    names: Names | None,
    *,
    sparse: bool = False,
) -> dict[str, Any]:
    """The fields of a joint from its constructor's arguments, checked, normalized and without zero mass.

    A SciPy sparse matrix stays so where it is large, or by ``sparse``.
    """
    if scipy.sparse.issparse(matrix) and matrix.ndim == 2 and (sparse or math.prod(matrix.shape) > SPARSE_FROM):
        law = _checks.sparse_law("matrix", matrix)
    else:
        law = _checks.law("matrix", matrix, 2)

    def kept(image_ids: np.ndarray, text_ids: np.ndarray) -> Any:
        chosen = law[image_ids][:, text_ids]
        return SparseLaw.of_scipy(chosen) if scipy.sparse.issparse(law) else jnp.asarray(chosen)

    def text_marginal(image_ids: np.ndarray) -> np.ndarray:
        return law[image_ids].sum(axis=0)

    return _fields(kept, law.shape, law.sum(axis=1), text_marginal, image_labels, text_labels, n_classes, names)


def _factored_fields(
    image_channel: Any,
    text_channel: Any,
    natural_law: Any,
    image_labels: Any,
    text_labels: Any,
    n_classes: int | None,
    names: Names | None,
) -> dict[str, Any]:
    images = _checks.stochastic("image_channel", image_channel)
    texts = _checks.stochastic("text_channel", text_channel)
    natural = _checks.law("natural_law", natural_law, 1)
    for name, channel in (("image_channel", images), ("text_channel", texts)):
        if len(channel) != len(natural):
            raise ValueError(f"{name}: {len(natural)} rows are needed, one for each natural sample, got {len(channel)}")
    # Rows that sum to 1 to the last place: the marginals of images and of texts each rely on the other's channel.
    images, texts = (
        channel[natural > 0] / channel[natural > 0].sum(axis=1, keepdims=True) for channel in (images, texts)
    )
    return factored_fields(images, texts, natural[natural > 0], image_labels, text_labels, n_classes, names)


def factored_fields(
    images: np.ndarray,
    texts: np.ndarray,
    natural: np.ndarray,
    image_labels: Any,
    text_labels: Any,
    n_classes: int | None,
    names: Names | None,
) -> dict[str, Any]:
    """The fields of a joint from channels and a law as they are, checked and without zero mass."""

    def kept(image_ids: np.ndarray, text_ids: np.ndarray) -> FactoredLaw:
        return FactoredLaw(jnp.asarray(natural), jnp.asarray(images[:, image_ids]), jnp.asarray(texts[:, text_ids]))

    def text_marginal(_: np.ndarray) -> np.ndarray:
        return natural @ texts

    shape = (images.shape[1], texts.shape[1])
    return _fields(kept, shape, natural @ images, text_marginal, image_labels, text_labels, n_classes, names)


def _fields(
    kept: Callable[[np.ndarray, np.ndarray], Any],
    given_shape: tuple[int, int],
    image_marginal: np.ndarray,
    text_marginal: Callable[[np.ndarray], np.ndarray],
    image_labels: Any,
    text_labels: Any,
    n_classes: int | None,
    names: Names | None,
) -> dict[str, Any]:
    """The fields of a joint from what gives P on some images and texts, and the text marginal over some images."""
    # More classes than images and texts together would be a mistake, and label matrices of that width fatal.
    if n_classes is not None:
        n_classes = _checks.class_count("n_classes", n_classes, max(given_shape))
    at_most = n_classes or sum(given_shape)
    image_labels = _checks.label_array("image_labels", image_labels, given_shape[0], at_most)
    if text_labels is not None:
        text_labels = _checks.label_array("text_labels", text_labels, given_shape[1], at_most)
    if n_classes is None:
        n_classes = 1 + int(max(labels.max() for labels in (image_labels, text_labels) if labels is not None))
    _check_names(names, given_shape, n_classes)

    # XLA may flush subnormal numbers to zero, so a mass below the smallest normal one is no mass.
    smallest = np.finfo(float).tiny
    image_ids = np.flatnonzero(image_marginal >= smallest)
    text_ids = np.flatnonzero(text_marginal(image_ids) >= smallest)
    law = kept(image_ids, text_ids)
    image_labels = image_labels[image_ids]
    text_labels = bayes_text_labels(law, image_labels, n_classes) if text_labels is None else text_labels[text_ids]
    if names is not None:
        names = Names(tuple(names.images[i] for i in image_ids), tuple(names.texts[i] for i in text_ids), names.classes)
    return {
        "matrix": law,
        "image_labels": jnp.asarray(image_labels),
        "text_labels": jnp.asarray(text_labels),
        "image_ids": jnp.asarray(image_ids),
        "text_ids": jnp.asarray(text_ids),
        "n_classes": n_classes,
        "given_shape": given_shape,
        "names": names,
    }


def _check_names(names: Names | None, shape: tuple[int, ...], n_classes: int) -> None:
    if names is None:
        return
    if not isinstance(names, Names):
        raise TypeError(f"names: a Names object is needed, got {type(names).__name__}")
    for part, needed in zip(PARTS, (*shape, n_classes), strict=True):
        given = getattr(names, part)
        if not isinstance(given, tuple) or not all(isinstance(name, str) for name in given):
            raise TypeError(f"names.{part}: a tuple of strings is needed, got {given!r}")
        if len(given) != needed:
            raise ValueError(f"names.{part}: {needed} names are needed, got {len(given)}")


def _warn_of_dropped(fields: dict[str, Any]) -> None:
    for axis, what in enumerate(("images", "texts")):
        ids = np.asarray(fields["image_ids" if axis == 0 else "text_ids"])
        gone = np.setdiff1d(np.arange(fields["given_shape"][axis]), ids)
        if gone.size:
            shown = ", ".join(str(i) for i in gone[:5]) + (", …" if gone.size > 5 else "")
            _checks.warn_user(f"matrix: {gone.size} {what} of zero mass dropped ({shown})")
