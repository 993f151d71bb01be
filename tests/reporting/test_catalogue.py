"""What the terminal shows of a statement: its formula in Unicode, what its symbols mean, and its sources."""

import dataclasses
import re

import pytest

import mmcl_theory as mt
from mmcl_theory.reporting.catalogue import described
from mmcl_theory.reporting.unicode_math import _OPERATORS, prettify, to_unicode
from mmcl_theory.theory.theorem import read_by

FORMULAS = {
    **{slug: theorem.statement for slug, theorem in mt.theorems.items()},
    **{field.name: field.metadata["symbol"] for field in dataclasses.fields(mt.Quantities)},
}


def test_nothing_of_latex_is_left():
    for name, latex in FORMULAS.items():
        shown = to_unicode(latex)
        assert not set(shown) & set("\\{}^"), (name, shown)
        assert shown.count("(") == shown.count(")"), (name, shown)


def test_no_operator_is_glued_to_a_letter():
    words = [operator for operator in _OPERATORS.values() if operator.isalpha() and operator.isascii()]
    for name, formula in FORMULAS.items():
        latex = re.sub(r"_\{\\(min|max)\}", "", formula)  # an index, which is one word
        shown = to_unicode(latex)
        for word in words:
            written = re.findall(rf"\\(?:mathrm\{{)?{word}(?![a-zA-Z])", latex)
            assert len(re.findall(rf"(?<!\w){word}(?![a-zA-Z0-9])", shown)) == len(written), (name, shown)


def test_different_symbols_look_different():
    symbols = [to_unicode(field.metadata["symbol"]) for field in dataclasses.fields(mt.Quantities)]
    assert len(set(symbols)) == len(symbols)


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\frac{a+b}{c}d", "(a+b)/c·d"),
        (r"\frac{ab}{cd}", "ab/(cd)"),
        (r"\frac{1}{\sqrt{\min p_V\min p_L}}", "1/√(min p_V min p_L)"),
        (r"\tfrac12\|C\|_F^2", "½‖C‖_F²"),
        (r"\sqrt{\tfrac43(1-\sigma_2^2)}", "√(4/3·(1−σ₂²))"),
        (r"\log\frac{n_V+n_L}{\delta}", "log((n_V+n_L)/δ)"),
        (r"\sigma_{\lfloor3k/4\rfloor}^2", "σ_⌊3k/4⌋²"),
        (r"\varphi^{\hat y} \ne \hat\Pi_k", "φʸ̂ ≠ Π̂ₖ"),
        (r"D_V^{-1/2} P", "D_V⁻¹ᐟ² P"),
        (r"\sum_{j\ge2}\sigma_j^2", "Σ_(j≥2) σⱼ²"),
        (r"\max\left(0, x\right)^2", "max(0, x)²"),
        (r"y(x')\ne i \mid y(x)=i", "y(x′)≠i | y(x)=i"),
        (r"\sigma_{\dim S+1}", "σ_(dim S+1)"),
        (r"\left|\frac{(P(l|x)-P(l|x'))^2}{p_L(l)}\right| = 0", "|(P(l|x)−P(l|x′))²/p_L(l)| = 0"),
        (r"\frac{u_j}{\sqrt{p_V}}", "uⱼ/√p_V"),
        (r"\lVert A^\top Y\rVert_F \le |\eta A| \le \langle 2p,q\rangle", "‖AᵀY‖_F ≤ |ηA| ≤ ⟨2p,q⟩"),
        (r"u_1,\dots,u_r \propto \sin^2\theta \succcurlyeq \tan\psi", "u₁,…,uᵣ ∝ sin² θ ≽ tan ψ"),
    ],
)
def test_a_formula_says_the_same_in_a_line(latex, shown):
    assert to_unicode(latex) == shown


def test_a_command_that_is_not_known_is_named():
    with pytest.raises(ValueError, match=r"\\unknown"):
        to_unicode(r"\unknown x")


def test_names_in_code_are_left_alone():
    assert prettify("`two_images`: σ_min, L_AMF, σ²_{k+1}, u_jᵀY, φ^ŷ") == "`two_images`: σₘᵢₙ, L_AMF, σ²ₖ₊₁, uⱼᵀY, φʸ̂"


def test_every_symbol_of_a_theorem_is_explained():
    for slug, theorem in mt.theorems.items():
        told = described(theorem)
        assert len(told["where"]) == len(read_by(*theorem.formulas)), slug
        assert all(" is " in line for line in told["where"]), slug
        assert {"statement", "where", "assumes", "proof", "extremal", "source"} <= set(told), slug


def test_a_theorem_of_a_user_is_shown_too():
    mine = mt.Theorem("mine", "Mine", mt.Kind.ORDER, r"e_k \lesssim \alpha", "", lambda q: q.probe_error, lambda q: 1.0)
    assert list(described(mine)) == ["kind", "statement", "where", "assumes"]


@pytest.mark.parametrize(
    ("slug", "told"),
    [
        ("probe-mmcl", "where the bound says no more than 1−π"),
        ("probe-error", "where the bound says no more than min(2(1−π), 1)"),
        ("probe-sscl-lower", "where the bound says no more than 0"),
        ("infonce-bound", "where the bound says no more than log M"),
        ("zero-shot-infonce-entropy", "where the bound says no more than log 2"),
        ("alignment-ceiling", "where the bound says no more than √(E‖f_V−m_V‖²E‖f_L−m_L‖²)"),
        ("class-conductance-sum", "where the bound says no more than r−1"),
        ("information-chi-square", "nowhere: there is no value that the left side never exceeds"),
    ],
)
def test_a_bound_tells_from_which_value_on_it_says_nothing(slug, told):
    assert described(mt.theorems[slug])["vacuous"] == [told]
