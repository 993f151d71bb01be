"""At each width a figure can be printed: no label lies over anything, lines differ in grey; and it looks as it did."""

import pathlib
import re
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn_figures import FIGURES, PICTURES, picture
from matplotlib.colors import to_hex, to_rgba
from matplotlib.lines import Line2D
from PIL import Image, ImageFilter

import mmcl_theory as mt
from mmcl_theory.plotting.arrangement import WIDTHS
from mmcl_theory.plotting.gap import _CURVES
from mmcl_theory.reporting.figures import write_verification_figures

ROOT = pathlib.Path(__file__).parents[2]

# Always at the width with the least room: a column, and for panels side by side a slide.  The others are slow.
SIDE_BY_SIDE = {"advantage_curves", "closed_form", "decisions", "phase_diagram", "rates", "training", "walks"}
CASES = [
    pytest.param(name, width, marks=[] if tight else pytest.mark.slow)
    for name in FIGURES
    for width in WIDTHS
    for tight in [width == "column" or (width == "slide" and name in SIDE_BY_SIDE)]
]

# The most by which a level, from 0 to 255, may differ anywhere in two blurred pictures of one figure.  Letters without
# hinting, as of another version of FreeType, which also move axes by a pixel, make up to 13; a label that is moved by
# its height, or one that is missing, makes 32 or more.
DIFFERENCE = 22
BLUR = 4  # pixels of 1/75 inch, half of the height of a letter
LEAST_SHARE = 0.35  # of the figure that its axes fill
LIGHTNESS = 6  # of 100: what two greys differ by at least that are told apart


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


def boxes(figure):
    """Find where each legend, title, and label of an axis or of its ticks is."""
    found = [(legend.get_texts()[0].get_text(), legend.get_window_extent()) for legend in figure.legends]
    for ax in figure.axes:
        found += [("title", text.get_window_extent()) for text in (ax.title, ax._left_title) if text.get_text()]
        for axis in (ax.xaxis, ax.yaxis):
            found += [(one.get_text(), one.get_window_extent()) for one in tick_labels(axis)]
            found += [(axis.label.get_text(), axis.label.get_window_extent())] if shown(axis.label) else []
    return found


def tick_labels(axis):
    """Find the labels of an axis's ticks that are seen."""
    low, high = np.sort(axis.get_view_interval())
    found = []
    for minor in (False, True):
        ticks = axis.get_minor_ticks() if minor else axis.get_major_ticks()
        labels = [tick.label1 if tick.label1.get_visible() else tick.label2 for tick in ticks]
        places = axis.get_ticklocs(minor=minor)
        found += [one for one, place in zip(labels, places, strict=False) if low <= place <= high and shown(one)]
    return found


def shown(text):
    return text.get_visible() and bool(text.get_text().strip())


def overlap(one, other):
    return min(one.x1, other.x1) - max(one.x0, other.x0) > 1 and min(one.y1, other.y1) - max(one.y0, other.y0) > 1


def check_nothing_overlaps(figure):
    """Check that labels and legends lie in the figure, on no other, and on no axes, where data may be."""
    placed = boxes(figure)
    for name, box in placed:
        assert min(box.x0, box.y0, *(figure.bbox.max - box.max)) > -1, name  # a pixel
        for ax in figure.axes:
            assert not overlap(box, ax.get_window_extent()), name
    for (name, box), (other_name, other) in combinations(placed, 2):
        assert not overlap(box, other), (name, other_name)


def has_label(ax, which):
    """Say whether an axis is labelled: at these axes, or below or left of them where a panel has the same label."""
    own, spec = getattr(ax, f"get_{which}label")(), ax.get_subplotspec()
    if own or spec is None:
        return bool(own)
    across = "colspan" if which == "x" else "rowspan"
    others = [
        other
        for other in ax.figure.axes
        if (o := other.get_subplotspec()) and getattr(o, across) == getattr(spec, across)
    ]
    return any(getattr(other, f"get_{which}label")() for other in others)


def lightness(colour, alpha=None):
    """Compute CIE L* of a colour on white paper."""
    red, green, blue, opacity = to_rgba(colour, alpha)
    levels = [opacity * level + 1 - opacity for level in (red, green, blue)]
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    luminance = np.dot([0.2126, 0.7152, 0.0722], linear)
    return 116 * np.cbrt(luminance) - 16 if luminance > 0.008856 else 903.3 * luminance


def look(handle):
    """Return of an entry of a legend what is seen in grey: its shape, and its lightness."""
    if isinstance(handle, Line2D):
        hollow = handle.get_fillstyle() == "none" or np.array_equal(handle.get_markerfacecolor(), "none")
        dashes = handle._dash_pattern if handle.get_linestyle() != "None" else "None"
        return ("line", dashes, handle.get_marker(), hollow, handle.get_linewidth()), lightness(
            to_hex(handle.get_color())
        )
    patch = handle[0] if hasattr(handle, "patches") else handle
    faces, edges = (
        np.atleast_2d(np.asarray(get()) if np.size(get()) else [[0, 0, 0, 0]])
        for get in (patch.get_facecolor, patch.get_edgecolor)
    )
    fill = faces[0] if faces[0][3] else edges[0]
    return ("area", patch.get_hatch() if not hasattr(handle, "get_segments") else "lines"), lightness(fill)


def check_grey(figure):
    """Check that what has different labels differs in grey too."""
    entries = {}
    for ax in figure.axes:
        entries |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    for one, other in combinations(entries, 2):
        (shape, light), (other_shape, other_light) = look(entries[one]), look(entries[other])
        assert shape != other_shape or abs(light - other_light) > LIGHTNESS, f"{one} and {other}"


@pytest.mark.parametrize(("name", "width"), CASES)
def test_figure_is_printable(name, width):
    figure = FIGURES[name](width=width, serif=width == "slide").figure
    assert figure.get_figwidth() == WIDTHS[width][0]
    drawn = redrawn(figure) if width == "column" else figure.draw_without_rendering()
    check_nothing_overlaps(figure)
    areas = [np.prod(ax.get_position().size) for ax in figure.axes]
    assert sum(areas) > LEAST_SHARE
    for ax in figure.axes:
        for which in "xy" if ax.get_label() != "<colorbar>" else "y":
            assert has_label(ax, which)
            assert len(tick_labels(getattr(ax, f"{which}axis"))) > 1  # from one number no other is read
    if width == "column":
        check_grey(figure)
        assert difference(drawn, Image.open(PICTURES / f"{name}.png")) < DIFFERENCE


def difference(drawn, expected):
    """Compute the largest difference of two blurred pictures, whose sizes follow from those of their letters."""
    assert np.abs(np.subtract(drawn.size, expected.size)).max() <= 2, (drawn.size, expected.size)
    common = (0, 0, *np.minimum(drawn.size, expected.size))
    one, other = (
        np.asarray(picture.convert("RGB").crop(common).filter(ImageFilter.GaussianBlur(BLUR)), dtype=float)
        for picture in (drawn, expected)
    )
    return np.abs(one - other).max()


@pytest.mark.slow
def test_the_figure_in_the_readme_is_the_one_that_make_verify_writes(emoji, tmp_path):
    recipe = re.search(r"verify --data (\w+) --k ([\d,]+) .* --figures", (ROOT / "Makefile").read_text())
    assert recipe
    (shown,) = re.findall(rf"\(docs/({recipe[1]}_\w+\.png)\)", (ROOT / "README.md").read_text())
    table = mt.verify(emoji, [int(k) for k in recipe[2].split(",")], list(dict.fromkeys(slug for slug, *_ in _CURVES)))
    write_verification_figures(table, [emoji], str(tmp_path / recipe[1]))
    written, expected = (Image.open(folder / shown) for folder in (tmp_path, ROOT / "docs"))
    assert difference(written, expected) < DIFFERENCE


def redrawn(figure):
    figure.canvas.draw()
    return picture(figure)


def test_letters_hinted_otherwise_are_the_same_picture_and_a_moved_or_missing_label_is_not():
    expected = Image.open(PICTURES / "constants.png")
    with plt.rc_context({"text.hinting": "none"}):
        drawn = redrawn(FIGURES["constants"](width="column").figure)
    assert 0 < difference(drawn, expected) < DIFFERENCE
    ax = FIGURES["constants"](width="column")
    figure = ax.figure
    assert difference(redrawn(figure), expected) < DIFFERENCE
    figure.set_layout_engine("none")  # so that the axes stay
    figure.legends[0].get_texts()[0].set_visible(False)
    assert difference(redrawn(figure), expected) > DIFFERENCE
    figure.legends[0].get_texts()[0].set_visible(True)
    x, y = ax.transAxes.inverted().transform(ax.yaxis.label.get_window_extent().min)
    ax.yaxis.set_label_coords(x, y + 0.1)
    assert difference(redrawn(figure), expected) > DIFFERENCE


def test_a_label_over_another_or_outside_or_on_data_is_found():
    for spoil in (
        lambda ax: ax.yaxis.set_label_coords(-0.5, 0.5),
        lambda ax: ax.yaxis.set_label_coords(0.3, 0.5),
        lambda ax: ax.set_xticks([16, 17], ["16", "17"]),
        lambda ax: ax.figure.legends[0].set_loc("center"),
        lambda ax: ax.set_xlabel("a label that is longer than any column of a paper can be, and longer still"),
    ):
        ax = FIGURES["constants"](width="column")
        ax.figure.set_layout_engine("none")
        check_nothing_overlaps(ax.figure)
        spoil(ax)
        ax.figure.draw_without_rendering()
        with pytest.raises(AssertionError):
            check_nothing_overlaps(ax.figure)


def test_lines_of_one_look_are_found():
    _, ax = plt.subplots()
    ax.plot([0, 1], [0, 1], "o-", color="#0072B2", label="one")
    ax.plot([0, 1], [1, 0], "o-", color="0.43", label="as dark")
    with pytest.raises(AssertionError, match="as dark"):
        check_grey(ax.figure)
    ax.lines[1].set_linestyle("--")
    check_grey(ax.figure)
