r"""Perform gradient descent in the coordinates γ, ρ of the signal–noise decomposition (`signal-noise-recursion`).

A step moves w_r by multiples of the anchors' parts alone, y_iμ and ξ_i: similarities are differentiated in their first
place only, and what stands in the second, the augmented view ξ_i + ε_i as well as the other modality, is behind the
stop-gradient.  So

    w_r = w_r⁰ + γ_r μ/‖μ‖² + Σ_i ρ_{r,i} ξ_i/‖ξ_i‖²

is exact at every step, with the noises ξ_i and not the augmented ones, and n + 1 numbers for each neuron are all that
training changes:

    γ_r ← γ_r + step · ‖μ‖² Σ_i y_i 1[y_i⟨w_r,μ⟩ > 0] pull⁽¹⁾_{r,i},
    ρ_{r,i} ← ρ_{r,i} + step · ‖ξ_i‖² 1[⟨w_r,ξ_i⟩ > 0] pull⁽²⁾_{r,i},

where the inner products are those of w_r⁰ plus Gram matrix times coefficients, and no vector of dimension d is needed
after the start.  (Were views the anchors, the basis would be that of the ξ_i + ε_i, and grow with every new view.)
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .data import Config, Draw, direction, signals
from .encoder import Parts, pairings, pull

Coefficients = Float[Array, "m n+1"]  # γ_r, then ρ_{r,1} … ρ_{r,n}


class Geometry(eqx.Module):
    """Hold inner products: of an encoder's basis μ, ξ_1 … ξ_n and of its first weights with basis, views and tests."""

    gram: Float[Array, "n+1 n+1"]
    start: Float[Array, "m n+1"]
    view_gram: Float[Array, "n+1 n"]
    view_start: Float[Array, "m n"]
    test_gram: Float[Array, "n+1 n_test"]
    test_start: Float[Array, "m n_test"]

    @classmethod
    def of(cls, draw: Draw, encoder: int) -> "Geometry":
        """Compute the inner products of one encoder at unit scales.

        Here ‖μ‖ = σ_ξ = σ_ε = 1, the weights have scale one, and the views are the added noise alone.
        """
        noise, weights = draw.noise[encoder], draw.weights[encoder]
        basis = jnp.vstack([direction(encoder, noise.shape[1]), noise])
        with_all = (draw.augmentation, draw.test_noise)
        grams = [basis @ basis.T, *(basis @ other.T for other in with_all)]
        starts = [weights @ basis.T, *(weights @ other.T for other in with_all)]
        return cls(grams[0], starts[0], grams[1], starts[1], grams[2], starts[2])

    def scaled(self, config: Config, signal: float) -> "Geometry":
        """Rescale the inner products from unit scales to those of the config; one set serves a whole grid of scales."""
        n = len(self.gram) - 1
        scales = jnp.append(jnp.asarray(signal, float), jnp.full(n, config.noise))
        gram, start = scales[:, None] * self.gram * scales, config.init_scale * self.start * scales
        return Geometry(
            gram=gram,
            start=start,
            view_gram=gram[:, 1:] + config.augmentation_noise * scales[:, None] * self.view_gram,
            view_start=start[:, 1:] + config.augmentation_noise * config.init_scale * self.view_start,
            test_gram=scales[:, None] * self.test_gram * config.noise,
            test_start=config.init_scale * self.test_start * config.noise,
        )

    @property
    def squared_norms(self) -> Float[Array, " n+1"]:
        """Return the squared norms of the basis, ‖μ‖², ‖ξ_1‖² … ‖ξ_n‖²."""
        return jnp.diag(self.gram)

    def products(self, coefficients: Coefficients) -> Float[Array, "m n+1"]:
        """Compute the products of the weights with the basis, ⟨w_r, μ⟩ and ⟨w_r, ξ_i⟩."""
        return self.start + (coefficients / self.squared_norms) @ self.gram

    def view_products(self, coefficients: Coefficients) -> Float[Array, "m n"]:
        """Compute the products of the weights with the noise of the augmented views, ⟨w_r, ξ_i + ε_i⟩."""
        return self.view_start + (coefficients / self.squared_norms) @ self.view_gram

    def test_products(self, coefficients: Coefficients) -> Float[Array, "m n_test"]:
        """Compute the products of the weights with the noise ξ of the test examples, ⟨w_r, ξ⟩."""
        return self.test_start + (coefficients / self.squared_norms) @ self.test_gram


def geometries(config: Config, draw: Draw) -> tuple[Geometry, ...]:
    """Compute the inner products of one encoder or of two, at unit scales."""
    return tuple(Geometry.of(draw, encoder) for encoder in range(len(signals(config))))


def at_scales(units: Sequence[Geometry], config: Config) -> tuple[Geometry, ...]:
    """Rescale the inner products of each encoder to the config's scales."""
    return tuple(unit.scaled(config, signal) for unit, signal in zip(units, signals(config), strict=True))


def advance(
    coefficients: Sequence[Coefficients], config: Config, shapes: Sequence[Geometry], labels: Float[Array, " n"]
) -> tuple[tuple[Coefficients, ...], Float[Array, ""]]:
    """Perform one step of the recursion; return the new coefficients, and the loss of the old."""
    products = [shape.products(own) for shape, own in zip(shapes, coefficients, strict=True)]
    parts = [parts_of(own, labels) for own in products]
    view = None
    if not config.multi_modal:
        view = jnp.stack([parts[0][0], jax.nn.relu(shapes[0].view_products(coefficients[0]).T)])
    value, moved = jnp.zeros(()), []
    for own, shape, pairing in zip(coefficients, shapes, pairings(parts, view), strict=True):
        loss, pulled = pull(*pairing, labels, config.temperature)
        active = jnp.where(pairing[0] > 0, pulled, 0)
        change = jnp.vstack([labels @ active[0], active[1]]).T
        moved.append(own + config.step_size * shape.squared_norms * change)
        value += loss
    return tuple(moved), value


def parts_of(products: Float[Array, "m n+1"], labels: Float[Array, " n"]) -> Parts:
    """Compute the activations on the two parts of the training examples from ⟨w_r, μ⟩ and ⟨w_r, ξ_i⟩."""
    return jax.nn.relu(jnp.stack([labels[:, None] * products[:, 0], products[:, 1:].T]))
