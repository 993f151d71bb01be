"""The quantities of text walks, computed again from their definitions, for ``definitions.py`` and ``precise.py``.

Nothing is shared with the package.  Errors after m steps are read off powers of transition matrices.  Extremal masses
are known in two cases: of a measure that its moments determine, as they do n atoms from 2n moments on, and of two
moments, where the extremal measure has the atoms {a, ξ} or {0, a, 1}.  The numbers may be of NumPy or of mpmath.
"""

import functools

import numpy as np

# Atoms nearer to each other are one, and a mass below is none: far above the rounding of either.
EQUAL = 1e-13

REMEMBERED = 64  # results of each function: those of the instance at hand, whatever the k


def remembered(function):
    """Compute a function of numbers, of arrays and of lists of them only once, for its last arguments."""
    known = {}

    @functools.wraps(function)
    def once(*arguments, **named):
        key = _key((arguments, *named.items()))
        if key not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[key] = function(*arguments, **named)
            if isinstance(known[key], np.ndarray):
                known[key].flags.writeable = False
        return known[key]

    return once


def _key(value):
    """Every number, as something that has a hash."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    return tuple(map(_key, value)) if isinstance(value, list | tuple) else getattr(value, "_mpf_", value)


def quantities(pairs, labels, eigenvalues, eigenfunctions, k, steps, text_posterior=None):
    """α^{(2)}, α^{(M)}, α^{(M−1)}, and the least and the most that residuals can be, where known.

    ``pairs`` is the law of two images one step apart, with its eigenvalues and the functions that go with them,
    orthonormal under the marginal; ``text_posterior`` says for each image Pr[y_L = i | x].
    """
    p = [sum(row) for row in pairs]
    images, classes = range(len(p)), sorted(set(labels))
    last = max(2, steps)
    errors = walk_errors(pairs, p, labels, last)
    found = {"error_two": errors[2], "error_last": errors[steps], "error_before": errors[steps - 1]}
    above, cut = nth(eigenvalues, k), nth(eigenvalues, k + 1)

    def centred(values):
        mean = sum(p[x] * values[x] for x in images)
        return [value - mean for value in values]

    def bounds(columns):
        """Least and largest mass up to a of the measure of some functions without their means."""
        atoms = [
            sum(sum(p[x] * column[x] * f[x] for x in images) ** 2 for column in map(centred, columns))
            for f in eigenfunctions
        ]
        return mass_bounds(eigenvalues, atoms, cut, above, steps)

    probe = bounds([[1 * (labels[x] == i) for x in images] for i in classes])
    if probe:
        found |= {"lower": probe[0], "upper": probe[1]}
    if text_posterior is not None:
        kinds = range(len(text_posterior[0]))
        rest = [[(labels[x] == i) - text_posterior[x][i] for x in images] for i in kinds]
        of_rest = bounds(rest)
        if probe and of_rest:
            total = sum(p[x] * column[x] ** 2 for x in images for column in rest)
            found["zero_shot_lower"] = probe[0] + total - of_rest[1]
            found["zero_shot_upper"] = probe[1] + total - of_rest[0]
    return found


@remembered
def walk_errors(pairs, p, labels, last):
    """The probability that the labels of x_0 and x_m differ, m = 0 … last, x_0 drawn from p."""
    n = len(p)
    step = [[pairs[x][z] / p[x] for z in range(n)] for x in range(n)]
    law, errors = [[p[x] * (x == z) for z in range(n)] for x in range(n)], []
    for _ in range(last + 1):
        errors.append(sum((law[x][z] for x in range(n) for z in range(n) if labels[x] != labels[z]), 0 * p[0]))
        law = [[sum(law[x][w] * step[w][z] for w in range(n)) for z in range(n)] for x in range(n)]
    return errors


def mass_bounds(atoms, masses, a, b, steps):
    """The least and the largest mass in [0, a] of measures with these moments, and none between a and b; or None."""
    total = sum(masses)
    places = []
    for atom in sorted(atom for atom, mass in zip(atoms, masses, strict=True) if mass > EQUAL):
        if not places or atom - places[-1] > EQUAL:
            places.append(atom)
    if 2 * len(places) <= steps:
        low = sum((mass for atom, mass in zip(atoms, masses, strict=True) if atom <= a + EQUAL), 0 * total)
        return low, low
    if steps != 2:
        return None
    first, second = (sum(mass * atom**m for atom, mass in zip(atoms, masses, strict=True)) for m in (1, 2))
    return (
        total - most_below(total, total - first, total - 2 * first + second, 1 - b),
        most_below(total, first, second, a),
    )


def most_below(total, first, second, a):
    """The largest mass in [0, a] of a measure on [0, 1] with three moments."""
    if a >= 1:
        return total
    lever = first - a * total
    if abs(lever) > EQUAL:
        other = (second - a * first) / lever
        if 0 <= other <= 1:
            return total - lever / (other - a) if other > a else total
    return total - (second - a * first) / (1 - a)


def nth(values, j):
    return values[j - 1] if j <= len(values) else 0 * values[0]
