"""Write what the documentation takes from the package: quantities, claims, the bibliography, and the sources to cite.

    python docs/generate.py

Writes the table of quantities at the end of docs/notation.md, docs/claims.md, docs/references.bib, and the references
at the end of CITATION.cff.  A test fails where one of them is not what this script writes.
"""

import dataclasses
import pathlib

import mmcl_theory as mt
from mmcl_theory import _archive
from mmcl_theory.claims.registry import claims
from mmcl_theory.reporting.claims import claims_page
from mmcl_theory.theory.references import REFERENCES, Reference, bibtex

ROOT = pathlib.Path(__file__).parents[1]


QUANTITIES = """## Quantities

The name is that of the field of `mt.Quantities`. The last column says what the instance must have, beyond a joint.

| symbol | name | meaning | needs |
|---|---|---|---|
"""


def notation(written: str) -> str:
    """Return docs/notation.md with the quantities that the package has, below what is written by hand."""
    head, _, _ = written.partition("## Quantities\n")
    return head + QUANTITIES + "".join(_row(field) for field in dataclasses.fields(mt.Quantities))


def _row(field: dataclasses.Field) -> str:
    """Return a quantity's row of the table."""
    words, colon, code = (field.metadata["needs"] or "").partition(": ")
    needs = f"{words}: `{code}`" if colon else words
    return f"| {_math(field.metadata['symbol'])} | `{field.name}` | {field.metadata.get('meaning', '')} | {needs} |\n"


def _math(latex: str) -> str:
    """Return LaTeX as Markdown leaves it alone, also in a table: it eats a backslash before punctuation.

    GitHub also refuses ``operatorname``.
    """
    latex = latex.replace(r"\|", r"\Vert ").replace("Vert _", "Vert_").replace(r"\operatorname", r"\mathrm")
    return f"${latex.rstrip()}$"


def citation(written: str) -> str:
    """Return CITATION.cff with the references that the package has, below what is written by hand."""
    head, _, _ = written.partition("references:\n")
    return head + "references:\n" + "".join(_entry(reference) for reference in REFERENCES.values())


def _entry(reference: Reference) -> str:
    """Return a reference as an entry of a CITATION.cff."""
    kinds = {"inproceedings": "conference-paper", "article": "article", "book": "book", "misc": "report"}
    places = {"inproceedings": "collection-title", "article": "journal"}
    lines = [f"  - type: {kinds[reference.kind]}", f'    title: "{reference.title}"', "    authors:"]
    for family, given in reference.authors:
        lines += [f"      - family-names: {family}", f"        given-names: {given}"]
    if reference.year is not None:
        lines.append(f"    year: {reference.year}")
    if reference.kind in places:
        lines.append(f'    {places[reference.kind]}: "{reference.venue}"')
    elif reference.venue:
        lines += ["    publisher:", f'      name: "{reference.venue}"']
    if reference.arxiv:
        lines += ["    identifiers:", "      - type: other", f'        value: "arXiv:{reference.arxiv}"']
    return "\n".join(lines) + "\n"


def generated() -> dict[pathlib.Path, str]:
    """Return the files, by path, and their text."""
    page, cff = ROOT / "docs" / "notation.md", ROOT / "CITATION.cff"
    return {
        page: notation(page.read_text(encoding="utf-8")),
        ROOT / "docs" / "references.bib": "\n".join(bibtex(reference) for reference in REFERENCES.values()),
        ROOT / "docs" / "claims.md": claims_page(claims.values()),
        cff: citation(cff.read_text(encoding="utf-8")),
    }


if __name__ == "__main__":
    for path, text in generated().items():
        _archive.write_text(path, text)
        print(path.relative_to(ROOT))
