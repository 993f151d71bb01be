"""Bound the residuals of optimal encoders by text walks.

Of a joint that is not held densely, from products with A and two singular values alone; of another the spectral measure
of its labels is at hand, and tells the same bounds to rounding.
"""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float, PRNGKeyArray

from .. import _checks
from .._arrays import Array, xp
from ..factorization.dense import eigh
from ..factorization.operators import choose
from ..factorization.precision import resolution
from ..joints.instance import Instance
from ..joints.joint import Joint, check_joint
from ..joints.pairs import PairGraph
from ..joints.settings import STEPS_LIMIT
from .atoms import bounds_of_atoms
from .extremal import extremal
from .moments import centred, spectral_measure, unanswered, walk_moments

RESIDUALS = ("probe", "zero-shot", "single-modal")
# Squares of LAPACK's singular values are off by some ulps of the largest, 1 (6e-15 is the most that was seen on the
# bundled data); so much is added to a and taken from b.
ULPS = 64
# Walks over pairs bound nothing where an eigenvalue is below −1e-12; 0 is found as ±1e-16 or so.
INDEFINITE = Fraction(1, 10**12)


class WalkBounds(NamedTuple):
    """Hold a lower and an upper bound of a residual: numbers for one k, and arrays for several."""

    lower: Any
    upper: Any


def walk_bounds(
    joint: Joint | Instance,
    k: Any,
    steps: int = 16,
    *,
    residual: str = "probe",
    tol: float = 1e-8,
    mesh: Mesh | None = None,
    key: PRNGKeyArray | None = None,
) -> WalkBounds:
    """Bound a residual of the optimal encoders of dimension k by the labels along text walks (`probe-walk`).

    The bounds are the best that α^{(1)} … α^{(M)}, the probabilities that the label differs after m steps from image to
    text to image, allow together with σ_k, σ_{k+1} and the masses of the classes.  More steps bring them nearer.

    Parameters
    ----------
    joint
        The distribution of positive pairs; an instance with augmentation pairs for the single-modal residual.
    k
        Encoder dimension, 1 … min(n_V, n_L), or several.
    steps
        M, 1 … 64.
    residual
        "probe", r_k of the linear probe on the image encoder; "zero-shot", z_k of the zero-shot head; "single-modal",
        the linear probe on the encoder of augmentation pairs, of which the matrix must have no negative eigenvalue.
    tol, key
        Of the singular values of a joint that is not held densely, as for ``factorize``.
    mesh
        Devices over which the rows of the matrix are distributed, one of ``rows_mesh``.

    Returns
    -------
    WalkBounds
        ``lower`` and ``upper``; not a number where the k-th and the (k+1)-th value are equal, as the optimal encoder is
        not unique there.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of a wrong type, or the instance lacks augmentation pairs.
    NotConverged
        If the singular values do not reach ``tol``.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.random_dirichlet(20, 30, 3, key=jax.random.key(0))
    >>> for steps in (1, 2, 4, 8):
    ...     print(*(f"{bound:.3f}" for bound in mt.walk_bounds(joint, 10, steps)))
    0.000 0.625
    0.000 0.532
    0.174 0.357
    0.212 0.310
    """
    instance = Instance.of(joint)
    check_joint("joint", instance.joint)
    if residual not in RESIDUALS:
        raise ValueError(f"residual: must be one of {', '.join(RESIDUALS)}, got {_checks.quoted(residual)}")
    steps = _checks.integer("steps", steps, 1, STEPS_LIMIT)
    tol = _checks.real("tol", tol, 1e-14, 1.0)
    key = None if key is None else _checks.random_key("key", key)
    if residual == "single-modal":
        if instance.augmentation is None:
            raise ValueError("joint: augmentation pairs are needed: Instance(joint, augmentation=P_A)")
        ks = _checks.dimensions("k", k, instance.augmentation.labels.size)
        lower, upper = _of_pairs(instance.augmentation, ks, steps)
    else:
        ks = _checks.dimensions("k", k, min(instance.joint.law.shape))
        lower, upper = _of_joint(instance.joint, ks, steps, residual, tol, mesh, key)
    return WalkBounds(lower, upper) if np.ndim(k) else WalkBounds(float(lower[0]), float(upper[0]))


def widened(a: Any, b: Any, of_a: Any, of_b: Any) -> tuple[Any, Any]:
    """Return a² raised and b² lowered by the errors of a and b and by rounding, within [0, 1].

    Examples
    --------
    >>> low, high = widened(0.5, 0.6, 0.0, 0.1)
    >>> 0.25 < low < 0.25 + 1e-13, round(float(high), 12)
    (np.True_, 0.25)
    """
    slack = ULPS * xp.finfo(xp.result_type(a, b, float)).eps
    return xp.clip((a + of_a) ** 2 + slack, 0, 1), xp.clip(xp.maximum(b - of_b, 0) ** 2 - slack, 0, 1)


def _of_joint(
    joint: Joint, ks: list[int], steps: int, residual: str, tol: float, mesh: Mesh | None, key: PRNGKeyArray | None
) -> tuple[np.ndarray, np.ndarray]:
    law = joint.normalized_law
    operator = choose.operator_of(law, mesh)
    found = choose.decompose(law if mesh is None else operator, max(ks), tol=tol, key=key)
    a, b, unique = _ends(found.values, found.value_bounds, ks)

    def below(block: Float[Array, "n_V r"]) -> tuple[np.ndarray, np.ndarray]:
        """Bound the mass in [0, a] of a block without its part on √p_V, which all of the spectrum tells exactly."""
        start = centred(block, joint.image_marginal)
        if found.value_bounds is not None:
            return extremal(np.asarray(walk_moments(operator, start, steps)), a, b)[:2]
        atoms, masses = spectral_measure(found.left, xp.minimum(found.values, 1) ** 2, start)
        return bounds_of_atoms(np.asarray(atoms), np.asarray(masses), a, b, steps)

    lower, upper = below(joint.image_label_matrix)
    if residual == "zero-shot":
        rest = unanswered(joint)
        total, (least, most) = float(xp.sum(rest**2)), below(rest)
        lower, upper = lower + (total - most), upper + (total - least)
    return np.where(unique, lower, np.nan), np.where(unique, upper, np.nan)


def _of_pairs(graph: PairGraph, ks: list[int], steps: int) -> tuple[np.ndarray, np.ndarray]:
    matrix = graph.normalized
    vectors, diagonal = eigh(matrix)
    values = xp.diagonal(diagonal)
    if values[-1] < -resolution(values.dtype):
        raise ValueError(
            f"joint: augmentation pairs without negative eigenvalues are needed, got one of {float(values[-1]):.3g}"
        )
    values = xp.clip(values, 0, 1)
    a, b, unique = _ends(values, None, ks, power=1)
    atoms, masses = spectral_measure(vectors, values, centred(graph.label_matrix, graph.marginal))
    lower, upper = bounds_of_atoms(np.asarray(atoms), np.asarray(masses), a, b, steps)
    return np.where(unique, lower, np.nan), np.where(unique, upper, np.nan)


def _ends(
    values: Float[Array, " p"], bounds: Float[Array, " p"] | None, ks: list[int], power: int = 2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a = σ²_{k+1} and b = σ²_k for each k, allowing for their errors, and whether they differ; or powers."""
    values, places = xp.append(xp.minimum(values, 1), 0), np.array(ks)
    next_, own = values[places], values[places - 1]
    a, b = next_**power, own**power
    if bounds is not None:
        errors = xp.append(bounds, 0)
        a, b = widened(next_, own, errors[places], errors[places - 1])
    return np.asarray(a), np.asarray(b), np.asarray(own - next_ > resolution(values.dtype))
