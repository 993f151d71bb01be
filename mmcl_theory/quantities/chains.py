"""Measure two modalities that meet only in a third: images X and new captions Z, through the texts L."""

import equinox as eqx
from jaxtyping import Float

from .._arrays import Array, xp
from .field import Scalar, quantity
from .measurement import Measurement
from .spectrum import CHANNEL


def product(m: Measurement, values: Float[Array, " p"]) -> Scalar:
    """Multiply σ_2, …, σ_{k+1}; a value beyond the last is 0."""
    places = xp.arange(values.size)
    within = xp.where((places >= 1) & (places <= m.k), xp.minimum(values, 1), 1)
    return xp.where(m.k < values.size, xp.prod(within), 0)


def total(bounds: Float[Array, " p"] | None) -> Scalar:
    """Sum the errors of values that are at most 1, which bounds the error of their product."""
    return xp.zeros(()) if bounds is None else xp.sum(bounds)


class Chains(eqx.Module):
    """Hold the products of singular values along a chain of three modalities."""

    sigma_product: Scalar = quantity(
        r"\prod_{i\le k}\sigma_{i+1}(XL)",
        "the product of the singular values of A from the second to the (k+1)-th",
        lambda m: product(m, m.spectrum.singular_values),
        error=lambda m, _: total(m.spectrum.value_bounds),
    )
    garbled_product: Scalar | None = quantity(
        r"\prod_{i\le k}\sigma_{i+1}(XZ)",
        "the same product after the captions have passed through the channel K, whose new captions are Z",
        lambda m: product(m, m.spectrum.garbled_values),
        needs=CHANNEL,
        error=lambda m, _: total(m.spectrum.garbled_bounds),
    )
    channel_product: Scalar | None = quantity(
        r"\prod_{i\le k}\sigma_{i+1}(LZ)",
        "the same product for pairs of a text and the new caption that the channel K makes of it",
        lambda m: product(m, m.spectrum.channel_values),
        needs=CHANNEL,
        error=lambda m, _: total(m.spectrum.channel_bounds),
    )
