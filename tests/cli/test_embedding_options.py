"""Check the options that give encoders of the user's own."""

import re

import numpy as np
import pytest

import mmcl_theory as mt

DRAW = np.random.default_rng(0)
ROWS = [
    (f"{i}.jpg", f"text {t}", "abc"[i % 3]) for i in range(6) for t in range(5) if i % 3 == t % 3 or (i + t) % 4 == 0
]
JOINT = mt.datasets.from_pairs(*map(list, zip(*ROWS, strict=True)))
IMAGES = dict(zip(JOINT.names.images, DRAW.normal(size=(6, 3)) + np.eye(3)[JOINT.image_labels] * 2, strict=True))
TEXTS = dict(zip(JOINT.names.texts, DRAW.normal(size=(5, 3)) + np.eye(3)[JOINT.text_labels] * 2, strict=True))
PROMPTS = dict(zip(JOINT.names.classes, np.eye(3), strict=True))
GIVEN = ("--image-features", "images.npz", "--text-features", "texts.npz")


@pytest.fixture
def verify(command, tmp_path):
    """`verify` on pairs, in a folder with vectors of images, texts and prompts."""
    lines = [",".join(row) for row in [("image", "text", "label"), *ROWS]]
    (tmp_path / "pairs.csv").write_text("\n".join([*lines, ""]))
    for name, vectors in {"images": IMAGES, "texts": TEXTS, "prompts": PROMPTS}.items():
        shuffled = dict(sorted(vectors.items(), reverse=True))
        np.savez(tmp_path / f"{name}.npz", names=list(shuffled), features=list(shuffled.values()))
    return lambda *options: command("verify", "--pairs", "pairs.csv", "--k", "1,2", *options)


@pytest.mark.parametrize("raw", [False, True])
def test_theorems_are_checked_on_the_encoders_that_are_given(verify, tmp_path, raw):
    options = ["--raw"] if raw else []
    code, out, err = verify(
        *GIVEN, *options, "--prompts", "prompts.npz", "--theorem", "suboptimal-encoder", "--out", "t.csv"
    )
    assert (code, err) == (0, "")
    instance = mt.datasets.with_embeddings(JOINT, IMAGES, TEXTS, cosine=not raw)
    expected = mt.verify(instance, [1, 2], "suboptimal-encoder")
    table = mt.tables.read(tmp_path / "t.csv")
    np.testing.assert_allclose(table[["lhs", "rhs"]].astype(float), expected[["lhs", "rhs"]].astype(float), rtol=1e-9)
    found = mt.datasets.imperfections(mt.datasets.with_embeddings(JOINT, IMAGES, TEXTS, cosine=not raw, scale=1))
    prompts = mt.datasets.prompt_error(JOINT, IMAGES, PROMPTS, cosine=not raw)
    assert f"probe error {found.probe_error:.4g}" in out
    assert f"zero-shot error {found.zero_shot_error:.4g}, with prompts {prompts:.4g}" in out
    causes = re.search(r"ε = (\S+): scale (\S+), alignment (\S+), texts (\S+), images (\S+)", out)
    total, *parts = map(float, causes.groups())
    assert total == pytest.approx(sum(parts), rel=2e-3)
    assert f"best scale of inner products: {found.best_scale:.4g}" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (GIVEN[:2], "--image-features, --text-features: both are needed"),
        (GIVEN[2:], "--image-features, --text-features: both are needed"),
        (["--raw"], "--image-features, --text-features: both are needed"),
        (["--prompts", "prompts.npz"], "--image-features, --text-features: both are needed"),
        ([*GIVEN[:3], "none.npz"], "--text-features: there is no file 'none.npz'"),
        ([*GIVEN[:3], "images.npz"], "--text-features: 5 of 5 have no vector, such as 'text 0'"),
        ([*GIVEN[:3], "pairs.csv"], "--text-features: must end in .npy, .npz, .parquet, .safetensors"),
        ([*GIVEN, "--prompts", "texts.npz"], "--prompts: 3 of 3 have no vector, such as 'a'"),
        ([*GIVEN, "--out", "texts.npz"], "--out: "),
        ([*GIVEN, "--k", "9"], "--k: "),
    ],
)
def test_is_refused(verify, options, message):
    code, out, err = verify(*options)
    assert (code, out) == (2, "")
    assert err.startswith(f"mmcl-theory: {message}")


def test_encoders_that_no_scale_makes_better_than_none_are_taken_as_they_are(verify, tmp_path):
    opposite = {name: -vector for name, vector in TEXTS.items()}
    np.savez(tmp_path / "opposite.npz", names=list(opposite), features=list(opposite.values()))
    code, out, err = verify(*GIVEN[:3], "opposite.npz", "--theorem", "scl-amf", "--out", "t.csv")
    assert (code, err) == (0, "")
    assert "no scale of inner products is better than none" in out
    expected = mt.verify(mt.datasets.with_embeddings(JOINT, IMAGES, opposite, scale=1), 1, "scl-amf")
    assert float(mt.tables.read(tmp_path / "t.csv").lhs[0]) == pytest.approx(float(expected.lhs[0]))


def test_a_world_without_names_or_of_several_joints_is_refused(command, verify):
    code, _, err = command("verify", "--data", "isotropic", *GIVEN)
    assert (code, err.startswith("mmcl-theory: --image-features: names are needed")) == (2, True)
    code, _, err = command("verify", "--data", "dirichlet", "--joints", 2, *GIVEN)
    assert (code, err) == (2, "mmcl-theory: --image-features: one joint is needed, got 2\n")
