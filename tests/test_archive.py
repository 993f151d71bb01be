"""Files of the package: those of earlier versions load, and no file is half written or believed too soon."""

import json
import os
import pathlib
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import mmcl_theory as mt
from mmcl_theory import _archive

# Written by the version before all files were read and written in one place.
SAVED = pathlib.Path(__file__).parent / "saved"
MATRIX = np.array([[3, 1], [1, 2], [0, 1]]) / 8
NAMES = mt.Names(("a", "b", "c"), ("u", "v"), ("x", "y"))


def read_by_every_part(q):
    return q.encoder_residual + q.garbled_sigma_next + q.sscl_residual + q.auxiliary_error + q.sample_residual


EVERY_PART = mt.Theorem(
    slug="every-part",
    title="A bound that reads every part, and is false",
    kind=mt.Kind.UPPER_BOUND,
    statement=r"s \le s/2",
    source="false",
    lhs=read_by_every_part,
    rhs=lambda q: 0.5 * read_by_every_part(q),
)


@pytest.mark.parametrize("held", ["dense", "sparse"])
def test_a_joint_of_before_loads(held):
    joint = mt.Joint.load(SAVED / f"joint_{held}.npz")
    assert joint.is_dense == (held == "dense")
    np.testing.assert_array_equal(joint.to_dense().matrix, MATRIX)
    assert joint.names == NAMES
    assert (joint.image_labels.tolist(), joint.text_labels.tolist()) == ([0, 1, 1], [0, 1])


def test_a_joint_of_channels_of_before_loads():
    joint = mt.Joint.load(SAVED / "joint_factored.npz")
    assert not joint.is_dense
    image_channel = np.array([[0.5, 0.5, 0], [0, 1, 0], [0, 0.25, 0.75]])
    text_channel = np.array([[1, 0], [0.5, 0.5], [0, 1]])
    matrix = image_channel.T @ np.diag([0.5, 0.25, 0.25]) @ text_channel
    np.testing.assert_allclose(joint.to_dense().matrix, matrix, atol=1e-16)


def test_a_falsification_of_before_loads_and_goes_on():
    worst = mt.Falsification.load(SAVED / "falsification.npz")
    assert (worst.theorem.slug, worst.rounds, worst.verdict, worst.certificate) == (
        "probe-text-induced",
        2,
        "holds",
        None,
    )
    assert worst.trajectory["round"].tolist() == [1, 2]
    assert set(worst.trend.scale) == {"labeling_error", "spectral_gap", "rhs"}
    assert len(worst.population.scores.safe) == 8
    assert mt.falsify("probe-text-induced", 2, 2, budget=1, resume=worst).rounds == 3


def test_a_falsification_of_before_with_every_part_and_a_certificate_loads(tmp_path):
    worst = mt.Falsification.load(SAVED / "falsification_every_part.npz", EVERY_PART)
    assert worst.certified
    assert worst.ratio == pytest.approx(2)
    assert worst.certificate.check(EVERY_PART) == []
    made = worst.instance
    assert all(part is not None for part in (made.encoders, made.channel, made.augmentation, made.sample))
    assert made.auxiliary_labels.shape == (3,)
    worst.save(tmp_path / "again.npz")
    again = mt.Falsification.load(tmp_path / "again.npz", EVERY_PART)
    leaves = [jax.tree.leaves((one.instance, one.population)) for one in (worst, again)]
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*leaves, strict=True))
    assert again.certificate == worst.certificate


def test_a_certificate_of_before_loads_and_is_written_alike(tmp_path):
    certificate = mt.Certificate.load(SAVED / "certificate.json")
    assert (certificate.verdict, certificate.lhs, certificate.rhs) == ("holds", "3/4", "87/112")
    assert certificate.check() == []
    certificate.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (SAVED / "certificate.json").read_bytes()


def test_a_checkpoint_of_before_is_read():
    """It is finished, so that no step is taken; its training is told by what was given, in any process."""
    joint = mt.Joint([[3, 1], [1, 2]], [0, 1], [0, 1])
    encoder = tuple(mt.training.Linear(2, 1, key=jax.random.key(side)) for side in range(2))
    given = {"inputs": (jnp.eye(2), jnp.eye(2)), "optimizer": optax.adam(1e-2), "steps": 4, "every": 2}
    path = SAVED / "checkpoint.npz"
    run = mt.train(joint, encoder, mt.losses.spectral_population, checkpoint=path, key=jax.random.key(2), **given)
    assert run.history.step.tolist() == [0, 2, 4]
    with np.load(path) as stored:
        np.testing.assert_array_equal(run.encoder[0].weight, stored["leaf_1"])


THINGS = _archive.FileKind("thing", 3, "path", "is not a thing")


def test_what_fails_while_it_is_written_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "thing.npz"
    THINGS.write_arrays(path, {"a": np.arange(3)})
    old = path.read_bytes()

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        THINGS.write_arrays(path, {"a": np.arange(4)})
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["thing.npz"]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "thing.json")
    THINGS.write_json(tmp_path / "link.json", {"a": "ä"})
    assert (tmp_path / "link.json").is_symlink()
    with THINGS.reading_json(tmp_path / "thing.json") as content:
        assert content == {"a": "ä"}


def test_another_kind_or_format_of_file_is_refused(tmp_path):
    path = tmp_path / "thing.npz"
    THINGS.write_arrays(path, {"a": np.arange(3)})
    with pytest.raises(
        ValueError, match=r"^path: '.*thing.npz' is not a joint written by Joint.save \(it is a thing\)"
    ):
        mt.Joint.load(path)
    later = _archive.FileKind("thing", 4, "path", "is not a thing")
    with (
        pytest.raises(ValueError, match=r"is not a thing \(format 3, this version reads 4\)"),
        later.reading_arrays(path),
    ):
        pass


def stored(path, name, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def header(shape, descr="<f8"):
    """An array's header, without its entries."""
    import io

    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.npy", header((2**40,)), "declared"),
        ("a.npy", header((2,)) + b"\0" * 8, "declared"),
        ("a.npy", header((0,)) + b"\0", "declared"),
        ("a.npy", header((1,), "|O") + b"\x80\x04N.", "Python objects"),
        ("a.txt", b"hello", "magic"),
    ],
)
def test_an_array_that_is_not_what_its_header_says_is_refused(name, content, words, tmp_path):
    path = stored(tmp_path / "thing.npz", name, content)
    with pytest.raises(ValueError, match=rf"^path: .* is not a thing \(.*{words}"), THINGS.reading_arrays(path):
        pass


def test_files_beyond_the_limits_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "thing.npz"
    THINGS.write_arrays(path, {"a": np.zeros(1000)})
    monkeypatch.setattr(_archive, "_ARRAYS_LIMIT", 1000)
    with pytest.raises(ValueError, match="more than 1000 bytes"), THINGS.reading_arrays(path):
        pass
    monkeypatch.setattr(_archive, "_MEMBERS_LIMIT", 2)
    with pytest.raises(ValueError, match="3 arrays, more than 2"), THINGS.reading_arrays(path):
        pass
    (tmp_path / "thing.json").write_text(json.dumps("x" * 100))
    monkeypatch.setattr(_archive, "_JSON_LIMIT", 100)
    with pytest.raises(ValueError, match="longer than 100 bytes"), THINGS.reading_json(tmp_path / "thing.json"):
        pass
