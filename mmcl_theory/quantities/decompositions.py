"""Stage one of measuring: the decompositions that serve every k."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import losses, probes
from ..factorization.dense import after, eigh, svd
from ..factorization.operators.choose import operator_of
from ..factorization.precision import rounding
from ..factorization.truncated import truncated_svd
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.laws.law import Difference
from ..joints.laws.sparse import SparseLaw

# To which the norm of what a sample deviates by is found, in units of itself, where it is not held densely.
_DEVIATION = 1e-10


class Estimates(eqx.Module):
    """What a sample teaches: from P̂ normalized by the population's marginals, as analysed, and by its own, as in use.

    Attributes
    ----------
    vectors, practical_vectors
        Orthonormal bases, shape (n_V, p), whose first k columns span the weighted features √p_V(x) f(x) of the encoder
        of dimension k that each estimate leads to.
    deviation, practical_deviation
        Spectral norm of the estimate of A less A.
    angles, deviation_error
        Of truncated decompositions, how far the projector on the first j ``vectors`` may be off for each j, and the
        deviation.
    """

    vectors: Float[Array, "n_V p"]
    deviation: Float[Array, ""]
    practical_vectors: Float[Array, "n_V p"]
    practical_deviation: Float[Array, ""]
    angles: Float[Array, " p"] | None = None
    deviation_error: Float[Array, ""] | None = None


class EncoderSpectra(eqx.Module):
    """What given encoders span.

    Attributes
    ----------
    image_range
        Orthonormal basis of the range of F_V = D_V^{1/2} f_V, shape (n_V, p), padded by columns of zeros.
    cross_covariance
        The decomposition U, σ, V of the features' cross-covariance (`linear-mmcl`).
    """

    image_range: Float[Array, "n_V p"]
    cross_covariance: tuple[Float[Array, "d d"], Float[Array, " d"], Float[Array, "d d"]]


class Spectra(eqx.Module):
    """The decompositions an instance needs once, whatever the number of k.

    ``residual_norms`` = max(‖Av_j − σ_ju_j‖, ‖Aᵀu_j − σ_jv_j‖), and ``value_bounds`` on what σ_j may be off by, belong
    to a truncated decomposition, and are None where the p values are all that there are; likewise ``garbled_bounds``.
    """

    image_vectors: Float[Array, "n_V p"]
    singular_values: Float[Array, " p"]
    text_vectors: Float[Array, "n_L p"]
    garbled_values: Float[Array, " q"] | None
    augmentation_vectors: Float[Array, "n_V n_V"] | None
    augmentation_values: Float[Array, " n_V"] | None
    encoders: EncoderSpectra | None
    estimates: Estimates | None
    residual_norms: Float[Array, " p"] | None = None
    value_bounds: Float[Array, " p"] | None = None
    garbled_bounds: Float[Array, " q"] | None = None


def spectra(instance: Instance) -> Spectra:
    """Decompose an instance by dense LAPACK, one matrix after the other."""
    joint = instance.joint
    left, values, right = svd(joint.normalized)
    garbled = augmentation_vectors = augmentation_values = encoders = estimates = None
    last = values
    if instance.channel is not None:
        channelled = after(last, joint.garble(instance.channel).normalized)
        last = garbled = jnp.linalg.svd(channelled, compute_uv=False)
    if instance.augmentation is not None:
        augmentation_vectors, augmentation_values = eigh(after(last, instance.augmentation.normalized))
        last = augmentation_values
    if instance.encoders is not None:
        encoders = _encoder_spectra(joint, after(last, instance.encoders[0]), instance.encoders[1])
        last = encoders.cross_covariance[1]
    if instance.sample is not None:
        estimates = _estimates(joint, after(last, instance.sample))
    return Spectra(left, values, right, garbled, augmentation_vectors, augmentation_values, encoders, estimates)


def truncated_spectra(instance: Instance, k: int) -> Spectra:
    """Decompose an instance whose joint is sparse or factored, as far as encoders of dimension up to k need it."""
    joint = instance.joint
    dimension = 0 if instance.encoders is None else instance.encoders[0].shape[1]
    count = min(max(k, dimension), min(joint.matrix.shape) - 1)
    left, values, right, residual_norms, value_bounds = truncated_svd(operator_of(joint.normalized), count)
    encoders = estimates = augmentation_vectors = augmentation_values = garbled_values = garbled_bounds = None
    if isinstance(instance.channel, SparseLaw):
        garbled = joint.garble(instance.channel.to_scipy()).normalized
        found = truncated_svd(operator_of(garbled), min(count, min(garbled.shape) - 1))
        garbled_values, garbled_bounds = found.values, found.value_bounds
    if instance.encoders is not None:
        encoders = _encoder_spectra(joint, *instance.encoders)
    if isinstance(instance.sample, SparseLaw):
        estimates = _truncated_estimates(joint, instance.sample, count)
    if instance.augmentation is not None:
        augmentation_vectors, augmentation_values = eigh(instance.augmentation.normalized)
    return Spectra(
        left,
        values,
        right,
        garbled_values,
        augmentation_vectors,
        augmentation_values,
        encoders,
        estimates,
        residual_norms,
        value_bounds,
        garbled_bounds,
    )


def _encoder_spectra(joint: Joint, images: Float[Array, "n_V d"], texts: Float[Array, "n_L d"]) -> EncoderSpectra:
    basis = probes.range_basis(jnp.sqrt(joint.image_marginal)[:, None] * images)
    return EncoderSpectra(basis, svd(after(basis, losses.cross_covariance(joint, images, texts))))


def _estimates(joint: Joint, counts: Float[Array, "n_V n_L"]) -> Estimates:
    law = counts / counts.sum()
    rows, columns = jnp.sqrt(joint.image_marginal), jnp.sqrt(joint.text_marginal)
    estimate = law / rows[:, None] / columns[None, :]
    inverse_rows, inverse_columns = (_inverse_root(law.sum(axis=axis)) for axis in (1, 0))
    practical = inverse_rows[:, None] * law * inverse_columns[None, :]
    vectors = _left_vectors(estimate)
    deviation = _spectral_norm(after(vectors, estimate - joint.normalized))
    # f(x) = p̂_V(x)^{-1/2} u(x), weighted by the population's √p_V; the columns of a QR span what the first k span.
    practical_vectors = _span((rows * inverse_rows)[:, None] * _left_vectors(after(deviation, practical)))
    return Estimates(
        vectors=vectors,
        deviation=deviation,
        practical_vectors=practical_vectors,
        practical_deviation=_spectral_norm(after(practical_vectors, practical - joint.normalized)),
    )


def _truncated_estimates(joint: Joint, counts: SparseLaw, k: int) -> Estimates:
    """``_estimates`` of a joint that is not dense, for k at most."""
    law = counts.scaled(jnp.full(joint.n_images, 1 / counts.values.sum()), jnp.ones(joint.n_texts))
    rows, columns, normalized = jnp.sqrt(joint.image_marginal), jnp.sqrt(joint.text_marginal), joint.normalized
    estimate = law.scaled(1 / rows, 1 / columns)
    inverse_rows, inverse_columns = (_inverse_root(law.sum(axis=axis)) for axis in (1, 0))
    practical = law.scaled(inverse_rows, inverse_columns)
    vectors, values, _, residual_norms, value_bounds = truncated_svd(operator_of(estimate), k)
    deviation = truncated_svd(operator_of(Difference(estimate, normalized)), 0, tol=_DEVIATION)
    return Estimates(
        vectors=vectors,
        deviation=deviation.values[0],
        practical_vectors=_span((rows * inverse_rows)[:, None] * truncated_svd(operator_of(practical), k).left),
        practical_deviation=truncated_svd(operator_of(Difference(practical, normalized)), 0, tol=_DEVIATION).values[0],
        angles=angles(values, residual_norms, value_bounds),
        deviation_error=deviation.value_bounds[0],
    )


def angles(
    values: Float[Array, " p"], residual_norms: Float[Array, " p"], value_bounds: Float[Array, " p"]
) -> Float[Array, " p"]:
    """How far the projectors on the first 1, …, p vectors are off: ‖ρ_1 … ρ_j‖/(σ_j − σ_{j+1}) at most (Wedin).

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> norms = jnp.array([1e-3, 0.0, 0.0])
    >>> angles(jnp.array([1.0, 0.5, 0.5]), norms, norms).tolist()
    [0.002, 1.0, 1.0]
    """
    together = jnp.sqrt(jnp.cumsum(residual_norms**2))
    gaps = jnp.append(values[:-1] - values[1:] - value_bounds[1:], 0)
    return jnp.where(gaps > together, together / jnp.where(gaps > together, gaps, 1), 1)


def _inverse_root(marginal: Float[Array, " n"]) -> Float[Array, " n"]:
    """An image that was not drawn has a zero row, and features of zero."""
    return jnp.where(marginal > 0, 1 / jnp.sqrt(jnp.where(marginal > 0, marginal, 1)), 0)


def _span(weighted: Float[Array, "n_V p"]) -> Float[Array, "n_V p"]:
    """An orthonormal basis whose first k columns span what the first k given ones do."""
    basis, triangle = jnp.linalg.qr(weighted)
    # Directions of images that were not drawn have become columns of zeros, for which a QR makes up directions.
    lengths = jnp.abs(jnp.diagonal(triangle))
    return jnp.where(lengths > rounding(lengths.dtype) * jnp.max(lengths), basis, 0)


def _left_vectors(matrix: Float[Array, "m n"]) -> Float[Array, "m p"]:
    """Left singular vectors alone: where rows are fewer than columns, from the Gram matrix, at a quarter of the cost.

    A gap of σ² is resolved as well by either; only directions of σ below 1e-8 are not told apart.
    """
    return eigh(matrix @ matrix.T)[0] if matrix.shape[0] <= matrix.shape[1] else svd(matrix)[0]


def _spectral_norm(matrix: Float[Array, "m n"]) -> Float[Array, ""]:
    """The largest singular value, from the smaller Gram matrix: of a norm, that loses no digits."""
    gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    return jnp.sqrt(jnp.linalg.eigvalsh(gram)[-1])
