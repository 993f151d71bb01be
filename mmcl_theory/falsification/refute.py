"""Search small joints, then larger ones, until a violation is proven."""

from collections.abc import Sequence

from jaxtyping import PRNGKeyArray

from ..theory.theorem import Theorem
from .falsification import Falsification
from .falsify import discard_programs, falsify

# (images, texts, classes, k).  The smallest have the fewest ways to be wrong; with k = 2 heads need no ties to err.
SIZES = ((3, 3, 2, 1), (4, 4, 3, 2), (6, 6, 3, 2))
_STAGES = (3, 7, 15, 15)  # rounds of the stages of a search, each of which ends with a certificate or without


def refute(
    theorem: str | Theorem, *, key: PRNGKeyArray, sizes: Sequence[tuple[int, int, int, int]] = SIZES
) -> Falsification:
    """Try to refute a theorem: at most 40 rounds of ``falsify`` at each size, ended by the first certified violation.

    Parameters
    ----------
    theorem
        A slug or a ``Theorem``.
    key
        The random key.
    sizes
        Sizes (n_images, n_texts, n_classes, k), tried in this order.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> from mmcl_theory.falsification.refute import refute
    >>> lowered, *_ = mt.mutants(mt.theorems["probe-text-induced"])
    >>> refute(lowered, key=jax.random.key(0)).certified
    True
    """
    worst = None
    for size in sizes:
        worst = None
        try:
            for rounds in _STAGES:
                worst = falsify(theorem, *size, key=key, budget=rounds, resume=worst)
                if worst.certified:
                    return worst
        finally:
            discard_programs()
    if worst is None:
        raise ValueError("sizes: at least one is needed, got none")
    return worst
