"""Draw every figure from a small table with numbers like those of the experiments.

``python tests/plotting/drawn_figures.py`` writes the pictures that ``test_pictures.py`` compares with; look at each.
"""

import pathlib

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image

import mmcl_theory as mt

PICTURES = pathlib.Path(__file__).parent / "pictures"
KS = np.array([50, 100, 200, 400, 800])


def verified(theorem, x, lhs, rhs, **more):
    """Make rows as ``verify`` does, in what figures read of them."""
    joints = more.pop("joint", range(len(x)))
    kind = "lower bound" if "lower" in theorem else "upper bound"
    rows = {"theorem": theorem, "kind": kind, "joint": joints, "verdict": "holds", "trivial": 0.85, "lhs": lhs}
    return pd.DataFrame(rows | {"rhs": rhs, "tolerance": 1e-12, "labeling_error": 0.16} | more)


def bounds(shift=1.0):
    residual = shift * 30 / KS**0.9
    times = {"probe-error-mmcl": 10, "probe-mmcl": 5, "probe-text-induced": 3.5, "probe-walk": 1.3}
    times |= {"probe-error": 1.2, "probe-walk-lower": 0.75, "probe-mmcl-lower": 0.2}
    return pd.concat(
        verified(slug, KS, residual * (0.6 if "error" in slug else 1), residual * factor, joint=0, k=KS)
        for slug, factor in times.items()
    )


def batch():
    alpha, noise = np.tile(np.linspace(0.05, 0.35, 12), 2), np.random.default_rng(0).uniform(0.3, 0.9, 24)
    data = np.repeat(["blocks", "captions"], 12)
    sigma = noise * (1 - alpha)
    table = verified("probe-mmcl", alpha, noise * alpha, (2 * alpha - alpha**2) / (1 - sigma**2), k=4, data=data)
    return table.assign(labeling_error=alpha, sigma_next=sigma)


def samples():
    n = np.repeat([100, 1_000, 10_000, 100_000, 1_000_000], 5)
    spread = np.tile(np.linspace(0.8, 1.25, 5), 5)
    residual = 0.2 + 3 * spread / np.sqrt(n)
    more = {"sample_size": n, "sample_residual": residual, "practical_residual": 0.2 + spread / np.sqrt(n)}
    slugs = {"finite-sample": 0.5 + 90 * spread / np.sqrt(n), "finite-sample-apriori": 0.6 + 300 / np.sqrt(n)}
    slugs |= {"probe-text-induced": np.full(25, 0.45)}
    return pd.concat(verified(slug, n, 0.2, rhs, k=4, **more) for slug, rhs in slugs.items())


def rungs():
    names = ["optimum", "full batches", "sampled", "convolution", "convolution, longer", "CLIP, sampled"]
    rows = [
        (name, seed, 0.14 + i / 40, 0.3 + i / 20 + seed / 50, 0.16 + i / 40)
        for i, name in enumerate(names)
        for seed in (0, 1)
    ]
    table = pd.DataFrame(rows, columns=["rung", "seed", "probe_error", "probe_residual", "zero_shot_error"])
    return table.assign(bound=np.linspace(0.9, 1.1, len(table)))


def plane(n, x, y, low=0.0, high=1.0):
    across, up = np.meshgrid(np.linspace(low, high, n), np.linspace(low, high, n))
    return pd.DataFrame({x: across.ravel(), y: up.ravel()})


def advantages():
    table = plane(9, "change", "error", 0, 0.6)
    table["mmcl_residual"], table["sscl_residual"] = table.error, table.change * 2
    far = (table.mmcl_residual - table.sscl_residual).abs() > 0.2
    better = np.where(table.mmcl_residual < table.sscl_residual, "mmcl", "sscl")
    return table.assign(verdict=np.where(far, better, "undecided"))


def cells():
    parts = [plane(12, "a", "b").assign(panel=f"θ = {theta}") for theta in (0.1, 0.5, 0.9)]
    table = pd.concat(parts, ignore_index=True)
    answers = np.select([(table.a - table.b).abs() < 0.05, table.a > table.b], ["tie", "digit"], "colour")
    line = pd.concat(pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 1.0], "panel": part.panel[0]}) for part in parts)
    return table.assign(answer=answers), line


def phases():
    strengths, ratios = (grid.ravel() for grid in np.meshgrid(np.geomspace(0.1, 30, 12), np.geomspace(0.5, 8, 12)))
    accuracy = {
        "single_accuracy": 1 - 0.5 / (1 + strengths**2 / 4),
        "multi_accuracy": 1 - 0.5 / (1 + (strengths * ratios) ** 2),
    }
    return pd.DataFrame({"n_snr_squared": strengths, "ratio": ratios} | accuracy)


def curves(names, **columns):
    """Make a table of several curves over 40 steps, three runs of each."""
    steps = np.arange(0, 200, 5)
    return pd.concat(
        pd.DataFrame({"step": steps, "training": name, "seed": seed}).assign(
            **{column: make(steps * (1 + i) + 1) * (1 + seed / 20) for column, make in columns.items()}
        )
        for i, name in enumerate(names)
        for seed in range(3)
    )


def training_runs():
    saturating = {name: lambda s: 8 * s / (s + 50) for name in ("signal", "memorization")}
    table = curves(["single-modal", "multi-modal"], loss=lambda s: 8 * np.exp(-s / 20), **saturating)
    return table.assign(test_accuracy=0.9 - 0.4 / (1 + table.step / 30))


def descents():
    table = curves(["one"], excess_loss=lambda s: 10.0 ** (-s / 12), subspace_angle=lambda s: 10.0 ** (-s / 25))
    j = np.arange(1, 21)
    return table, pd.DataFrame({"seed": 0, "j": j, "sigma": 0.8**j, "learned": np.where(j < 4, 0.8**j, 0)})


def rates():
    kinds = ["independent", "in-batch", "in-batch with the own pair"]
    pairs = np.geomspace(1e4, 1e6, 20)
    sampled = [
        pd.DataFrame(
            {
                "kind": kind,
                "batch": size,
                "seed": seed,
                "pairs": pairs,
                "excess_loss": (3e3 + 9e2 * seed) / pairs / 2**i,
            }
        )
        for i, kind in enumerate(kinds)
        for size in ((16, 64, 256) if i < 2 else (16,))
        for seed in range(3)
    ]
    table = pd.concat(sampled, ignore_index=True)
    steps = pd.DataFrame({"batch": [16, 16, 16, 64, 64, 64], "seed": 0, "step": [1e-3, 2e-3, 4e-3] * 2})
    steps["excess_loss"] = steps["expected"] = 40 * steps.step / steps.batch
    bias = pd.DataFrame(
        [(kind, size) for kind in [*kinds, "CLIP"] for size in (16, 64, 256)], columns=["kind", "batch"]
    )
    size = np.where(bias.kind.isin(kinds[:2]), 1e-6, 1 / bias.batch**2)
    return table.assign(expected=table.excess_loss * 0.9), steps, bias.assign(squared_bias=size, standard_error=1e-5)


def guides():
    names = ["none", "add_new_positive", "drop_false_positive", "drop_false_negative", "drop_easy_negative"]
    rows = [
        (name, q, seed, i + 1 - q * i / 2 + seed / 20)
        for i, name in enumerate(names)
        for q in (0, 0.5, 1)
        for seed in (0, 1)
    ]
    table = pd.DataFrame(rows, columns=["method", "quality", "seed", "upper"])
    return table.assign(labeling_error=table.upper / 8, residual=table.upper / 5, error=table.upper / 9)


def gained():
    rows = [
        (data, method, (i - 1) * (3 - j) * 2.0, 1.0)
        for i, data in enumerate(["content-style", "emoji", "digits", "published"])
        for j, method in enumerate(
            ["add_new_positive", "drop_false_positive", "drop_false_negative", "drop_easy_negative"]
        )
    ]
    return pd.DataFrame(rows, columns=["data", "method", "gain", "standard_error"])


def accuracies():
    rows = [
        (n, name, seed, 0.4 + 0.15 * i + seed / 20 + (0.02 if i else 0.06) * np.log(n / 10))
        for n in (10, 25, 100, 400, 2000)
        for i, name in enumerate(["supervised", "one-stage", "two-stage"])
        for seed in range(3)
    ]
    return pd.DataFrame(rows, columns=["n_labels", "training", "seed", "test_accuracy"])


def values(decay=0.9, n=60):
    j = np.arange(1, n + 1)
    share = 0.5 * np.exp(-j / 2.0)
    return pd.DataFrame({"j": j, "sigma": decay ** (j - 1), "image_share": share})


def several_spectra():
    return pd.concat(values(1 - 1 / 2**length).assign(caption_length=length) for length in range(1, 8))


def walked():
    rows = [
        {"data": data, "k": k, "steps": m, "residual": r, "lower": r - r / (m + 1), "upper": min(r + 0.5 / m, 0.9)}
        for data in ("emoji", "Tabler", "Phosphor")
        for k, r in ((50, 0.7), (200, 0.35), (800, 0.1))
        for m in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
    ]
    return pd.DataFrame(rows).assign(trivial=0.85)


def advantage_rows():
    parts = []
    for data in ("emoji", "Phosphor"):
        table = pd.DataFrame({"k": [10, 20, 50, 100, 200, 400, 800], "data": data})
        for kind, factor in (("mmcl", 0.8), ("sscl", 1.0)):
            residual = table[f"{kind}_residual"] = factor * 0.9 * (1 - np.log10(table.k) / 4)
            table[f"{kind}_lower"], table[f"{kind}_upper"] = residual * 0.95, residual * 1.05
        parts.append(table.assign(verdict=["undecided", *["mmcl"] * 4, "sscl", "sscl"]))
    return pd.concat(parts)


def worst():
    alpha = np.linspace(0.02, 0.3, 8)
    bound = (2 * alpha - alpha**2) / 0.75
    numbers = {"labeling_error": alpha, "sigma_next": 0.5, "worst": 0.95 * bound, "bound": bound, "trivial": 2 / 3}
    return pd.DataFrame(numbers)


def least_constants():
    rows = [
        (theorem, n, 2 / (i + 1) / n ** (i / 2))
        for i, theorem in enumerate(["probe-mmcl-paper", "rademacher-paper"])
        for n in (16, 32, 64, 128, 256)
    ]
    return pd.DataFrame(rows, columns=["theorem", "n_items", "constant"])


ANSWERS = {"digit": "the digit", "colour": "the colour", "tie": "a tie, or a choice"}
LABELS = {"x_label": "captions keep the digit, $a$", "y_label": "captions keep the colour, $b$"}
DRAW = mt.plotting
FIGURES = {
    "advantage_curves": lambda **o: DRAW.advantage_curves(advantage_rows(), **o),
    "advantage_plane": lambda **o: DRAW.advantage_plane(advantages(), "change", "error", y_label="caption error", **o),
    "against": lambda **o: DRAW.against(batch(), by="data", **o),
    "closed_form": lambda **o: DRAW.closed_form(*descents(), **o),
    "constants": lambda **o: DRAW.constants(least_constants(), **o),
    "decisions": lambda **o: DRAW.decisions(
        (both := cells())[0], "a", "b", ANSWERS, boundaries=both[1], panel="panel", **LABELS, **o
    ),
    "finite_sample": lambda **o: DRAW.finite_sample(samples(), **o),
    "gains": lambda **o: DRAW.gains(gained(), **o),
    "gap": lambda **o: DRAW.gap(bounds(), **o),
    "guide_quality": lambda **o: DRAW.guide_quality(guides(), **o),
    "joint": lambda **o: DRAW.joint(mt.Joint([[6, 5, 0], [0, 1, 7], [0, 0, 9]], [0, 1, 2], [0, 0, 1]), **o),
    "ladder": lambda **o: DRAW.ladder(rungs(), **o),
    "phase_diagram": lambda **o: DRAW.phase_diagram(phases(), **o),
    "rates": lambda **o: DRAW.rates(*rates(), **o),
    "shortcut": lambda **o: DRAW.shortcut(accuracies(), "n_labels", x_label="labels on 2,000 pairs", log=True, **o),
    "sides": lambda **o: DRAW.sides(batch(), "probe-mmcl", by="data", **o),
    "spectra": lambda **o: DRAW.spectra(several_spectra(), "caption_length", **o),
    "spectrum": lambda **o: DRAW.spectrum(values(), **o),
    "tightness_map": lambda **o: DRAW.tightness_map(batch(), cells=12, **o),
    "training": lambda **o: DRAW.training(training_runs(), **o),
    "walks": lambda **o: DRAW.walks(walked(), **o),
    "worst_case": lambda **o: DRAW.worst_case(worst(), **o),
}


def picture(figure):
    """Return what was drawn as a picture of half the size, in which less is seen of how letters are hinted."""
    drawn = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    return drawn.reduce(2)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, draw in FIGURES.items():
        figure = draw(width="column").figure
        figure.canvas.draw()
        picture(figure).save(PICTURES / f"{name}.png", optimize=True)
        plt.close("all")
