"""Figures show the numbers of the tables they are given."""

import re

import matplotlib

matplotlib.use("Agg")

import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn_figures import FIGURES, advantages, least_constants, samples

import mmcl_theory as mt

TABLE = pd.DataFrame({"a": [1]})
JOINT = mt.generators.block_joint(label_noise=0.2, key=jax.random.key(0)).sample(2000, key=jax.random.key(1))


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def bounds():
    """The statements that ``gap`` draws, at several k."""
    slugs = ["probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"]
    table = mt.verify(JOINT, [2, 3, 4, 8], slugs)
    # The bounds from walks are drawn likewise, whatever their numbers.
    walks = [table[table.theorem == slug].assign(theorem=slug.replace("mmcl", "walk")) for slug in slugs[1:3]]
    return pd.concat([table, *walks], ignore_index=True)


def curve(ax, label):
    (line,) = [line for line in ax.get_lines() if label in line.get_label()]
    return line.get_xdata(), line.get_ydata()


def test_gap_draws_measured_values_and_bounds(bounds):
    ax = mt.plotting.gap(bounds)
    rows = bounds[bounds.theorem == "probe-text-induced"]
    for label, column in (("residual $r_k$, measured", "lhs"), ("\\alpha_T", "rhs")):
        x, y = curve(ax, label)
        np.testing.assert_array_equal(x, rows.k)
        np.testing.assert_array_equal(y, rows[column])
    np.testing.assert_array_equal(curve(ax, r"$r_k \leq$ text walks")[1], bounds[bounds.theorem == "probe-mmcl"].rhs)


def shaded_from(ax):
    """The value from which on the axes are shaded."""
    ax.figure.draw_without_rendering()
    (shaded,) = [patch for patch in ax.patches if patch.get_alpha() == 0.12]
    return shaded.get_y()


def test_what_is_vacuous_is_shaded_from_the_trivial_value_on(bounds):
    chance = 1 - np.sum(np.bincount(JOINT.image_labels, weights=JOINT.image_marginal) ** 2)
    for ax in (mt.plotting.gap(bounds), mt.plotting.against(bounds, "k")):
        assert shaded_from(ax) == pytest.approx(chance)
    lower = mt.plotting.against(bounds, "k", theorem="probe-mmcl-lower")
    assert not [patch for patch in lower.patches if patch.get_alpha() == 0.12]


def test_values_of_less_than_a_decade_can_be_read_off(bounds):
    ax = mt.plotting.gap(bounds[(bounds.theorem == "probe-mmcl") & (bounds.k < 4)])
    low, high = ax.get_ylim()
    assert high < 10 * low
    ax.figure.draw_without_rendering()
    assert len([one for one in ax.get_yticklabels(minor=True) if one.get_text()]) > 1


def test_gap_of_a_table_without_probe_rows_is_refused():
    of_nothing = mt.verify(mt.Joint(np.eye(2), [0, 1]), k=2, theorems="probe-error")  # 0 but for rounding
    for table in (mt.verify(JOINT, k=1, theorems="chi-square"), of_nothing):
        with pytest.raises(ValueError, match="joint 0"):
            mt.plotting.gap(table)


def test_spectrum_draws_singular_values_and_what_they_explain(bounds):
    table = mt.class_spectrum(JOINT)
    ax = mt.plotting.spectrum(table)
    np.testing.assert_array_equal(ax.collections[0].get_offsets()[:, 1], table.sigma)
    _, explained = curve(ax, "explained")
    (residual,) = bounds[(bounds.theorem == "probe-text-induced") & (bounds.k == 4)].lhs
    np.testing.assert_allclose(1 - explained[3], residual, atol=1e-13)  # rounding


def test_against_draws_each_joint_over_its_labeling_error():
    joints = [mt.generators.isotropic_noise(4, noise / 10) for noise in range(1, 6)]
    table = mt.verify(joints, k=1, theorems="probe-mmcl")
    x, y = curve(mt.plotting.against(table, "labeling_error"), "bound")
    np.testing.assert_allclose(x, [0.075, 0.15, 0.225, 0.3, 0.375])
    np.testing.assert_array_equal(y, table.rhs)
    with pytest.raises(ValueError, match="x: must be a column of numbers"):
        mt.plotting.against(table, "height")
    with pytest.raises(ValueError, match="no applicable row"):
        mt.plotting.against(table, theorem="zero-shot")


def test_spectra_draws_a_line_for_each_value_of_what_was_varied():
    table = pd.concat({0.1: mt.class_spectrum(JOINT), 0.2: mt.class_spectrum(JOINT.transpose())}, names=["noise"])
    ax = mt.plotting.spectra(table.reset_index("noise"), "noise")
    for value in (0.1, 0.2):
        x, y = curve(ax, str(value))
        np.testing.assert_array_equal(x, table.loc[value].j)
        np.testing.assert_array_equal(y, table.loc[value].sigma)
    with pytest.raises(ValueError, match="by: must be a column"):
        mt.plotting.spectra(table, "height")


def test_constants_draws_a_line_for_each_statement_of_an_order():
    table = least_constants()
    x, y = curve(mt.plotting.constants(table), "probe-mmcl-paper")
    np.testing.assert_array_equal(x, [16, 32, 64, 128, 256])
    np.testing.assert_array_equal(y, table[table.theorem == "probe-mmcl-paper"].constant)
    with pytest.raises(ValueError, match="no statement of an order"):
        mt.plotting.constants(table[:0])


def test_finite_sample_draws_medians_over_samples_of_one_size(bounds):
    table = samples()
    ax = mt.plotting.finite_sample(table)
    lines = {line.get_label(): line for line in ax.get_lines()}
    sizes, medians = zip(
        *[(n, np.median(part.sample_residual)) for n, part in table.groupby("sample_size")], strict=True
    )
    np.testing.assert_array_equal(lines["measured"].get_xdata(), sizes)
    np.testing.assert_allclose(lines["measured"].get_ydata(), medians)
    np.testing.assert_array_equal(lines["bound, population"].get_ydata(), [0.45] * 5)
    # Encoders of a sample need not have the constant function, so that theirs is 1.
    assert shaded_from(mt.plotting.finite_sample(table.assign(trivial=1.0))) == 1
    population = table[table.theorem == "probe-text-induced"]
    assert shaded_from(mt.plotting.finite_sample(population.assign(rhs=4.5))) == 0.85
    with pytest.raises(ValueError, match="no row of a sample"):
        mt.plotting.finite_sample(bounds)


def test_advantage_plane_draws_the_difference_of_the_residuals():
    report = advantages()
    mesh = mt.plotting.advantage_plane(report, "change", "error").collections[0]
    difference = report.mmcl_residual - report.sscl_residual
    np.testing.assert_array_equal(mesh.get_array(), difference.to_numpy().reshape(9, 9))
    with pytest.raises(ValueError, match="at least two values"):
        mt.plotting.advantage_plane(report[:1], "change", "error")


def walked(data, ks=(2, 5)):
    return pd.DataFrame(
        [
            {
                "data": data,
                "k": k,
                "steps": m,
                "lower": 0.5 / k - 0.1 / m,
                "residual": 0.5 / k,
                "upper": 0.5 / k + 0.2 / m,
            }
            for k in ks
            for m in (4, 1, 2)
        ]
    ).assign(trivial=0.8)


def test_walks_draws_bounds_over_steps_in_a_panel_for_each_data_set():
    table = pd.concat([walked("one"), walked("other", (5, 9))], ignore_index=True)
    first = mt.plotting.walks(table)
    second = first.figure.axes[1]
    assert [ax.get_title(loc="left") for ax in (first, second)] == ["one", "other"]
    colours = {}
    for ax, data, ks in ((first, "one", (2, 5)), (second, "other", (5, 9))):
        for k in ks:
            rows = table[(table.data == data) & (table.k == k)].sort_values("steps")
            (upper,) = [line for line in ax.get_lines() if line.get_label() == f"bounds, $k = {k}$"]
            np.testing.assert_array_equal(upper.get_xdata(), [1, 2, 4])
            np.testing.assert_array_equal(upper.get_ydata(), rows.upper)
            lines = [line.get_ydata() for line in ax.get_lines() if line.get_color() == upper.get_color()]
            assert any(np.array_equal(drawn, rows.lower) for drawn in lines)
            assert any(np.array_equal(drawn, [rows.residual.iloc[0]] * 2) for drawn in lines)
            colours.setdefault(k, set()).add(upper.get_color())
    assert all(len(some) == 1 for some in colours.values())  # one k has one colour in all panels
    assert len({next(iter(some)) for some in colours.values()}) == 3
    with pytest.raises(ValueError, match=r"^table: has no row"):
        mt.plotting.walks(table[:0])
    with pytest.raises(ValueError, match=r"^by: "):
        mt.plotting.walks(table, by="world")


def test_advantage_curves_draw_residuals_between_bounds_and_shade_what_is_proved():
    report = pd.DataFrame({"data": "one", "k": [1, 4, 16, 64], "verdict": ["undecided", "mmcl", "mmcl", "sscl"]})
    for kind, residual in (("mmcl", [0.9, 0.5, np.nan, 0.3]), ("sscl", [0.9, 0.8, 0.6, 0.1])):
        report[f"{kind}_residual"] = residual
        report[f"{kind}_lower"], report[f"{kind}_upper"] = report[f"{kind}_residual"] - 0.1, np.array(residual) + 0.1
    ax = mt.plotting.advantage_curves(report)
    x, y = curve(ax, "MMCL")
    np.testing.assert_array_equal(x, [1, 4, 64])  # where an encoder is not unique nothing is drawn
    np.testing.assert_array_equal(y, [0.9, 0.5, 0.3])
    np.testing.assert_array_equal(curve(ax, "SSCL")[1], report.sscl_residual)
    spans = sorted((patch.get_x(), patch.get_x() + patch.get_width()) for patch in ax.patches)
    np.testing.assert_allclose(spans, [(2, 8), (8, 32), (32, 64)])
    (legend,) = ax.figure.legends
    words = [text.get_text() for text in legend.get_texts()]
    assert words[-2:] == ["MMCL provably better", "SSCL provably better"]
    with pytest.raises(ValueError, match=r"^report: has no row"):
        mt.plotting.advantage_curves(report[:0])


def test_tightness_map_draws_the_median_in_each_cell():
    joints = [mt.generators.isotropic_noise(4, noise) for noise in (0.25, 0.25, 0.25, 0.75)]
    table = mt.verify(joints, 1, ["probe-mmcl", "chi-square"])
    hexagons = mt.plotting.tightness_map(table).collections[0]
    rows = table[table.theorem == "probe-mmcl"]
    np.testing.assert_allclose(np.sort(hexagons.get_array()), np.sort((rows.rhs / rows.lhs).unique()))
    with pytest.raises(ValueError, match="no row of 'probe-mmcl'"):
        mt.plotting.tightness_map(table[table.theorem == "chi-square"])


def test_worst_cases_are_drawn_under_their_bound():
    table = pd.DataFrame({"labeling_error": [0.2, 0.1], "sigma_next": 0.5, "worst": [0.4, 0.2], "bound": [0.48, 0.25]})
    table["trivial"] = 0.45
    ax = mt.plotting.worst_case(table)
    assert shaded_from(ax) == 0.45
    for label, column in (("worst", "worst"), ("bound", "bound")):
        x, y = curve(ax, label)
        np.testing.assert_array_equal(x, [0.1, 0.2])
        np.testing.assert_array_equal(y, table[column][::-1])
    assert "0.5" in ax.get_title(loc="left")
    with pytest.raises(ValueError, match=r"^table: one value of 'labeling_error' is needed, got 2"):
        mt.plotting.worst_case(table, "sigma_next")
    with pytest.raises(ValueError, match=r"^x: must be one of"):
        mt.plotting.worst_case(table, "height")


@pytest.mark.parametrize(("serif", "fonts"), [(False, {"DejaVuSans"}), (True, {"STIXGeneral-Regular"})])
def test_save_writes_a_vector_and_a_pixel_file_with_fonts_embedded(serif, fonts, tmp_path):
    paths = mt.plotting.save(FIGURES["worst_case"](width="column", serif=serif), tmp_path / "new" / "gap.png")
    assert [path.suffix for path in paths] == [".pdf", ".png"]
    pdf = paths[0].read_bytes()
    used = {name.decode().split("+")[-1] for name in re.findall(rb"/FontName /([\w+-]+)", pdf)}
    assert used >= fonts
    assert all(name.startswith("STIX" if serif else "DejaVuSans") for name in used)  # formulas too
    assert pdf.count(b"/FontFile2") == len(used)  # each is embedded, as a TrueType font
    assert b"/Type3" not in pdf


def test_a_figure_has_the_width_that_is_asked_for_and_axes_keep_theirs():
    for width, inches in (("column", 3.25), ("text", 6.75), ("slide", 10)):
        assert FIGURES["worst_case"](width=width).figure.get_figwidth() == inches
    ax = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")[1][0]
    assert FIGURES["worst_case"](ax=ax) is ax
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "bound of probe-mmcl",
        "worst case found",
        "vacuous",
    ]
    assert tuple(ax.figure.get_size_inches()) == (9, 4)
    with pytest.raises(ValueError, match=r"^width: is that of a new figure; axes that are given have their own$"):
        FIGURES["worst_case"](ax=ax, width="column")
    with pytest.raises(ValueError, match=r"^width: must be one of column, text, slide, got 'poster'$"):
        FIGURES["worst_case"](width="poster")


def test_one_figure_gives_the_same_bytes_and_two_files_whatever_the_ending(tmp_path):
    written = []
    for name in (tmp_path / "a.pdf", str(tmp_path / "a")):
        paths = mt.plotting.save(FIGURES["constants"](width="column"), name)
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png"]


@pytest.mark.parametrize(
    "draw", [getattr(mt.plotting, name) for name in mt.plotting.__all__ if name not in ("save", "statement", "joint")]
)
def test_what_is_no_table_or_lacks_a_column_is_refused_by_its_name(draw):
    more = {"advantage_plane": ("x", "y"), "spectra": ("a",), "closed_form": (TABLE,), "rates": (TABLE, TABLE)}
    more = (more | {"shortcut": ("a",), "sides": ("a",), "decisions": ("a", "b", {"one": "1"})}).get(draw.__name__, ())
    with pytest.raises(TypeError, match=r"^(table|report|full|sampled): a DataFrame is needed, got None"):
        draw(None, *more)
    with pytest.raises(ValueError, match=r"^\w+: "):
        draw(TABLE, *more)


def test_what_cannot_be_saved_is_refused_by_its_name(tmp_path):
    ax = FIGURES["constants"](width="column")
    (tmp_path / "file").touch()
    for given, path, error, words in [
        (None, tmp_path / "a", TypeError, "ax: axes of a figure are needed, got None"),
        (ax, None, TypeError, "path: the name of a file is needed, got None"),
        (ax, 5, TypeError, "path: the name of a file is needed, got 5"),
        (ax, "", ValueError, "path: the name of a file is needed, got ''"),
        (ax, "/", ValueError, "path: the name of a file is needed, got '/'"),
        (ax, tmp_path / "file" / "a", OSError, r"path: .*a.pdf' cannot be written \(Not a directory\)"),
    ]:
        with pytest.raises(error, match=f"^{words}"):
            mt.plotting.save(given, path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
