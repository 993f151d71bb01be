"""Compute what training on coloured digits tends to: which class the probe answers, in closed form and by an SVD.

The counterpart of ``colour_shortcut``, which trains networks on drawn digits (theory: docs/shortcuts.md).
"""

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ... import _checks
from ...worlds.shortcuts import channels, training_law

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["training", "k", "answer", "predicted", "value", "next_value", "train_accuracy", "test_accuracy"]
TIED = 1e-9  # singular values, and scores, that differ by less are not told apart


def digit_answers(
    k: int | list[int],
    n_classes: int = 10,
    label_noise: float = 0.1,
    following: float = 0.775,
    n_styles: int = 1,
    captions_tell: str = "label",
    digit_kept: float = 0.8,
    style_kept: float = 0.95,
) -> "pd.DataFrame":
    """Compute which class the probe answers on pictures whose digit and colour differ, for MMCL and SSCL.

    The world is ``worlds.coloured_digits``; image encoders are tables, and the text encoder is linear in the one-hot
    codes of what captions tell.  The probe is the least-squares one on the noisy labels.  The predictions
    (`coloured-thresholds`, `multi-against-single`), with η the label noise, q how often the colour follows the label,
    ρ = q − (1−q)/(m−1) and R² the share of the variance of a label that its picture explains:

    - MMCL, captions of the label: σ² is 1 (m times: colours) and (R²−ρ²)/(1−ρ²) (m−1 times: labels).  With k = m the
      probe answers the colour (if q > 1/m), and with k ≥ 2m−1 the digit where q < 1−η, the colour where q > 1−η;
    - MMCL, captions of the digit: from k = 2m−1 on the same, and before that no encoder is better than the others;
    - SSCL: λ is 1 (m times), and then s² (styles) before a² (digits) where s² > a²: it answers the colour up to
      k = m·n_S.  Once all digits are among its eigenvectors, it answers like MMCL.

    Parameters
    ----------
    k
        The encoder dimension, or several.
    n_classes, label_noise, following, n_styles, captions_tell, digit_kept, style_kept
        m, η, q, n_S and the others, as for ``worlds.coloured_digits``.

    Returns
    -------
    pandas.DataFrame
        A row for each training ("multi-modal", "single-modal") and k: ``answer``, "digit" or "colour", what the probe
        answers on every picture whose digit and colour differ, "mixed" where neither, or "tie" where it depends on the
        choice among optimal encoders, or scores tie; ``predicted``, the same, or "" where nothing is claimed; ``value``
        and ``next_value``, the k-th and (k+1)-th σ² or λ; and ``train_accuracy`` and ``test_accuracy``, by the noisy
        labels, at test with colours that follow the next class in place of the label's.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> table = mt.dynamics.digit_answers([10, 19], n_styles=4)
    >>> table[["training", "k", "answer", "predicted"]]
           training   k  answer predicted
    0   multi-modal  10  colour    colour
    1   multi-modal  19   digit     digit
    2  single-modal  10  colour    colour
    3  single-modal  19  colour    colour
    """
    import pandas as pd

    ks = [_checks.integer("k", one, 1) for one in (k if isinstance(k, list) else [k])]
    m, n_styles = _checks.integer("n_classes", n_classes, 3), _checks.integer("n_styles", n_styles, 1)
    captions, views = channels(m, label_noise, following, n_styles, captions_tell, digit_kept, style_kept)
    law = training_law(m, label_noise, following) / n_styles  # of digit, label, colour, for each style
    digits, colours = (np.repeat(part.ravel(), n_styles) for part in np.indices((m, m)))
    # Pr[image, label]: in training, and with the colours of another class.
    training, test = (one.transpose(0, 2, 1)[digits, colours] for one in (law, np.roll(law, 1, axis=2)))
    root = np.sqrt(training.sum(axis=1))
    # What is learned, and the k up to which that is colours, and from which it is the law of the label.
    multi = *_through_linear_texts(root[:, None] ** 2 * captions, m), m if captions_tell == "label" else 0, 2 * m - 1
    single = *_eigen(views, root), m * n_styles if style_kept > digit_kept else m, len(root)
    by_digit = "digit" if following < 1 - label_noise else "colour" if following > 1 - label_noise else ""
    rows = []
    for (name, values, vectors, only, whole), one in product((("multi-modal", *multi), ("single-modal", *single)), ks):
        predicted = by_digit if one >= whole else "colour" if m <= one <= only and following > 1 / m else ""
        answer, given = _answer(_scores(values, vectors, training / root[:, None], one), digits, colours)
        right = [np.nan if given is None else some[np.arange(len(given)), given].sum() for some in (training, test)]
        here = np.append(values, [0.0] * (one + 1))[one - 1 : one + 1]
        rows.append((name, one, answer, predicted, *here, *right))
    return pd.DataFrame(rows, columns=COLUMNS)


def _through_linear_texts(joint: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute σ² and the image vectors where the text encoder is linear in the one-hot codes of a text's two parts."""
    told, colours = (part.ravel() for part in np.indices((m, m)))
    codes = np.hstack([np.eye(m)[told], np.eye(m)[colours]])
    second_moment = codes.T @ (joint.sum(axis=0)[:, None] * codes)
    values, axes = np.linalg.eigh(second_moment)
    used = values > TIED * values[-1]  # both codes sum to 1, so that one dimension is not used
    whitened = codes @ (axes[:, used] / np.sqrt(values[used]))
    root = np.sqrt(joint.sum(axis=1))
    vectors, sigma, _ = np.linalg.svd(joint @ whitened / root[:, None], full_matrices=False)
    return sigma**2, vectors


def _eigen(views: np.ndarray, root: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute λ, from the largest, and eigenvectors, of views that have the law of the images, whose root is given."""
    half = root[:, None] * views / root
    values, vectors = np.linalg.eigh(half.T @ half)
    return values[::-1], vectors[:, ::-1]


def _scores(values: np.ndarray, vectors: np.ndarray, target: np.ndarray, k: int) -> np.ndarray | None:
    """Project the target on the first k vectors; None where the result depends on the choice among equal values."""
    k = min(k, int((values > TIED).sum()))  # beyond the last value there is nothing to learn
    above, within = values > values[k - 1] + TIED, values > values[k - 1] - TIED
    if within.sum() > k and np.abs(vectors[:, within & ~above].T @ target).max() > TIED:
        return None
    return vectors[:, :k] @ (vectors[:, :k].T @ target)


def _answer(scores: np.ndarray | None, digits: np.ndarray, colours: np.ndarray) -> tuple[str, np.ndarray | None]:
    """Name the answer on images whose digit and colour differ, and list the answers on all; None for a tie."""
    if scores is None:
        return "tie", None
    best = np.sort(scores, axis=1)
    if (best[:, -1] - best[:, -2] < TIED * np.abs(best[:, -1])).any():
        return "tie", None
    given, differ = scores.argmax(axis=1), digits != colours
    for name, part in (("digit", digits), ("colour", colours)):
        if (given == part)[differ].all():
            return name, given
    return "mixed", given
