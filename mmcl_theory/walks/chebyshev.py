"""Evaluate polynomials in Chebyshev form, a batch at once, and find how low they go on intervals."""

import functools

import numpy as np
from jaxtyping import Float

# Points of a grid for each degree: twelve within a wavelength, so that each valley holds one.
_POINTS = 6
# From a point of the grid: four steps bring it near enough, in four more the digits double each time.
_NEWTON = 8
# Where no step is longer than this, another one would change no value by more than its rounding: it is the square.
_STILL = 1e-12


def table(t: Float[np.ndarray, "*shape"], degree: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute T_m(t) and T_m'(t) for m = 0 … degree, on a new last axis."""
    t = np.asarray(t, float)
    values, slopes = (np.zeros((*t.shape, degree + 1)) for _ in range(2))
    values[..., 0] = 1
    if degree:
        values[..., 1], slopes[..., 1] = t, 1
    for m in range(2, degree + 1):
        values[..., m] = 2 * t * values[..., m - 1] - values[..., m - 2]
        slopes[..., m] = 2 * values[..., m - 1] + 2 * t * slopes[..., m - 1] - slopes[..., m - 2]
    return values, slopes


def evaluate(
    coefficients: Float[np.ndarray, "*batch n"], t: Float[np.ndarray, "*batch points"]
) -> Float[np.ndarray, "*batch points"]:
    """Evaluate Σ c_m T_m at the points of each row (Clenshaw)."""
    later, latest = np.zeros_like(t), np.zeros_like(t)
    for m in range(coefficients.shape[-1] - 1, 0, -1):
        later, latest = latest, 2 * t * latest - later + coefficients[..., m, None]
    return t * latest - later + coefficients[..., 0, None]


@functools.cache
def _derivative(degree: int) -> np.ndarray:
    """Return the matrix that makes the coefficients of a slope of those of a polynomial, from the right."""
    return np.pad(np.polynomial.chebyshev.chebder(np.eye(degree + 1), axis=1), ((0, 0), (0, min(degree, 1))))


def turning_points(coefficients: Float[np.ndarray, "batch n"]) -> Float[np.ndarray, "batch n-2"]:
    """Compute where slopes of polynomials vanish, as eigenvalues of colleague matrices; of complex ones the real part.

    The slope is Σ_m m c_m U_{m−1}, in Chebyshev polynomials of the second kind, with tU_m = (U_{m+1} + U_{m−1})/2.
    """
    degree = coefficients.shape[1] - 1
    if degree < 2:
        return np.zeros((len(coefficients), 0))
    slopes = coefficients[:, 1:] * np.arange(1, degree + 1)
    # A leading coefficient of 0 would be divided by; a tiny one adds turning points far away.
    tiny = np.finfo(float).eps * np.abs(slopes).max(axis=1) + np.finfo(float).tiny
    leading = np.where(np.abs(slopes[:, -1]) < tiny, tiny, slopes[:, -1])
    matrix = np.zeros((len(coefficients), degree - 1, degree - 1))
    places = np.arange(degree - 2)
    matrix[:, places, places + 1] = matrix[:, places + 1, places] = 0.5
    matrix[:, -1, :] -= slopes[:, :-1] / (2 * leading[:, None])
    return np.real(np.linalg.eigvals(matrix))


def lowest(
    coefficients: Float[np.ndarray, "batch n"], first: Float[np.ndarray, " batch"], last: Float[np.ndarray, " batch"]
) -> tuple[Float[np.ndarray, " batch"], Float[np.ndarray, "batch points"]]:
    """Find the least value of each polynomial on its interval, and the places of its deepest valleys there.

    Valleys of a grid that is even in the angle are followed to their bottom by Newton's method.
    """
    degree = coefficients.shape[-1] - 1
    angles = np.linspace(np.pi, 0, _POINTS * degree + 2)
    middle, half = (first + last)[:, None] / 2, (last - first)[:, None] / 2
    grid = np.clip(middle + half * np.cos(angles), first[:, None], last[:, None])
    values = evaluate(coefficients, grid)
    padded = np.pad(values, ((0, 0), (1, 1)), constant_values=np.inf)
    is_valley = (values <= padded[:, :-2]) & (values <= padded[:, 2:])
    # No polynomial of the batch has more valleys; one that is flat up to rounding may seem to have very many.
    count = np.clip(is_valley.sum(axis=1).max(), 1, degree + 2)
    deepest = np.argpartition(np.where(is_valley, values, np.inf), count - 1, axis=1)[:, :count]
    # From both sides too: where a valley of the grid is two, with a crest between them.
    starts = np.concatenate([np.clip(deepest + shift, 0, grid.shape[1] - 1) for shift in (-1, 0, 1)], axis=1)
    places = np.take_along_axis(grid, starts, axis=1)
    left, right = (np.take_along_axis(grid, np.clip(starts + shift, 0, grid.shape[1] - 1), axis=1) for shift in (-1, 1))
    of_slope = coefficients @ _derivative(degree)
    series = np.stack([of_slope, of_slope @ _derivative(degree)], axis=-1)
    for _ in range(_NEWTON):
        # Where a valley is need not be exact, so the cosines do: one product with their table gives both.
        slope, bend = np.moveaxis(np.cos(np.arccos(places)[..., None] * np.arange(degree + 1)) @ series, -1, 0)
        step = np.divide(slope, bend, out=np.zeros_like(slope), where=bend > 0)
        before, places = places, np.clip(places - step, left, right)
        if np.abs(places - before).max() < _STILL:
            break
    bottoms = evaluate(coefficients, places)
    return np.minimum(values.min(axis=1), bottoms.min(axis=1)), places
