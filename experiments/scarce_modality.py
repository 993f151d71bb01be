"""Compare two-stage alignment of a scarce modality with supervision and one-stage training, under a shortcut.

    python experiments/scarce_modality.py [FOLDER]

The settings differ one at a time: how many examples have labels, how much of what varies within a class examples and
texts share (κ), how often the shortcut follows the label, whether texts tell the class alone, which texts are the
anchors, and how many pairs there are.

It writes scarce_modality.parquet (a row for each setting, method and seed), scarce_modality.md (means, and paired gains
over supervision) and the figures scarce_modality_labels and scarce_modality_kappa (PDF, PNG) into FOLDER (by default
results/).
"""

import pathlib
import sys
from collections.abc import Sequence
from dataclasses import fields

import jax
import pandas as pd
from matplotlib.axes import Axes

import mmcl_theory as mt
from mmcl_theory import _archive

Setting = mt.dynamics.ScarceSetting
FIELDS = [field.name for field in fields(Setting)]
PAIRS = 2000
KAPPAS = (0.1, 0.27, 0.5, 0.7, 0.86, 1.0)
SETTINGS = tuple(
    dict.fromkeys(
        (
            *(Setting(n_labels=n) for n in (10, 25, 100, 400, PAIRS)),
            *(Setting(n_labels=PAIRS, following=followed, kappa=kappa) for followed in (0.9, 1.0) for kappa in KAPPAS),
            *(Setting(n_labels=PAIRS, following=followed) for followed in (0.0, 0.5)),
            *(Setting(n_labels=n, texts="class") for n in (25, PAIRS)),  # the control
            Setting(anchors="pairs"),
            *(Setting(n, n, followed, anchors="pairs") for n in (25, 100, 400) for followed in (0.0, 0.9, 1.0)),
        )
    )
)


def compared(table: pd.DataFrame) -> pd.DataFrame:
    """Compare each method with supervision on the same seeds, a row for each setting and method."""
    named = table.assign(data=table[FIELDS].astype(str).agg(" | ".join, axis=1), method=table.training)
    return mt.resampling.summary(named.assign(accuracy=named.test_accuracy), "supervised")


def markdown(table: pd.DataFrame) -> str:
    """Write a row for each setting: accuracies, and the gains over supervision with their standard errors."""
    names = list(dict.fromkeys(table.training))
    others = [name for name in names if name != "supervised"]
    header = [*FIELDS, *names, *(f"{name} less supervised" for name in others)]
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    for setting, part in compared(table).groupby("data", sort=False):
        rows = part.set_index("method")
        accuracies = [f"{rows.accuracy[name]:.3f}" for name in names]
        gains = [
            f"{rows.gain[name] / 100:+.3f} ± {rows.standard_error[name] / 100:.3f}, {rows.verdict[name]}"
            for name in others
        ]
        lines.append(f"| {' | '.join([str(setting), *accuracies, *gains])} |")
    return "\n".join(lines)


def over(table: pd.DataFrame, x: str, label: str, **fixed: float) -> Axes:
    """Draw accuracies over one field of the settings, the others being as in the first setting or as ``fixed``."""
    chosen = table
    for name, value in (table[FIELDS].iloc[0].to_dict() | fixed).items():
        chosen = chosen if name == x else chosen[chosen[name] == value]
    return mt.plotting.shortcut(chosen, x, x_label=label, log=x == "n_labels")


def main(folder: pathlib.Path, settings: Sequence[Setting] = SETTINGS, n_steps: int = 500, n_seeds: int = 8) -> None:
    table = mt.dynamics.scarce_transfer(settings, n_steps, jax.random.split(jax.random.key(0), n_seeds))
    mt.tables.write(table, folder / "scarce_modality.parquet")
    _archive.write_text(folder / "scarce_modality.md", markdown(table) + "\n")
    labels = over(table, "n_labels", f"labels on {PAIRS} pairs; the shortcut follows 0.9")
    mt.plotting.save(labels, folder / "scarce_modality_labels.pdf")
    label = r"share of the variation that texts tell, $\kappa$; perfect shortcut"
    kappa = over(table, "kappa", label, n_labels=table.n_labels.max(), following=1.0)
    mt.plotting.save(kappa, folder / "scarce_modality_kappa.pdf")
    print(markdown(table))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
