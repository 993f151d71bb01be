"""The options that set the numbers of an instance: how many steps and candidates, τ, η and δ."""

import dataclasses
import runpy

import jax
import numpy as np
import pandas as pd
import pytest

import mmcl_theory as mt
from mmcl_theory.cli.settings import Chosen
from mmcl_theory.joints.settings import Settings

JOINT = mt.Joint([[4, 1, 0], [1, 4, 1], [0, 1, 4], [1, 0, 2]], [0, 1, 1, 0], [0, 1, 1])


@pytest.fixture
def saved(tmp_path):
    JOINT.save(tmp_path / "joint.npz")
    return "--joint", str(tmp_path / "joint.npz"), "--k", "2"


def test_the_defaults_are_those_of_an_instance():
    bare = mt.Instance(JOINT)
    assert dataclasses.asdict(Chosen()) == {
        field.name: getattr(bare, field.name) for field in dataclasses.fields(Settings)
    }


@pytest.mark.parametrize(
    ("option", "value", "slug"),
    [("steps", 1, "probe-walk"), ("candidates", 5, "infonce-negatives"), ("mismatch", 0.2, "noise-dilution")],
)
def test_verify_reads_a_setting(command, saved, tmp_path, option, value, slug):
    given = command("verify", *saved, "--theorem", slug, f"--{option}", value, "--out", "given.csv")
    assert given[0] == 0
    (row,) = pd.read_csv(tmp_path / "given.csv").to_dict("records")
    (expected,) = mt.verify(mt.Instance(JOINT, **{option: value}), 2, slug).to_dict("records")
    (default,) = mt.verify(JOINT, 2, slug).to_dict("records")
    assert (row["lhs"], row["rhs"]) == (expected["lhs"], expected["rhs"])
    assert (row["lhs"], row["rhs"]) != (default["lhs"], default["rhs"])


@pytest.mark.parametrize(
    ("option", "value", "slug"),
    [
        ("--temperature", 3, "temperature-ceiling"),
        ("--failure-probability", 0.3, "finite-sample-apriori"),
        ("--steps", 3, "walk-sampled"),
    ],
)
def test_verify_reads_a_setting_of_what_is_drawn(command, saved, tmp_path, option, value, slug):
    rows = []
    for given in ([], [option, value]):
        assert command("verify", *saved, "--theorem", slug, *given, "--out", "table.csv")[0] == 0
        (row,) = pd.read_csv(tmp_path / "table.csv").to_dict("records")
        rows.append((row["lhs"], row["rhs"]))
    assert np.isfinite(rows).all()
    assert rows[0] != rows[1]


def test_as_many_steps_are_drawn_as_are_looked_at():
    drawn = {"drawn": ["walks"], "n_walks": 100, "key": jax.random.key(0)}
    few = mt.Instance.with_random_parts(JOINT, steps=3, **drawn)
    assert (few.steps, few.walks.shape) == (3, (4,))
    assert few.walks.tolist() == mt.Instance.with_random_parts(JOINT, **drawn).walks[:4].tolist()


BAD = [
    ("--steps", 0, "must be 1 … 64, got 0"),
    ("--steps", 65, "must be 1 … 64, got 65"),
    ("--candidates", 1, "must be 2 … 64, got 1"),
    ("--temperature", 0, "must be in (0, 1000000.0], got 0.0"),
    ("--temperature", "nan", "must be in (0, 1000000.0], got nan"),
    ("--mismatch", 1.5, "must be in [0, 1.0], got 1.5"),
    ("--failure-probability", 0, "must be in (0, 1.0], got 0.0"),
    ("--failure-probability", 1, "must be below 1, got 1"),
]


@pytest.mark.parametrize(("option", "value", "said"), BAD)
def test_values_that_no_instance_has_are_refused(command, saved, option, value, said):
    for start in (
        ("verify", *saved, "--theorem", "probe-mmcl"),
        ("falsify", "probe-mmcl"),
        ("certify", "probe-mmcl", *saved),
    ):
        code, out, err = command(*start, option, value)
        assert (code, out) == (2, "")
        assert err == f"mmcl-theory: {option}: {said}\n"


def test_what_is_certified_has_the_settings(command, saved, tmp_path):
    pytest.importorskip("flint")
    given = ("--steps", 3, "--candidates", 4, "--mismatch", 0.25, "--out", "proof.json")
    assert command("certify", "probe-steps", *saved, *given)[0] == 0
    proof = mt.Certificate.load(tmp_path / "proof.json")
    assert (proof.instance.steps, proof.instance.candidates, proof.instance.mismatch) == (3, 4, 0.25)
    assert (proof.lhs, proof.rhs) == (lambda one: (one.lhs, one.rhs))(
        mt.certify("probe-steps", mt.Instance(JOINT, steps=3), 2)
    )
    code, _, err = command("certify", "--check", "proof.json", "--steps", 3)
    assert code == 2
    assert "--check: the certificate tells" in err


FEW = """
import mmcl_theory as mt
few = mt.Theorem("at-most-two-candidates", "", mt.Kind.UPPER_BOUND, "", "",
                 lambda q: q.candidates * (1 - q.labeling_error), lambda q: 2 + 0 * q.labeling_error, per_k=False)
"""


def test_a_search_and_its_counterexample_have_the_settings_and_it_goes_on_with_the_same(command, tmp_path):
    """A bound that is false of three candidates, and true of the two that there are by default."""
    pytest.importorskip("flint")
    (tmp_path / "few.py").write_text(FEW)
    search = ("falsify", "few.py", "--n-images", 2, "--n-texts", 2, "--save", "found")
    code, printed, _ = command(*search, "--candidates", 3, "--budget", 1)
    assert code == 1
    assert "smallest counterexample found, certified: lhs = 3 > 2 = rhs" in printed
    (few,) = [one for one in runpy.run_path(tmp_path / "few.py").values() if isinstance(one, mt.Theorem)]
    found = mt.Falsification.load(tmp_path / "found" / "at-most-two-candidates.npz", few)
    assert found.instance.candidates == found.certificate.instance.candidates == 3
    code, _, err = command(*search, "--budget", 2)
    assert code == 2
    assert err.startswith("mmcl-theory: --save: ")
    assert "candidates=3" in err
