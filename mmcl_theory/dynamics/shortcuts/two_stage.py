"""Compute where two stages and supervision cut, and how often each is right, in a world of two classes (Gaussian).

The counterpart of ``scarce_transfer``, which trains networks (theory: docs/shortcuts.md, `two-stage-meaning`).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from ... import _checks

if TYPE_CHECKING:
    import pandas as pd


def two_stage_answers(
    kappa: float | list[float], log_odds: float | list[float], separation: float = 2.0, spread: float = 1.0
) -> "pd.DataFrame":
    """Compare two stages with supervision where texts tell the meaning (`two-stage-meaning`), in the limit of data.

    Two equally likely classes Y = ±1 have meanings U = YΔ/2 + noise of variance τ².  A text tells U.  An example of the
    scarce modality is (V, s): V is U with noise of variance ν², and the shortcut s = ±1 is Y with log-odds ℓ in
    training, and independent of Y at test.  Two stages: the text encoder U is held fixed, the example's encoder is
    the least-squares one, E[U | V, s], and the answer is the class whose mean meaning is nearer.  Supervision: the
    more likely class given (V, s) in training.  Both answer +1 where V is above −s·v:

    - supervision v₀ = (τ²+ν²)ℓ/Δ;
    - two stages v₁ with κv₁ = (1−κ)(Δ/2) tanh((ℓ − Δv₁/(τ²+ν²))/2), κ = τ²/(τ²+ν²), so that 0 < v₁ < v₀.

    At test an error is the rarer the smaller v, so two stages are ahead for every κ, ℓ > 0.  For a perfect shortcut,
    ℓ = ∞, supervision is at chance, and two stages, where the shortcut is wrong, are right with probability
    Φ(Δ(1 − 1/(2κ))/√(τ²+ν²)), which is above ½ where κ > ½.

    Parameters
    ----------
    kappa
        κ in (0, 1], the share of the variance of V within a class that is meaning; or several.
    log_odds
        ℓ > 0, may be infinite; or several.
    separation
        Δ > 0, the distance of the class means.
    spread
        τ² + ν² > 0, the variance of V within a class.

    Returns
    -------
    pandas.DataFrame
        A row for each κ and ℓ: ``kappa``, ``log_odds``, ``supervised_cut`` v₀, ``two_stage_cut`` v₁,
        ``supervised_accuracy`` and ``two_stage_accuracy`` at test, and ``against_shortcut``, how often two stages are
        right where the shortcut is wrong.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import math, mmcl_theory as mt
    >>> mt.dynamics.two_stage_answers([0.25, 0.5, 0.8], math.inf).round(3).to_numpy()[:, 3:].tolist()
    [[3.0, 0.5, 0.511, 0.023], [1.0, 0.5, 0.739, 0.5], [0.25, 0.5, 0.834, 0.773]]
    """
    import pandas as pd

    separation = _checks.real("separation", separation, 0, np.inf, open_low=True)
    spread = _checks.real("spread", spread, 0, np.inf, open_low=True)
    rows = []
    for share in kappa if isinstance(kappa, list) else [kappa]:
        share = _checks.real("kappa", share, 0, 1, open_low=True)
        for odds in log_odds if isinstance(log_odds, list) else [log_odds]:
            odds = _checks.real("log_odds", odds, 0, np.inf, open_low=True)
            cuts = spread * odds / separation, _two_stage_cut(share, odds, separation, spread)
            right = [ndtr((separation / 2 + np.array([cut, -cut])) / np.sqrt(spread)) for cut in cuts]
            rows.append((share, odds, *cuts, *(pair.mean() for pair in right), right[1][1]))
    names = ("supervised_cut", "two_stage_cut", "supervised_accuracy", "two_stage_accuracy", "against_shortcut")
    return pd.DataFrame(rows, columns=["kappa", "log_odds", *names])


def _two_stage_cut(kappa: float, odds: float, separation: float, spread: float) -> float:
    """Solve κv = (1−κ)(Δ/2) tanh((ℓ − Δv/(τ²+ν²))/2) for v; the difference of its sides increases in v."""
    most = (1 - kappa) * separation / (2 * kappa)
    if odds == np.inf or most == 0:
        return most

    def excess(cut: float) -> float:
        return cut - most * np.tanh((odds - separation * cut / spread) / 2)

    return brentq(excess, 0, most, xtol=1e-300, rtol=1e-15)


def class_only(labels_given: Any, anchors: Any) -> np.ndarray:
    """Answer by two stages where a text tells the class alone (`two-stage-posterior`).

    The example's encoder is then ψ(x) = Σ_y Pr[y|x] m_y.  With class anchors m_y of equal norms and angles the nearest
    one is that of the most likely class: the answers are those of supervision, under every law at test.

    Parameters
    ----------
    labels_given
        Pr[y|x] in training, shape (n, r).
    anchors
        The anchors m_y, shape (r, d).

    Returns
    -------
    numpy.ndarray
        The class of the nearest anchor for each example, shape (n,).

    Examples
    --------
    >>> import numpy as np, mmcl_theory as mt
    >>> mt.dynamics.class_only([[0.2, 0.5, 0.3], [0.1, 0.3, 0.6]], np.eye(3)).tolist()
    [1, 2]
    """
    posterior = _checks.real_array("labels_given", labels_given, 2)
    anchors = _checks.real_array("anchors", anchors, 2)
    if posterior.shape[1] != len(anchors):
        raise ValueError(f"anchors: {posterior.shape[1]} rows are needed, one for each class, got {len(anchors)}")
    encoded = posterior @ anchors
    return np.argmin(((encoded[:, None, :] - anchors) ** 2).sum(axis=2), axis=1)
