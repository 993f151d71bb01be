"""Write formulas and sentences as HTML: browsers set MathML themselves, so a page needs no script, font or network."""

import html
import re
from xml.etree import ElementTree

from .. import _checks
from .sentences import pieces

# TeX sets thin spaces around the name of a function and none around bars, slashes and signs; browsers do otherwise.
_SPACING = {
    r"<m[io]( [^>]*)?>([a-zA-Z]{2,})</m[io]>": r'<mo\1 lspace="0.167em" rspace="0.167em">\2</mo>',
    r'rspace="0.167em">(\w+</mo><mo stretchy="false">(?:\[|\())': r'rspace="0">\1',
    r"<mo([^>]*)>([|/])</mo>": r'<mo\1 lspace="0" rspace="0">\2</mo>',
    r"(<mo[^>]*>(?:[\[(,=≤≥]|&lt;|&gt;)</mo>)<mo>(?=−)": r'\1<mo form="prefix">',
}


def mathml(latex: str, *, block: bool = False) -> str:
    r"""Convert a formula in LaTeX to MathML, in the line or as a block of its own.

    Whatever the formula says, nothing in it is markup of the page, and there is no link in it.

    Raises
    ------
    ValueError
        If latex2mathml, of the extra ``report``, is not installed.

    Examples
    --------
    >>> mathml(r"\alpha \le 1").partition("<mrow>")[2]
    '<mi>α</mi><mo>≤</mo><mn>1</mn></mrow></math>'
    """
    converter = _checks.installed("report", "latex2mathml.converter")
    latex = latex.replace(r"\arg", r"\mathrm{arg}")  # the one operator of ours that latex2mathml does not have
    element = converter.convert_to_element(latex, display="block" if block else "inline")
    for part in element.iter():  # its texts are HTML already, but what stands in \\text is not escaped
        part.text = html.unescape(part.text or "")
        part.attrib.pop("href", None)
    written = ElementTree.tostring(element, encoding="unicode", short_empty_elements=False)
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
