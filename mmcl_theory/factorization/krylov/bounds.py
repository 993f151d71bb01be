"""Compute a-posteriori error bounds for Ritz values: Kato–Temple for clusters, Lehmann–Maehly.

Both need the number of eigenvalues above a point ρ between two Ritz values.  Each Ritz value has an eigenvalue within
its residual norm; ρ lies at least so far above the lower of the two, and the bounds assume that there are as many
eigenvalues above ρ as Ritz values.  That fails where an eigenvalue has been missed altogether.

G. Temple: The theory of Rayleigh's principle as applied to continuous systems, Proc. R. Soc. A 119 (1928).  T. Kato: On
the upper and lower bounds of eigenvalues, J. Phys. Soc. Japan 4 (1949).  H. J. Maehly: Ein neues Verfahren zur
genäherten Berechnung der Eigenwerte hermitescher Operatoren, Helv. Phys. Acta 25 (1952).  For Lehmann's bounds:
C. Beattie, Harmonic Ritz and Lehmann bounds, ETNA 7 (1998).
"""

import numpy as np
import scipy
from jaxtyping import Float

from .. import settings


def cluster_bounds(values: Float[np.ndarray, " q"], products: Float[np.ndarray, "q q"]) -> Float[np.ndarray, " q"]:
    """Bound by how much each Ritz value is too small, with the Kato–Temple bound for clusters.

    |θ − μ| ≤ ‖R‖²/γ, with R the residuals of the Ritz vectors down to one at a gap γ above a point ρ.

    Parameters
    ----------
    values
        Ritz values, the largest first.
    products
        Gram matrix of their residuals.

    Returns
    -------
    For each Ritz value the best bound of all clusters that hold it, and at most its residual norm; for the last, which
    has no gap, the residual norm.

    Examples
    --------
    >>> import numpy as np
    >>> cluster_bounds(np.array([3.0, 1.0]), np.diag([0.1, 0.1]) ** 2).round(4).tolist()
    [0.0053, 0.1]
    """
    squares = np.maximum(np.diagonal(products), 0)
    gaps = values[:-1] - values[1:] - np.sqrt(squares[1:])
    clusters = np.append(np.where(gaps > 0, np.cumsum(squares[:-1]) / np.maximum(gaps, 1e-150), np.inf), np.inf)
    return np.minimum(np.sqrt(squares), np.minimum.accumulate(clusters[::-1])[::-1])


def lehmann_bound(values: Float[np.ndarray, " q"], products: Float[np.ndarray, "q q"], index: int, reach: int) -> float:
    """Bound by how much one Ritz value is too small, with the Lehmann–Maehly bound of the Ritz vectors nearby.

    With S = diag(values) − ρ, and i + 1 eigenvalues above ρ, the j-th is at most ρ + 1/τ, where τ is the (i−j+1)-th
    largest eigenvalue of the pencil S − τ(S² + products): 1/(θ − ρ) are the largest eigenvalues of the inverse of the
    shifted matrix, and τ their Rayleigh-Ritz values, which are too small.

    Parameters
    ----------
    values, products
        As in ``cluster_bounds``.
    index
        Index of the Ritz value.
    reach
        Number of Ritz values from ``index`` on below each of which a point ρ is tried.

    Returns
    -------
    The best bound; infinite if no gap is large enough.

    Examples
    --------
    >>> import numpy as np
    >>> round(lehmann_bound(np.array([3.0, 1.0]), np.diag([0.1, 0.1]) ** 2, 0, 1), 4)
    0.0067
    """
    least, rounding = np.inf, settings.GAP_ROUNDING
    window = slice(max(index - reach, 0), index + 2 * reach)
    near, products, index = values[window], products[window, window], index - window.start
    for last in range(index, min(index + reach, near.size - 1)):
        rho = near[last + 1] + max(
            settings.SPLIT_SHARE * (near[last] - near[last + 1]), np.sqrt(max(products[last + 1, last + 1], 0))
        )
        shifted = near - rho
        if shifted[last] <= 0 or not shifted[last] ** 2 > rounding * max(np.trace(products), rounding * near[0] ** 2):
            continue
        # Divide the pencil by S² from both sides, so that nothing small is lost.
        scales = np.abs(shifted)
        right = np.eye(near.size) + products / scales[:, None] / scales
        inverse = scipy.linalg.eigh(np.diag(1 / shifted), right, eigvals_only=True)[::-1]
        if inverse[last - index] > 0:
            # LAPACK finds each τ to rounding of the largest, which is large where ρ is near a Ritz value.
            blurred = rounding / scales.min() / inverse[last - index] ** 2
            least = min(least, max(rho + 1 / inverse[last - index] - near[index], 0.0) + blurred)
    return float(least)
