"""Matplotlib can set the statement of every theorem, and it says what the catalogue says."""

import re

import pytest
from matplotlib.mathtext import MathTextParser

import mmcl_theory as mt

# Two ways to write one thing in LaTeX; in the second Matplotlib reads it.
ALIKE = {"le": "leq", "ge": "geq", "ne": "neq", "tfrac": "frac"}


def symbols(formula):
    """List the symbols of a formula: braces that only group are not written, nor are spaces."""
    words = re.findall(r"\\[A-Za-z]+|\\.|[^\s{}]", formula)
    return [f"\\{ALIKE.get(word[1:], word[1:])}" if word.startswith("\\") else word for word in words]


def test_statement_of_every_theorem_can_be_set():
    parser = MathTextParser("path")
    for slug, theorem in mt.theorems.items():
        written = mt.plotting.statement(slug)
        assert symbols(written.strip("$")) == symbols(theorem.statement), slug
        assert parser.parse(written).width > 0, slug  # which fails where a command is unknown


def test_what_matplotlib_cannot_read_is_written_otherwise():
    def of(statement):
        one = mt.theorems["probe-mmcl"]
        return mt.plotting.statement(mt.Theorem(**{**vars(one), "slug": "other", "statement": statement}))

    assert (
        of(r"\overline r_k \le \tfrac12\left(1-\tfrac1r\right)")
        == r"$\overline{r}_k \leq \frac{1}{2}\left(1-\frac{1}{r}\right)$"
    )
    assert of(r"\frac1\lambda \ne \frac{a}{b^2}") == r"$\frac{1}{\lambda} \neq \frac{a}{b^2}$"
    with pytest.raises(ValueError, match="there is no 'moon'"):
        mt.plotting.statement("moon")
