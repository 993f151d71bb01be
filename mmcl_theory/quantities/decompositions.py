"""Decompose an instance once for every k: its joint, channel, augmentation pairs, encoders and sample."""

from collections.abc import Collection
from typing import Any

from jaxtyping import Float, Int

from .. import losses, probes
from .._arrays import Array, Record, program, xp
from ..factorization.dense import InTurn, eigh, svd
from ..factorization.operators import choose
from ..factorization.precision import rounding
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.laws.dense import as_law
from ..joints.laws.law import Law
from ..joints.pairs import PairGraph
from .fits import LabelledFit, labelled_fit
from .pencils import IMAGES_LIMIT, Pencils, pencils, unexplained_energy

# Decompositions that cost as much as that of A and serve few quantities: they are made where one of these is read.
EXTRAS = frozenset({"pencils", "energy"})
# Relative tolerance of ‖Â − A‖₂ where the joint is not held densely.
_DEVIATION = 1e-10


class Estimates(Record):
    """Hold what a sample teaches: from P̂ normalized by the population's marginals, as analysed, and by its own.

    Attributes
    ----------
    vectors, practical_vectors
        Orthonormal bases, shape (n_V, p), whose first k columns span the weighted features √p_V(x) f(x) of the encoder
        of dimension k that each estimate leads to.
    deviation, practical_deviation
        Spectral norm of the estimate of A less A.
    squares
        Squared singular values σ̂_j² of the estimate as analysed, which belong to ``vectors``.
    angles, practical_angles
        Bounds on the error of the projector on the first j ``vectors`` for each j, and ``practical_vectors`` likewise.
    value_bounds, deviation_error
        Bounds, where decompositions are truncated, on the errors of the σ̂_j, and on that of the deviation.
    """

    vectors: Float[Array, "n_V p"]
    squares: Float[Array, " p"]
    deviation: Float[Array, ""]
    practical_vectors: Float[Array, "n_V p"]
    practical_deviation: Float[Array, ""]
    angles: Float[Array, " p"]
    practical_angles: Float[Array, " p"]
    value_bounds: Float[Array, " p"] | None
    deviation_error: Float[Array, ""] | None


class EncoderSpectra(Record):
    """Hold what given encoders span.

    Attributes
    ----------
    image_range
        Orthonormal basis of the range of F_V = D_V^{1/2} f_V, shape (n_V, p), padded by columns of zeros.
    least_share
        The least singular value of F_V that counts, as a share of the largest (``probes.range_and_share``).
    cross_covariance
        The decomposition U, Σ, V of the features' cross-covariance (`linear-mmcl`).
    affine_dimension, unexplained_energy
        The dimension of the span of the image features and the constants, and ``pencils.unexplained_energy`` of it;
        None where the joint is not dense, or of too many images.
    image_scales, text_scales
        The roots √s_j and √t_j of the eigenvalues of the features' covariances, of images and of texts, descending.
    """

    image_range: Float[Array, "n_V p"]
    least_share: Float[Array, ""]
    cross_covariance: tuple[Float[Array, "d d"], Float[Array, "d d"], Float[Array, "d d"]]
    image_scales: Float[Array, " p"]
    text_scales: Float[Array, " q"]
    affine_dimension: Int[Array, ""] | None
    unexplained_energy: Float[Array, ""] | None


class Decompositions(Record):
    """Hold the decompositions that an instance needs once, whatever the number of k.

    ``residual_norms`` = max(‖Av_j − σ_ju_j‖, ‖Aᵀu_j − σ_jv_j‖), and ``value_bounds`` on the error of σ_j, belong to a
    truncated decomposition, and are None where the p values are all that there are; likewise ``garbled_bounds`` and
    ``channel_bounds``.  ``channel_values`` are the singular values of the pairs of a text and its garbled caption.
    """

    image_vectors: Float[Array, "n_V p"]
    singular_values: Float[Array, " p"]
    text_vectors: Float[Array, "n_L p"]
    residual_norms: Float[Array, " p"] | None
    value_bounds: Float[Array, " p"] | None
    garbled_values: Float[Array, " q"] | None
    garbled_bounds: Float[Array, " q"] | None
    augmentation_vectors: Float[Array, "n_V n_V"] | None
    augmentation_values: Float[Array, " n_V"] | None
    resampled_vectors: Float[Array, "n_V n_V"] | None
    resampled_values: Float[Array, " n_V"] | None
    encoders: EncoderSpectra | None
    estimates: Estimates | None
    channel_values: Float[Array, " q"] | None
    channel_bounds: Float[Array, " q"] | None
    pencils: Pencils | None
    labelled: LabelledFit | None

    @property
    def is_complete(self) -> bool:
        """Tell whether all singular values of A are known, to rounding."""
        return self.residual_norms is None

    @property
    def residuals(self) -> Float[Array, " p"]:
        """Return the residual norms; zeros of a complete decomposition."""
        return xp.zeros_like(self.singular_values) if self.residual_norms is None else self.residual_norms

    @property
    def bounds(self) -> Float[Array, " p"]:
        """Return bounds on the errors of the singular values; zeros of a complete decomposition."""
        return xp.zeros_like(self.singular_values) if self.value_bounds is None else self.value_bounds


def decomposed(instance: Instance, k: Any, extras: Collection[str] = EXTRAS) -> Decompositions:
    """Decompose an instance, one matrix after the other, as far as encoders of dimension up to k need it.

    Matrices held densely are decomposed completely, whatever k, also inside ``jax.jit``.  Of ``EXTRAS``, which are
    costly, only those in ``extras`` are made.
    """
    joint, turn = instance.joint, InTurn()
    count = _count(instance, k)
    found = turn(choose.decompose, joint.normalized_law, count)
    garbled_values = garbled_bounds = channel_values = channel_bounds = None
    encoders = estimates = labelled = None
    if instance.channel is not None:
        garbled = joint.law.garbled(instance.channel)
        normalized = garbled.normalized(garbled.sum(axis=1), garbled.sum(axis=0))
        garbled_values, garbled_bounds = turn(choose.singular_values, normalized, count)
        channel_values, channel_bounds = turn(choose.singular_values, _channel_law(instance), count)
    augmentation, resampled = (_eigen(graph, turn) for graph in (instance.augmentation, instance.resampled))
    if instance.encoders is not None:
        encoders = _encoder_spectra(joint, *instance.encoders, found if "energy" in extras else None, turn)
    if instance.sample is not None:
        estimates = _estimates(instance, count, turn)
    if instance.labelled is not None and choose.is_traceable(joint.law):
        labelled = turn(labelled_fit, found.left, instance)
    return Decompositions(
        found.left,
        found.values,
        found.right,
        found.residual_norms,
        found.value_bounds,
        garbled_values,
        garbled_bounds,
        *augmentation,
        *resampled,
        encoders,
        estimates,
        channel_values,
        channel_bounds,
        pencils(instance, turn) if "pencils" in extras else None,
        labelled,
    )


def _eigen(graph: PairGraph | None, turn: InTurn) -> tuple[Any, Any]:
    """Return the eigenvectors and eigenvalues of pairs of images; None of none."""
    if graph is None:
        return None, None
    vectors, diagonal = turn(eigh, graph.normalized)
    return vectors, xp.diagonal(diagonal)


@program
def _channel_law(instance: Instance) -> Law:
    """Return the normalized matrix D_L^{1/2} K D_Z^{-1/2} of the pairs of a text and its new caption."""
    texts, channel = instance.joint.text_marginal, as_law(instance.channel)
    return channel.scaled(xp.sqrt(texts), _inverse_root(channel.T @ texts))


def _count(instance: Instance, k: Any) -> Any:
    """Count the singular triplets that k and the dimension of given encoders need; k where all are computed anyway."""
    if instance.encoders is None or choose.is_traceable(instance.joint.law):
        return k
    return min(max(k, instance.encoders[0].shape[1]), min(instance.joint.matrix.shape))


def _encoder_spectra(
    joint: Joint,
    images: Float[Array, "n_V d"],
    texts: Float[Array, "n_L d"],
    found: choose.Decomposition | None,
    turn: InTurn,
) -> EncoderSpectra:
    roots = xp.sqrt(joint.image_marginal)[:, None]
    basis, share = turn(probes.range_and_share, roots * images)
    cross = turn(svd, losses.cross_covariance(joint, images, texts))
    sides = ((images, joint.image_marginal), (texts, joint.text_marginal))
    image_scales, text_scales = (xp.diagonal(turn(svd, _centred(*side))[1]) for side in sides)
    if found is None or not choose.is_traceable(joint.law) or joint.n_images > IMAGES_LIMIT:
        return EncoderSpectra(basis, share, cross, image_scales, text_scales, None, None)
    affine = _with_constants(basis, roots)
    energy = unexplained_energy(joint, found.left, found.values, affine, turn)
    return EncoderSpectra(basis, share, cross, image_scales, text_scales, xp.sum(xp.any(affine != 0, axis=0)), energy)


def _with_constants(basis: Float[Array, "n p"], roots: Float[Array, "n 1"]) -> Float[Array, "n q"]:
    """Append √p_V, less its projection, to an orthonormal basis; a column of zeros where rounding alone is left."""
    rest = roots - probes.projection(basis, roots)
    rest = rest - probes.projection(basis, rest)
    norm = xp.sqrt(xp.sum(rest**2))
    some = norm > 2**8 * xp.finfo(norm.dtype).eps
    return xp.hstack([basis, xp.where(some, rest / xp.where(some, norm, 1), 0)])


def _centred(features: Float[Array, "n d"], marginal: Float[Array, " n"]) -> Float[Array, "n d"]:
    """Return √p(x) (f(x) − E f), whose singular values are the roots of the eigenvalues of the covariance."""
    mean = marginal @ features
    return xp.sqrt(marginal)[:, None] * (features - mean)


def _estimates(instance: Instance, k: Any, turn: InTurn) -> Estimates:
    """Decompose the estimates of A from the sample's counts."""
    estimate, practical, distance, practical_distance, weights = _laws_of_estimates(instance)
    decompositions = (
        turn(choose.left_vectors, estimate, k),
        turn(choose.spectral_norm, distance, _DEVIATION),
        turn(choose.left_vectors, practical, k),
        turn(choose.spectral_norm, practical_distance, _DEVIATION),
    )
    return _of_decompositions(estimate, practical, weights, decompositions)


@program
def _laws_of_estimates(instance: Instance) -> tuple[Law, Law, Any, Any, Float[Array, " n_V"]]:
    """Return the estimate of A as analysed and that of practice, each less A, and by what this one stretches an image.

    One program, where the parts of a law that is not dense would otherwise be some fifty.
    """
    joint, counts = instance.joint, instance.sample_law
    assert counts is not None
    total = xp.sum(counts.sum(axis=0))
    law = counts.scaled(xp.full(joint.n_images, 1 / total), xp.ones(joint.n_texts))
    rows, columns, normalized = xp.sqrt(joint.image_marginal), xp.sqrt(joint.text_marginal), joint.normalized_law
    inverse_rows, inverse_columns = (_inverse_root(law.sum(axis=axis)) for axis in (1, 0))
    estimate, practical = law.scaled(1 / rows, 1 / columns), law.scaled(inverse_rows, inverse_columns)
    return (
        estimate,
        practical,
        estimate.difference(normalized),
        practical.difference(normalized),
        rows * inverse_rows,
    )


@program
def _of_decompositions(
    estimate: Law, practical: Law, weights: Float[Array, " n_V"], decompositions: tuple[Any, Any, Any, Any]
) -> Estimates:
    """Return what is kept of the vectors of both estimates, and of their distances from A."""
    (vectors, of_vectors), (deviation, deviation_error), (practical_vectors, of_practical), (apart, _) = decompositions
    # Of AAᵀ, whose eigenvectors they are, so that a gap of σ̂² is resolved to rounding.
    squares = _squares(estimate, vectors) if of_vectors is None else of_vectors[0] ** 2
    turns = rounding_angles(squares) if of_vectors is None else angles(*of_vectors)
    practical_turns = (
        rounding_angles(_squares(practical, practical_vectors)) if of_practical is None else angles(*of_practical)
    )
    return Estimates(
        vectors=vectors,
        squares=squares,
        deviation=deviation,
        # f(x) = p̂_V(x)^{-1/2} u(x), weighted by the population's √p_V; the columns of a QR span what the first k span.
        practical_vectors=_span(weights[:, None] * practical_vectors),
        practical_deviation=apart,
        angles=turns,
        # Weights stretch what was turned by the largest of them, and what they span by the least: images not drawn,
        # of weight 0, have no part in vectors of positive values.
        practical_angles=xp.minimum(practical_turns * xp.max(weights) / _least_positive(weights), 1),
        value_bounds=None if of_vectors is None else of_vectors[2],
        deviation_error=deviation_error,
    )


def angles(
    values: Float[Array, " p"], residual_norms: Float[Array, " p"], value_bounds: Float[Array, " p"]
) -> Float[Array, " p"]:
    """Bound the errors of the projectors on the first 1, …, p vectors: ‖ρ_1 … ρ_j‖/(σ_j − σ_{j+1}) at most (Wedin).

    Examples
    --------
    >>> import numpy as np
    >>> norms = np.array([1e-3, 0.0, 0.0])
    >>> angles(np.array([1.0, 0.5, 0.5]), norms, norms).tolist()
    [0.002, 1.0, 1.0]
    """
    together = xp.sqrt(xp.cumsum(residual_norms**2))
    gaps = xp.append(values[:-1] - values[1:] - value_bounds[1:], 0)
    return xp.where(gaps > together, together / xp.where(gaps > together, gaps, 1), 1)


def rounding_angles(squares: Float[Array, " p"]) -> Float[Array, " p"]:
    """Bound the same where rounding alone turns eigenvectors of ÂÂᵀ: ``rounding``·σ̂_1²/(σ̂_j² − σ̂²_{j+1}), at most 1.

    Examples
    --------
    >>> import numpy as np
    >>> found = rounding_angles(np.array([1.0, 0.5, 0.5, 0.25]))
    >>> float(found[0]) / rounding(), float(found[1]), float(found[2]) / rounding()
    (2.0, 1.0, 4.0)
    """
    gaps = squares - xp.append(squares[1:], 0)
    share = rounding(squares.dtype) * squares[0]
    return share / xp.maximum(gaps, share)


def _squares(matrix: Law, vectors: Float[Array, "n_V p"]) -> Float[Array, " p"]:
    """Compute ‖Âᵀu_j‖² of left singular vectors."""
    return xp.sum((matrix.T @ vectors) ** 2, axis=0)


def _least_positive(values: Float[Array, " n"]) -> Float[Array, ""]:
    """Return the least of the values that are not 0."""
    return xp.min(xp.where(values > 0, values, xp.inf))


def tail(joint: Joint, spectrum: Decompositions, k: Any) -> Float[Array, ""]:
    """Compute Σ_{j>k}σ_j²; from ‖A‖_F², where only the first of them are known."""
    values = spectrum.singular_values
    beyond = xp.arange(values.size) >= k
    if spectrum.is_complete:
        return xp.sum(xp.where(beyond, values, 0) ** 2)
    return joint.normalized_law.squared_norm() - xp.sum(xp.where(beyond, 0, values) ** 2)


def _inverse_root(marginal: Float[Array, " n"]) -> Float[Array, " n"]:
    """Return 1/√p̂, and 0 for an image that was not drawn, whose features are zero."""
    return xp.where(marginal > 0, 1 / xp.sqrt(xp.where(marginal > 0, marginal, 1)), 0)


def _span(weighted: Float[Array, "n_V p"]) -> Float[Array, "n_V p"]:
    """Orthonormalize columns so that the first k span what the first k given ones do."""
    basis, triangle = xp.linalg.qr(weighted)
    # Directions of images that were not drawn have become columns of zeros, for which a QR makes up directions.
    lengths = xp.abs(xp.diagonal(triangle))
    return xp.where(lengths > rounding(lengths.dtype) * xp.max(lengths), basis, 0)
