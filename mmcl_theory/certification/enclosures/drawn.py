"""Enclose what the linear probe and the zero-shot head reach if they draw their answers."""

from ..arithmetic.ball import Ball
from ..arithmetic.simplex import answers
from .exact_measurement import ExactMeasurement
from .registry import encloses


@encloses
def probe_drawn_error(m: ExactMeasurement) -> Ball:
    """Return the error of the probe that draws its answers."""
    return answers(m.joint.form.project(m.joint.targets, m.k).scores, m.joint).error


@encloses
def probe_drawn_gain(m: ExactMeasurement) -> Ball:
    """Return what drawing gains on the residual."""
    return answers(m.joint.form.project(m.joint.targets, m.k).scores, m.joint).gain


@encloses
def zero_shot_drawn_error(m: ExactMeasurement) -> Ball:
    """Return the error of the zero-shot head that draws its answers; its scores are Π_kAW."""
    return answers(m.joint.form.project(m.joint.posteriors, m.k).scores, m.joint).error


@encloses
def zero_shot_drawn_gain(m: ExactMeasurement) -> Ball:
    """Return what drawing gains on the residual."""
    return answers(m.joint.form.project(m.joint.posteriors, m.k).scores, m.joint).gain
