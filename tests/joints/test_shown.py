"""What a notebook shows of an object: its numbers, and symbols that are LaTeX; whatever it holds."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.certification.certificate import Certificate
from mmcl_theory.joints.shown import number_in_latex, shown_number

JOINT = mt.generators.isotropic_noise(4, 0.25)  # α = ¼·¾, σ₂ = ¾, r₁ = ¾
SHOWN = {
    "Joint(4 images × 4 texts, 4 classes)": (lambda: JOINT, ["0.1875"], r"\alpha &= 0.1875"),
    "Quantities(k=1, n_items=8, ": (lambda: mt.measure(JOINT, 1), ["0.1875", "0.75"], "r_k &= 0.75"),
    r"Theorem(probe-error, upper bound: e_k \le 2 r_k)": (
        lambda: mt.theorems["probe-error"],
        ["Linear-probe error"],
        r"e_k \le 2 r_k",
    ),
    "Factorization(k = 1, σ = 1, 0.75, ": (lambda: mt.factorize(JOINT, 1), ["1, 0.75"], "k &= 1"),
    "Certificate(probe-mmcl, k = 1: holds, lhs 3/4, rhs 87/112)": (
        lambda: mt.certify("probe-mmcl", JOINT, 1),
        ["3/4", "87/112", "2.5e-02"],
        r"\mathrm{lhs} &= 3/4",
    ),
    "Falsification(label-transfer: ratio ": (
        lambda: mt.falsify("label-transfer", 2, 2, key=jax.random.key(0), budget=1),
        ["ratio", "holds"],
        r"\mathrm{ratio} &= ",
    ),
}


@pytest.mark.parametrize(("begins", "case"), SHOWN.items(), ids=lambda value: str(value).partition("(")[0])
def test_an_object_is_shown_with_its_numbers(begins, case):
    make, words, latex = case
    shown = make()
    assert repr(shown).startswith(begins)
    html = shown._repr_html_()
    assert all(word in html for word in words), html
    assert html.count("<tr>") == html.count("</tr>") > 0
    assert latex in shown._repr_latex_()
    assert shown._repr_latex_().startswith("$") == shown._repr_latex_().endswith("$")


def test_a_batch_and_a_traced_object_are_shown_too():
    batch = jax.vmap(lambda matrix: mt.Joint(matrix, [0, 1], n_classes=2))(np.ones((3, 2, 2)))
    assert "(3, 2, 2)" in batch._repr_html_()
    assert batch._repr_latex_() == ""
    seen = []
    at_several = jax.vmap(lambda k: mt.measure(JOINT, k))
    jax.eval_shape(lambda ks: seen.append(repr(at_several(ks))), np.arange(1, 3))
    jax.eval_shape(lambda k: seen.append(repr(mt.measure(JOINT, k))), 1)
    assert seen[0].startswith("Quantities(k=array of shape (2,)")
    assert seen[1].startswith("Quantities(k=array of shape ()")


def test_what_stands_in_a_text_is_no_markup():
    mine = mt.Theorem("a", "<b>", mt.Kind.ORDER, "x < 1", "", lambda q: q.k, lambda q: q.k)
    assert "&lt;b&gt;" in mine._repr_html_()
    assert "<b>" not in mine._repr_html_()
    assert "x &lt; 1" in mine._repr_html_()


def test_a_number_of_many_digits_is_cut_in_the_middle():
    assert len(shown_number("7" * 400)) < 70
    assert number_in_latex("1.5e+300") == r"1.5 \cdot 10^{300}"
    assert number_in_latex("1.5e-07") == r"1.5 \cdot 10^{-7}"
    exact = mt.certify("probe-mmcl", mt.Joint([[0.1, 0.2], [0.3, 1 / 7]], [0, 1]), 1)
    assert isinstance(exact, Certificate)
    assert len(repr(exact)) < 250
