"""Define what the left-hand sides of bounds never exceed, whatever the instance with these labels (theory, section 9).

A bound that says no more than that is vacuous.  ``√p_V`` is the first singular vector of A, so every optimal encoder
has the constant function, and its linear probe predicts at least as well as the frequencies of the classes do: that
leaves 1 − π, π the probability that two independent images have the same class.  A bound on the residual of encoders
that are given or learned from a sample has the trivial value 1, as these need not have the constant function.
"""

from typing import Any

from .functions import minimum


def largest_residual(q: Any) -> Any:
    """Return 1 − π: r_k ≤ ‖Y − u_1u_1ᵀY‖² = 1 − π, and α_T = 1 − ‖AᵀY‖² ≤ 1 − ‖v_1v_1ᵀAᵀY‖² = 1 − π."""
    return 1 - q.class_collision


def largest_error(q: Any) -> Any:
    """Return min(1, 2(1−π)): e_k ≤ 2 r_k ≤ 2(1−π).

    It can be above the error 1 − p_max of always naming the largest class, as the probe is not fitted to err least.
    """
    return minimum(1, 2 * largest_residual(q))


def largest_augmentation_residual(q: Any) -> Any:
    """Return 1 − π_A, the same under the marginal of the augmentation pairs, whose first eigenvector is its root."""
    return 1 - q.augmentation_collision


def largest_augmentation_error(q: Any) -> Any:
    """Return min(1, 2(1−π_A))."""
    return minimum(1, 2 * largest_augmentation_residual(q))
