"""The registry, the references, and formulas on every kind of number."""

import importlib
import math
import pkgutil
import re
import subprocess
import sys
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory import log, maximum, minimum, rational, sqrt
from mmcl_theory.theory import catalogue, registry
from mmcl_theory.theory.functions import Constant
from mmcl_theory.theory.references import REFERENCES, cited_in
from mmcl_theory.theory.theorem import read_by


def test_every_file_of_the_catalogue_is_a_subject_of_the_registry():
    files = {f"{catalogue.__name__}.{info.name}" for info in pkgutil.iter_modules(catalogue.__path__)}
    assert {subject.__name__ for subject in registry.SUBJECTS} == files
    defined = registry.collect(importlib.import_module(file) for file in sorted(files))
    assert defined == dict(mt.theorems)


def test_tables_keep_the_order_in_which_statements_were_first_listed():
    slugs = list(mt.theorems)
    assert slugs[:3] == ["scl-amf", "amf-optimum", "text-induced-spectrum"]
    assert slugs[5:7] == ["label-transfer", "probe-text-induced"]
    assert slugs.index("infonce-bound") < slugs.index("label-transfer-classes") < slugs.index("infonce-bound-many")


def test_two_statements_of_one_slug_are_refused():
    one = mt.theorems["label-transfer"]
    other = mt.Theorem("label-transfer", "", mt.Kind.ORDER, "", "", lambda q: 0, lambda q: 0)
    modules = [type(sys)("one"), type(sys)("other")]
    modules[0].theorem, modules[1].theorem = one, other
    assert registry.collect(modules[:1] * 2) == {"label-transfer": one}
    with pytest.raises(ValueError, match="two different theorems have the slug 'label-transfer'"):
        registry.collect(modules)


def test_what_implies_a_statement_is_in_the_registry_and_goes_in_no_circle():
    def below(slug, above=()):
        assert slug not in above, above
        for other in mt.theorems[slug].implied_by:
            below(other, (*above, slug))

    for slug in mt.theorems:
        below(slug)


def test_what_a_bound_is_weaker_with_is_a_quantity_that_it_reads():
    for theorem in mt.theorems.values():
        assert {name.removeprefix("-") for name in theorem.weaker_with} <= set(read_by(theorem.rhs)), theorem.slug


ONE_STEP_MORE = [
    ("text_induced_error", "walk_error_two"),
    ("walk_error_before", "walk_error_last"),
    ("augmentation_error", "sscl_walk_error_two"),
    ("sscl_walk_error_before", "sscl_walk_error_last"),
]


@pytest.mark.parametrize("slug", [slug for slug, theorem in mt.theorems.items() if theorem.weaker_with])
def test_a_bound_says_less_as_what_it_is_weaker_with_grows(slug):
    theorem = mt.theorems[slug]
    draw = np.random.default_rng(0)
    for name in theorem.weaker_with:
        for _ in range(200):
            values = dict(zip(read_by(theorem.rhs), draw.uniform(0, 0.6, 20), strict=False))
            values |= {"sigma_k": 0.99, "n_classes": 3.0}
            # No labeling error of two texts of one image exceeds 2α − α².
            alpha = values.get("labeling_error", 0.5)
            values["image_induced_error"] = draw.uniform() * (2 * alpha - alpha**2)
            # Labels differ no less often after more steps.
            for fewer, more in ONE_STEP_MORE:
                if {fewer, more} <= values.keys():
                    values[fewer], values[more] = sorted((values[fewer], values[more]))
            # The mean over the images of a text is no larger than what it is the mean of.
            values["text_mean_residual"] = draw.uniform() * values.get("posterior_residual", 0.5)
            changed = name.removeprefix("-")
            bounds = [theorem.rhs(Values(values | {changed: value})) for value in sorted(draw.uniform(0, 0.6, 2))]
            less, more = bounds[::-1] if name.startswith("-") else bounds
            room = more - less if theorem.kind is mt.Kind.UPPER_BOUND else less - more
            assert room >= -1e-12, values


class Values:
    def __init__(self, values):
        self.__dict__.update(values)


NUMBERS = [np.float64(0.25), np.array([0.25, 4.0]), jnp.array([0.25, 4.0])]


@pytest.mark.parametrize("number", NUMBERS, ids=["scalar", "NumPy", "JAX"])
def test_functions_stay_with_the_kind_of_their_number(number):
    half = rational(1, 2)
    for result in (sqrt(number), log(number), minimum(1, number), maximum(number, 0.5), half - number, number**half):
        assert isinstance(result, jnp.ndarray) == isinstance(number, jnp.ndarray)
        assert not isinstance(result, Constant)
    np.testing.assert_allclose(sqrt(number), np.asarray(number) ** 0.5, rtol=1e-15)
    np.testing.assert_allclose(log(number), np.log(np.asarray(number)), rtol=1e-15)
    np.testing.assert_array_equal(minimum(1, number), np.minimum(1, np.asarray(number)))
    np.testing.assert_array_equal(maximum(number, log(2)), np.maximum(np.asarray(number), math.log(2)))
    np.testing.assert_array_equal(number / sqrt(4), np.asarray(number) / 2)
    np.testing.assert_array_equal(half**number, 0.5 ** np.asarray(number))


@pytest.mark.parametrize("number", [3, 0.25, Fraction(1, 3), rational(2, 7)])
def test_functions_of_plain_numbers_are_constants(number):
    value = float(number)
    assert float(sqrt(number)) == math.sqrt(value)
    assert float(log(number)) == math.log(value)
    assert float(minimum(1, number)) == min(1, value)
    assert float(maximum(number, 0.5) - 2 / sqrt(number)) == max(value, 0.5) - 2 / math.sqrt(value)
    assert log(number) == log(number) != log(2)
    assert len({sqrt(number), sqrt(number), sqrt(2)}) == 2


@pytest.mark.filterwarnings("error")
def test_functions_outside_their_domain_are_silent():
    assert math.isnan(sqrt(-1.0))
    assert math.isnan(sqrt(np.float64(-1)))
    assert float(log(0.0)) == log(np.float64(0)) == -math.inf
    assert math.isnan(minimum(1.0, math.nan))
    assert float(rational(1) / 0) == math.inf


def test_a_fraction_is_made_of_whole_numbers():
    with pytest.raises(TypeError, match=r"numerator: a whole number or a fraction is needed, got 0\.1"):
        rational(0.1)


FIELDS = {
    "slug": "mine",
    "title": "",
    "kind": mt.Kind.UPPER_BOUND,
    "statement": "",
    "source": "",
    "lhs": lambda q: q.labeling_error,
    "rhs": lambda q: 1,
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", 5),
        ("slug", None),
        ("slug", ""),
        ("slug", "../escaped"),
        ("slug", "a/b"),
        ("slug", "a\x1b[8m"),
        ("slug", "x" * 101),
        ("kind", "upper bound"),
        ("kind", None),
        ("lhs", None),
        ("rhs", 0.5),
        ("requires", []),
        ("requires", ("a",)),
        ("trivial", math.nan),
        ("trivial", "1"),
        ("statement", None),
    ],
)
def test_a_field_of_a_theorem_that_is_not_of_its_kind_is_refused(field, value):
    mt.Theorem(**FIELDS)
    with pytest.raises((TypeError, ValueError), match=f"^{field}: "):
        mt.Theorem(**(FIELDS | {field: value}))


@pytest.mark.parametrize(("field", "value"), [("margin", 1), ("name", None), ("otherwise", 3)])
def test_a_field_of_an_assumption_that_is_not_of_its_kind_is_refused(field, value):
    fields = {"name": "σ < 1", "margin": lambda q: 1 - q.sigma_next, "otherwise": "σ = 1"}
    with pytest.raises(TypeError, match=f"^{field}: "):
        mt.Assumption(**(fields | {field: value}))


def test_reading_a_formula_computes_nothing_with_jax():
    """The formulas of all theorems are read, and evaluated on floats, where JAX refuses to compute."""
    code = """
import jax, numpy as np
import mmcl_theory as mt
from mmcl_theory.theory.functions import Constant
from mmcl_theory.theory.theorem import read_by
def refuse(*_, **__): raise AssertionError("JAX was asked")
jax.numpy.sqrt = jax.numpy.log = jax.numpy.minimum = jax.numpy.asarray = jax.numpy.array = refuse
class Halves:
    def __getattr__(self, name): return np.float64(0.5)
with np.errstate(all="ignore"):
    for theorem in mt.theorems.values():
        assert read_by(*theorem.formulas)
        sides = [formula(Halves()) for formula in theorem.formulas]
        assert all(isinstance(side, (float, np.floating, Constant)) for side in sides), theorem.slug
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_key_that_a_source_cites_is_a_reference():
    cited = {key for theorem in mt.theorems.values() for key in re.findall(r"[a-z]+\d{4}|greenacre", theorem.source)}
    assert len(cited) >= 5
    assert cited <= set(REFERENCES)
    assert [one.key for one in cited_in("zhang2023 with haochen2021, sharp form")] == ["zhang2023", "haochen2021"]
    assert str(REFERENCES["oord2018"]).endswith("Contrastive Predictive Coding. 2018, arXiv:1807.03748.")
