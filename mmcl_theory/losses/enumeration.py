"""Enumerate the sets of candidates among which InfoNCE picks, and compute its least loss (theory, section 12)."""

import functools
import itertools
import math

import numpy as np
import scipy
from jaxtyping import Float

from .._arrays import Array, xp
from ..joints.joint import Joint, check_dense

SETS_LIMIT = 2**22  # most numbers that the enumeration holds: 32 MiB for each of a few arrays


def n_candidate_numbers(n_images: int, n_texts: int, candidates: int) -> int:
    """Count the numbers that the enumeration holds: a set of M texts has one for each image, and one for each text.

    Examples
    --------
    >>> n_candidate_numbers(5, 3, 2)  # six sets of two texts
    30
    """
    return math.comb(n_texts + candidates - 1, candidates) * max(n_images, n_texts)


@functools.lru_cache(maxsize=8)
def candidate_sets(n_texts: int, candidates: int) -> tuple[np.ndarray, np.ndarray]:
    """Enumerate the sets of M texts that M independent draws may give, whatever their order, repetitions included.

    Returns
    -------
    tuple
        How often each set has each text, shape (sets, n_L), and the logarithm of how many sequences of draws give it.

    Examples
    --------
    >>> counts, logs = candidate_sets(2, 2)
    >>> counts.tolist(), np.exp(logs).round(12).tolist()
    ([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0]], [1.0, 2.0, 1.0])
    """
    chosen = np.array(list(itertools.combinations_with_replacement(range(n_texts), candidates)))
    counts = np.zeros((len(chosen), n_texts))
    np.add.at(counts, (np.arange(len(chosen))[:, None], chosen), 1)
    return counts, scipy.special.gammaln(candidates + 1) - scipy.special.gammaln(counts + 1).sum(axis=1)


def infonce_information(joint: Joint, candidates: int) -> Float[Array, ""]:
    """Compute log M − L_NCE, L_NCE the least InfoNCE loss with M candidates, by enumeration.

    With ρ = P/(p_V p_L) and ρ̄ its mean over M independent texts it is E ρ log ρ − E ρ̄ log ρ̄: each of the M candidates
    is the text of the image with probability ρ/(Mρ̄), so that the true text may as well be any of them.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> round(float(infonce_information(mt.generators.isotropic_noise(3, 0.0), 2)), 4)  # log(2)·2/3
    0.4621
    """
    matrix, p, q = check_dense("joint", joint).matrix, joint.image_marginal, joint.text_marginal
    counts, logs = candidate_sets(joint.n_texts, candidates)
    density = matrix / p[:, None] / q[None, :]
    chances = xp.exp(logs + counts @ xp.log(q))
    return p @ (_entropic(density) @ q - _entropic(density @ counts.T / candidates) @ chances)


def _entropic(value: Float[Array, "n m"]) -> Float[Array, "n m"]:
    """Return ρ log ρ, 0 at 0, with a finite derivative there."""
    return value * xp.log(xp.where(value > 0, value, 1))
