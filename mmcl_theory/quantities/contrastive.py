"""Measure the InfoNCE loss of given encoders, and the zero-shot classifier that their scores make.

The scores are s(x,l) = f_V(x)ᵀf_L(l), divided by the temperature τ (theory, sections 11 and 12).
"""

import math

import equinox as eqx
import jax
from jaxtyping import Float

from .._arrays import Array, xp
from ..factorization.precision import rounding
from ..joints.instance import Instance
from .field import Need, Scalar, error_of_head, quantity
from .measurement import Measurement

# Most pairs of an image and a text that have a score each: 128 MiB.
SCORES_LIMIT = 2**24
# Where a logarithm is below 1/8, thirteen terms of the series leave less than 1e-16 of its sum.
_NEAR, _TERMS = 0.125, 14

CELLS = Need(
    f"at most {SCORES_LIMIT} pairs of an image and a text",
    lambda m: m.joint.law.size <= SCORES_LIMIT,
)
SCORED = Need(
    f"a pair of encoders: Instance(joint, encoders=(f_V, f_L)); and at most {SCORES_LIMIT} pairs of image and text",
    lambda m: m.instance.encoders is not None and m.joint.law.size <= SCORES_LIMIT,
    ("encoders",),
)


def pairs(instance: Instance) -> int:
    """Count the pairs of an image and a text."""
    return instance.joint.law.size


def scores(m: Measurement) -> Float[Array, "n_V n_L"]:
    """Compute f_V(x)ᵀf_L(l)."""
    images, texts = m.instance.encoders
    return images @ texts.T


def loss_over_temperature(m: Measurement, scores: Float[Array, "n_V n_L"]) -> Scalar:
    """Compute L_τ(s)/τ = −E_P s/τ + E_x log E_{l~p_L} e^{s(x,l)/τ}."""
    logits = scores / m.instance.temperature
    wholes = xp.logsumexp(logits, axis=1, b=m.joint.text_marginal[None, :])
    return m.joint.image_marginal @ wholes - xp.sum(m.joint.law.to_dense() * logits)


def log_predicted(m: Measurement) -> Float[Array, "n_V n_L"]:
    """Compute log Q_s(l|x), Q_s(l|x) ∝ p_L(l) e^{s(x,l)/τ}."""
    return xp.log_softmax(scores(m) / m.instance.temperature + xp.log(m.joint.text_marginal), axis=1)


def mean_divergence(m: Measurement, log_other: Float[Array, "n_V n_L"]) -> Scalar:
    """Compute E_x KL(P(·|x) ‖ Q(·|x)) from log Q, also where it is tiny to nearly all digits.

    It is the sum of Q(e^d(d−1)+1) over d = log P/Q, terms that are not negative, by the series in d where d is small.
    """
    p, other = m.joint.image_marginal[:, None], xp.exp(log_other)
    conditional = m.joint.law.to_dense() / p
    there = conditional > 0
    ratio = xp.where(there, xp.log(xp.where(there, conditional, 1)) - log_other, 0)
    near = xp.abs(ratio) < _NEAR
    small, series = xp.where(near, ratio, 0), xp.zeros(())
    for n in range(_TERMS, 1, -1):
        series = series * small + (n - 1) / math.factorial(n)
    terms = xp.where(near, other * small**2 * series, conditional * ratio - conditional + other)
    return xp.sum(p * xp.where(there, terms, other))


def score_divergence(m: Measurement) -> Scalar:
    """Compute E_x KL(P(·|x) ‖ Q_s(·|x))."""
    return mean_divergence(m, log_predicted(m))


def predicted_classes(m: Measurement) -> Float[Array, "n_V r"]:
    """Compute Q_s(y_L = i | x)."""
    return xp.exp(log_predicted(m)) @ xp.one_hot(m.joint.text_labels, m.joint.n_classes)


def regrets(m: Measurement) -> Float[Array, "n_V r"]:
    """Compute max_j P(y_L = j | x) − P(y_L = i | x): what the answer i costs beyond the Bayes rule."""
    truth = m.joint.law @ xp.one_hot(m.joint.text_labels, m.joint.n_classes) / m.joint.image_marginal[:, None]
    return xp.max(truth, axis=1, keepdims=True) - truth


def text_label_excess(m: Measurement) -> Scalar:
    """Compute δ: of the classes that share the largest Q_s, within rounding, the worst is answered."""
    predicted = predicted_classes(m)
    largest = xp.max(predicted, axis=1, keepdims=True)
    answers = predicted >= largest * (1 - rounding(predicted.dtype))
    return m.joint.image_marginal @ xp.max(xp.where(answers, regrets(m), 0), axis=1)


def soft_text_label_excess(m: Measurement, softness: Scalar) -> Scalar:
    """Compute δ with a softmax of Q_s in place of the largest."""
    answers = jax.nn.softmax(predicted_classes(m) / softness, axis=1)
    return m.joint.image_marginal @ xp.sum(answers * regrets(m), axis=1)


class Contrastive(eqx.Module):
    """Hold the quantities of the InfoNCE loss of given encoders."""

    temperature: Scalar = quantity(
        r"\tau", "the temperature, by which scores are divided", lambda m: xp.asarray(m.instance.temperature)
    )
    infonce_loss: Scalar | None = quantity(
        r"L_\tau(s)",
        "the InfoNCE loss of the given encoders from images to texts, with infinitely many candidates, less log M",
        lambda m: m.instance.temperature * loss_over_temperature(m, scores(m)),
        needs=SCORED,
        cells=pairs,
    )
    score_divergence: Scalar | None = quantity(
        r"\mathrm{KL}_s",
        "the mean divergence of an image's texts from those that the scores predict, the excess InfoNCE loss over τ",
        score_divergence,
        needs=SCORED,
        cells=pairs,
    )
    score_error: Scalar | None = error_of_head(
        "e_s",
        "the error on images of the zero-shot classifier that answers the class whose texts the scores predict most, "
        "a tie counted as an error",
        lambda m: (predicted_classes(m), m.joint.image_labels, m.joint.image_marginal),
        needs=SCORED,
    )
    text_label_excess: Scalar | None = quantity(
        r"\delta_s",
        "the error of that classifier on the label of the text, less the least that there is; a tie is resolved badly",
        text_label_excess,
        needs=SCORED,
        cells=pairs,
        soft=soft_text_label_excess,
    )
