"""Random encoders, captions, labels and pairs are drawn where a theorem reads them, and said to be random."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.joints.instance import RANDOM_PARTS
from mmcl_theory.joints.joint import Joint

JOINT = mt.generators.isotropic_noise(4, 0.25)


@pytest.mark.parametrize("name", RANDOM_PARTS)
def test_a_part_is_the_same_whichever_others_are_drawn(name):
    """Bit for bit what is drawn where all are."""
    draw = {"n_pairs": 100, "key": jax.random.key(3)}
    whole = mt.Instance.with_random_parts(JOINT, **draw)
    alone = mt.Instance.with_random_parts(JOINT, drawn=[name], **draw)
    for part in RANDOM_PARTS:
        expected = getattr(whole, part) if part == name else None
        assert jax.tree.structure(getattr(alone, part)) == jax.tree.structure(expected)
        assert jax.tree.all(jax.tree.map(np.array_equal, getattr(alone, part), expected))


def test_parts_that_there_are_not_and_bad_sizes_are_refused():
    with pytest.raises(ValueError, match=r"^drawn: parts are encoders, .*, got 'moon'"):
        mt.Instance.with_random_parts(JOINT, drawn=["moon"], key=jax.random.key(0))
    with pytest.raises(ValueError, match=r"^n_pairs: must be 1 …"):
        mt.Instance.with_random_parts(JOINT, drawn=[], n_pairs=0, key=jax.random.key(0))


def test_a_theorem_tells_of_which_parts_it_speaks():
    assert mt.theorems["probe-mmcl"].parts == ()
    assert mt.theorems["suboptimal-encoder"].parts == ("encoders",)
    assert mt.theorems["caption-garbling"].parts == ("channel",)
    assert mt.theorems["finite-sample"].parts == ("sample",)
    assert mt.theorems["probe-sscl-auxiliary"].parts == ("augmentation", "auxiliary_labels")
    bare = mt.verify(JOINT, 1)
    needs = set(bare.theorem[bare.reason.str.contains("Instance(", regex=False)])
    assert needs == {slug for slug, theorem in mt.theorems.items() if theorem.parts}


def test_pairs_are_drawn_only_for_theorems_on_a_sample(command, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("pairs were drawn")

    monkeypatch.setattr(Joint, "draw", refuse)
    code, out, err = command("verify", "--data", "dirichlet", "--joints", 3, "--k", 1, "--theorem", "probe-mmcl")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "dirichlet: 3 joints"
    assert "random" not in out
    code, _, err = command("verify", "--data", "isotropic", "--k", 1, "--theorem", "probe-mmcl", "--sample", 0)
    assert code == 2
    assert err.startswith("mmcl-theory: --sample: must be 1 …")


def test_what_is_random_is_marked_in_the_table_and_in_the_first_line(command, tmp_path):
    chosen = [word for slug in ("suboptimal-encoder", "caption-garbling", "chi-square") for word in ("--theorem", slug)]
    code, out, _ = command("verify", "--data", "isotropic", "--k", "1,2", *chosen, "--seed", 7, "--out", "t.md")
    assert code == 0
    assert out.splitlines()[0].endswith(", with random encoders, captions (--seed 7)")
    assert "(on random encoders)" in out
    assert "(on random captions)" in out
    written = (tmp_path / "t.md").read_text()
    assert "suboptimal-encoder (on random encoders) |" in written
    assert "| chi-square |" in written
