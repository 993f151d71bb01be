"""Map what is learned where a class goes with a shortcut, against the exact boundaries: four phase diagrams.

    python experiments/shortcut_phases.py [FOLDER]

- class_or_colour: what the probe answers on coloured pictures (``worlds.coloured``, 5 classes) over how often captions
  keep the digit and the colour, for three correlations of the two; measured by ``verify``, `class-or-colour`.
- digit_against_style: what MMCL and SSCL answer on coloured digits with four styles (``dynamics.digit_answers``, 10
  classes, the published noise) over k and how often views keep the style.
- two_stages: whether a fitted two-stage rule is right more often than not where a shortcut is wrong, over κ and the
  number of labels, which give the class anchors; 2,000 pairs, 50 draws a cell.  The boundary is that of unlimited data.
- content_threshold: whether the content is learned after AddNewPositive and DropFalsePositive with a good guide, over
  the gap of style and content and the strength (``resampling.content_learned``, 5 contents and 5 styles).

Each writes a table NAME.parquet and a figure shortcut_NAME (PDF, PNG) into FOLDER (by default results/).  Together they
take two minutes.
"""

import itertools
import math
import pathlib
import sys

import numpy as np
import pandas as pd

import mmcl_theory as mt
from mmcl_theory._progress import progress_bar

SEPARATION = 2.0  # of the classes, with a variance of 1 within a class


def class_or_colour(n: int) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    values = np.linspace(0.02, 0.98, n)
    correlations = (0.1, 0.5, 0.9)
    cells = [(theta, a, b) for theta in correlations for a in values for b in values]
    worlds = [mt.worlds.coloured(5, *cell) for cell in cells]
    table = mt.verify([mt.Instance(w.joint, attribute=w.attribute) for w in worlds], 5, "class-or-colour")
    found = np.full(len(cells), "tie", dtype=object)
    told = table[table.verdict.isin(["holds", "violated"])]
    found[told.joint] = np.where(told.lhs > 0, "digit", "colour")
    names = [f"θ = {theta}" for theta, _, _ in cells]
    table = pd.DataFrame(cells, columns=["theta", "a", "b"]).assign(panel=names, answer=found)
    ends = pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 1.0]})
    boundaries = pd.concat([ends.assign(panel=name) for name in dict.fromkeys(names)])
    labels = {"x_label": "captions keep the digit, $a$", "y_label": "captions keep the colour, $b$"}
    return table, boundaries, {"x": "a", "y": "b", **labels, "answers": ANSWERS}


def digit_against_style(n: int) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    styles, ks = np.linspace(0.6, 0.99, n), [*range(10, 61)]
    tables = [mt.dynamics.digit_answers(ks, n_styles=4, digit_kept=0.8, style_kept=s).assign(style=s) for s in styles]
    table = pd.concat(tables, ignore_index=True).rename(columns={"training": "panel"})
    # MMCL learns the digit from k = 2m − 1 on; SSCL nothing but colours up to k = m·n_S where s > a, and k = m below.
    multi = pd.DataFrame({"k": [18.5, 18.5], "style": [0.0, 1.0], "panel": "multi-modal"})
    single = pd.DataFrame({"k": [10.5, 10.5, 40.5, 40.5], "style": [0.0, 0.8, 0.8, 1.0], "panel": "single-modal"})
    labels = {"x_label": "encoder dimension, $k$", "y_label": "views keep the style, $s$"}
    return table, pd.concat([multi, single]), {"x": "k", "y": "style", **labels, "answers": ANSWERS}


def two_stages(n: int, n_draws: int = 50) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    kappas, labelled = np.linspace(0.1, 0.98, n), np.geomspace(4, 1024, 9).astype(int)
    rng = np.random.default_rng(0)
    rows = []
    for kappa, m in itertools.product(kappas, labelled):
        values = [against_shortcut(kappa, m, rng) for _ in range(n_draws)]
        mean, error = np.mean(values), np.std(values, ddof=1) / math.sqrt(n_draws)
        answer = "undecided" if abs(mean - 0.5) < 2 * error else "right" if mean > 0.5 else "wrong"
        rows.append((kappa, math.log2(m), mean, error, answer))
    table = pd.DataFrame(rows, columns=["kappa", "labels", "share", "standard_error", "answer"]).assign(panel="")
    boundary = pd.DataFrame({"kappa": [0.5, 0.5], "labels": [0.0, 11.0], "panel": ""})
    answers = {"right": "two stages mostly right", "wrong": "mostly wrong", "undecided": "undecided"}
    labels = {"x_label": r"share of meaning, $\kappa$", "y_label": r"$\log_2$ of the number of labels"}
    return table, boundary, {"x": "kappa", "y": "labels", **labels, "answers": answers}


def against_shortcut(kappa: float, n_labels: int, rng: np.random.Generator, n_pairs: int = 2000) -> float:
    """Fit both stages on draws, and return how often the rule is right on new examples whose shortcut is wrong."""
    classes = rng.choice([-1, 1], n_pairs)
    classes[:2] = -1, 1  # so that there is a label of each class
    meanings = classes * SEPARATION / 2 + math.sqrt(kappa) * rng.normal(size=n_pairs)
    examples = np.column_stack([meanings + math.sqrt(1 - kappa) * rng.normal(size=n_pairs), classes, np.ones(n_pairs)])
    weights = np.linalg.lstsq(examples, meanings, rcond=None)[0]  # E[U | V, s] is linear, as s tells the class
    low, high = (meanings[:n_labels][classes[:n_labels] == label].mean() for label in (-1, 1))
    wrong = rng.choice([-1, 1], n_pairs)
    shown = np.column_stack([wrong * SEPARATION / 2 + rng.normal(size=n_pairs), -wrong, np.ones(n_pairs)]) @ weights
    given = np.where(np.abs(shown - high) < np.abs(shown - low), 1, -1)
    return float((given == wrong).mean())


def content_threshold(n: int) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    content, m = 0.5, 5
    gaps, strengths = np.linspace(-0.1, 0.48, n), np.linspace(0.0, 0.39, n)
    methods = {"add_new_positive": "AddNewPositive, w", "drop_false_positive": "DropFalsePositive, d"}
    tables, lines = [], []
    for method, name in methods.items():
        for gap in gaps:
            found = mt.resampling.content_learned(method, [*strengths], content, content + gap, m, m)
            tables.append(found.rename(columns={"learned": "answer"}).assign(gap=gap, panel=name))
            lines.append((gap, found.threshold[0], name))
    labels = {"x_label": r"gap $\lambda_s-\lambda_c$", "y_label": "strength"}
    answers = {"content": "content learned", "style": "style learned", "tie": "tie"}
    boundaries = pd.DataFrame(lines, columns=["gap", "strength", "panel"])
    return pd.concat(tables, ignore_index=True), boundaries, {"x": "gap", "y": "strength", **labels, "answers": answers}


ANSWERS = {"digit": "the digit", "colour": "the colour", "tie": "a tie, or a choice", "mixed": "neither"}
DIAGRAMS = {one.__name__: one for one in (class_or_colour, digit_against_style, two_stages, content_threshold)}


def main(folder: pathlib.Path, n: int = 25) -> None:
    with progress_bar("Mapping what is learned", len(DIAGRAMS)) as advance:
        for name, diagram in DIAGRAMS.items():
            table, boundaries, words = diagram(n)
            mt.tables.write(table, folder / f"{name}.parquet")
            panel = "panel" if table.panel.nunique() > 1 else None
            ax = mt.plotting.decisions(table, boundaries=boundaries, panel=panel, **words)
            mt.plotting.save(ax, folder / f"shortcut_{name}.pdf")
            counts = table.groupby("panel", sort=False).answer.value_counts().unstack(fill_value=0)
            print(f"{name}: {len(table)} cells\n{counts.to_string()}\n")
            advance()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
