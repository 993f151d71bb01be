"""How a formula of quantities is written in LaTeX."""

import math

import pytest

import mmcl_theory as mt
from mmcl_theory.reporting.unicode_math import to_unicode
from mmcl_theory.theory.written import to_latex


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        (lambda q: 1 - q.class_collision, r"1-\pi"),
        (lambda q: q.sigma_next - (q.sigma_k - 1), r"\sigma_{k+1}-(\sigma_k-1)"),
        (lambda q: -(q.sigma_next + q.sigma_k), r"-(\sigma_{k+1}+\sigma_k)"),
        (lambda q: (q.sigma_next / 2) ** 2, r"(\frac{\sigma_{k+1}}{2})^{2}"),
        (lambda q: mt.rational(-4, 3) * q.labeling_error, r"(-\frac{4}{3})\alpha"),
        (lambda q: q.n_classes * 2, r"r\cdot 2"),
        (lambda q: 2 * q.n_items, r"2(n_V+n_L)"),
        (lambda q: q.sscl_residual**2, r"(r_k^A)^{2}"),
        (lambda q: q.alignment - 1, r"\mathbb{E}_P\langle f_V,f_L\rangle-\langle m_V,m_L\rangle-1"),
        (lambda q: 1 - q.alignment, r"1-(\mathbb{E}_P\langle f_V,f_L\rangle-\langle m_V,m_L\rangle)"),
        (lambda q: mt.log(1 + q.labeling_error), r"\log (1+\alpha)"),
        (lambda q: mt.sqrt(2) * q.labeling_error, r"\sqrt{2}\alpha"),
        (lambda q: mt.minimum(q.labeling_error, 0.5), r"\min(\alpha, \frac{1}{2})"),
        (lambda q: 1 / (2 - q.labeling_error), r"\frac{1}{2-\alpha}"),
        (lambda q: math.inf, r"\infty"),
        (lambda q: 0.0, "0"),
    ],
)
def test_a_formula_has_the_parentheses_that_it_needs(formula, latex):
    assert to_latex(formula) == latex


def test_every_formula_of_the_catalogue_can_be_written():
    for slug, theorem in mt.theorems.items():
        for formula in (theorem.trivial_formula, *theorem.formulas):
            shown = to_unicode(to_latex(formula))
            assert shown.count("(") == shown.count(")"), (slug, shown)
            assert not set(shown) & set("\\{}^"), (slug, shown)
