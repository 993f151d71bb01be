"""Sentences of the catalogue are the same in a terminal and on a page: words, code and formulas."""

import re
import unicodedata

import pytest

import mmcl_theory as mt
from mmcl_theory.reporting.mathml import mathml, prose
from mmcl_theory.reporting.sentences import pieces
from mmcl_theory.reporting.unicode_math import sentence_to_unicode
from mmcl_theory.theory.theorem import BOUNDS

SENTENCES = {
    **{slug: theorem.proof for slug, theorem in mt.theorems.items()},
    **{f"{slug}, extremal": one.extremal for slug, one in mt.theorems.items() if isinstance(one.extremal, str)},
    **{
        mutant.slug: mutant.proof
        for theorem in mt.theorems.values()
        if theorem.kind in BOUNDS
        for mutant in mt.mutants(theorem)
        if mutant.proof
    },
}


def test_mathematics_is_latex_between_dollars_and_nothing_else_is():
    for name, sentence in SENTENCES.items():
        words = "".join(inner for mark, inner in pieces(sentence) if mark == "")
        formulas = [inner for mark, inner in pieces(sentence) if mark == "$"]
        assert not set(words) & set("$`\\_^{}=<>+*"), (name, words)
        # Letters of names and dashes are the only characters of words that are not of ASCII.
        odd = {letter for letter in words if not letter.isascii()} - {"–"}
        assert not odd, (name, odd)
        assert all(formula.isascii() and formula == formula.strip() for formula in formulas), (name, formulas)
        assert not re.search(r"  |\s$", sentence), name
        # Markdown eats a backslash before punctuation, and GitHub has no operatorname.
        assert not re.search(r"\\[^a-zA-Z]|operatorname", sentence), name


def test_every_sentence_is_written_for_a_terminal_and_for_a_page():
    for name, sentence in SENTENCES.items():
        shown = re.sub("`[^`]*`", "", sentence_to_unicode(sentence))
        assert not set(shown) & set("\\{}^$"), (name, shown)
        assert shown.count("(") == shown.count(")"), (name, shown)
        page = prose(sentence)
        formulas = sum(mark == "$" for mark, _ in pieces(sentence))
        assert page.count("<math") == page.count("</math>") == formulas, (name, page)
        left = re.sub(r"<[^>]*>", "", re.sub(r"<mo>\^</mo>", "", page))  # a hat above a letter
        assert not set(left) & set("\\$`^"), (name, left)  # a command that the converter does not know


@pytest.mark.parametrize(
    ("slug", "shown"),
    [
        ("label-transfer", "1−α = ⟨AᵀY,W⟩ ≤ ‖AᵀY‖_F‖W‖_F = √(1−α_T), as ‖W‖_F = 1; square both sides."),
        (
            "finite-sample-sharp",
            "Let r be the left side. As for `finite-sample`, 2hr−2τ√(r(1−r)) ≤ α_T. With r = sin² θ and "
            "tan ψ = τ/h this says cos(2θ−ψ) ≥ (h−α_T)/√(h²+τ²), which bounds θ. The bound is of order t² "
            "where α_T = 0, and never above `finite-sample`. In full: docs/samples.md#finite-sample-sharp.",
        ),
        (
            "partial-minimum",
            "For a fixed F_V the best F_VF_Lᵀ is ΠA, with Π the projector onto the columns of F_V, and "
            "‖A−ΠA‖_F² = Tr(I−Π)AAᵀ.",
        ),
        (
            "retrieval-regret-root",
            "`retrieval-regret`, and log(sinh λ/λ) ≤ λ²/6. In full: docs/information.md#retrieval-regret-root.",
        ),
    ],
)
def test_a_proof_in_the_terminal(slug, shown):
    assert sentence_to_unicode(mt.theorems[slug].proof) == unicodedata.normalize("NFC", shown)


def written(latex):
    """What stands in a formula on a page."""
    return re.sub(r".*?<mrow>|</mrow></math>", "", mathml(latex), count=2)


def test_a_formula_on_a_page_says_what_the_latex_says():
    page = prose(r"By `probe-error` $e_k \le 2r_k$ & so $x$.")
    assert page.startswith('By <code>probe-error</code> <math xmlns="http://www.w3.org/1998/Math/MathML"')
    assert re.findall(r"<m[ion][^>]*>([^<]*)</m[ion]>", page) == ["e", "k", "≤", "2", "r", "k", "x"]
    assert "</math> &amp; so <span" in page
    assert page.endswith("<mi>x</mi></mrow></math>.</span>")  # no line begins with the full stop
    assert page.count("<span") == 1


def test_spaces_on_a_page_are_those_of_tex():
    thin = '<mo lspace="0.167em" rspace="0.167em">log</mo>'
    assert written(r"u\log u") == f"<mi>u</mi>{thin}<mi>u</mi>"
    assert written(r"\log(u)").startswith(thin.replace('rspace="0.167em"', 'rspace="0"'))
    assert written(r"\Pr[u]").startswith('<mo movablelimits="true" lspace="0.167em" rspace="0">Pr</mo>')
    assert written("u/v") == '<mi>u</mi><mo lspace="0" rspace="0">/</mo><mi>v</mi>'
    assert written("|u|").count('lspace="0" rspace="0"') == 2
    minus = '<mo form="prefix">−</mo>'
    assert minus in written("[-u,v]")
    assert minus in written("u < -v")
    assert minus not in written("u-v")


def test_a_mark_without_a_second_one_is_a_word():
    assert pieces("costs $5") == [("", "costs $5")]
    assert sentence_to_unicode("costs $5 & `x") == "costs $5 & `x"
    assert pieces("") == []
