"""Without the extras: what is missing is said before anything is computed, in one line that says how to install it."""

import sys

import pandas as pd
import pytest

import mmcl_theory as mt
import mmcl_theory.falsification.falsify
import mmcl_theory.tightness.tightness  # before anything stands in for what they import

WORK = ("verification.verify.verify", "falsification.falsify.falsify", "certification.certificate.certify_exact")
ISOTROPIC = ("verify", "--data", "isotropic", "--k", 1, "--theorem", "label-transfer")
MISSING = {
    "pyarrow, to write": (
        "pyarrow",
        (*ISOTROPIC, "--out", "t.parquet"),
        "--out: pyarrow is needed: pip install 'mmcl-theory[parquet]'",
    ),
    "pyarrow, of a search": (
        "pyarrow",
        ("falsify", "label-transfer", "--out", "t.parquet"),
        "--out: pyarrow is needed: pip install 'mmcl-theory[parquet]'",
    ),
    "pyarrow, to read": (
        "pyarrow",
        ("verify", "--pairs", "pairs.parquet"),
        "--pairs: pyarrow is needed: pip install 'mmcl-theory[parquet]'",
    ),
    "matplotlib": (
        "matplotlib",
        (*ISOTROPIC, "--figures", "f"),
        "--figures: matplotlib is needed: pip install 'mmcl-theory[plot]'",
    ),
    "plotly": (
        "plotly",
        (*ISOTROPIC, "--report", "r.html"),
        "--report: plotly is needed: pip install 'mmcl-theory[report]'",
    ),
    "latex2mathml, of a search": (
        "latex2mathml",
        ("falsify", "label-transfer", "--report", "r.html"),
        "--report: latex2mathml is needed: pip install 'mmcl-theory[report]'",
    ),
    "Pillow": (
        "PIL",
        ("verify", "--data", "emoji-drawings"),
        "--data: Pillow is needed: pip install 'mmcl-theory[images]'",
    ),
    "python-flint, to prove": (
        "flint",
        ("certify", "label-transfer", "--joint", "joint.npz", "--k", 1),
        "certify: python-flint is needed: pip install 'mmcl-theory[certify]'",
    ),
    "python-flint, to check": (
        "flint",
        ("certify", "--check", "proof.json"),
        "certify: python-flint is needed: pip install 'mmcl-theory[certify]'",
    ),
}


def computed(*_, **__):
    raise AssertionError("something was computed")


def hide(monkeypatch, *modules):
    """Let these modules be missing."""
    for name in [*modules, *(name for name in sys.modules if name.partition(".")[0] in modules)]:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(("module", "arguments", "words"), MISSING.values(), ids=MISSING)
def test_what_is_missing_is_said_before_the_work(module, arguments, words, command, tmp_path, monkeypatch):
    table = pd.DataFrame({"image": list("aab"), "text": list("xyz"), "label": list("uuv")})
    table.to_parquet(tmp_path / "pairs.parquet")
    joint = mt.generators.isotropic_noise(3, 0.25)
    joint.save(tmp_path / "joint.npz")
    mt.certify("label-transfer", joint, 1).save(tmp_path / "proof.json")
    hide(monkeypatch, module)
    for work in WORK:
        monkeypatch.setattr(f"mmcl_theory.{work}", computed)
    assert command(*arguments) == (2, "", f"mmcl-theory: {words}\n")


def test_everything_else_runs_without_the_extras(command, tmp_path, monkeypatch):
    # but for pyarrow, which pandas has loaded in this process, and holds text in its arrays
    hide(monkeypatch, "matplotlib", "PIL", "flint", "mlxtend", "llvmlite", "threadpoolctl")
    assert command(*ISOTROPIC, "--out", "t.csv")[0] == 0
    assert command(*ISOTROPIC, "--out", "t.tex")[0] == 0
    (tmp_path / "pairs.csv").write_text("image,text,label\na,x,u\na,y,u\nb,z,v\n")
    assert command("verify", "--pairs", "pairs.csv", "--k", 1, "--theorem", "label-transfer")[0] == 0
    assert command("show", "label-transfer")[0] == 0


def test_a_search_needs_no_arithmetic_of_proofs_and_says_what_is_missing_first(command, monkeypatch):
    hide(monkeypatch, "flint")
    code, out, err = command("falsify", "label-transfer", "--n-images", 2, "--n-texts", 2, "--budget", 1)
    needed = "falsify: python-flint is needed: pip install 'mmcl-theory[certify]'"
    assert (code, err.splitlines()[-1]) == (0, f"{needed}; without it no violation is certified")
    assert "label-transfer" in out


def test_python_says_it_likewise(tmp_path, monkeypatch):
    joint = mt.generators.isotropic_noise(3, 0.25)
    table = mt.verify(joint, 1, "probe-mmcl")
    hide(monkeypatch, "pyarrow", "matplotlib", "PIL", "flint")
    for call, words in {
        lambda: mt.tables.write(table, tmp_path / "a.parquet"): r"^path: pyarrow is needed: pip install",
        lambda: mt.plotting.gap(table): r"^plotting: matplotlib is needed: pip install",
        lambda: mt.certify("probe-mmcl", joint, 1): r"^certify: python-flint is needed: pip install",
        lambda: mt.datasets.drawings(): r"^drawings: Pillow is needed: pip install",
    }.items():
        with pytest.raises(ValueError, match=words):
            call()
