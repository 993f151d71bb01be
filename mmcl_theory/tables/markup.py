"""Write tables for papers and pages: LaTeX, Markdown and HTML."""

import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import _checks
from ..joints.shown import number_in_latex
from ..theory.verdicts import AGREES, EXCEEDED, HOLDS, NOT_APPLICABLE, VACUOUS, VIOLATED
from .layout import MARKS, Cell, Grid, laid_out

if TYPE_CHECKING:
    import pandas as pd

# What LaTeX reads as a command, and what fonts of 8 bits do not have.
_ESCAPED = {
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "–": "--", "…": r"\dots{}"},
}
_MATHEMATICAL = {
    **{
        "≤": r"\le",
        "≥": r"\ge",
        "≈": r"\approx",
        "≠": r"\ne",
        "×": r"\times",
        "·": r"\cdot",
        "√": r"\surd",
        "∞": r"\infty",
        "−": "-",
    },
    **{"α": r"\alpha", "δ": r"\delta", "Δ": r"\Delta", "ε": r"\varepsilon", "λ": r"\lambda", "σ": r"\sigma"},
    **{
        "≈": r"\approx",
        "✗": r"\times",
        "○": r"\circ",
        "²": "^2",
        "χ": r"\chi",
        "Π": r"\Pi",
        "ρ": r"\rho",
        "∈": r"\in",
        "⇔": r"\Leftrightarrow",
    },
}
_TEXT = {ord(letter): text for letter, text in _ESCAPED.items()} | {
    ord(letter): rf"\ensuremath{{{text}}}" for letter, text in _MATHEMATICAL.items()
}
_SIDES = {ord(letter): text + " " for letter, text in _MATHEMATICAL.items()} | {ord("✓"): "", ord("~"): r"\sim "}


@_checks.reads_tables
def to_latex(table: "pd.DataFrame") -> str:
    r"""Write a table as LaTeX, to be read by ``\input``; of packages it needs booktabs alone.

    A table of ``verify`` has a row for each theorem, by its slug; on one joint, a column for each k, with what was
    measured, what the theorem says, and a mark unless it holds; on several, how often each verdict came.  Any other
    table is written as it is, floats with four digits.  Names are escaped, so that they stand as they are; letters that
    are not Latin need a font that has them (XeLaTeX or LuaLaTeX).

    Raises
    ------
    TypeError
        If the table is not a DataFrame.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(4, 0.25)
    >>> print(mt.tables.to_latex(mt.verify(joint, 1, ["label-transfer", "probe-mmcl"])))
    % \usepackage{booktabs}
    % no mark: holds, \circ: vacuous
    \begin{tabular}{lcc}
    \toprule
    theorem & every k & $k = 1$ \\
    \midrule
    label-transfer & $0.3281 \le 0.3398$ &  \\
    probe-mmcl &  & $0.75 \le 0.7768 \circ$ \\
    \bottomrule
    \end{tabular}
    <BLANKLINE>
    """
    grid = laid_out(table)
    lines = [" & ".join(map(_latex_heading, grid.header)), *(" & ".join(map(_latex_cell, row)) for row in grid.rows)]
    head, *body = [f"{line} \\\\" for line in lines]
    marks = _legend(grid, lambda mark: mark.translate(_SIDES).strip())
    return "\n".join(
        [
            *(r"% \usepackage{booktabs}", *(f"% {marks}" for _ in range(bool(marks)))),
            *(rf"\begin{{tabular}}{{{grid.places}}}", r"\toprule", head, r"\midrule", *body, r"\bottomrule"),
            *(r"\end{tabular}", ""),
        ]
    )


@_checks.reads_tables
def to_markdown(table: "pd.DataFrame") -> str:
    r"""Write a table as Markdown, laid out as by ``to_latex``.

    Raises
    ------
    TypeError
        If the table is not a DataFrame.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> print(mt.tables.to_markdown(mt.verify(mt.generators.isotropic_noise(4, 0.25), 1, "probe-error-mmcl")))
    | theorem | k = 1 |
    |:--|:-:|
    | probe-error-mmcl | 1 ≤ 1.554 ○ |
    <BLANKLINE>
    ○: vacuous
    <BLANKLINE>
    """
    grid = laid_out(table)
    rule = "|" + "|".join({"l": ":--", "c": ":-:", "r": "--:"}[place] for place in grid.places) + "|"
    lines = [[_markdown(name) for name in grid.header], *([_markdown(cell.text) for cell in row] for row in grid.rows)]
    head, *body = [f"| {' | '.join(line)} |" for line in lines]
    marks = _legend(grid, str)
    return "\n".join([head, rule, *body, *(["", marks] if marks else []), ""])


@_checks.reads_tables
def to_html(table: "pd.DataFrame") -> str:
    """Write a table as an HTML element, laid out as by ``to_latex``.

    Raises
    ------
    TypeError
        If the table is not a DataFrame.

    Examples
    --------
    >>> import pandas as pd, mmcl_theory as mt
    >>> print(mt.tables.to_html(pd.DataFrame({"a<b": [0.5]})))
    <table>
    <thead><tr><th style="text-align: right">a&lt;b</th></tr></thead>
    <tbody>
    <tr><td style="text-align: right">0.5</td></tr>
    </tbody>
    </table>
    <BLANKLINE>
    """
    grid = laid_out(table)
    styles = [{"l": "left", "c": "center", "r": "right"}[place] for place in grid.places]

    def row(kind: str, texts: list[str]) -> str:
        """Write a row of cells."""
        cells = zip(texts, styles, strict=True)
        return "".join(f'<{kind} style="text-align: {style}">{html.escape(text)}</{kind}>' for text, style in cells)

    body = [f"<tr>{row('td', [cell.text for cell in line])}</tr>" for line in grid.rows]
    marks = _legend(grid, str)
    caption = [f"<caption>{marks}</caption>"] if marks else []
    head = f"<thead><tr>{row('th', grid.header)}</tr></thead>"
    return "\n".join(["<table>", *caption, head, "<tbody>", *body, "</tbody>", "</table>", ""])


def _legend(grid: Grid, written: Callable[[str], str]) -> str:
    """Say what the marks in the cells mean, where there are any."""
    sided = {cell.verdict for row in grid.rows for cell in row if " " in cell.text}
    named = {name: written(MARKS[name]) for name in (HOLDS, AGREES, VIOLATED, EXCEEDED, VACUOUS) if name in sided}
    return ", ".join(f"{mark or 'no mark'}: {name}" for name, mark in named.items()) if set(named) - {HOLDS} else ""


def _latex_heading(name: str) -> str:
    """Write the name of a column, a k as a formula."""
    return f"${name}$" if re.fullmatch(r"k = \d+", name) else name.translate(_TEXT)


def _latex_cell(cell: Cell) -> str:
    """Write the text of a cell, both sides of a theorem as a formula."""
    if cell.verdict in ("", NOT_APPLICABLE) or " " not in cell.text:
        return " ".join(cell.text.translate(_TEXT).split())
    formula = " ".join(cell.text.translate(_SIDES).split())
    return f"${number_in_latex(formula)}$"


def _markdown(text: str) -> str:
    """Write a text in one line, in which nothing is markup."""
    return re.sub(r"([\\`*_{}\[\]<>|#~$&])", r"\\\1", " ".join(text.split()))
