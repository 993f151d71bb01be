"""Apply the four methods of guided resampling to a pair graph; a guide is the similarity g(x,x') of its images.

Where values of g are equal, the mass at the limit is divided in proportion.  So a guide that finds all images alike
does not change which pairs are drawn, and results do not depend on the order of the images.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from .. import _checks
from .._arrays import Array
from ..joints.pairs import PairGraph, check_graph

TIED = 1e-9  # similarities nearer than this count as equal; the rounding of a decomposition is far smaller


def cosine(features: Any) -> Float[Array, "n n"]:
    """Compute the cosine similarity of an encoder's features: the usual guide.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.resampling.cosine([[2.0, 0.0], [0.0, 1.0]]).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    rows = _checks.real_array("features", features, 2)
    for order in (np.inf, 2):  # by the largest entry first, whose square may be too large or too small
        lengths = np.linalg.norm(rows, order, axis=1, keepdims=True)
        rows = rows / np.where(lengths > 0, lengths, 1)
    return rows @ rows.T


def add_new_positive(graph: PairGraph, similarity: Any, weight: float = 0.5) -> PairGraph:
    """Mix in new positive pairs, P' = (1−w) P + w P_new: P_new pairs each image with its most g-similar other one.

    Both orders of a pair are equally likely.  With the similarity of the texts, and captions that name one of m
    contents, P_new is P_T without the pairs of an image with itself.  Images that are chosen often gain mass, so the
    marginal of P' may differ from that of P.

    Parameters
    ----------
    graph
        The pair graph P, of at least two images.
    similarity
        The guide's similarity g, symmetric, shape (n, n).
    weight
        The weight w in [0, 1].

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> graph = mt.PairGraph([[4, 1, 0], [1, 4, 0], [0, 0, 5]], labels=[0, 1, 1])
    >>> guide = mt.resampling.cosine([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> round(float(mt.resampling.add_new_positive(graph, guide, 0.25).labeling_error), 12)  # of 2/15 and 1/3
    0.183333333333
    """
    P, g = _checked(graph, similarity)
    weight = _checks.real("weight", weight, 0, 1)
    marginal = P.sum(axis=1)
    others = np.where(np.eye(len(g), dtype=bool), -np.inf, g)
    nearest = (others >= others.max(axis=1, keepdims=True) - TIED) * marginal
    new = marginal[:, None] * nearest / nearest.sum(axis=1, keepdims=True)
    return PairGraph((1 - weight) * P + weight * _symmetric(new), graph.labels, graph.n_classes)


def drop_false_positive(graph: PairGraph, similarity: Any, share: float = 0.1) -> PairGraph:
    """Discard the share d of the mass of positive pairs with the lowest g, and renormalize.

    Parameters
    ----------
    graph, similarity
        The pair graph and the similarity, as for ``add_new_positive``.
    share
        The share d in [0, 1).

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or an image would be left without pairs.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> graph = mt.PairGraph([[4, 1], [1, 4]], labels=[0, 1])
    >>> round(float(mt.resampling.drop_false_positive(graph, [[1, 0], [0, 1]], 0.1).labeling_error), 12)  # 1/9
    0.111111111111
    """
    P, g = _checked(graph, similarity)
    kept = P * _part_left(P.ravel(), g.ravel(), _share(share)).reshape(P.shape)
    if not (kept.sum(axis=1) > 0).all():
        image = int(np.argmin(kept.sum(axis=1)))
        raise ValueError(f"share: image {image} is left without pairs at {_checks.quoted(share)}")
    return PairGraph(_symmetric(kept), graph.labels, graph.n_classes)


def drop_false_negative(graph: PairGraph, similarity: Any, share: float = 0.05) -> Float[np.ndarray, "n n"]:
    """Compute the distribution M of negative pairs without each anchor's share d of highest g.

    A negative of an anchor x is drawn from p, the marginal of P.  The share d of the mass of the other images is
    discarded, and the rest is renormalized; the mass of x itself stays as it is, because a loss without it does not
    bound the length of f(x) and has no minimum.  M is symmetrized, which does not change ΣM(ffᵀ)².

    Parameters
    ----------
    graph, similarity
        The pair graph and the similarity, as for ``add_new_positive``.
    share
        The share d in [0, 1).

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> graph = mt.PairGraph([[1, 1, 1], [1, 1, 1], [1, 1, 1]], labels=[0, 0, 1])
    >>> guide = mt.resampling.cosine([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> (9 * mt.resampling.drop_false_negative(graph, guide, 0.5)).round(12).tolist()
    [[1.0, 0.0, 1.5], [0.0, 1.0, 1.5], [1.5, 1.5, 1.0]]
    """
    P, g = _checked(graph, similarity)
    return _symmetric(of_anchors(P.sum(axis=1), -g, _share(share)))


def drop_easy_negative(graph: PairGraph, similarity: Any, share: float = 0.1) -> Float[np.ndarray, "n n"]:
    """Compute the distribution M of negative pairs without each anchor's share d of lowest g.

    All else is as for ``drop_false_negative``.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> graph = mt.PairGraph([[1, 1, 1], [1, 1, 1], [1, 1, 1]], labels=[0, 0, 1])
    >>> guide = mt.resampling.cosine([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> (9 * mt.resampling.drop_easy_negative(graph, guide, 0.5)).round(12).tolist()
    [[1.0, 2.0, 0.5], [2.0, 1.0, 0.5], [0.5, 0.5, 1.0]]
    """
    P, g = _checked(graph, similarity)
    return _symmetric(of_anchors(P.sum(axis=1), g, _share(share)))


def of_anchors(marginal: np.ndarray, order: np.ndarray, share: float) -> np.ndarray:
    """Compute M before it is symmetrized: a row for each anchor, without its share lowest in ``order``."""
    n = len(marginal)
    M = np.empty((n, n))
    for x in range(n):
        others = np.arange(n) != x
        kept = _part_left(marginal[others], order[x, others], share) / (1 - share)
        M[x, others] = marginal[x] * marginal[others] * kept
        M[x, x] = marginal[x] ** 2
    return M


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    return (matrix + matrix.T) / 2


def _part_left(mass: np.ndarray, order: np.ndarray, share: float) -> np.ndarray:
    """Return the part of each mass that is left when the share of the total lowest in ``order`` is discarded."""
    place = np.argsort(order, kind="stable")
    # Groups of equal values: a new one begins where the order rises.
    group = np.empty(len(order), dtype=int)
    group[place] = np.cumsum(np.diff(order[place], prepend=order[place[0]]) > TIED)
    of_group = np.bincount(group, weights=mass)
    before = np.cumsum(of_group) - of_group
    discarded = np.clip(share * mass.sum() - before, 0, of_group)
    return (1 - discarded / np.where(of_group > 0, of_group, 1))[group]


def _share(share: Any) -> float:
    share = _checks.real("share", share, 0, 1)
    if share == 1:
        raise ValueError("share: must be below 1, got 1")
    return share


def _checked(graph: Any, similarity: Any) -> tuple[np.ndarray, np.ndarray]:
    """Check P and g, and return them as NumPy arrays."""
    P, g = np.asarray(check_graph("graph", graph).matrix), _checks.real_array("similarity", similarity, 2)
    if len(P) < 2:
        raise ValueError("graph: at least two images are needed, got 1")
    if g.shape != P.shape or not np.allclose(g, g.T, rtol=0, atol=TIED):
        raise ValueError(f"similarity: a symmetric matrix of shape {P.shape} is needed, got shape {g.shape}")
    return P, g
