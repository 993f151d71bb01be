"""Define the ReLU encoder, its similarity with stop-gradient, the loss and the loss's gradient (theory, section 8)."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .data import Config, Draw, direction, signals

Parts = Float[Array, "2 n m"]  # activations of m neurons on the signal part and on the noise part of n inputs


def activations(
    weights: Float[Array, "m d"], signal_parts: Float[Array, "n d"], noise_parts: Float[Array, "n d"]
) -> Parts:
    """Compute relu(⟨w_r, x⁽¹⁾⟩) and relu(⟨w_r, x⁽²⁾⟩); their sum over the two parts is the feature h(x)."""
    return jax.nn.relu(jnp.stack([signal_parts @ weights.T, noise_parts @ weights.T]))


def contrast(
    anchors: Parts, candidates: Parts, positives: Parts, labels: Float[Array, " n"], temperature: float
) -> Float[Array, ""]:
    """Average over i the −log softmax of the positive of i against the candidates j with y_j ≠ y_i.

    A similarity is (1/m) Σ_r over each part separately; nothing but the anchors is differentiated.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> round(float(jax.jit(contrast)(*3 * [jnp.zeros((2, 4, 5))], jnp.array([1, 1, -1, -1]), 1.0)), 4)  # log (1 + 2)
    1.0986
    """
    logits = _logits(anchors, jax.lax.stop_gradient(candidates), jax.lax.stop_gradient(positives), labels, temperature)
    return jnp.mean(jax.nn.logsumexp(logits, axis=1) - logits[:, -1])


def pull(
    anchors: Parts, candidates: Parts, positives: Parts, labels: Float[Array, " n"], temperature: float
) -> tuple[Float[Array, ""], Parts]:
    """Compute ``contrast`` and, in closed form, −∂contrast/∂anchors for each part of each anchor, from one softmax.

    The latter is (1/nmτ) (positive − mean), the mean being that of candidates and positive, weighted by the softmax.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, numpy as np
    >>> parts = jax.random.uniform(jax.random.key(0), (3, 2, 4, 5))
    >>> labels = jnp.array([1, 1, -1, -1])
    >>> value, pulled = jax.jit(pull)(*parts, labels, 0.5)
    >>> expected, slope = jax.jit(jax.value_and_grad(contrast))(*parts, labels, 0.5)
    >>> np.allclose(pulled, -slope, rtol=1e-12), np.allclose(value, expected, rtol=1e-12)
    (True, True)
    """
    n, m = anchors.shape[1:]
    logits = _logits(anchors, candidates, positives, labels, temperature)
    largest = jnp.max(logits, axis=1, keepdims=True)  # finite, as the positive's is
    powers = jnp.exp(logits - largest)
    total = jnp.sum(powers, axis=1, keepdims=True)
    share = powers / total
    mean = jnp.einsum("ij,pjr->pir", share[:, :-1], candidates) + share[:, -1:] * positives
    value = jnp.mean((jnp.log(total) + largest)[:, 0] - logits[:, -1])
    return value, (positives - mean) / (n * m * temperature)


def pairings(parts: Sequence[Parts], view: Parts | None = None) -> list[tuple[Parts, Parts, Parts]]:
    """List anchors, candidates and positives of each direction of the loss, from the activations of each encoder.

    With one encoder the candidates are its own activations, and the positives those on the augmented views; with two
    encoders both are the activations of the other encoder.
    """
    if view is not None:
        return [(parts[0], parts[0], view)]
    one, other = parts
    return [(one, other, other), (other, one, one)]


def loss(weights: Sequence[Float[Array, "m d"]], config: Config, draw: Draw) -> Float[Array, ""]:
    """Compute the training loss of one encoder on augmented views, or of two on each other, both directions summed.

    Its gradient, with stop-gradient in the second place of each similarity, is what training descends; it is not the
    gradient of this number as a function of the weights, which would have the other half as well.
    """
    inputs = [
        (signal * draw.labels[:, None] * direction(encoder, config.dimension), config.noise * draw.noise[encoder])
        for encoder, signal in enumerate(signals(config))
    ]
    parts = [activations(own, *both) for own, both in zip(weights, inputs, strict=True)]
    view = None
    if not config.multi_modal:
        signal_parts, noise_parts = inputs[0]
        view = activations(weights[0], signal_parts, noise_parts + config.augmentation_noise * draw.augmentation)
    return sum(
        (contrast(*pairing, draw.labels, config.temperature) for pairing in pairings(parts, view)), start=jnp.zeros(())
    )


def _logits(
    anchors: Parts, candidates: Parts, positives: Parts, labels: Float[Array, " n"], temperature: float
) -> Float[Array, "n n+1"]:
    """Compute similarity/τ of each anchor to the candidates, −∞ within a class, and to its positive (last column)."""
    scale = anchors.shape[2] * temperature
    similarity = jnp.einsum("pir,pjr->ij", anchors, candidates) / scale
    against = jnp.where(labels[:, None] != labels[None, :], similarity, -jnp.inf)
    return jnp.hstack([against, jnp.sum(anchors * positives, axis=(0, 2))[:, None] / scale])
