"""Group the rows and columns of a large sparse matrix: rows that follow each other read the same part of a block.

Where a block does not stay in the processor's cache, a product waits for memory, at each entry for another place.  Rows
of a group have most entries in the columns of the same group, where there are classes, and these places stay in the
cache.  This is spectral co-clustering (I. S. Dhillon, KDD 2001) without a search for clusters: the group of a row is
the signs of a few random vectors, after powers of AAᵀ have left what large singular values make of them.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from .. import settings


def groups(csr: Any, transposed: Any) -> tuple[UInt8[np.ndarray, " m"], UInt8[np.ndarray, " n"]]:
    """Return the group of each row and of each column of A, a byte; one for all where a block stays in the cache.

    A and Aᵀ are given as SciPy's compressed rows.

    Examples
    --------
    >>> import scipy.sparse
    >>> matrix = scipy.sparse.eye_array(3, format="csr")
    >>> groups(matrix, matrix)[0].tolist()
    [0, 0, 0]
    """
    if max(csr.shape) < settings.GROUPED_MIN_ROWS:
        return np.zeros(csr.shape[0], np.uint8), np.zeros(csr.shape[1], np.uint8)
    # A column of ones, and seven random ones: the order changes nothing but rounding, so that the draw needs no key.
    columns = np.random.default_rng(0).standard_normal((csr.shape[1], 8), np.float32)
    columns[:, 0] = 1.0
    with ThreadPoolExecutor() as pool:

        def times(parts: list[Any], block: Float[np.ndarray, "n 8"]) -> Float[np.ndarray, "m 8"]:
            return np.concatenate(list(pool.map(lambda part: part @ block, parts)))

        forward, backward = (
            list(pool.map(partial(_part, matrix), range(settings.GROUPING_PARTS))) for matrix in (csr, transposed)
        )
        for _ in range(settings.GROUPING_PRODUCTS):
            rows = times(forward, _scaled(columns))
            columns = times(backward, _scaled(rows))
    return _signs(rows), _signs(columns)


def _part(matrix: Any, number: int) -> Any:
    """Copy one of the equal parts of the rows in single precision."""
    first, last = (place * matrix.shape[0] // settings.GROUPING_PARTS for place in (number, number + 1))
    return matrix[first:last].astype(np.float32)


def _scaled(block: Float[np.ndarray, "n 8"]) -> Float[np.ndarray, "n 8"]:
    """Divide a block by its largest entry, so that no product overflows that need not."""
    return block / np.maximum(np.abs(block).max(), np.finfo(np.float32).tiny)


def _signs(block: Float[np.ndarray, "n 8"]) -> UInt8[np.ndarray, " n"]:
    """Return the signs of the last seven columns, a byte for each row, without what they have along the first.

    Of a matrix of probabilities, the first column has become what all classes have in common.
    """
    first, others = block[:, :1], block[:, 1:]
    return np.packbits(others * (first.T @ first) > first @ (first.T @ others), axis=1)[:, 0]
