"""Configure Sphinx, which builds the site from the tree that ``tree.py`` lays out."""

import functools
import html
import re
import sys
from typing import Any

from docutils import nodes
from sphinx.search.en import SearchEnglish
from sphinx.util import logging

import mmcl_theory as mt
from mmcl_theory.reporting.mathml import mathml

# Notebooks are checked against a schema without addresses, for which jsonschema would build grammars for seconds.
sys.modules.setdefault("rfc3987_syntax", None)

project = "mmcl-theory"
author = "The mmcl-theory founders"
release = mt.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
default_role = "code"
exclude_patterns = ["_static"]
nitpicky = False

myst_enable_extensions = ["dollarmath", "colon_fence", "attrs_block"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # the notebooks carry their outputs, and a test says if these are stale
nb_merge_streams = True
suppress_warnings = ["myst.strikethrough", "misc.highlighting_failure"]

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_attr_annotations = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "mmcl-theory"
html_static_path = ["pages/_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_math_renderer = "mathml"

_logger = logging.getLogger(__name__)
_mathml = functools.cache(mathml)  # the pages of statements name the same symbols
_lists: dict[str, str] = {}
_FORMULA = re.compile(r"\$(?:\\displaystyle )?([^$<>]+)\$")


def _formula(latex: str, place: nodes.Node, *, block: bool = False) -> str:
    """Convert a formula to MathML; warn, which ends the build, where it has a command that the converter leaves."""
    try:
        converted = _mathml(latex, block=block)
    except Exception as error:
        _logger.warning("no MathML of %r: %r", latex, error, location=place)
        return ""
    if "\\" in converted.partition("<annotation")[0]:
        _logger.warning("no MathML of %r", latex, location=place)
    return converted


def _visit_inline(writer: Any, node: nodes.Node) -> None:
    """Write a formula in the line."""
    writer.body.append(_formula(node.astext(), node))
    raise nodes.SkipNode


def _visit_block(writer: Any, node: nodes.Node) -> None:
    """Write a formula as a block."""
    writer.body.append(f'<div class="formula">{_formula(node.astext(), node, block=True)}</div>')
    raise nodes.SkipNode


def _set_formulas_of_outputs(app: Any, tree: nodes.document, name: str) -> None:
    """Set the formulas in HTML that notebooks put out, as JupyterLab does."""
    if name.startswith("notebooks/"):
        for raw in tree.findall(nodes.raw):
            if raw.get("format") == "html" and "$" in raw.astext():
                text = _FORMULA.sub(lambda found: _formula(html.unescape(found[1]), tree), raw.astext())
                raw.children = [nodes.Text(text)]


def _escape_bars(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Let |x| in a docstring be an absolute value, which is markup to Sphinx."""
    for place, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...", "..")):
            pieces = line.split("``")  # what stands in every second one is code
            pieces[::2] = [piece.replace("|", r"\|") for piece in pieces[::2]]
            lines[place] = "``".join(pieces)


def _list_pages_once(app: Any, name: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Write the list of pages in the margin once for all statements: they are not in it, and stand in one folder."""
    if name.startswith("statements/") and "orphan" in app.env.metadata[name]:
        write = context["toctree"]

        def written(**options: Any) -> str:
            key = str(options)
            if key not in _lists:
                _lists[key] = write(**options)
            return _lists[key]

        context["toctree"] = written


class _English(SearchEnglish):
    """Stem each word once rather than once a page."""

    stem = functools.cache(SearchEnglish.stem)


def setup(app: Any) -> None:
    """Have formulas written as MathML, which needs no script, no font and no network."""
    app.add_search_language(_English)
    app.connect("html-page-context", _list_pages_once, priority=400)  # before the theme, which puts the list in
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    app.connect("autodoc-process-docstring", _escape_bars, priority=400)  # before Napoleon, which adds markup
    app.connect("doctree-resolved", _set_formulas_of_outputs)
