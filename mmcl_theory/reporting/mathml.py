"""Write formulas and sentences as HTML: browsers set MathML themselves, so a page needs no script, font or network."""

import html
import re
from xml.etree import ElementTree

from .. import _checks


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
    element = converter.convert_to_element(latex, display="block" if block else "inline")
    for part in element.iter():  # its texts are HTML already, but what stands in \\text is not escaped
        part.text = html.unescape(part.text or "")
        part.attrib.pop("href", None)
    return ElementTree.tostring(element, encoding="unicode", short_empty_elements=False)


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
