"""By how much Ritz values of a symmetric matrix can be too small, from the products of their residuals.

Both bounds need to know how many eigenvalues lie above a point ρ between two Ritz values.  Within the norm of its
residual each Ritz value has an eigenvalue; ρ is at least so far above the lower of the two, and it is taken that there
are as many eigenvalues above ρ as Ritz values.  That fails where an eigenvalue has been missed altogether.
"""

import numpy as np
import scipy.linalg
from jaxtyping import Float

# ρ lies at least this share of the gap above the lower of two Ritz values.
_PLACE = 0.25
# A gap whose square is below this share of the products of residuals, or its square of θ², tells nothing.
_ROUNDING = 64 * float(np.finfo(float).eps)


def of_clusters(values: Float[np.ndarray, " q"], products: Float[np.ndarray, "q q"]) -> Float[np.ndarray, " q"]:
    """Bounds for all: |θ − μ| ≤ ‖R‖²/γ, with R the residuals of the Ritz vectors down to one at γ above a point ρ.

    This is of Kato and Temple, for clusters; ``values`` are Ritz values, the largest first, ``products`` the Gram
    matrix of their residuals.  For the last, which has no gap, the norm of its residual.

    Examples
    --------
    >>> import numpy as np
    >>> of_clusters(np.array([3.0, 1.0]), np.diag([0.1, 0.1]) ** 2).round(4).tolist()
    [0.0053, 0.1]
    """
    squares = np.maximum(np.diagonal(products), 0)
    gaps = values[:-1] - values[1:] - np.sqrt(squares[1:])
    clusters = np.append(np.where(gaps > 0, np.cumsum(squares[:-1]) / np.maximum(gaps, 1e-150), np.inf), np.inf)
    # For each the best of all clusters that hold it.
    return np.minimum(np.sqrt(squares), np.minimum.accumulate(clusters[::-1])[::-1])


def lehmann(values: Float[np.ndarray, " q"], products: Float[np.ndarray, "q q"], index: int, reach: int) -> float:
    """A bound for one, the best that the Ritz vectors nearby allow (Lehmann; Maehly).

    With S = diag(values) − ρ, and i + 1 eigenvalues above ρ, the j-th is at most ρ + 1/τ, where τ is the (i−j+1)-th
    largest eigenvalue of the pencil S − τ(S² + products): 1/(θ − ρ) are the largest eigenvalues of the inverse of the
    shifted matrix, and τ their Rayleigh-Ritz values, which are too small.  The best of ρ below each of ``reach`` Ritz
    values from ``index`` on; infinite if none is apart.

    Examples
    --------
    >>> import numpy as np
    >>> round(lehmann(np.array([3.0, 1.0]), np.diag([0.1, 0.1]) ** 2, 0, 1), 4)
    0.0067
    """
    least = np.inf
    window = slice(max(index - reach, 0), index + 2 * reach)
    near, products, index = values[window], products[window, window], index - window.start
    for last in range(index, min(index + reach, near.size - 1)):
        rho = near[last + 1] + max(
            _PLACE * (near[last] - near[last + 1]), np.sqrt(max(products[last + 1, last + 1], 0))
        )
        shifted = near - rho
        if shifted[last] <= 0 or not shifted[last] ** 2 > _ROUNDING * max(np.trace(products), _ROUNDING * near[0] ** 2):
            continue
        # The pencil divided by S² from both sides, which leaves nothing small to be lost.
        scales = np.abs(shifted)
        right = np.eye(near.size) + products / scales[:, None] / scales
        inverse = scipy.linalg.eigh(np.diag(1 / shifted), right, eigvals_only=True)[::-1]
        if inverse[last - index] > 0:
            least = min(least, max(rho + 1 / inverse[last - index] - near[index], 0.0))
    return float(least)
