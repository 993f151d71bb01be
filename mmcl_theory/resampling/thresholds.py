"""Compute from which strength on guided resampling lets the content be learned, in closed form and by an eigenproblem.

The world has images that are one of m contents in one of n_S styles, all equally likely.  A positive pair agrees in the
content with correlation λ_c, and independently in the style with λ_s: an attribute of v values with correlation λ stays
the same with probability λ + (1−λ)/v, and otherwise becomes any other value.  The guide knows the contents.  The label
is the content, and the encoder has k = m dimensions (docs/shortcuts.md, `resampling-threshold-add` and `-drop`).
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh

from .. import _checks
from ..joints.pairs import PairGraph
from .methods import add_new_positive, drop_false_positive

if TYPE_CHECKING:
    import pandas as pd

TIED = 1e-9  # eigenvalues that differ by less are not told apart
METHODS = {"add_new_positive": add_new_positive, "drop_false_positive": drop_false_positive}


def content_threshold(method: str, content: float, style: float, n_contents: int, n_styles: int) -> float:
    """Compute the strength of a method above which the content is learned: w* or d*, at most 0 where it always is.

    With a guide that knows the contents, AddNewPositive of weight w has the eigenvalues (1−w)λ_c + w of contents and
    (1−w)λ_s − w/(n_S−1) of styles.  They are equal at w* = (λ_s−λ_c)/(λ_s−λ_c+1+1/(n_S−1)), which is below ½.
    DropFalsePositive of share d leaves the styles, and the share ε = (1−λ_c)(m−1)/m of pairs of two contents becomes
    (ε−d)/(1−d), so that d* = (ε−ε_s)/(1−ε_s), ε_s = (1−λ_s)(m−1)/m.

    Parameters
    ----------
    method
        "add_new_positive" or "drop_false_positive".
    content, style
        λ_c and λ_s, in [0, 1).
    n_contents, n_styles
        m and n_S, each at least 2.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> for method in ("add_new_positive", "drop_false_positive"):
    ...     round(mt.resampling.content_threshold(method, content=0.6, style=0.8, n_contents=5, n_styles=5), 4)
    0.1379
    0.1905
    """
    m, n_styles = _checks.integer("n_contents", n_contents, 2), _checks.integer("n_styles", n_styles, 2)
    content, style = _correlation("content", content), _correlation("style", style)
    if method == "add_new_positive":
        return (style - content) / (style - content + 1 + 1 / (n_styles - 1))
    if method == "drop_false_positive":
        changed, allowed = ((1 - value) * (m - 1) / m for value in (content, style))
        return (changed - allowed) / (1 - allowed)
    raise ValueError(f"method: must be one of {', '.join(METHODS)}, got {_checks.quoted(method)}")


def content_learned(
    method: str, strength: float | list[float], content: float, style: float, n_contents: int, n_styles: int
) -> "pd.DataFrame":
    """Resample the pair graph of a world, and find whether every optimal encoder of m dimensions learns the content.

    Parameters
    ----------
    method
        As for ``content_threshold``.
    strength
        The weight w of AddNewPositive or the share d of DropFalsePositive, in [0, 1); or several.
    content, style, n_contents, n_styles
        As for ``content_threshold``.

    Returns
    -------
    pandas.DataFrame
        A row for each strength: ``strength``; ``threshold``; ``predicted``, "content" above the threshold, "style"
        below and "tie" at it; ``learned``, "content" where the labels are in the span of the first m eigenvectors,
        "style" where not, "tie" where it is a choice among equal eigenvalues; and
        ``residual`` of the linear probe (NaN for a tie).

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> table = mt.resampling.content_learned("add_new_positive", [0.13, 0.14], 0.6, 0.8, n_contents=5, n_styles=5)
    >>> table[["predicted", "learned"]]
      predicted  learned
    0     style    style
    1   content  content
    """
    import pandas as pd

    threshold = content_threshold(method, content, style, n_contents, n_styles)
    graph = content_by_style(content, style, n_contents, n_styles)
    same = np.equal.outer(*[np.asarray(graph.labels)] * 2).astype(float)
    rows = []
    for one in strength if isinstance(strength, list) else [strength]:
        resampled = METHODS[method](graph, same, one)
        learned, residual = _learned(np.asarray(resampled.normalized), graph)
        beyond = one - threshold
        predicted = "tie" if abs(beyond) < TIED else "content" if beyond > 0 else "style"
        rows.append((one, threshold, predicted, learned, residual))
    return pd.DataFrame(rows, columns=["strength", "threshold", "predicted", "learned", "residual"])


def content_by_style(content: float, style: float, n_contents: int, n_styles: int) -> PairGraph:
    """Make the pair graph of contents and styles; image c·n_S + j is content c in style j.

    Examples
    --------
    >>> graph = content_by_style(0.5, 0.8, 2, 2)
    >>> (4 * np.asarray(graph.matrix)).round(12).tolist()[0]
    [0.675, 0.075, 0.225, 0.025]
    """
    parts = [
        value * np.eye(n) + (1 - value) / n
        for value, n in ((_correlation("content", content), n_contents), (_correlation("style", style), n_styles))
    ]
    labels = np.repeat(np.arange(n_contents), n_styles)
    return PairGraph.of_symmetric(np.kron(*parts) / (n_contents * n_styles), labels, n_contents)


def _learned(normalized: np.ndarray, graph: PairGraph) -> tuple[str, float]:
    """Say whether every optimal encoder of m dimensions spans the labels, with the residual of the linear probe."""
    m = graph.n_classes
    values, vectors = eigh(normalized)
    values, vectors = values[::-1], vectors[:, ::-1]
    labels = np.eye(m)[np.asarray(graph.labels)] * np.sqrt(np.asarray(graph.marginal))[:, None]
    coordinates = vectors.T @ labels
    within = np.abs(values - values[m - 1]) < TIED  # among these it may be a choice which ones are learned
    free = m - int((values > values[m - 1] + TIED).sum())
    # Eigenvectors whose values are no nearer than TIED mix by 1e-7 at most, so masses by 1e-14.
    needed = np.linalg.matrix_rank(coordinates[within], tol=TIED**0.5)
    missed = (coordinates[(values < values[m - 1]) & ~within] ** 2).max(initial=0.0) > TIED
    if needed <= free < within.sum() and needed and not missed:
        return "tie", np.nan
    residual = 1 - (coordinates[:m] ** 2).sum()
    return ("style" if missed or needed > free else "content"), residual


def negatives_gain(content: float, style: float, n_contents: int, n_styles: int, same: float) -> float:
    """Compute by how much the content is ahead of the style, E_c − E_s, under weighted negatives.

    A pair of negatives of the same content has the weight w_= = ``same``, one of different contents w_≠, both relative
    to independent pairs: w_=/m + (1−1/m)w_≠ = 1 (`resampling-negatives`).  The least losses of encoders that see the
    content alone, and the style alone, are −E_c and −E_s, with ε = (1−λ_c)(m−1)/m,

        E_c = m[(1−ε)²/w_= + ε²/((m−1)w_≠)],   E_s = 1 + (n_S−1)λ_s².

    So DropFalseNegative with a good guide, w_= < 1, helps the content, and DropEasyNegative with a good guide,
    w_= > 1, hurts it.

    Parameters
    ----------
    content, style, n_contents, n_styles
        As for ``content_threshold``.
    same
        w_=, in (0, m).

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> [round(mt.resampling.negatives_gain(0.6, 0.7, 3, 3, same), 3) for same in (0.8, 1, 1.2)]
    [0.134, -0.26, -0.517]
    """
    m, n_styles = _checks.integer("n_contents", n_contents, 2), _checks.integer("n_styles", n_styles, 2)
    content, style = _correlation("content", content), _correlation("style", style)
    same = _checks.real("same", same, 0, m, open_low=True)
    other = (1 - same / m) / (1 - 1 / m)
    if other == 0:
        raise ValueError(f"same: must be below {m}, got {same}")
    changed = (1 - content) * (m - 1) / m
    return m * ((1 - changed) ** 2 / same + changed**2 / ((m - 1) * other)) - 1 - (n_styles - 1) * style**2


def _correlation(name: str, value: float) -> float:
    value = _checks.real(name, value, 0, 1)
    if value == 1:
        raise ValueError(f"{name}: must be below 1, got 1")
    return value
