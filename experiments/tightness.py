"""Search for the worst case of each theorem at three sizes, and of `probe-mmcl` over α and over σ.

    python experiments/tightness.py [FOLDER]

It writes tightness.parquet, worst_cases.parquet and the figures worst_alpha and worst_sigma (PDF, PNG) into FOLDER (by
default results/).  It takes about an hour; `mmcl-theory falsify --all --sizes 4,6,8 --n-classes 3 --k 2 --budget
12` makes the first table alone, with the identities.
"""

import pathlib
import sys
import time
from collections.abc import Iterable
from fractions import Fraction

import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt
from mmcl_theory.falsification.falsify import discard_programs
from mmcl_theory.tightness.tightness import tightness

# With k = 1 a head predicts one class for all, and only ties make it err on more than half; and encoders rank the texts
# of every image in one order or its reverse, among which the search for the worst ranking gets stuck.
K, N_CLASSES = 2, 3
ALPHA, SIGMA = 0.1, 0.5
BOUNDS = [slug for slug, one in mt.theorems.items() if one.kind in (mt.Kind.UPPER_BOUND, mt.Kind.LOWER_BOUND)]


def timed(theorem: mt.Theorem, n: int, budget: int) -> tuple[mt.Falsification, float]:
    start = time.perf_counter()
    worst = mt.falsify(theorem, n, n, N_CLASSES, K, key=jax.random.key(0), budget=budget)
    discard_programs()
    print(f"{worst!r} in {time.perf_counter() - start:.0f} s", flush=True)
    return worst, time.perf_counter() - start


def confined(alpha: float, sigma: float) -> mt.Theorem:
    """Restrict `probe-mmcl` to α and σ_{k+1} below given limits, and evaluate its bound at the limits."""
    slug = f"probe-mmcl-{alpha:g}-{sigma:g}"
    alpha, sigma = mt.rational(Fraction(alpha)), mt.rational(Fraction(sigma))  # exact, as formulas ask for
    limits = (
        mt.Assumption("α ≤ α₀", lambda q: alpha - q.labeling_error, "α > α₀"),
        mt.Assumption("σ_{k+1} ≤ σ₀", lambda q: sigma - q.sigma_next, "σ_{k+1} > σ₀"),
    )
    return mt.Theorem(
        slug=slug,
        title="Linear-probe residual, of joints with a labeling error and a singular value no larger than given",
        kind=mt.Kind.UPPER_BOUND,
        statement=r"r_k \le \frac{2\alpha_0-\alpha_0^2}{1-\sigma_0^2}",
        source="`probe-mmcl`, which grows with both",
        lhs=lambda q: q.probe_residual,
        rhs=lambda q: (2 * alpha - alpha**2) / (1 - sigma**2),
        requires=(*mt.theorems["probe-mmcl"].requires, *limits),
    )


def swept(alphas: Iterable[float], sigmas: Iterable[float], n: int, budget: int) -> pd.DataFrame:
    """Search for the worst case at every pair of limits."""
    rows = []
    for alpha, sigma in zip(alphas, sigmas, strict=True):
        worst, _ = timed(confined(alpha, sigma), n, budget)
        rows.append({"labeling_error": alpha, "sigma_next": sigma, "worst": worst.lhs, "bound": worst.rhs})
    return pd.DataFrame(rows).assign(trivial=1 - 1 / N_CLASSES)


def main(
    folder: pathlib.Path,
    theorems: Iterable[str] = (*BOUNDS, "probe-mmcl-paper"),
    sizes: Iterable[int] = (4, 6, 8),
    budget: int = 12,
    points: int = 8,
) -> None:
    table = tightness(timed(mt.theorems[slug], n, budget) for slug in theorems for n in sizes)
    mt.tables.write(table, folder / "tightness.parquet")
    columns = ["theorem", "n_images", "ratio", "certified", "tightness", "seconds"]
    print(table[columns].to_string(index=False, formatters={"certified": "{:.6g}".format}))

    sweeps = {
        "alpha": swept(np.linspace(0.02, 0.3, points), [SIGMA] * points, max(sizes), budget),
        "sigma": swept([ALPHA] * points, np.linspace(0.1, 0.9, points), max(sizes), budget),
    }
    for name, x in (("alpha", "labeling_error"), ("sigma", "sigma_next")):
        mt.plotting.save(mt.plotting.worst_case(sweeps[name], x), folder / f"worst_{name}.pdf")
    mt.tables.write(pd.concat(sweeps, names=["sweep"]).reset_index(level="sweep"), folder / "worst_cases.parquet")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
