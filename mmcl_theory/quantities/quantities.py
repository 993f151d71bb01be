"""Assemble the families of quantities, and measure them on an instance."""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import Int

from .. import _checks
from .._arrays import Array, Record, on_host, xp
from ..factorization.devices import on_gpu
from ..factorization.operators import choose
from ..factorization.precision import rounding
from ..joints.instance import Instance
from ..joints.joint import Joint
from ..joints.shown import Fact, Shown, shown_number
from .alignment import Alignment
from .attribute import Attribute
from .augmentation import Augmentation
from .chains import Chains
from .contrastive import Contrastive
from .decompositions import Decompositions, decomposed
from .diversity import Diversity
from .drawn import Drawn
from .encoders import Encoders
from .heads import Heads
from .information import Information
from .label_law import LabelLaw
from .labelled import Labelled
from .labels import Labels
from .measurement import Hosted, Measurement
from .minima import Minima
from .resampled import Resampled
from .retrieval import Retrieval
from .sampled_walks import SampledWalks
from .samples import Samples
from .spectrum import Spectrum
from .text_walks import TextWalks
from .walks import Walks
from .zero_shot import ZeroShot


class Quantities(
    Shown,
    LabelLaw,
    Resampled,
    Attribute,
    SampledWalks,
    Labelled,
    Samples,
    Diversity,
    Augmentation,
    Alignment,
    Retrieval,
    Contrastive,
    Minima,
    Encoders,
    Information,
    Drawn,
    ZeroShot,
    Heads,
    Chains,
    TextWalks,
    Spectrum,
    Walks,
    Labels,
    Record,
):
    """Hold what the formulas of theorems read, for one instance and one encoder dimension k: scalars.

    A quantity that has no meaning for the instance, or was not asked for, is None.  The metadata of each field tell its
    ``symbol``, its ``meaning`` and what it ``needs``.  Text counterparts carry ``text_``.
    """

    def __repr__(self) -> str:
        measured = {name: value for name in NAMES if (value := getattr(self, name)) is not None}
        return f"Quantities({', '.join(f'{name}={shown_number(value)}' for name, value in measured.items())})"

    def _facts(self) -> list[Fact]:
        """List what was measured."""
        fields = {name: field.metadata for name, field in Quantities.__dataclass_fields__.items()}
        return [
            Fact(metadata["symbol"], metadata["meaning"], shown_number(getattr(self, name)))
            for name, metadata in fields.items()
            if getattr(self, name) is not None
        ]


NAMES = tuple(Quantities.__dataclass_fields__)

# By NumPy a measurement of all quantities of a small joint takes some 20 ms, and of a large one as long as by a
# program; programs that measure all are compiled in five to ten seconds.
MOST_AT_HAND = 400
# A GPU is faster by far with distributions that are held as more numbers than this.
_GPU_NUMBERS = 2**16


def measure(instance: Joint | Instance, k: Any) -> Quantities:
    """Measure an instance at encoder dimension k: every quantity of the theory for images and texts.

    Works under ``jax.jit`` and ``jax.vmap``, over a batch of joints of one shape and over k (an integer array);
    differentiable with respect to the joint where the quantity is, so not in errors, which are piecewise constant.

    Parameters
    ----------
    instance
        A joint, or an instance with further parts.
    k
        1 … min(n_V, n_L); at the largest nothing is left out, and σ_{k+1} = 0.

    Raises
    ------
    ValueError, TypeError
        If k is out of range; inside a JAX transformation it cannot be checked.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> round(float(mt.measure(joint, 1).probe_residual), 12)
    0.75
    >>> residuals = jax.vmap(lambda k: mt.measure(joint, k).probe_residual)(jnp.arange(1, 4))
    """
    instance = Instance.of(instance)
    if not _checks.is_traced(k):
        (k,) = _checks.dimensions("k", [k], min(instance.joint.matrix.shape))
    if is_at_hand(instance, k):
        ((quantities, _),), _ = measured_at_hand(instance, [k], NAMES)
        return quantities
    if choose.is_traceable(instance.joint.law):
        return _measure(instance, k)
    return _quantities_at(instance, decomposed(instance, k), k)


def is_at_hand(instance: Instance, *ks: Any, n: int = 1) -> bool:
    """Tell whether NumPy measures ``n`` such instances at these k sooner than a program would be compiled."""
    if _checks.is_traced(*ks, *jax.tree.leaves(instance)):
        return False
    held = sum(part.size for part in jax.tree.leaves(instance.joint.law))
    return n * len(ks) <= MOST_AT_HAND and (held <= _GPU_NUMBERS or not on_gpu())


def measured_at_hand(
    instance: Instance, ks: Sequence[int], names: Collection[str], advance: Callable[[], None] = lambda: None
) -> tuple[list[tuple[Quantities, Quantities]], bool]:
    """Measure named quantities, and their errors, at each k by NumPy; ``advance`` after each.

    Return also whether the decompositions are complete, which are NumPy's too of a joint that is small or held densely.
    """
    here, found = on_host(instance), []
    with np.errstate(all="ignore"):
        by_numpy = choose.is_traceable(instance.joint.law) or choose.is_small(instance.joint.law)
        spectrum = decomposed(here if by_numpy else instance, max(ks), extras_of(names))
        m = Measurement(here, on_host(spectrum), 1)
        known = _hosted_over(m, ks, names)
        for place, k in enumerate(ks):
            m = m.at(k, {name: tuple(end[place] for end in ends) for name, ends in known.items()})
            quantities = quantities_of(m, names)
            found.append((quantities, errors_of(m, quantities)))
            advance()
    return found, spectrum.is_complete


def _hosted_over(m: Measurement, ks: Sequence[int], names: Collection[str]) -> dict[str, tuple]:
    """Compute what named quantities read of ``HOSTED`` that depends on k, for all k at once."""
    found = {}
    for part in _hosted_of(m, names):
        if part.per_k:
            arguments = []
            for k in ks:
                m = m.at(k)
                arguments.append(part.arguments(m))
            found[part.name] = part.on_host(*jax.tree.map(lambda *some: np.stack(some), *arguments))
    return found


@jax.jit
def _measure(instance: Instance, k: Any) -> Quantities:
    return quantities_of(Measurement(instance, decomposed(instance, k), k))


@jax.jit
def _quantities_at(instance: Instance, spectrum: Decompositions, k: Any) -> Quantities:
    return quantities_of(Measurement(instance, spectrum, k))


def quantities_of(m: Measurement, names: Iterable[str] = NAMES) -> Quantities:
    """Compute the named quantities of a measurement; skip unknown names."""
    fields = Quantities.__dataclass_fields__
    return _holding({name: _value(m, name) for name in names if name in fields})


def _holding(values: dict[str, Any]) -> Quantities:
    """Hold values by name; None of the others.  Equinox would look at each field once more, which takes as long."""
    made = object.__new__(Quantities)
    for name, value in (dict.fromkeys(NAMES) | values).items():
        object.__setattr__(made, name, value)
    return made


def _value(m: Measurement, name: str) -> Any:
    """Return the value of a quantity; None where the instance lacks what it needs."""
    metadata = Quantities.__dataclass_fields__[name].metadata
    return m.once(("value", name), lambda m: metadata["value"](m) if _is_met(m, metadata) else None)


def _is_met(m: Measurement, metadata: Any) -> bool:
    return metadata["is_met"] is None or metadata["is_met"](m)


HOSTED = {part.name: part for field in Quantities.__dataclass_fields__.values() for part in field.metadata["hosted"]}


def reading_hosted(names: Iterable[str]) -> frozenset[str]:
    """Choose those of named quantities that read what is ``HOSTED``; skip unknown names."""
    fields = Quantities.__dataclass_fields__
    return frozenset(name for name in names if name in fields and fields[name].metadata["hosted"])


def host_arguments(
    instance: Instance, spectrum: Decompositions, ks: Int[Array, " k"], names: Iterable[str]
) -> dict[str, tuple]:
    """Compute the arguments of what named quantities read of ``HOSTED``, by its name, at several k."""
    first = Measurement(instance, spectrum, ks[0])

    def at(k: Any, part: Hosted) -> tuple:
        """Compute the arguments at one k."""
        return part.arguments(Measurement(instance, spectrum, k))

    return {
        part.name: jax.vmap(partial(at, part=part))(ks) if part.per_k else at(ks[0], part)
        for part in _hosted_of(first, names)
    }


def _hosted_of(m: Measurement, names: Iterable[str]) -> Collection[Hosted]:
    """Collect what named quantities that a measurement has read of ``HOSTED``."""
    fields = Quantities.__dataclass_fields__
    met = [fields[name].metadata for name in names if name in fields and _is_met(m, fields[name].metadata)]
    return {part.name: part for metadata in met for part in metadata["hosted"]}.values()


def softened(m: Measurement, quantities: Quantities, softness: Any) -> Quantities:
    """Replace the quantities that are piecewise constant by smooth ones, which a gradient can follow."""
    soft = {}
    for name, field in Quantities.__dataclass_fields__.items():
        if field.metadata["soft"] is not None and getattr(quantities, name) is not None:
            soft[name] = field.metadata["soft"](m, softness)
    return dataclasses.replace(quantities, **soft)


def extras_of(names: Iterable[str]) -> frozenset[str]:
    """Collect the costly decompositions that named quantities need; skip unknown names."""
    fields = Quantities.__dataclass_fields__
    return frozenset(extra for name in names if name in fields for extra in fields[name].metadata["decompositions"])


def cells_of(name: str, instance: Instance) -> int:
    """Count the entries of the largest array, beyond P, that computing a quantity forms."""
    field = Quantities.__dataclass_fields__.get(name)
    return field.metadata["cells"](instance) if field is not None and field.metadata["cells"] is not None else 0


def errors_of(m: Measurement, quantities: Quantities) -> Quantities:
    """Bound the absolute error of each quantity: rounding, and what a truncated decomposition has not converged to.

    Rounding leaves ``rounding``·|value| of a sum of non-negative terms, and ``rounding``·max(1, |value|) of others.  A
    decomposition has residuals of norm ρ: ‖ρ_1 … ρ_k‖ of a truncated one, ``rounding`` of a complete one.  A singular
    value is off by its bound, at most ρ_j; Π_k by at most θ = ρ/(σ_k − σ_{k+1}) in spectral norm (Wedin), and A_kW by
    d = θ + ρ; hence r_k by (2√r_k + θ)θ, z_k by (2√z_k + d)d, and an error by the mass of the images whose best two
    scores are nearer than these bounds allow.  Each quantity's field says which it is.
    """

    def error(name: str) -> Any:
        """Bound the error of a quantity that was measured."""
        if getattr(quantities, name) is None:
            return None
        return m.once(
            ("error", name), lambda m: _error(_value(m, name), m, Quantities.__dataclass_fields__[name].metadata)
        )

    return _holding({name: error(name) for name in NAMES})


def _error(value: Any, m: Measurement, metadata: Any) -> Any:
    size = xp.abs(value) if metadata["relative"] else xp.maximum(1, xp.abs(value))
    beyond = None if metadata["error"] is None else metadata["error"](m, value)
    # None is what is known of a part that was decomposed completely.
    return rounding(value.dtype) * size + (0.0 if beyond is None else beyond)
