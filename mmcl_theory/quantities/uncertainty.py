"""How far each quantity may be off: by rounding, and by what a truncated decomposition has not converged to."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .. import probes
from ..factorization.precision import rounding
from ..joints.instance import Instance
from .decompositions import Spectra, angles
from .quantities import Quantities, predictions


def uncertainty(instance: Instance, spectra: Spectra, quantities: Quantities, k: Any) -> Quantities:
    """An absolute error for each quantity: ``rounding`` of it, or of one, and the effect of the residual norms ρ.

    A value is off by its ``value_bounds``, at most ρ_j, Π_k by at most
    θ = ‖ρ_1 … ρ_k‖/(σ_k − σ_{k+1}) in spectral norm (Wedin), hence r_k by θ, A_k W by d = θ + ‖ρ_1 … ρ_k‖, z_k by
    (2√z_k + d)d, and an error by the mass of the images whose best two scores are nearer than these bounds allow.
    """
    errors = rounded(quantities)
    norms, bounds = spectra.residual_norms, spectra.value_bounds
    if norms is None or bounds is None:
        return errors
    of_first = jnp.where(jnp.arange(norms.size) < k, norms, 0)
    together = jnp.linalg.norm(of_first)
    angle = _at(angles(spectra.singular_values, norms, bounds), k)
    truncated = angle + together
    joint = instance.joint
    probe, text_probe, zero_shot = predictions(joint, spectra, k)

    def doubtful(scores: Array, labels: Array, marginal: Array, error: Array) -> Float[Array, ""]:
        return probes.undecided(scores, labels, marginal, 2 * error)

    images, texts = (joint.image_labels, joint.image_marginal), (joint.text_labels, joint.text_marginal)
    more = {
        "sigma_2": _at(bounds, 2),
        "sigma_k": _at(bounds, k),
        "sigma_next": _at(bounds, k + 1),
        "sigma_three_quarters": _at(bounds, jnp.maximum(1, 3 * k // 4)),
        "sigma_classes": jnp.max(bounds),
        "tail": 2 * jnp.sum(of_first),
        "optimal_loss": 2 * jnp.sum(of_first),
        "probe_residual": angle,
        "text_probe_residual": angle,
        "zero_shot_residual": (2 * jnp.sqrt(quantities.zero_shot_residual) + truncated) * truncated,
        "probe_error": doubtful(probe, *images, angle),
        "text_probe_error": doubtful(text_probe, *texts, angle),
        "zero_shot_error": doubtful(zero_shot, *images, truncated),
        "excess_loss": 2 * jnp.sum(bounds),
        "sigma_encoder_next": jnp.max(bounds),
    }
    if spectra.estimates is not None and spectra.estimates.angles is not None:
        more["sample_deviation"] = spectra.estimates.deviation_error
        more["sample_residual"] = _at(spectra.estimates.angles, k)
    if spectra.garbled_bounds is not None:
        more["garbled_sigma_next"] = _at(spectra.garbled_bounds, k + 1)
    present = {name: value for name, value in more.items() if getattr(errors, name) is not None}
    return dataclasses.replace(errors, **{name: getattr(errors, name) + value for name, value in present.items()})


def _at(values: Float[Array, " p"], j: Any) -> Float[Array, ""]:
    """The j-th, counted from 1."""
    return values[jnp.minimum(j, values.size) - 1]


def rounded(quantities: Any) -> Any:
    """The error that rounding leaves on each scalar: ``rounding``·max(1, |it|)."""
    return jax.tree.map(lambda value: rounding(value.dtype) * jnp.maximum(1, jnp.abs(value)), quantities)


def allowance(formula: Callable[[Any], Any], quantities: Any, errors: Any, names: Iterable[str]) -> Float[Array, ""]:
    """How far a formula of ``quantities`` may be off when each of those named, which it reads, is, by its ``errors``.

    The sum over them of the largest change that moving this one by ± its error makes, so that a formula that magnifies
    errors, such as a division by a small gap, is allowed just what it magnifies.
    """
    unmoved, total = formula(quantities), jnp.zeros(())
    for name in names:
        value, error = getattr(quantities, name), getattr(errors, name)
        moved = [formula(dataclasses.replace(quantities, **{name: place})) for place in (value + error, value - error)]
        # A step out of a formula's domain (the root of a negative number) says nothing; the other step does.
        total = total + jnp.fmax(*(jnp.abs(one - unmoved) for one in moved))
    return total
