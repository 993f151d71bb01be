"""Write formulas and sentences as HTML: browsers set MathML themselves, so a page needs no script, font or network."""

import html
import re

from .. import _checks
from .sentences import pieces

# TeX sets thin spaces around the name of a function and none around bars, slashes and signs; browsers do otherwise.
_SPACING = {
    r"<m[io]( [^>]*)?>([a-zA-Z]{2,})</m[io]>": r'<mo\1 lspace="0.167em" rspace="0.167em">\2</mo>',
    r'rspace="0.167em">(\w+</mo><mo stretchy="false">(?:\[|&#x00028;))': r'rspace="0">\1',
    r"<mo([^>]*)>(&#x0007C;|&#x0002F;)</mo>": r'<mo\1 lspace="0" rspace="0">\2</mo>',
    r"(<mo[^>]*>(?:\[|&#x000(?:28|2C|3C|3D|3E);|&#x0226[45];)</mo>)<mo>(?=&#x02212;)": r'\1<mo form="prefix">',
}


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
    written = converter.convert(latex, display="block" if block else "inline")
    for pattern, mended in _SPACING.items():
        written = re.sub(pattern, mended, written)
    return written


def prose(text: str) -> str:
    """Convert a sentence of the catalogue, whose formulas stand between dollar signs and code between backticks.

    Examples
    --------
    >>> prose("`probe-error` has 2 < 3")
    '<code>probe-error</code> has 2 &lt; 3'
    """
    written = {"`": lambda inner: f"<code>{html.escape(inner)}</code>", "$": mathml, "": html.escape}
    page = "".join(written[mark](inner) for mark, inner in pieces(text))
    # No line shall begin with a full stop.
    return re.sub(r"(<math(?:(?!<math).)*</math>)([.,;:)]+)", r'<span style="white-space: nowrap">\1\2</span>', page)
