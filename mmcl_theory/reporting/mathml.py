"""Write formulas and sentences as HTML: browsers set MathML themselves, so a page needs no script, font or network."""

import html
import re

from .. import _checks


def mathml(latex: str, *, block: bool = False) -> str:
    r"""Convert a formula in LaTeX to MathML, in the line or as a block of its own.

    Raises
    ------
    ValueError
        If latex2mathml, of the extra ``report``, is not installed.

    Examples
    --------
    >>> mathml(r"\alpha \le 1").partition("<mrow>")[2]
    '<mi>&#x003B1;</mi><mo>&#x02264;</mo><mn>1</mn></mrow></math>'
    """
    converter = _checks.installed("report", "latex2mathml.converter")
    latex = latex.replace(r"\arg", r"\mathrm{arg}")  # the one operator of ours that latex2mathml does not have
    return converter.convert(latex, display="block" if block else "inline")


def prose(text: str) -> str:
    """Convert a sentence of ours: formulas stand between dollar signs, and code between backticks.

    Examples
    --------
    >>> prose("`probe-error` has 2 < 3")
    '<code>probe-error</code> has 2 &lt; 3'
    """
    pieces = re.split(r"(`[^`]*`|\$[^$]*\$)", text)
    written = {"`": lambda inner: f"<code>{html.escape(inner)}</code>", "$": mathml}
    return "".join(
        written[piece[0]](piece[1:-1]) if place % 2 else html.escape(piece) for place, piece in enumerate(pieces)
    )
