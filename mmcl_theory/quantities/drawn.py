"""Measure heads that draw their answer: the class i with probability π_i(x), π(x) nearest to twice the scores."""

import equinox as eqx

from .. import probes
from .field import Scalar, error_of_square, quantity
from .measurement import Measurement


def zero_shot_gain_error(m: Measurement) -> Scalar:
    """Bound the error of the zero-shot head's gain, its residual less its error, by those of both."""
    residual = probes.residual(m.joint.image_label_matrix, m.zero_shot)
    return error_of_square(residual, m.truncation_error) + 2 * m.truncation_error


class Drawn(eqx.Module):
    """Hold what the linear probe and the zero-shot head reach if they draw their answers.

    Projecting onto the simplex moves no two points apart.  So where a truncated decomposition moves the scores by δ in
    the mean square, the error moves by 2δ at most.
    """

    probe_drawn_error: Scalar = quantity(
        r"\tilde e_k",
        "the error of the linear probe on the optimal image encoder of dimension k if it draws the class from π(x), "
        "the probabilities that are nearest to twice its scores p(x)",
        lambda m: m.drawn_probe[0],
        error=lambda m, _: 2 * m.projector_error,
    )
    probe_drawn_gain: Scalar = quantity(
        r"g_k",
        "by how much the error of the linear probe that draws is below its residual: the mean squared distance of the "
        "probabilities π(x) from the scores p(x), and more where an image's own class is never drawn",
        lambda m: m.drawn_probe[1],
        error=lambda m, _: 3 * m.projector_error,
    )
    zero_shot_drawn_error: Scalar = quantity(
        r"\tilde e^{\mathrm{zs}}_k",
        "the error of the zero-shot head of the optimal encoders of dimension k if it draws the class from π(x), the "
        "probabilities that are nearest to twice its scores p(x)",
        lambda m: m.drawn_zero_shot[0],
        error=lambda m, _: 2 * m.truncation_error,
    )
    zero_shot_drawn_gain: Scalar = quantity(
        r"g^{\mathrm{zs}}_k",
        "by how much the error of the zero-shot head that draws is below its residual: the mean squared distance of "
        "the probabilities π(x) from the scores p(x), and more where an image's own class is never drawn",
        lambda m: m.drawn_zero_shot[1],
        error=lambda m, _: zero_shot_gain_error(m),
    )
