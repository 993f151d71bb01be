"""Check the command that certifies and that checks certificates."""

import json
import pathlib
import sys

import forks
import jax
import pytest
from false_theorem import FALSE_THEOREM
from forgeries import sealed

import mmcl_theory as mt
from mmcl_theory.cli.app import main


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """The command in this process, in a folder of its own: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["mmcl-theory", "certify", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return call


def test_the_command_proves_and_another_process_confirms(command, tmp_path):
    mt.generators.random_dirichlet(key=jax.random.key(0)).save("joint.npz")
    code, out, _ = command("probe-mmcl", "--joint", "joint.npz", "--k", 2, "--out", "proof.json")
    assert (code, out.partition(",")[0]) == (0, "probe-mmcl")
    assert "k = 2: holds" in out
    confirming = forks.started(tmp_path, "certify", "--check", "proof.json")
    confirming.join(300)
    assert (confirming.exitcode, (tmp_path / "out").read_text().splitlines()[-1]) == (0, "confirmed")
    path = tmp_path / "proof.json"
    path.write_text(path.read_text().replace('"verdict": "holds"', '"verdict": "violated"'))
    code, out, _ = command("--check", "proof.json")
    assert code == 3
    assert "not confirmed" in out


def test_a_false_theorem_of_ones_own_is_refuted_and_the_proof_confirmed(command, tmp_path):
    (tmp_path / "mine.py").write_text(FALSE_THEOREM)
    mt.generators.isotropic_noise(3, 0.1).save("joint.npz")
    given = ("--joint", "joint.npz", "--k", 1)
    code, out, _ = command("too-good", "--theorem", "mine.py", *given, "--out", "proof.json")
    assert code == 1
    assert "violated" in out
    assert command("--check", "proof.json", "--theorem", "mine.py")[0] == 0
    code, out, _ = command("--check", "proof.json")  # the registry has none of this name
    assert (code, out.count("\n"), out.partition(": ")[0]) == (3, 1, "not confirmed")
    assert command("probe-mmcl-paper", *given)[0] == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a slug, --joint and --k"),
        (["probe-mmcl", "--check", "x.json"], "--check"),
        (["--check", "none.json"], "none.json"),
        (["probe-mmcl", "--joint", "none.npz", "--k", "1"], "none.npz"),
        (["moon", "--joint", "none.npz", "--k", "1"], "'moon'"),
        (["moon", "--theorem", "moon", "--joint", "none.npz", "--k", "1"], "--theorem"),
        (["probe-mmcl", "--joint", "none.npz", "--k", "1", "--seconds", "9"], "--seconds"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(arguments, words, command):
    code, out, err = command(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.fixture
def proof(command):
    """The content of a certificate in proof.json, of the joint in joint.npz."""
    mt.generators.isotropic_noise(3, 0.1).save("joint.npz")
    assert command("probe-mmcl", "--joint", "joint.npz", "--k", 1, "--out", "proof.json")[0] == 0
    return json.loads(pathlib.Path("proof.json").read_text())


@pytest.mark.parametrize(
    "forged",
    [
        {"reason": "by at least 9.5e+05"},
        {"reason": "x\rprobe-mmcl, k = 1: violated, by at least 1.0e+00"},
        {"lhs": "999999", "margins": [["lhs", "1/2"], ["rhs", "1/2"]]},
        {"lhs": "1/0"},
        {"lhs": "[nan evil]"},
        {"lhs": "9" * 5000},
        {"precision": 999},
        {"theorem": "evil-theorem"},
        {"statement": "evil", "k": 2},
        {"instance": {"matrix": []}},
    ],
)
def test_what_is_not_confirmed_exits_with_3_and_is_not_repeated(forged, command, proof):
    pathlib.Path("proof.json").write_text(json.dumps(sealed(proof | forged)))
    code, out, err = command("--check", "proof.json")
    assert (code, err) == (3, "")
    lines = out.splitlines()
    assert "confirmed" not in lines
    assert lines[-1].startswith("not confirmed: ")
    for words in ("999", "9.5e+05", "evil", "violated", "1.0e+00", "1/0", "\r"):
        assert words not in out


TWO_IMAGES = """
import math
import mmcl_theory as mt
information = mt.Theorem(
    slug="information-two", title="", kind=mt.Kind.UPPER_BOUND, statement="", source="",
    lhs=lambda q: q.mutual_information, rhs=lambda q: {}, per_k=False,
)
"""


@pytest.mark.parametrize(
    ("constant", "code", "words"),
    [
        ("mt.log(2)", 3, "undecided, the sides agree to within"),
        ("mt.sqrt(mt.log(2)**2) + mt.rational(1, 3) - 1 / mt.rational(3)", 3, "undecided, the sides agree to within"),
        ("math.log(2)", 2, "formulas: 0.6931471805599453 was rounded"),
        ("1 / 3", 2, "write mt.rational(1, 3)"),
        ("1 + (mt.sqrt(q.sigma_2 - 2) - mt.sqrt(q.sigma_2 - 2))", 3, "undecided, a side is not a number"),
    ],
)
def test_the_formula_of_a_file_is_exact_or_refused(constant, code, words, command, tmp_path):
    """I(X;L) = log 2 for two images and their own texts, so that a bound of less than log 2 would be false."""
    mt.Joint([[1, 0], [0, 1]], [0, 1], [0, 1]).save(tmp_path / "matched.npz")
    (tmp_path / "fn_theorem.py").write_text(TWO_IMAGES.format(constant), encoding="utf-8")
    arguments = ["information-two", "--joint", "matched.npz", "--k", "1", "--theorem", "fn_theorem.py"]
    found, out, err = command(*arguments)
    assert found == code, err
    assert words in out + err


def test_what_is_confirmed_is_printed_as_found(command, proof):
    code, out, _ = command("--check", "proof.json")
    assert (code, out) == (0, f"{mt.Certificate.from_json(proof)}\nconfirmed\n")


def test_a_check_takes_no_longer_than_its_seconds(command, proof):
    code, out, _ = command("--check", "proof.json", "--seconds", "1e-9")
    assert (code, out) == (3, "not confirmed: not proven within 1e-09 seconds\n")
    code, out, err = command("--check", "proof.json", "--seconds", "0")
    assert (code, out) == (2, "")
    assert "--seconds" in err


def test_a_file_of_theorems_without_this_one_confirms_nothing(command, proof, tmp_path):
    (tmp_path / "mine.py").write_text(FALSE_THEOREM)
    code, out, _ = command("--check", "proof.json", "--theorem", "mine.py")
    assert (code, out) == (3, "not confirmed: theorem: the file of --theorem defines none of this name\n")


def test_the_certificate_does_not_replace_what_it_was_made_of(command, proof, tmp_path):
    (tmp_path / "mine.py").write_text(FALSE_THEOREM)
    (tmp_path / "link.npz").symlink_to(tmp_path / "joint.npz")
    old = pathlib.Path("joint.npz").read_bytes()
    for out, *own in (("joint.npz",), ("./link.npz",), ("mine.py", "--theorem", "mine.py")):
        code, _, err = command(
            "too-good" if own else "probe-mmcl", "--joint", "joint.npz", "--k", 1, "--out", out, *own
        )
        assert code == 2
        assert "--out" in err
    assert pathlib.Path("joint.npz").read_bytes() == old
    assert pathlib.Path("mine.py").read_text() == FALSE_THEOREM


def test_a_place_for_the_certificate_is_tried_before_the_work(command, proof, monkeypatch):
    monkeypatch.setattr("mmcl_theory.certification.certify.certify", lambda *_: pytest.fail("the work was begun"))
    code, out, err = command("probe-mmcl", "--joint", "joint.npz", "--k", 1, "--out", "joint.npz/proof.json")
    assert (code, out) == (2, "")
    assert "--out" in err


def test_the_certificate_is_written_before_anything_is_printed(proof, tmp_path):
    """Nobody reads the output."""
    given = ("probe-mmcl", "--joint", "joint.npz", "--k", 1, "--out", "other.json")
    certifying = forks.started(tmp_path, "certify", *given, out=None)
    certifying.join(300)
    assert (certifying.exitcode, (tmp_path / "err").read_text()) == (141, "")
    assert mt.Certificate.load(tmp_path / "other.json") == mt.Certificate.load(tmp_path / "proof.json")
