"""Hold one instance with its decompositions at one encoder dimension, and what several quantities share."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jaxtyping import Float

from .. import probes
from .._arrays import Array, of_jax, xp
from ..factorization.precision import rounding
from ..joints.joint import Joint
from ..joints.pairs import PairGraph
from ..walks.moments import pair_errors, walk_errors
from ..walks.residuals import widened
from .decompositions import Decompositions, angles


class Hosted(NamedTuple):
    """Describe a part of a quantity that NumPy computes faster than a compiled program does, or that none can compute.

    ``verify`` computes it between two programs.  A program that calls back would do too, and does within other
    transformations of JAX, but JAX keeps none that calls back in its persistent cache.

    Attributes
    ----------
    name
        By which a ``Measurement`` knows it.
    arguments
        Computes the arrays that it is made of, from a measurement.
    traced
        Computes it from these within transformations of JAX.
    on_host
        Computes it from arrays of NumPy, of a batch.
    per_k
        Whether its arguments depend on k; they then have an axis of k after that of the batch.
    """

    name: str
    arguments: Callable[["Measurement"], tuple]
    traced: Callable[..., Any]
    on_host: Callable[..., Any]
    per_k: bool


class Cached:
    """Offer what a joint, a graph or an instance has, but compute each of its properties once.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = Cached(mt.generators.isotropic_noise(3, 0.3))
    >>> joint.text_marginal is joint.text_marginal
    True
    """

    def __init__(self, whole: Any):
        self._whole = whole

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._whole, name)
        if isinstance(value, Joint | PairGraph):
            value = Cached(value)
        setattr(self, name, value)
        return value


def _once(function: Callable[["Measurement"], Any]) -> Any:
    """Compute a property of a measurement once (``Measurement.once``)."""

    def known(m: "Measurement") -> Any:
        return m.once(function.__name__, function)

    return property(known, doc=function.__doc__)


class Measurement:
    """Hold an instance, its decompositions and k: all that the value of a quantity is computed from.

    Parameters
    ----------
    instance
        What is measured.
    spectrum
        Its decompositions.
    k
        The encoder dimension, which may be traced; so what belongs to the first k is masked, not sliced.
    found
        What has been found before of what is ``Hosted``, by name; the rest is computed when it is read.
    """

    # Not Instance and Decompositions to the type checker: a part that a quantity needs is there when it is measured.
    instance: Any
    spectrum: Any

    def __init__(self, instance: Any, spectrum: Decompositions, k: Any, found: Mapping[str, Any] | None = None):
        self.instance = instance if isinstance(instance, Cached) else Cached(instance)
        self.spectrum, self._k = spectrum, k
        # What has been computed, and whether it depends on k; what is being computed, whether it has read k.
        self._known: dict[Any, tuple[Any, bool]] = {name: (value, True) for name, value in (found or {}).items()}
        self._reads_k = False

    def at(self, k: Any, found: Mapping[str, Any] | None = None) -> "Measurement":
        """Return the same measurement at another k, at which all is known that does not depend on it."""
        other = Measurement(self.instance, self.spectrum, k, found)
        other._known |= {name: one for name, one in self._known.items() if not one[1]}
        return other

    @property
    def k(self) -> Any:
        """Return the encoder dimension."""
        self._reads_k = True
        return self._k

    def once(self, name: Any, compute: Callable[["Measurement"], Any]) -> Any:
        """Compute something unless it is known by its name."""
        if name not in self._known:
            outer, self._reads_k = self._reads_k, False
            self._known[name] = compute(self), self._reads_k
            self._reads_k = outer
        value, of_k = self._known[name]
        self._reads_k |= of_k
        return value

    @property
    def joint(self) -> Joint:
        """Return the joint distribution of positive pairs."""
        return self.instance.joint

    def sigma(self, j: Any) -> Float[Array, ""]:
        """Return σ_j, counted from 1; 0 beyond the last."""
        return at_most_one(self.spectrum.singular_values, j)

    def first(self, values: Float[Array, " p"]) -> Float[Array, " p"]:
        """Return the first k values, with zeros in the place of the others."""
        return xp.where(xp.arange(values.size) < self.k, values, 0)

    def projected(self, basis: Float[Array, "n p"], target: Float[Array, "n r"]) -> Float[Array, "n r"]:
        """Project a target onto the first k columns of an orthonormal basis."""
        kept = xp.arange(basis.shape[1]) < self.k
        return basis @ (kept[:, None] * (basis.T @ target))

    @_once
    def kept(self) -> Float[Array, " p"]:
        """Return the first k singular values, with zeros in the place of the others."""
        return self.first(self.spectrum.singular_values)

    @_once
    def probe(self) -> Float[Array, "n_V r"]:
        """Predict Π_kY: the linear probe of the optimal image encoder of dimension k."""
        return self.projected(self.spectrum.image_vectors, self.joint.image_label_matrix)

    @_once
    def text_probe(self) -> Float[Array, "n_L r"]:
        """Predict the texts' labels likewise, by the optimal text encoder."""
        return self.projected(self.spectrum.text_vectors, self.joint.text_label_matrix)

    @_once
    def zero_shot(self) -> Float[Array, "n_V r"]:
        """Predict A_kW = Π_kAW: the zero-shot head of the optimal encoders of dimension k."""
        return self.projected(self.spectrum.image_vectors, self.joint.normalized_law @ self.joint.text_label_matrix)

    @_once
    def drawn_probe(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return the error of the linear probe that draws its answers, and what it gains on its residual."""
        return probes.drawn(self.probe, self.joint.image_labels, self.joint.image_marginal)

    @_once
    def drawn_zero_shot(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return the same of the zero-shot head."""
        return probes.drawn(self.zero_shot, self.joint.image_labels, self.joint.image_marginal)

    @_once
    def text_factors(self) -> Float[Array, "n_L p"]:
        """Return AᵀU, of which the first k columns are those of V_kΣ_k, so that A_k = U_k(AᵀU_k)ᵀ.

        Computed from A they have the right derivative also where some of the first k singular values are equal.  None
        depends on k.
        """
        return self.joint.normalized_law.T @ self.spectrum.image_vectors

    @_once
    def pointwise_information(self) -> Any:
        """Return log P(x,l)/(p_V(x)p_L(l)), held as P is; None where the mass of a pair is not at hand."""
        return self.joint.law.log_ratio()

    def hosted(self, part: Hosted) -> Any:
        """Return what is computed on the host, where it has been found; otherwise compute it here."""

        def computed(m: "Measurement") -> Any:
            arguments = part.arguments(m)
            return (part.traced if of_jax(*arguments) else part.on_host)(*arguments)

        return self.once(part.name, computed)

    # Text walks.

    @_once
    def squares_at_cut(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return a = σ²_{k+1} and b = σ²_k, of a truncated decomposition raised and lowered by what they may be off."""
        if self.spectrum.is_complete:
            return self.sigma(self.k + 1) ** 2, self.sigma(self.k) ** 2
        of_next, own = self.sigma_error(self.k + 1), self.sigma_error(self.k)
        return widened(self.sigma(self.k + 1), self.sigma(self.k), of_next, own)

    @_once
    def walk_errors(self) -> Float[Array, " steps+1"]:
        """Return α^{(0)} … α^{(M)} of text walks, at least up to 2."""
        return walk_errors(self.joint, max(2, self.instance.steps))

    @_once
    def sscl_walk_errors(self) -> Float[Array, " steps+1"]:
        """Return the same of walks over augmentation pairs."""
        return pair_errors(self.instance.augmentation, max(2, self.instance.steps))

    # How far decompositions, and differences of matrices, may be off.

    def sigma_error(self, j: Any) -> Float[Array, ""]:
        """Bound the error of σ_j, beyond rounding, by the residuals of a truncated decomposition."""
        return entry(self.spectrum.bounds, j)

    @_once
    def largest_sigma_error(self) -> Float[Array, ""]:
        """Bound the error of every singular value that was found."""
        return xp.max(self.spectrum.bounds)

    @_once
    def residual_norm(self) -> Any:
        """Return ‖ρ_1 … ρ_k‖, ρ_j the residual norms of the singular triplets; ``rounding`` of complete ones."""
        spectrum = self.spectrum
        if spectrum.is_complete:
            return rounding(spectrum.singular_values.dtype)
        return xp.linalg.norm(self.first(spectrum.residuals))

    @_once
    def loss_error(self) -> Float[Array, ""]:
        """Bound the error of Σ_{j≤k}σ_j², beyond rounding, by 2Σρ_j."""
        return 2 * xp.sum(self.first(self.spectrum.residuals))

    @_once
    def projector_error(self) -> Float[Array, ""]:
        """Bound ‖Π̂_k − Π_k‖ by ‖ρ_1 … ρ_k‖/(σ_k − σ_{k+1}) (Wedin)."""
        spectrum = self.spectrum
        if spectrum.is_complete:
            return turned(self.sigma(self.k) - self.sigma(self.k + 1))
        return entry(angles(spectrum.singular_values, spectrum.residuals, spectrum.bounds), self.k)

    @_once
    def augmentation_projector_error(self) -> Float[Array, ""]:
        """Bound the error of the projector on the first k eigenvectors of augmentation pairs likewise."""
        return self._turned_pairs(self.spectrum.augmentation_values)

    @_once
    def resampled_projector_error(self) -> Float[Array, ""]:
        """Bound the same of resampled pairs."""
        return self._turned_pairs(self.spectrum.resampled_values)

    def _turned_pairs(self, values: Float[Array, " n_V"]) -> Float[Array, ""]:
        """Bound by how much rounding turns the projector on the first k eigenvectors of these eigenvalues."""
        return turned(at_most_one(values, self.k) - at_most_one(values, self.k + 1))

    @_once
    def truncation_error(self) -> Float[Array, ""]:
        """Bound ‖Â_k − A_k‖ by the error of the projector and that of the values."""
        return self.projector_error + self.residual_norm

    def distance_error(self, value: Any, size: Any) -> Float[Array, ""]:
        """Bound the error of ‖A − X‖_F², from its value and a bound on ‖A‖_F + ‖X‖_F, summed in this many terms.

        Of an array every entry of A − X is off by a few units in the last place of the entries of A and X, so their
        difference by δ in all, and its square by (2‖A − X‖ + δ)δ.  Of other matrices squares are subtracted.
        """
        share = self.joint.law.summation(self.spectrum.singular_values.dtype)
        return off_by(value, share * size) if self.spectrum.is_complete else share * size**2


def off_by(squared: Any, distance: Any) -> Float[Array, ""]:
    """Bound how far ‖X‖² is off where X is by ``distance``: (2‖X‖ + distance)·distance.

    Examples
    --------
    >>> round(float(off_by(4.0, 0.5)), 12)  # from 2² to 2.5²
    2.25
    """
    return (2 * xp.sqrt(xp.maximum(squared, 0)) + distance) * distance


def turned(gap: Any) -> Float[Array, ""]:
    """Bound by how much rounding turns a projector that is cut off at this gap in a spectrum of largest value 1.

    Examples
    --------
    >>> [float(turned(gap)) / rounding() for gap in (0.5, 0.0)][0], float(turned(0.0))
    (2.0, 1.0)
    """
    gap = xp.asarray(gap)
    return rounding(gap.dtype) / xp.maximum(gap, rounding(gap.dtype))


def entry(values: Any, j: Any) -> Any:
    """Return the j-th value, counted from 1; None of none."""
    return None if values is None else xp.take(values, xp.minimum(j, values.size) - 1)


def at_most_one(values: Float[Array, " p"], j: Any) -> Float[Array, ""]:
    """Return the j-th value, counted from 1, less what rounding put above 1; 0 beyond the last."""
    return xp.where(j <= values.size, xp.minimum(entry(values, j), 1), 0)
