"""Hold the sources of the theory, each under its citation key: the only place where they are written down.

``docs/references.bib`` and the references of ``CITATION.cff`` are made from here by ``docs/generate.py``.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Reference:
    """Represent a source: a paper, or a book.

    Attributes
    ----------
    key
        What ``Theorem.source`` and the documentation cite it by.
    authors
        Pairs of family name and given names.
    title, venue, year, arxiv
        As the source states them; ``venue`` is the conference, the journal or the publisher.
    kind
        The entry's type in BibTeX.
    """

    key: str
    authors: tuple[tuple[str, str], ...]
    title: str
    kind: str
    venue: str = ""
    year: int | None = None
    arxiv: str = ""

    def __str__(self) -> str:
        names = [f"{given} {family}" for family, given in self.authors]
        listed = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
        arxiv = f"arXiv:{self.arxiv}" if self.arxiv else ""
        place = ", ".join(str(part) for part in (self.venue, self.year, arxiv) if part)
        return f"{listed}. {self.title}. {place}."


_VENUE = {"inproceedings": "booktitle", "article": "journal", "book": "publisher", "misc": "howpublished"}

REFERENCES = {
    reference.key: reference
    for reference in (
        Reference(
            "zhang2023",
            (("Zhang", "Qi"), ("Wang", "Yifei"), ("Wang", "Yisen")),
            "On the Generalization of Multi-modal Contrastive Learning",
            "inproceedings",
            "International Conference on Machine Learning (ICML)",
            2023,
            "2306.04272",
        ),
        Reference(
            "haochen2021",
            (("HaoChen", "Jeff Z."), ("Wei", "Colin"), ("Gaidon", "Adrien"), ("Ma", "Tengyu")),
            "Provable Guarantees for Self-Supervised Deep Learning with Spectral Contrastive Loss",
            "inproceedings",
            "Advances in Neural Information Processing Systems (NeurIPS)",
            2021,
            "2106.04156",
        ),
        Reference(
            "huang2024",
            (
                *(("Huang", "Wei"), ("Han", "Andi"), ("Chen", "Yongqiang"), ("Cao", "Yuan")),
                *(("Xu", "Zhiqiang"), ("Suzuki", "Taiji")),
            ),
            "On the Comparison between Multi-modal and Single-modal Contrastive Learning",
            "inproceedings",
            "Advances in Neural Information Processing Systems (NeurIPS)",
            2024,
            "2411.02837",
        ),
        Reference(
            "zolfaghari2021",
            (("Zolfaghari", "Mohammadreza"), ("Zhu", "Yi"), ("Gehler", "Peter"), ("Brox", "Thomas")),
            "CrossCLR: Cross-modal Contrastive Learning For Multi-modal Video Representations",
            "inproceedings",
            "IEEE/CVF International Conference on Computer Vision (ICCV)",
            2021,
        ),
        Reference(
            "nakada2023",
            (
                *(("Nakada", "Ryumei"), ("Gulluk", "Halil Ibrahim"), ("Deng", "Zhun"), ("Ji", "Wenlong")),
                *(("Zou", "James"), ("Zhang", "Linjun")),
            ),
            "Understanding Multimodal Contrastive Learning and Incorporating Unpaired Data",
            "inproceedings",
            "International Conference on Artificial Intelligence and Statistics (AISTATS)",
            2023,
            "2302.06232",
        ),
        Reference(
            "oord2018",
            (("van den Oord", "Aäron"), ("Li", "Yazhe"), ("Vinyals", "Oriol")),
            "Representation Learning with Contrastive Predictive Coding",
            "misc",
            year=2018,
            arxiv="1807.03748",
        ),
        Reference(
            "tropp2015",
            (("Tropp", "Joel A."),),
            "An Introduction to Matrix Concentration Inequalities",
            "article",
            "Foundations and Trends in Machine Learning",
            2015,
        ),
        Reference(
            "greenacre",
            (("Greenacre", "Michael"),),
            "Correspondence Analysis in Practice",
            "book",
            "Chapman & Hall/CRC",
        ),
    )
}


def cited_in(text: str) -> tuple[Reference, ...]:
    """Find the references whose keys a text names, in the text's order.

    Examples
    --------
    >>> [reference.year for reference in cited_in("zhang2023 with haochen2021, sharp form")]
    [2023, 2021]
    """
    return tuple(REFERENCES[word] for word in dict.fromkeys(re.findall(r"\w+", text)) if word in REFERENCES)


def bibtex(reference: Reference) -> str:
    """Write a reference as an entry of BibTeX."""
    fields = {
        "author": " and ".join(f"{family}, {given}" for family, given in reference.authors),
        "title": f"{{{reference.title}}}",
        _VENUE[reference.kind]: reference.venue.replace("&", r"\&"),
        "year": "" if reference.year is None else str(reference.year),
        "eprint": reference.arxiv,
        "archiveprefix": "arXiv" if reference.arxiv else "",
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@{reference.kind}{{{reference.key},\n{''.join(lines)}}}\n"
