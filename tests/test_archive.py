"""Files of the package: those of earlier versions load, and no file is half written or believed too soon."""

import os
import pathlib
import time
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from mutations import with_bomb

import mmcl_theory as mt
from mmcl_theory import _archive
from mmcl_theory._archive import members, values

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


def test_a_falsification_of_before_loads():
    worst = mt.Falsification.load(SAVED / "falsification.npz")
    assert (worst.theorem.slug, worst.rounds, worst.verdict, worst.certificate) == (
        "probe-text-induced",
        2,
        "vacuous",  # it was said to hold when 1 was the trivial value; 1 − π is
        None,
    )
    assert worst.trajectory["round"].tolist() == [1, 2]
    assert set(worst.trend.scale) == {"labeling_error", "spectral_gap", "rhs"}
    assert len(worst.population.scores.safe) == 8
    # Its scores allow for rounding as it was allowed for then: another search cannot go on from them.
    with pytest.raises(ValueError, match=r"^resume: its candidates have another score \(safe\)"):
        mt.falsify("probe-text-induced", 2, 2, budget=1, resume=worst)


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
    with (
        pytest.raises(ValueError, match=rf"^path: .* is not a thing \(.*{words}"),
        THINGS.reading_arrays(path) as arrays,
    ):
        arrays[name.removesuffix(".npy")]


def test_files_beyond_the_limits_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "thing.npz"
    THINGS.write_arrays(path, {"a": np.zeros(1000)})
    with pytest.raises(ValueError, match="a takes more than 100 bytes"), THINGS.reading_arrays(path) as arrays:
        arrays.read("a", 100)
    monkeypatch.setattr(members, "_ARRAYS_LIMIT", 10_000)
    with pytest.raises(ValueError, match="more than 10000 bytes"), THINGS.reading_arrays(path) as arrays:
        [arrays["a"], arrays["a"]]
    monkeypatch.setattr(members, "_MEMBERS_LIMIT", 2)
    with pytest.raises(ValueError, match="3 arrays, more than 2"), THINGS.reading_arrays(path):
        pass


def test_an_array_that_is_not_asked_for_is_not_read(tmp_path):
    path = tmp_path / "thing.npz"
    THINGS.write_arrays(path, {"a": np.arange(3)})
    path.write_bytes(with_bomb(path.read_bytes(), 2**24))
    tracemalloc.start()
    with THINGS.reading_arrays(path) as arrays:
        assert arrays["a"].tolist() == [0, 1, 2]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_arrays_that_cannot_be_so_large_in_such_a_file_are_refused(tmp_path):
    path = stored(tmp_path / "thing.npz", "a.npy", header((2**27,)) + b"\0" * 8)
    declared = path.read_bytes()
    size, lie = (n.to_bytes(4, "little") for n in (len(header(())) + 8, len(header(())) + 2**30))
    assert declared.count(size) == 2
    path.write_bytes(declared.replace(size, lie))
    with pytest.raises(ValueError, match="a is not stored as NumPy does it"), THINGS.reading_arrays(path) as arrays:
        arrays["a"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"a": 1, "b": 2, "a": 1}', "the key 'a' is there twice"),
        ('{"b": {"a": 1, "a": 2}}', "the key 'a' is there twice"),
        ("{" + ",".join(f'"{i}": 1' for i in (*range(100_000), 99_999)) + "}", "the key '99999' is there twice"),
        ('{"a": NaN}', "'NaN' is no finite number"),
        ('{"a": -Infinity}', "'-Infinity' is no finite number"),
        ('{"a": 1e999}', "'1e999' is no finite number"),
        ("[" * 100_000 + "]" * 100_000, "nested more than 32 deep"),
        ("[" * 33 + "]" * 33, "nested more than 32 deep"),
        ('{"a":' * 33 + "1" + "}" * 33, "nested more than 32 deep"),
        ("9" * 401, "an integer has 401 digits, more than 400"),
        ("9" * 5000, "an integer has 5000 digits, more than 400"),
        ('"\xff"', "can't decode byte 0xff"),
        ("\ufeff1", "BOM"),
        ("", "Expecting value"),
        ('{"a": 1', "delimiter"),
    ],
)
def test_json_that_may_mean_something_else_is_refused(content, words, tmp_path):
    path = tmp_path / "thing.json"
    path.write_bytes(content.encode("latin-1" if content == '"\xff"' else "utf-8"))
    with pytest.raises(ValueError, match=rf"^path: .* is not a thing \(.*{words}"), THINGS.reading_json(path):
        pass


def test_json_beyond_the_limits_is_neither_read_nor_written(tmp_path, monkeypatch):
    path = tmp_path / "thing.json"
    THINGS.write_json(path, [0] * 50)
    monkeypatch.setattr(values, "_FILE_LIMITS", (1000, 40))
    monkeypatch.setattr(values, "_ARRAY_LIMITS", (1000, 40))
    with pytest.raises(ValueError, match="more than 40 values"), THINGS.reading_json(path):
        pass
    with pytest.raises(ValueError, match="more than 40 values"):
        THINGS.write_json(path, [0] * 50)
    with pytest.raises(ValueError, match="more than 40 values"):
        _archive.packed([0] * 50)
    monkeypatch.setattr(values, "_FILE_LIMITS", (40, 40))
    with pytest.raises(ValueError, match="more than 40 bytes"), THINGS.reading_json(path):
        pass


def test_values_in_an_array_may_be_infinite_or_missing():
    again = _archive.unpacked(_archive.packed([np.inf, np.nan, 0.1, None, 10**300]))
    assert again[0] == np.inf
    assert np.isnan(again[1])
    assert again[2:] == [0.1, None, 10**300]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (None, "the name of a file is needed, got None"),
        (5, "the name of a file is needed, got 5"),
        ("", "the name of a file is needed, got ''"),
        ("a\0b", "the name of a file is needed, got 'a\\\\x00b'"),
        ("\ud800", "cannot be the name of a file"),
        ("folder", r"cannot be written \(it is a folder\)"),
        ("new/", r"cannot be written \(it is the name of a folder\)"),
        ("file/below", r"cannot be written \(Not a directory\)"),
        ("file/below/it", r"cannot be written \(Not a directory\)"),
        ("x" * 300, r"cannot be written \(File name too long\)"),
        ("new/" + "x" * 300 + "/y", r"cannot be written \(File name too long\)"),
        ("loop", r"cannot be written \(Too many levels of symbolic links\)"),
        (os.devnull, r"cannot be written \(it is no regular file\)"),
        ("/proc/none", r"cannot be written \("),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_before_the_work_and_at_it(name, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(os.listdir())
    with pytest.raises((ValueError, TypeError), match=rf"^out: .*{words}"):
        _archive.check_writable("out", name)
    assert sorted(os.listdir()) == before
    with pytest.raises((ValueError, TypeError, OSError), match=rf"^path: .*{words}"):
        _archive.write_text(name, "text")


@pytest.mark.parametrize("name", ["a", "file", "new/folder/a", "dangling", "é" * 100, b"bytes", "a\nb"])
def test_a_path_that_can_be_written_is_left_as_it_is_before_the_work(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("old")
    (tmp_path / "dangling").symlink_to("beyond/it")
    before = sorted(os.listdir())
    _archive.check_writable("out", name)
    assert sorted(os.listdir()) == before
    assert (tmp_path / "file").read_text() == "old"
    _archive.write_text(name, "text")
    assert pathlib.Path(os.fsdecode(name)).read_text() == "text"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
@pytest.mark.parametrize("read_only", ["file", "."])
def test_what_is_read_only_is_left_as_it_is(read_only, tmp_path):
    _archive.write_text(tmp_path / "file", "old")
    (tmp_path / read_only).chmod(0o555)
    with pytest.raises(ValueError, match=r"^out: .* cannot be written \((it is read-only|Permission denied)\)"):
        _archive.check_writable("out", tmp_path / "file")
    with pytest.raises(PermissionError, match=r"^path: .* cannot be written"):
        _archive.write_text(tmp_path / "file", "new")
    (tmp_path / read_only).chmod(0o755)
    assert (os.listdir(tmp_path), (tmp_path / "file").read_text()) == (["file"], "old")


def test_a_new_file_keeps_the_permissions_of_the_old_one(tmp_path):
    _archive.write_text(tmp_path / "a", "old")
    (tmp_path / "a").chmod(0o640)
    _archive.write_text(tmp_path / "a", "new")
    assert ((tmp_path / "a").stat().st_mode & 0o777, (tmp_path / "a").read_text()) == (0o640, "new")


def test_only_what_writers_left_long_ago_is_removed(tmp_path):
    for name, age in [("a.0.partial", 2e5), ("a.1.partial", 100), ("b.0.partial", 2e5)]:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    _archive.write_text(tmp_path / "a", "new")
    assert sorted(os.listdir(tmp_path)) == ["a", "a.1.partial", "b.0.partial"]


def test_two_writers_of_one_file_do_not_hurt_each_other(tmp_path):
    path = tmp_path / "thing.json"

    def write(number):
        for _ in range(50):
            THINGS.write_json(path, [number] * 1000)
            with THINGS.reading_json(path) as content:
                assert content in ([0] * 1000, [1] * 1000)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, number) for number in range(2)]:
            done.result()
    assert os.listdir(tmp_path) == ["thing.json"]


def test_a_message_about_a_file_is_short_and_printable(tmp_path):
    path = tmp_path / "thing.npz"
    np.savez(path, file_kind="\x1b[8m")
    with pytest.raises(ValueError, match=r"\(it is a \\x1b\[8m\)$"), THINGS.reading_arrays(path):
        pass
    with pytest.raises(FileNotFoundError, match=r"^path: .*'x") as caught:
        mt.Joint.load("x" * 10**6)
    assert len(str(caught.value)) < 1000
