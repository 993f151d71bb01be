"""Measure drawn text walks: the shares of them at whose end the label differs (section 10)."""

from typing import Any

import equinox as eqx

from .field import Need, Scalar, quantity
from .measurement import Measurement

WALKS = Need(
    "drawn text walks: Instance(joint, walks=counts)",
    lambda m: m.instance.walks is not None,
    ("walks",),
)


def share_that_differs(m: Measurement, step: int) -> Any:
    """Compute the share of the walks that are not in their class at a step, counted from the last, which is −1."""
    counts = m.instance.walks
    return (counts[0] - counts[step]) / counts[0]


class SampledWalks(eqx.Module):
    """Hold what drawn text walks tell of how often labels differ."""

    walk_sample_size: Scalar | None = quantity(
        r"N_{\mathrm{walk}}",
        "the number of drawn text walks",
        lambda m: 1.0 * m.instance.walks[0],
        needs=WALKS,
    )
    walk_sampled_last: Scalar | None = quantity(
        r"\hat\alpha^{(M)}",
        "the share of the drawn text walks after whose last step the label differs",
        lambda m: share_that_differs(m, -1),
        needs=WALKS,
        relative=True,
    )
    walk_sampled_before: Scalar | None = quantity(
        r"\hat\alpha^{(M-1)}",
        "the share of the same walks whose label differs one step before the last",
        lambda m: share_that_differs(m, -2),
        needs=WALKS,
        relative=True,
    )
