"""Write formulas and sentences as HTML: browsers set MathML themselves, so a page needs no script, font or network."""

import html

from .. import _checks
from .sentences import pieces


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
    return converter.convert(latex, display="block" if block else "inline")


def prose(text: str) -> str:
    """Convert a sentence of the catalogue, whose formulas stand between dollar signs and code between backticks.

    Examples
    --------
    >>> prose("`probe-error` has 2 < 3")
    '<code>probe-error</code> has 2 &lt; 3'
    """
    written = {"`": lambda inner: f"<code>{html.escape(inner)}</code>", "$": mathml, "": html.escape}
    return "".join(written[mark](inner) for mark, inner in pieces(text))
