"""Compare decisions with their predictions on many random worlds: ``python tests/dynamics/shortcut_cells.py N``.

Each cell is a world with random knobs, a third of them within 1e-3 to 1e-9 of a boundary: coloured digits in the limit
of data, two stages against supervision, and AddNewPositive and DropFalsePositive with a good guide.  What is predicted
is compared with an eigenproblem, or for two stages with the accuracies.  A row for each kind is printed: cells, how
many of them a prediction speaks of, disagreements, and ties, which are none of them.
"""

import math
import sys
import time

import numpy as np

import mmcl_theory as mt

ROUNDING = 1e-14  # of the normal distribution function, a few units in the last place


def near(rng: np.random.Generator, boundary: float, low: float, high: float) -> float:
    """Draw a number in an interval, one in three times near its boundary."""
    if rng.random() < 1 / 3:
        return float(np.clip(boundary + rng.choice([-1, 1]) * 10 ** rng.uniform(-8.5, -3), low, high))
    return rng.uniform(low, high)


def digits(rng: np.random.Generator) -> list[bool | None]:
    m, n_styles = int(rng.integers(3, 6)), int(rng.integers(1, 4))
    noise = rng.uniform(0.02, 0.6)
    style = rng.uniform(0.05, 0.999)
    table = mt.dynamics.digit_answers(
        sorted({m, int(rng.integers(1, 2 * m)), 2 * m - 1, m * n_styles, m**2 * n_styles}),
        n_classes=m,
        label_noise=noise,
        following=near(rng, 1 - noise, 0.02, 0.98),
        n_styles=n_styles,
        captions_tell=str(rng.choice(["label", "digit"])),
        digit_kept=near(rng, style, 0.05, 0.999),
        style_kept=style,
    )
    claimed = table[table.predicted != ""]
    return [None if row.answer == "tie" else row.answer == row.predicted for row in claimed.itertuples()]


def two_stages(rng: np.random.Generator) -> list[bool | None]:
    kappa, separation, spread = near(rng, 0.5, 1e-3, 1), rng.uniform(0.1, 5), rng.uniform(0.1, 5)
    finite, perfect = mt.dynamics.two_stage_answers(
        kappa, [rng.uniform(0.01, 4), math.inf], separation, spread
    ).itertuples()
    ahead = finite.two_stage_accuracy - finite.supervised_accuracy
    return [None if abs(ahead) < ROUNDING else ahead > 0, (perfect.against_shortcut > 0.5) == (kappa > 0.5)]


def resampled(rng: np.random.Generator) -> list[bool | None]:
    sizes = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    method, (content, style) = str(rng.choice(["add_new_positive", "drop_false_positive"])), rng.uniform(0.02, 0.98, 2)
    threshold = mt.resampling.content_threshold(method, content, style, *sizes)
    # Beyond this share a content would be left with no pair of two contents, and the next ones to go are not its.
    most = 0.9 if method == "add_new_positive" else 0.99 * (1 - content) * (1 - 1 / sizes[0])
    table = mt.resampling.content_learned(method, near(rng, threshold, 0, most), content, style, *sizes)
    return [
        None if "tie" in (row.predicted, row.learned) else row.predicted == row.learned for row in table.itertuples()
    ]


def main(n_cells: int) -> int:
    rng, wrong = np.random.default_rng(0), 0
    for kind, share in ((digits, 0.4), (two_stages, 0.4), (resampled, 0.2)):
        start, cells, found = time.perf_counter(), 0, []
        while len(found) < share * n_cells:
            found += kind(rng)
            cells += 1
        disagreements = found.count(False)
        wrong += disagreements
        counts = f"{cells} worlds, {len(found)} cells, {disagreements} disagreements, {found.count(None)} ties"
        print(f"{kind.__name__}: {counts}, {time.perf_counter() - start:.0f} seconds", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]))))
