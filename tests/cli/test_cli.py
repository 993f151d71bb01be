"""The command line, as a process: what it prints, writes and returns."""

import os
import pathlib
import subprocess
import sys

import jax
import pandas as pd
import pytest
from false_theorem import FALSE_THEOREM

import mmcl_theory as mt
from mmcl_theory.worlds.registry import WORLDS


def run(*arguments):
    """Run ``mmcl-theory`` in a fresh process, as a user would."""
    command = [sys.executable, "-m", "mmcl_theory", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(pathlib.Path(mt.__file__).parents[1])}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


def test_help_loads_nothing_heavy():
    code = "import sys, mmcl_theory.cli; print([m for m in ('jax', 'numpy', 'pandas', 'scipy') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
    helped = run("--help")
    assert helped.returncode == 0
    assert all(command in helped.stdout for command in ("verify", "list", "show"))


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, mmcl_theory; print([m for m in ('jax', 'numpy', 'pandas', 'typer') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


SETTINGS = "--steps --candidates --temperature --mismatch --failure-probability"
OPTIONS = {
    "verify": "--data --set --joints --pairs --images --texts --labels --text-label --count --quoting --joint --seed "
    "--captions --texts-are --ngrams --least-images --stop-words --clusters "
    "--image-features --text-features --prompts --raw --theorem --k --all --sample "
    f"{SETTINGS} --out --figures --report",
    "sweep": "--store --compare --workers --scheduler --out --report",
    "falsify": f"--all --n-images --n-texts --sizes --n-classes --k --budget --seed {SETTINGS} --out --save --report",
    "certify": f"--joint --k --out --report --check --theorem --seconds {SETTINGS}",
    "conjecture": f"--lhs --terms --kind --requires --discover --sizes --n-classes --k --budget --seed {SETTINGS} "
    "--out --save",
    "bracket": "--n-images --n-texts --n-classes --rounds --budget --seed --out",
    "list": "--tree",
    "show": "",
    "claims": "--run",
    "explore": "--out",
}


def test_each_command_has_its_options_and_a_sentence_for_each():
    from typer.main import get_command

    from mmcl_theory.cli.commands import app

    commands = get_command(app).commands
    assert set(commands) == set(OPTIONS)
    for name, expected in OPTIONS.items():
        options = [option for option in commands[name].params if option.param_type_name == "option"]
        assert [name for option in options for name in option.opts] == expected.split()
        assert commands[name].help.rstrip().endswith(".")
        assert all(parameter.help.endswith(".") for parameter in commands[name].params)


# A statement on a bare joint, and one on each part that is drawn for it, but for walks, which take longest: they are
# drawn where all theorems are verified.
CHOSEN = ("probe-mmcl", "partial-minimum", "caption-garbling", "finite-sample", "probe-sscl")
THEOREMS = tuple(word for slug in CHOSEN for word in ("--theorem", slug))
BARE = ("--theorem", "probe-mmcl")
# A joint alone, a world with captions and an attribute, and one that has captions of its own.
WITH_PARTS = ("dirichlet", "content-style", "caption")
GENERATORS = [world for world, entry in WORLDS.items() if not entry.is_bundled]


# All theorems are verified on every generator in test_theorems.py too; here their programs are compiled for the sizes
# that the command has by default.
@pytest.mark.parametrize(
    ("world", "theorems"),
    [
        *((world, THEOREMS if world in WITH_PARTS else BARE) for world in GENERATORS),
        ("isotropic", ()),
        *(pytest.param(world, (), marks=pytest.mark.slow) for world in GENERATORS if world != "isotropic"),
    ],
)
def test_every_generator_runs_and_nothing_is_violated(world, theorems, command):
    code, out, _ = command("verify", "--data", world, "--seed", 0, *theorems)
    assert code == 0
    assert "probe-mmcl" in out
    assert "violated" not in out


def test_verify_writes_table_and_figures_and_the_same_ones_again(tmp_path, command):
    def arguments(folder):
        return (
            *("verify", "--data", "block", "--seed", 3, "--set", "label_noise=0.2", "--k", "1,4"),
            # One that gap draws, and one statement on what is drawn: test_random_parts.py has the other parts.
            *("--theorem", "probe-mmcl", "--theorem", "finite-sample"),
            *("--out", tmp_path / folder / "table.parquet", "--figures", tmp_path / folder),
        )

    assert command(*arguments("two"))[0] == 0  # in this process, where much was done before
    done = run(*arguments("one"))
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == {"table.parquet", *(f"block_{f}.{s}" for f in ("gap", "spectrum") for s in ("pdf", "png"))}
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    table = mt.tables.read(tmp_path / "one" / "table.parquet")
    assert table.labeling_error[0] == pytest.approx(0.2)


def test_a_batch_of_joints_is_summed_up_by_theorem(tmp_path, command):
    out_path = tmp_path / "table.csv"
    drawn = ("--data", "dirichlet", "--joints", 3)
    code, out, _ = command("verify", *drawn, "--k", 1, "--out", out_path, "--figures", tmp_path, *THEOREMS)
    assert code == 0
    assert "at joint," in out
    assert mt.tables.read(out_path).joint.nunique() == 3
    assert (tmp_path / "dirichlet_alpha.pdf").stat().st_size > 1000


UNSEARCHABLE = "finite-sample-apriori"


def test_a_false_theorem_makes_verify_exit_1(tmp_path, command):
    (tmp_path / "mine.py").write_text(FALSE_THEOREM)
    code, out, err = command("verify", "--data", "isotropic", "--theorem", "mine.py", "--theorem", "probe-mmcl")
    assert code == 1, err
    assert "too-good" in out
    assert "1 violated ✗" in out


def test_own_pairs_and_saved_joints_are_verified(tmp_path, command):
    pairs = pd.DataFrame({"picture": list("aabbcc"), "words": list("xyyzzx"), "kind": list("uuuuvv")})
    pairs.to_parquet(tmp_path / "pairs.parquet")
    code, out, _ = command(
        *("verify", "--pairs", tmp_path / "pairs.parquet", "--images", "picture"),
        *("--texts", "words", "--labels", "kind", "--k", 1, *THEOREMS),
    )
    assert code == 0
    assert "3 images × 3 texts, 2 classes" in out
    mt.generators.random_dirichlet(key=jax.random.key(0)).save(tmp_path / "joint.npz")
    code, out, _ = command("verify", "--joint", tmp_path / "joint.npz", "--k", 1, *THEOREMS)
    assert code == 0
    assert "8 images × 8 texts" in out


def test_list_names_every_theorem_and_show_tells_one_whole(command):
    code, out, _ = command("list")
    assert code == 0
    assert all(slug in out and theorem.kind.value in out for slug, theorem in mt.theorems.items())
    code, out, _ = command("show", "probe-mmcl")
    theorem = mt.theorems["probe-mmcl"]
    assert code == 0
    for part in (
        *("rₖ ≤ (2α−α²)/(1−σₖ₊₁²)", "where  rₖ is ", " α is ", "σₖ₊₁ is ", "σₖ₊₁ < 1", theorem.source),
        "`probe-text-induced` and `label-transfer`. The constant cannot be lowered: isotropic noise approaches",
        "equality as α→0, at k = 1.",
        *("probe-text-induced and label-transfer", "two_images", "asymptotically tight"),
        *("On the Generalization of Multi-modal Contrastive Learning", "arXiv:2306.04272"),
    ):
        assert part in out, part


BAD = {
    "no input": (["verify"], "--data"),
    "two inputs": (["verify", "--data", "block", "--pairs", "x.csv"], "exactly one"),
    "unknown world": (["verify", "--data", "moon"], "'moon'"),
    "unknown option": (["verify", "--data", "block", "--colour", "red"], "--colour"),
    "unknown command": (["disprove"], "disprove"),
    "k not a number": (["verify", "--data", "block", "--k", "many"], "'many'"),
    "k too large": (
        ["verify", "--data", "block", "--k", "41", "--theorem", "probe-mmcl"],
        "--k: must be 1 … 40, got 41",
    ),
    "k zero": (["verify", "--data", "block", "--k", "0", "--theorem", "probe-mmcl"], "got 0"),
    "seed not a number": (["verify", "--data", "block", "--seed", "x"], "--seed"),
    "unknown knob": (["verify", "--data", "block", "--set", "colour=3"], "no knob 'colour'"),
    "knob without value": (["verify", "--data", "block", "--set", "contrast"], "name=value"),
    "knob out of range": (["verify", "--data", "block", "--set", "contrast=2"], "--set contrast"),
    "knob of the wrong type": (["verify", "--data", "block", "--set", "contrast=high"], "contrast"),
    "several of one": (["verify", "--data", "isotropic", "--joints", "3"], "not random"),
    "no joints": (["verify", "--data", "block", "--joints", "0"], "--joints"),
    "knob with a bad entry": (["verify", "--data", "hierarchical", "--set", "branching=[0]"], "--set branching[0]"),
    "seed of thousands of digits": (["verify", "--data", "block", "--seed", "9" * 5000], "--seed"),
    "knob that nests too deeply": (["verify", "--data", "block", "--set", "contrast=" + "[" * 10**5], "--set contrast"),
    "knob of thousands of digits": (["verify", "--data", "block", "--set", "contrast=" + "9" * 5000], "--set contrast"),
    "knob beyond floats": (["verify", "--data", "isotropic", "--set", "noise=" + "9" * 400], "--set noise"),
    "no boolean": (["verify", "--data", "dirichlet", "--set", "bayes_labels=False"], "true or false is needed, got 'F"),
    "knob at odds with one not set": (["verify", "--data", "hierarchical", "--set", "branching=[2]"], "--set weights:"),
    "joint too large": (
        ["verify", "--data", "isotropic", "--set", "n_classes=20000"],
        "--set n_classes: 20000 x",
    ),
    "too many joints": (["verify", "--data", "dirichlet", "--joints", 10**9], "--joints: must be 1 … 100000"),
    "joints too large": (
        ["verify", "--data", "dirichlet", "--joints", 10**5, "--set", "n_images=64", "--set", "n_texts=64"],
        "--joints: 100000 x 4096 is too large",
    ),
    "search too large": (["falsify", "probe-mmcl", "--n-images", 10**6], "--n-images: at most"),
    "search of many images": (["falsify", "probe-sscl", "--n-images", 20000], "--n-images: at most"),
    "one of several sizes": (["falsify", "probe-mmcl", "--sizes", "4,0"], "--sizes: must be at least 1"),
    "budget beyond all": (["falsify", "probe-mmcl", "--k", "7", "--budget", 10**30], "--k: must be 1 … 6"),
    "sample too small": (["verify", "--data", "isotropic", "--sample", "0"], "--sample"),
    "missing file": (["verify", "--pairs", "none.csv"], "--pairs: there is no file 'none.csv'"),
    "wrong ending": (["verify", "--pairs", "none.pkl"], "none.pkl"),
    "missing joint": (["verify", "--joint", "none.npz"], "--joint: there is no file 'none.npz'"),
    "unknown theorem": (["verify", "--data", "block", "--theorem", "moon"], "'moon'"),
    "missing theorem file": (["verify", "--data", "block", "--theorem", "moon.py"], "moon.py"),
    "table ending": (["verify", "--data", "block", "--out", "table.xls"], "--out: a table's name"),
    "unknown slug": (["show", "moon"], "SLUG: there is no 'moon'"),
    "missing certificate": (["certify", "--check", "none.json"], "--check: there is no file 'none.json'"),
    "bad budget": (["falsify", "probe-mmcl", "--budget", "0"], "--budget: must be at least 1"),
    "bad size": (["falsify", "probe-mmcl", "--sizes", "0"], "--sizes: must be at least 1"),
    "no slug": (["show"], "SLUG"),
    "a slug that is nearly one": (["show", "prob-mmcl"], "there is no 'prob-mmcl'; did you mean probe-mmcl or"),
    "an option twice": (["verify", "--data", "block", "--k", "1", "--k", "2"], "mmcl-theory: --k: is given twice"),
    "the same twice": (["verify", "--data", "block", "--data", "block"], "--data: is given twice"),
    "a flag twice": (["falsify", "--all", "--all"], "--all: is given twice"),
    "one before the command twice": (["--debug", "--debug", "list"], "--debug: is given twice"),
    "a certificate twice": (["certify", "--check", "a.json", "--check", "b.json"], "--check: is given twice"),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD.keys())
def test_bad_usage_is_one_line_and_exit_2(arguments, words, command):
    code, out, err = command(*arguments)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("mmcl-theory: ")
    assert words in err


def test_a_pickle_is_refused_in_one_line(tmp_path, command):
    import pickle

    for name, option in (("pairs.csv", "--pairs"), ("pairs.parquet", "--pairs"), ("joint.npz", "--joint")):
        (tmp_path / name).write_bytes(pickle.dumps({"image": [1]}))
        code, _, err = command("verify", option, tmp_path / name)
        assert code == 2
        assert err.count("\n") == 1


def test_a_broken_theorem_file_is_one_line(tmp_path, command):
    for content, words in (("1 +", "SyntaxError"), ("raise KeyError('oops')", "KeyError"), ("x = 1", "no Theorem")):
        (tmp_path / "mine.py").write_text(content)
        code, _, err = command("verify", "--data", "block", "--theorem", tmp_path / "mine.py")
        assert code == 2
        assert words in err
        assert err.count("\n") == 1


def test_a_formula_that_fails_is_one_line_that_names_its_place(tmp_path, command):
    path = tmp_path / "mine.py"
    for formula, words in (("q.moon", "there is no quantity 'moon'"), ("1 / 0", "ZeroDivisionError")):
        path.write_text(FALSE_THEOREM.replace("q.text_induced_error", formula))
        for arguments in (["verify", "--data", "isotropic", "--k", 1, "--theorem", path], ["falsify", path]):
            code, _, err = command(*arguments)
            assert code == 2
            assert f"line 10 of {str(path)!r}" in err
            assert words in err
            assert err.count("\n") == 1


def test_statements_that_cannot_be_searched_are_skipped_by_all(command, monkeypatch):
    from mmcl_theory.theory import registry

    known = {slug: mt.theorems[slug] for slug in (UNSEARCHABLE, "label-transfer")}
    assert known[UNSEARCHABLE].kind is mt.Kind.PROBABILISTIC
    monkeypatch.setattr(registry, "theorems", known)
    size = ["--n-images", 2, "--n-texts", 2, "--budget", 1]
    code, out, err = command("falsify", "--all", *size)
    assert code == 0
    assert "label-transfer" in out
    assert err == f"{UNSEARCHABLE} speaks of random samples, which nobody chooses; see failure_rates\n"
    code, out, err = command("falsify", UNSEARCHABLE, *size)
    assert (code, out) == (2, "")
    assert "speaks of random samples" in err
