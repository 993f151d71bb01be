"""The page that moves shows the numbers of the package, and says where there is none."""

import ast
import pathlib
import re

import flint
import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.certification.enclosures.enclosures import Enclosures
from mmcl_theory.quantities.quantities import measured_at_hand

SETTINGS = 200
SHAPES = {(6, 6): 16, (8, 5): 5, (4, 8): 2}  # each with its number of steps, as each of these compiles a program
EXACT = 1e-9  # what is asked for; LAPACK's rounding and that of Jacobi's rotations are far below
BOUNDS = ("walk_lower", "walk_upper", "sscl_walk_lower", "sscl_walk_upper")
THEOREMS = ("probe-text-induced", "probe-mmcl", "probe-sscl")
UNIQUE = 1e-9  # the least gap between singular values that counts, a little above ``precision.resolution``

# Show each setting on the page, and read what it then shows.
SHOW = """
return arguments[0].map((given) => {
  preset = "";
  setting = given;
  drawTable();
  render();
  const cells = [...document.querySelectorAll("[data-value]")];
  return Object.fromEntries(cells.map((cell) => [cell.dataset.value, [cell.dataset.exact, cell.textContent]]));
});
"""


def random_setting(rng, shape):
    """A table of counts with zeros, with classes and looks, and sliders that are at 0 now and then."""
    n, m = shape
    counts = rng.poisson(rng.choice([1, 3]), shape) + rng.choice([0, 5]) * np.eye(n, m, dtype=int)
    counts[counts.sum(axis=1) == 0, 0] = 1
    counts[0, counts.sum(axis=0) == 0] = 1
    noise, garbling, augmentation = (rng.choice([0, rng.uniform(0, 0.9)]) for _ in range(3))
    return {
        "counts": counts.tolist(),
        "images": [{"name": f"image {x}", "label": x % 3, "look": int(rng.integers(2))} for x in range(n)],
        "texts": [{"name": f"text {t}", "label": int(rng.integers(3))} for t in range(m)],
        **{"noise": noise, "garbling": garbling, "augmentation": augmentation},
        **{"k": int(rng.integers(1, min(shape) + 1)), "steps": SHAPES[shape]},
    }


def redrawn(masses, groups):
    same = groups[:, None] == groups
    return same * masses / (same @ masses)[:, None]


def instance_of(setting):
    """What the sentences on the page say that a setting is, made of the package's parts."""
    labels = np.array([image["label"] for image in setting["images"]])
    looks = np.array([image["look"] for image in setting["images"]])
    text_labels = np.array([text["label"] for text in setting["texts"]])
    law = np.array(setting["counts"]) / np.sum(setting["counts"])
    q, one = law.sum(axis=0), np.eye(law.shape[1])
    garbling = (1 - setting["garbling"]) * one + setting["garbling"] * redrawn(q, text_labels)
    noise = (1 - setting["noise"]) * one + setting["noise"] * q
    garbled = mt.Joint(law, labels, text_labels, n_classes=3).garble(garbling).garble(noise)
    joint = mt.Joint(garbled.matrix, labels, text_labels, n_classes=3)
    p, s, itself = np.asarray(joint.image_marginal), setting["augmentation"], np.eye(len(labels))
    views = s * redrawn(p, labels) + (1 - s) * (0.8 * itself + 0.2 * redrawn(p, looks))
    graph = mt.PairGraph.of_augmentations(views, p, labels, 3)
    return mt.Instance(joint, augmentation=graph, steps=setting["steps"])


@pytest.fixture(scope="module")
def settings():
    rng = np.random.default_rng(0)
    shapes = list(SHAPES)
    return [random_setting(rng, shapes[i % len(shapes)]) for i in range(SETTINGS)]


@pytest.fixture(scope="module")
def shown(browser, explore, settings):
    """What the page shows of each setting: numbers, and None where it says that there is none."""
    browser.open(explore)
    cells = browser.run(SHOW, settings)
    return [{name: None if exact == "null" else float(exact) for name, (exact, _) in each.items()} for each in cells]


@pytest.fixture(scope="module")
def measured(settings, shown):
    """What the package measures of each setting, and the right sides of the theorems."""
    names = [name for name in shown[0] if name in mt.Quantities.__dataclass_fields__]
    names += ["sigma_k", "lambda_k", "class_collision"]

    found = []
    for setting in settings:
        q = jax.tree.map(float, measured_at_hand(instance_of(setting), [setting["k"]], names)[0][0][0])
        values = {name: getattr(q, name) for name in names}
        values |= {slug: mt.theorems[slug].rhs(q) if q.sigma_next < 1 else np.inf for slug in THEOREMS[:2]}
        values |= {THEOREMS[2]: mt.theorems[THEOREMS[2]].rhs(q) if q.lambda_next < 1 else np.inf}
        found.append(values | {"trivial": 1 - q.class_collision})
    return found


def is_determined(name, values):
    """Whether a number does not hang on rounding: the eigenvalues k and k + 1 differ, and bounds are finite."""
    if name in ("sscl_residual", "sscl_error", "probe-sscl", "sscl_walk_lower", "sscl_walk_upper"):
        gap, rest = values["lambda_k"] - values["lambda_next"], 1 - values["lambda_next"]
    elif name in (*THEOREMS, "walk_lower", "walk_upper") or name.startswith(("probe", "zero_shot")):
        gap, rest = values["sigma_k"] - values["sigma_next"], 1 - values["sigma_next"] ** 2
    else:
        return True
    return gap > UNIQUE and (name not in THEOREMS or rest > UNIQUE)


def test_every_number_is_the_package_s(shown, measured):
    for page_values, values in zip(shown, measured, strict=True):
        for name, number in page_values.items():
            if not is_determined(name, values):
                assert number is None, name
            else:
                assert number == pytest.approx(values[name], rel=EXACT, abs=EXACT), name
    assert sum(number is None for each in shown for number in each.values()) < 0.2 * SETTINGS * len(shown[0])


def test_bounds_of_walks_are_those_of_exact_arithmetic(settings, shown):
    """``certify`` finds the best polynomials at hundreds of bits."""
    for setting, page_values in list(zip(settings, shown, strict=True))[::20]:
        with flint.ctx.workprec(512):
            enclosures = Enclosures(ExactInstance.of(instance_of(setting)), setting["k"])
            for name in BOUNDS:
                if page_values[name] is not None:
                    ball = flint.arb(getattr(getattr(enclosures, name), "value", getattr(enclosures, name)))
                    assert page_values[name] == pytest.approx(float(ball.mid()), abs=EXACT), name


@pytest.mark.parametrize("preset", ["isotropic", "captions", "shortcut"])
def test_presets_are_worlds_of_the_package(browser, explore, preset):
    browser.open(explore)
    table, source = browser.run("return [begun(arguments[0]), PRESETS[arguments[0]].source]", preset)
    made = eval(f"mt.{source}")
    joint = getattr(made, "joint", made)
    assert np.array(table["counts"]) / np.sum(table["counts"]) == pytest.approx(np.asarray(joint.matrix), abs=1e-15)
    assert [image["label"] for image in table["images"]] == joint.image_labels.tolist()
    assert [text["label"] for text in table["texts"]] == joint.text_labels.tolist()


def test_the_first_preset_is_the_table_of_the_first_notebook(browser, explore):
    browser.open(explore)
    table = browser.run("return begun('six')")
    notebook = (pathlib.Path(__file__).parents[2] / "notebooks").glob("01*.py")
    (text,) = (path.read_text(encoding="utf-8") for path in notebook)
    rows = [list(map(int, row.split(","))) for row in re.findall(r"^ {8}\[([\d, ]+)\],", text, re.MULTILINE)]
    assert table["counts"] == rows
    for side in ("images", "texts"):
        assert [thing["name"] for thing in table[side]] == ast.literal_eval(
            re.search(f"^{side} = (.*)$", text, re.M)[1]
        )


def test_features_are_those_of_the_factorization(browser, explore, settings):
    browser.open(explore)
    for setting in settings[:6:3]:
        drawn = browser.run("return featuresOf(measure(arguments[0]))", setting)
        found = mt.factorize(instance_of(setting).joint, 3)
        for j in (0, 1):  # up to a common sign
            of_package = np.outer(found.image_features[:, j + 1], found.text_features[:, j + 1])
            assert np.outer(drawn["images"][j], drawn["texts"][j]) == pytest.approx(of_package, abs=EXACT)


UNDETERMINED = {
    "equal values": (
        "preset=isotropic&k=2",
        "probe_residual",
        "not determined",
        "the singular values 2 and 3 are equal",
    ),
    "no augmentation": (
        "preset=captions&augmentation=0&k=3",
        "sscl_residual",
        "not determined",
        "SSCL: the eigenvalues",
    ),
    "a component more": (
        "counts=1,0;0,1&classes=0,1;0,1&looks=0,0&k=1",
        "probe-mmcl",
        "says nothing",
        "singular values",
    ),
    "no more than trivial": ("preset=isotropic&k=1&noise=0.5", "probe-mmcl", "(vacuous)", ""),
    "a tie": ("counts=1,1;1,1;2,0&classes=0,1,0;0,1&looks=0,0,0&k=2", "probe_error", "", "two classes tie at"),
    "an image without pairs": (
        "counts=1,2;0,0&classes=0,1;0,1&looks=0,0&images=one|other",
        "labeling_error",
        "",
        "left out: other",
    ),
}


@pytest.mark.parametrize("case", UNDETERMINED)
def test_what_hangs_on_rounding_is_said(browser, explore, case):
    fragment, name, cell, remark = UNDETERMINED[case]
    browser.open(explore, f"#{fragment}")
    shown = browser.run("return document.querySelector(`[data-value=${CSS.escape(arguments[0])}]`).textContent", name)
    assert cell in shown
    assert remark in browser.run("return document.getElementById('remarks').textContent")


def test_a_table_without_pairs_shows_no_numbers(browser, explore):
    browser.open(explore, "#counts=0,0;0,0&classes=0,1;0,1&looks=0,0")
    assert browser.run("return ['results', 'numbers', 'empty'].map((id) => document.getElementById(id).hidden)") == [
        *(True, True, False)
    ]
