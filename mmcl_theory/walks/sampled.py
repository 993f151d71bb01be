"""Estimate how often labels differ along text walks from walks that are drawn, and bound residuals by that."""

from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Float, PRNGKeyArray

from .. import _checks
from ..joints.joint import Joint, check_joint
from ..joints.sampling import draw_walks
from .chebyshev import lowest

STEPS_LIMIT = 8  # beyond, powers of x are too much alike for limits on their means to tell them apart
_WALKS_LIMIT = 2**27
_GRID = 200


class SampledErrors(NamedTuple):
    """Hold estimates of α^{(1)} … α^{(M)}, and limits that hold all at once with the probability asked for."""

    estimate: Float[np.ndarray, " M"]
    lower: Float[np.ndarray, " M"]
    upper: Float[np.ndarray, " M"]


def sampled_walk_errors(
    joint: Joint, steps: int, n_walks: int, *, failure_probability: float = 0.05, key: PRNGKeyArray
) -> SampledErrors:
    """Draw independent text walks on the pairs, and estimate the probabilities that labels differ after 1 … M steps.

    The estimates are unbiased; the limits are Clopper and Pearson's, each at δ/M, so all hold with probability 1 − δ.

    Parameters
    ----------
    joint
        Pairs and labels, of a joint that is held densely or sparsely.
    steps
        M, 1 … 8.
    n_walks
        The number of walks.
    failure_probability
        δ.
    key
        Draws the walks.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.3)
    >>> found = sampled_walk_errors(joint, 2, 10_000, key=jax.random.key(0))
    >>> bool((found.lower <= found.estimate).all() and (found.estimate <= found.upper).all())
    True
    """
    joint = check_joint("joint", joint)
    steps = _checks.integer("steps", steps, 1, STEPS_LIMIT)
    n_walks = _checks.integer("n_walks", n_walks, 1, _WALKS_LIMIT)
    delta = _checks.real("failure_probability", failure_probability, 0.0, 1.0, open_low=True)
    pairs, labels = joint.law.to_sparse().on_host(), np.asarray(joint.image_labels)
    walks = draw_walks(pairs, labels, steps, n_walks, _checks.random_key("key", key))
    count = np.array([n_walks - returned.sum() for returned in walks])
    level = delta / (2 * steps)
    lower = scipy.stats.beta.ppf(level, count, n_walks - count + 1)
    upper = scipy.stats.beta.ppf(1 - level, count + 1, n_walks - count)
    return SampledErrors(count / n_walks, np.where(count == 0, 0, lower), np.where(count == n_walks, 1, upper))


def sampled_walk_upper(errors: SampledErrors, a: float, b: float, collision: float) -> float:
    """Bound r_k from above by limits on walk errors: with the probability that the limits hold, a bound.

    A linear program finds the best Σ_m c_m(1 − x^m) + c_0 that is at least 1 on [0, a] and 0 on [b, 1], each mean at
    the limit that makes it larger; what the polynomial lacks in between grid points is added.

    Parameters
    ----------
    errors
        The limits of α^{(1)} … α^{(M)}.
    a, b
        σ²_{k+1} and σ²_k, or more and less.
    collision
        π, the mass of 1 that is known.

    Examples
    --------
    >>> import numpy as np
    >>> exact = np.array([0.3])
    >>> round(sampled_walk_upper(SampledErrors(exact, exact, exact), 0.4, 0.9, 0.5), 9)
    0.5
    """
    steps, mass = len(errors.estimate), 1 - collision
    nodes = np.concatenate([np.linspace(0, a, _GRID), np.linspace(max(a, b), 1, _GRID)])
    powers = 1 - nodes[:, None] ** np.arange(1, steps + 1)
    rows = np.concatenate([np.ones((len(nodes), 1)), -np.ones((len(nodes), 1)), powers, -powers], axis=1)
    cost = np.concatenate([[mass, -mass], errors.upper, -errors.lower])
    solved = scipy.optimize.linprog(cost, A_ub=-rows, b_ub=-1.0 * (nodes <= a), method="highs")
    if solved.x is None:
        return mass
    plus, minus, up, down = solved.x[0], solved.x[1], solved.x[2 : 2 + steps], solved.x[2 + steps :]
    value = mass * (plus - minus) + up @ errors.upper - down @ errors.lower
    slopes = up - down
    series = np.polynomial.Polynomial([plus - minus + slopes.sum(), *-slopes])(np.polynomial.Polynomial([0.5, 0.5]))
    chebyshev = series.convert(kind=np.polynomial.Chebyshev).coef
    missing = 0.0
    for level, low, high in ((1, 0.0, a), (0, max(a, b), 1.0)):
        least, _ = lowest(chebyshev[None], np.array([2 * low - 1]), np.array([2 * high - 1]))
        missing = max(missing, level - least[0])
    return float(min(value + missing * mass, mass))
