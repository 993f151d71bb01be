"""The site's pages are made of all that there is, and its check of links finds what is wrong."""

import pathlib
import sys

import pytest

import mmcl_theory as mt

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def site():
    """The folder of the site's scripts, from which they import each other."""
    sys.path.insert(0, str(ROOT / "docs" / "site"))
    yield
    sys.path.remove(str(ROOT / "docs" / "site"))


def test_the_check_of_links_finds_each_fault(tmp_path):
    from links import faults

    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "good.html").write_text('<p id="here"><a href="../index.html#top">up</a></p>')
    index = '<b id="top"></b><a href="folder/good.html#here">a</a><a href="https://example.org">b</a><img src="data:,">'
    (tmp_path / "index.html").write_text(index)
    assert list(faults(tmp_path)) == []
    wrong = '<a href="none.html">a</a><a href="#nowhere">b</a><a href="folder/good.html#gone">c</a>'
    (tmp_path / "index.html").write_text(f'{index}{wrong}<script src="//x.org/s.js"></script>')
    found = list(faults(tmp_path))
    assert len(found) == 4
    for place, message in enumerate(
        ["no file", "#nowhere leads to no place", "#gone leads to no place", "another host"]
    ):
        assert message in found[place]


def test_every_picture_is_in_the_gallery_with_a_script_that_exists():
    from gallery import COMMANDS, gallery_pages

    (page,) = gallery_pages(ROOT).values()
    for picture in (ROOT / "docs").glob("*.png"):
        assert f"(docs/{picture.name})" in page
        script = COMMANDS.get(picture.stem, f"experiments/{picture.stem}.py").split()[0]
        assert (ROOT / script).exists()
        assert f"python {script}" in page


def test_the_site_is_laid_out_without_what_only_tests_need(monkeypatch):
    """Hide Hypothesis, which the environment of the site lacks, from the scripts and from the worlds they share."""
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    for name in ("tree", "statements", "gallery", "reference", "small_worlds"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import tree  # noqa: F401
    from small_worlds import instances

    assert len(instances("isotropic", 1)) == 1
    with pytest.raises(ImportError, match="hypothesis"):
        instances("isotropic")  # in numbers that only the tests know


def test_every_public_name_and_source_has_its_place():
    from reference import reference_pages

    from mmcl_theory.theory.references import REFERENCES

    pages = reference_pages(ROOT)
    whole = "\n".join(pages.values())
    for name in mt.__all__:
        assert f"## `mt.{name}`" in whole
    for key in REFERENCES:
        assert f"({key})=" in pages["bibliography.md"]


def test_a_page_of_a_statement_says_all_that_is_known_of_it(tmp_path):
    from statements import SUBJECTS, _draw_joint, _index, _statement, _strength, _tightness, subject

    assert {subject(theorem) for theorem in mt.theorems.values()} == set(SUBJECTS)
    index = _index()
    for slug in mt.theorems:
        assert f"[{slug}]({slug}.md)" in index
    theorem = mt.theorems["probe-text-induced"]
    text = _statement(theorem)
    assert f"$$\n{theorem.statement}\n$$" in text
    assert "Implied by [probe-text-induced](probe-text-induced.md)" in _strength(mt.theorems["probe-mmcl"])
    _draw_joint(theorem.extremal.family, tmp_path)
    tight = _tightness(theorem, tmp_path)
    proof = mt.Certificate.load(tmp_path / "probe-text-induced.json")
    assert proof.verdict == "holds"
    assert proof.check() == []
    assert f"{theorem.extremal.family.__name__}_joint.png" in tight
