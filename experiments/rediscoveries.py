"""Find known theorems again, with nothing told but the terms; and three that were found so and then proved.

    python experiments/rediscoveries.py [FOLDER] [KEYS]

It writes rediscoveries.parquet and rediscoveries.md into FOLDER (by default results/), a row for each statement and
each of so many random keys (by default 1).  It takes about four minutes for the first key, and two for each other.
"""

import pathlib
import sys
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt

MMCL = mt.theorems["probe-mmcl"].requires
UNIQUE = mt.theorems["probe-error"].requires
ZERO_SHOT = (
    "maximum(0, sqrt(2*labeling_error - image_induced_error) "
    "- sigma_next * sqrt(minimum(1, image_induced_error / (1 - sigma_next**2))))**2"
)


class Known(NamedTuple):
    """Hold a form of bound, its true coefficients, and where to look."""

    lhs: str
    terms: str
    coefficients: tuple[float, ...]
    options: dict[str, Any]


KNOWN = {
    # The coefficient −1 is that of infinitely many classes, −r/(r−1) that of r; 1,024 images of a text have as many.
    "label-transfer": Known(
        "text_induced_error",
        "labeling_error, labeling_error**2",
        (2, -1024 / 1023),
        {"size": [(2, 2), (4, 4), (64, 1), (1024, 1)], "n_classes": 1024},
    ),
    "label-transfer-classes": Known(
        "text_induced_error", "labeling_error, labeling_error**2", (2, -3 / 2), {"n_classes": 3}
    ),
    "probe-text-induced": Known(
        "probe_residual", "text_induced_error / (1 - sigma_next**2)", (1,), {"n_classes": 3, "requires": MMCL}
    ),
    "probe-error": Known("probe_error", "probe_residual", (2,), {"n_classes": 3, "requires": UNIQUE}),
    "infonce-bound-many": Known("infonce_information", "mutual_information", (np.log(2),), {}),
    "zero-shot-lower": Known(
        "zero_shot_residual",
        f"{ZERO_SHOT}, labeling_error, image_induced_error",
        (1, 0, 0),
        {"kind": mt.Kind.LOWER_BOUND, "n_classes": 3, "requires": MMCL},
    ),
    "probe-two-step": Known(
        "probe_residual",
        "text_induced_error, (walk_error_two - text_induced_error) / (1 - sigma_next**2)",
        (1, 1),
        {"size": [(4, 4), (6, 6)], "k": 2, "requires": MMCL},
    ),
    # Found by search, proved in docs/sharper.md, and in the catalogue since.
    "label-transfer-bayes": Known(
        "text_induced_error", "bayes_labeling_error, bayes_labeling_error**2", (2, -3 / 2), {"n_classes": 3}
    ),
    "information-classes": Known(
        "mutual_information",
        "1 - class_collision - text_induced_error",
        (1,),
        {"kind": mt.Kind.LOWER_BOUND, "n_classes": 3},
    ),
    "chi-square-classes": Known("1 - class_collision - text_induced_error", "chi_square", (1 / 2,), {"n_classes": 3}),
}


def found(slug: str, seed: int, budget: int = 40) -> dict[str, Any]:
    """Search for the coefficients of a known bound, and return a row of the table."""
    known, start = KNOWN[slug], time.perf_counter()
    one = mt.conjecture(known.lhs, known.terms, key=jax.random.key(seed), budget=budget, **known.options)
    seconds = time.perf_counter() - start
    sign = -1 if one.theorem.kind is mt.Kind.LOWER_BOUND else 1
    final = np.array([float(c) for c in one.coefficients])
    limits = ["" if limit is None else f"{float(limit.value):.6g}" for limit in one.limits]
    return {
        "statement": slug,
        "key": seed,
        "optimum": ", ".join(f"{c:.6g}" for c in np.round(one.optimum, 9) + 0.0),
        "error": float(np.abs(one.optimum - known.coefficients).max()),
        "coefficients": ", ".join(map(str, one.coefficients)),
        "limits": ", ".join(limits),
        "settled": one.settled,
        # A coefficient on the wrong side of the truth would make a false bound.
        "false": bool(one.settled and (sign * (final - known.coefficients) < 0).any()),
        "attacks": one.attacks,
        "seconds": round(seconds, 1),
    }


def main(folder: pathlib.Path, slugs: Iterable[str] = tuple(KNOWN), n_keys: int = 1, budget: int = 40) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for slug in slugs:
        for seed in range(n_keys):
            rows.append(found(slug, seed, budget))
            print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    mt.tables.write(table, folder / "rediscoveries.parquet")
    mt.tables.write(table[table.key == 0].drop(columns=["key", "false"]), folder / "rediscoveries.md")
    print(
        f"{len(table)} searches: {int(table.settled.sum())} settled, {int(table.false.sum())} false; "
        f"largest error of a coefficient {table.error.max():.1e}, longest {table.seconds.max():.0f} s"
    )


if __name__ == "__main__":
    main(
        pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"),
        n_keys=int(sys.argv[2]) if len(sys.argv) > 2 else 1,
    )
