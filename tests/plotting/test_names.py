"""Names of the user's stand in figures as they are: no formula, no warning, no font that lacks them, none too long."""

import warnings

import drawn_figures
import jax
import matplotlib.pyplot as plt
import pandas as pd
import pytest

import mmcl_theory as mt
from mmcl_theory.plotting.style import plain

NAMES = ["_tr$ain_1", "猫の$写真", "x" * 300, "a $\\frac{1$ b", "an $x_1$\nand $x_2$"]


def isotropic(m, noise):
    return mt.generators.isotropic_noise(m, noise)


def batch():
    """Joints of several data sets, with a column of a strange name."""
    table = drawn_figures.batch()
    return table.assign(data=[NAMES[joint % 4] for joint in table.joint], **{NAMES[0]: table.joint})


def two_sets():
    """Two data sets on top of each other, at several k."""
    return pd.concat(
        [drawn_figures.bounds(shift).assign(data=name) for shift, name in zip((1, 2), NAMES, strict=False)]
    )


def rungs():
    numbers = {"probe_error": 0.1, "probe_residual": 0.2, "zero_shot_error": 0.2, "bound": 0.8}
    return pd.DataFrame([{"rung": name, "seed": 0} | numbers for name in NAMES])


def gains():
    return pd.DataFrame(
        [{"data": name, "method": way, "gain": 1.0, "standard_error": 0.2} for name in NAMES[:4] for way in NAMES]
    )


def accuracies():
    numbers = [(name, p) for name in NAMES[:4] for p in (0.1, 0.9)]
    return pd.DataFrame([{NAMES[1]: p, "training": name, "test_accuracy": p} for name, p in numbers])


def spectra():
    tables = {name: mt.class_spectrum(isotropic(4, 0.1 * (i + 1))) for i, name in enumerate(NAMES)}
    return pd.concat(tables, names=[NAMES[0]]).reset_index(NAMES[0])


def constants():
    return pd.DataFrame([{"theorem": name, "n_items": n, "constant": 1 / n} for name in NAMES for n in (2, 4)])


def runs():
    steps = pd.DataFrame({"step": [0, 1], "loss": 1.0, "test_accuracy": 0.5, "signal": 1.0, "memorization": 1.0})
    return pd.concat([steps.assign(training=name) for name in NAMES[:2]])


def plane():
    report = pd.DataFrame({"mmcl_residual": [0.1, 0.2, 0.3, 0.4], "sscl_residual": 0.2, "verdict": "undecided"})
    return report.assign(**{NAMES[0]: [0, 0, 1, 1], NAMES[1]: [0, 1, 0, 1]})


DRAWN = {
    "gap": lambda: mt.plotting.gap(two_sets(), by="data"),
    "against": lambda: mt.plotting.against(batch(), NAMES[0], by="data"),
    "ladder": lambda: mt.plotting.ladder(rungs()),
    "gains": lambda: mt.plotting.gains(gains()),
    "shortcut": lambda: mt.plotting.shortcut(accuracies(), NAMES[1]),
    "spectra": lambda: mt.plotting.spectra(spectra(), NAMES[0]),
    "constants": lambda: mt.plotting.constants(constants()),
    "training": lambda: mt.plotting.training(runs()),
    "advantage_plane": lambda: mt.plotting.advantage_plane(plane(), NAMES[0], NAMES[1]),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_any_name_is_drawn_without_a_warning(draw, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw().figure
        figure.draw_without_rendering()
        if draw is DRAWN["spectra"]:  # which has all names: a file holds their letters wherever they stand
            figure.savefig(tmp_path / "figure.pdf")
            assert (tmp_path / "figure.pdf").stat().st_size > 1000
    plt.close("all")


def test_every_name_has_a_line_in_the_legend():
    """Matplotlib leaves out what begins with an underscore."""
    (legend,) = mt.plotting.spectra(spectra(), NAMES[0]).figure.legends
    heading, *shown = [text.get_text() for text in legend.get_texts()]
    assert heading == plain(NAMES[0].replace("_", " "))
    assert len(shown) == len(set(shown)) == len(NAMES)
    assert sum("_tr\\$ain_1" in text for text in shown) == 1


def test_a_name_is_text_and_two_names_stay_two():
    assert plain("größe_α") == "größe_α"
    assert plain("$x$") == r"\$x\$"
    assert plain("猫") != plain("犬")
    assert plain("a\x1b\u202eb") == r"a\x1b\u202eb"
    long = plain("ab" * 200)
    assert (len(long), long[:4], long[-4:]) == (36, "abab", "abab")
    assert plain("a" * 36) == "a" * 36


def test_two_data_sets_are_drawn_side_by_side():
    table = two_sets()
    ax = mt.plotting.gap(table, by="data")
    panels = ax.get_figure(root=True).axes
    assert [panel.get_title(loc="left") for panel in panels] == [plain(name) for name in NAMES[:2]]
    for panel, (_, part) in zip(panels, table.groupby("data", sort=False), strict=True):
        drawn = next(line for line in panel.get_lines() if str(line.get_label()).startswith("residual $r_k$, measured"))
        expected = part[(part.theorem == "probe-text-induced") & part.lhs.notna()].lhs
        assert list(drawn.get_ydata()) == expected.tolist()
    *labels, vacuous = mt.plotting.against(batch(), by="data").get_legend_handles_labels()[1]
    assert vacuous == "vacuous"
    assert labels == [f"{side}, {plain(name)}" for name in NAMES[:4] for side in ("bound", "measured")]
    plt.close("all")


def test_two_data_sets_are_never_drawn_as_one():
    with pytest.raises(ValueError, match=r"^table: has .* several times at one k; name with by the column"):
        mt.plotting.gap(two_sets())
    with pytest.raises(ValueError, match=r"^table: is of several data sets; draw them with spectra"):
        mt.plotting.spectrum(spectra())
    with pytest.raises(ValueError, match=r"^by: must be a column of the table, got 'moon'"):
        mt.plotting.gap(two_sets(), by="moon")
    joints = [isotropic(3, noise) for noise in (0.1, 0.3)]
    samples = [mt.Instance(joint, sample=joint.draw(3000, key=jax.random.key(0))) for joint in joints]
    with pytest.raises(ValueError, match=r"^table: is of several joints"):
        mt.plotting.finite_sample(mt.verify(samples, 1, "finite-sample"))
    kinds = pd.DataFrame({"kind": ["moon"]})
    with pytest.raises(ValueError, match=r"^bias: no kind is called 'moon'; there are independent,"):
        mt.plotting.rates(kinds.assign(kind="CLIP"), kinds, kinds)
