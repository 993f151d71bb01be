"""Define how a quantity is declared: its symbol, its meaning, what it needs, its value and its error in one place."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
from jaxtyping import Float

from .. import probes
from .._arrays import Array, xp
from ..joints.instance import Instance
from .measurement import Hosted, Measurement

Scalar = Float[Array, ""]


class Need(NamedTuple):
    """Describe what an instance must have for a quantity to have a meaning.

    Attributes
    ----------
    sentence
        What is needed, as it follows the word "needs".
    is_met
        Tells of a measurement whether it has that.
    parts
        The optional parts of the instance that are needed, by their names.
    decompositions
        Which of ``decompositions.EXTRAS`` are needed.
    """

    sentence: str
    is_met: Callable[[Measurement], bool]
    parts: tuple[str, ...] = ()
    decompositions: tuple[str, ...] = ()


def quantity(
    symbol: str,
    meaning: str,
    value: Callable[[Measurement], Any],
    *,
    needs: Need | None = None,
    relative: bool = False,
    error: Callable[[Measurement, Any], Any] | None = None,
    cells: Callable[[Instance], int] | None = None,
    soft: Callable[[Measurement, Any], Any] | None = None,
    hosted: tuple[Hosted, ...] = (),
) -> Any:
    r"""Declare a quantity: a field of ``Quantities`` that carries all that is known of it.

    Parameters
    ----------
    symbol
        In LaTeX.
    meaning
        A sentence that says what is measured, without a full stop, beginning with a noun: "where α is the …".
    value
        Computes it from a measurement.
    needs
        What the instance must have; where it has not, the quantity is None.
    relative
        Whether rounding leaves an error in proportion to the value, ``rounding``·|value|, as it does to a sum of
        non-negative terms, to products and to quotients of such: 2¹² units in the last place are enough for as many
        terms in the worst case, and for 2²⁴ whose errors are independent.  By default it leaves ``rounding`` to a
        value below 1, however small.
    error
        Bounds, from the measurement and the value, how far the value may be off beyond that: what rounding, or the
        iteration of a truncated decomposition, leaves of singular vectors, or of a difference.  By default nothing.
    cells
        Counts, for an instance, the entries of the largest array that computing it forms, where that is larger than P.
    soft
        Computes a smooth stand-in, from a measurement and a softness, for a value that is piecewise constant.
    hosted
        What it reads that is computed outside of compiled programs.

    Examples
    --------
    >>> from mmcl_theory.quantities.quantities import Quantities
    >>> Quantities.__dataclass_fields__["probe_residual"].metadata["symbol"]
    'r_k'
    """
    metadata = {
        "symbol": symbol,
        "meaning": meaning,
        "value": value,
        "needs": None if needs is None else needs.sentence,
        "is_met": None if needs is None else needs.is_met,
        "parts": () if needs is None else needs.parts,
        "decompositions": () if needs is None else needs.decompositions,
        "relative": relative,
        "error": error,
        "cells": cells,
        "soft": soft,
        "hosted": hosted,
    }
    return eqx.field(kw_only=True, default=None, metadata=metadata)


def error_of_head(
    symbol: str,
    meaning: str,
    head: Callable[[Measurement], tuple[Array, Array, Array]],
    *,
    needs: Need | None = None,
    score_error: Callable[[Measurement], Any] | None = None,
) -> Any:
    """Declare the error of a head that answers the class of the largest score.

    Parameters
    ----------
    symbol, meaning, needs
        As for ``quantity``.
    head
        Gives scores, labels and the marginal of the items.
    score_error
        Bounds the error that the decomposition leaves on scores: an item counts as doubtful if its best two scores are
        nearer to each other than twice that.  One whose scores tie to the last digits of a complete decomposition
        does not.
    """

    def error(m: Measurement, _: Any) -> Any:
        """Sum the mass of the doubtful items."""
        if score_error is None:
            return 0.0
        return probes.undecided(*head(m), 2 * score_error(m), ties=not m.spectrum.is_complete)

    return quantity(
        symbol,
        meaning,
        lambda m: probes.error(*head(m)),
        needs=needs,
        relative=True,
        error=error,
        soft=lambda m, softness: probes.soft_error(*head(m), softness),
    )


def error_of_square(value: Scalar, distance: Any) -> Scalar:
    """Bound by how much a squared norm is off whose argument is off by a distance.

    Examples
    --------
    >>> import numpy as np
    >>> float(error_of_square(np.array(4.0), 0.5)), (2 + 0.5) ** 2 - 2**2
    (2.25, 2.25)
    """
    return (2 * xp.sqrt(value) + distance) * distance


# What a joint itself may lack.  Of a decomposition that is truncated only the first singular values are known.
COMPLETE = Need("the complete spectrum, so a joint held densely: joint.to_dense()", lambda m: m.spectrum.is_complete)
PAIRS = Need(
    "the mass of each pair, so a joint held densely or sparsely: joint.to_sparse()",
    lambda m: m.pointwise_information is not None,
)
