"""Measure heads that draw their answer: the class i with probability π_i(x), π(x) nearest to twice the scores."""

import equinox as eqx

from .field import Scalar, error_of_square, quantity


class Drawn(eqx.Module):
    """Hold what the linear probe and the zero-shot head reach if they draw their answers.

    Projecting onto the simplex moves no two points apart, and neither does π(2p) − p, half of the reflection at the
    simplex less the identity.  So where a truncated decomposition moves the scores by δ in the mean square, the error
    moves by 2δ at most and ‖π − p‖ by δ.
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
        "the mean squared distance of these probabilities π(x) from the scores p(x) of the linear probe",
        lambda m: m.drawn_probe[1],
        error=lambda m, value: error_of_square(value, m.projector_error),
    )
    zero_shot_drawn_error: Scalar = quantity(
        r"\tilde e^{\mathrm{zs}}_k",
        "the error of the zero-shot head of the optimal encoders of dimension k if it draws the class from π(x), "
        "the probabilities that are nearest to twice its scores p(x)",
        lambda m: m.drawn_zero_shot[0],
        error=lambda m, _: 2 * m.truncation_error,
    )
    zero_shot_drawn_gain: Scalar = quantity(
        r"g^{\mathrm{zs}}_k",
        "the mean squared distance of these probabilities π(x) from the scores p(x) of the zero-shot head",
        lambda m: m.drawn_zero_shot[1],
        error=lambda m, value: error_of_square(value, m.truncation_error),
    )
