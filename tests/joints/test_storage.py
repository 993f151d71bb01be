"""Check that a saved joint distribution is read back bit for bit, and that a damaged or foreign file is refused."""

import json
import random
import tempfile
import tracemalloc
from pathlib import Path

import jax
import mutations
import numpy as np
import pytest
from refusals import (
    KEY,
    NAMES,
    TRAP,
    Trap,
    assert_accepted,
    assert_refused,
    bad,
    channels,
    four,
    joint,
    three,
    with_zeros,
    written,
)

import mmcl_theory as mt
from mmcl_theory.joints import storage


def load(folder: Path, without: str = "", **changed):
    """Load a saved joint after its fields have been tampered with."""
    path = folder / "joint.npz"
    joint([[3, 1], [1, 3]], names=NAMES).save(path)
    with np.load(path) as file:
        fields = {name: file[name] for name in file.files if name != without}
    np.savez(path, **(fields | {name: np.array(value) for name, value in changed.items()}))
    return mt.Joint.load(path)


def archived(names: dict) -> np.ndarray:
    return np.frombuffer(json.dumps(names).encode(), np.uint8)


def load_bytes(folder: Path, change):
    """Load a saved joint after the bytes of its file have been changed."""
    path = folder / "joint.npz"
    four().save(path)
    return mt.Joint.load(written(path, change(path.read_bytes())))


OBJECTS = np.empty(1, dtype=object)
OBJECTS[0] = Trap()


def read_of_before() -> bool:
    """A file that does not say how P is held, as files once did not."""
    with tempfile.TemporaryDirectory() as folder:
        return load(Path(folder), "held").matrix.tolist() == [[0.375, 0.125], [0.125, 0.375]]


NOT_A_JOINT = "path: not a joint written by Joint.save"

BAD = [
    bad("load-missing", FileNotFoundError, "path: no file none.npz", lambda p: mt.Joint.load(p / "none.npz")),
    bad("load-folder", (FileNotFoundError, ValueError), "path:", lambda p: mt.Joint.load(p)),
    *(
        bad(f"load-{name}", ValueError, NOT_A_JOINT, lambda p, c=content: mt.Joint.load(written(p / "f.npz", c)))
        for name, content in [("text", "hello\n"), ("empty", ""), ("pickle", TRAP), ("zip-start", b"PK\3\4 etc.")]
    ),
    bad("load-truncated", ValueError, NOT_A_JOINT, lambda p: load_bytes(p, lambda b: b[: len(b) // 2])),
    bad("load-headless", ValueError, NOT_A_JOINT, lambda p: load_bytes(p, lambda b: b[100:])),
    bad(  # inside the compressed data of the first field
        "load-corrupted", ValueError, NOT_A_JOINT, lambda p: load_bytes(p, lambda b: b[:60] + b"\xff" * 9 + b[69:])
    ),
    bad("load-objects", ValueError, NOT_A_JOINT, lambda p: load(p, values=OBJECTS)),
    bad("load-no-joint", ValueError, NOT_A_JOINT, lambda p: (np.savez(p / "a.npz", x=1), mt.Joint.load(p / "a.npz"))),
    bad("load-npy", ValueError, NOT_A_JOINT, lambda p: (np.save(p / "a.npy", [1]), mt.Joint.load(p / "a.npy"))),
    *(
        bad(f"load-without-{field}", ValueError, f"{NOT_A_JOINT} {field}", lambda p, f=field: load(p, f))
        for field in ("format", "rows", "values", "image_labels", "text_ids", "n_classes", "given_shape")
    ),
    bad("load-without-names", ValueError, f"{NOT_A_JOINT} names", lambda p: load(p, "names")),
    *(
        bad(
            f"load-{'-'.join(changed)}={'-'.join(map(str, changed.values()))}",
            ValueError,
            f"{NOT_A_JOINT} {words}",
            lambda p, changed=changed: load(p, **changed),
        )
        for words, changed in [
            ("format 2", {"format": 2}),
            ("", {"format": "one"}),
            ("held: 'loosely'", {"held": "loosely"}),
            ("natural", {"held": "factored"}),
            ("2", {"rows": [0, 0, 1, 2]}),
            ("", {"rows": [0, 0, 1, -1]}),  # not the last row
            ("", {"rows": [0.0, 0.0, 1.0, 1.0]}),
            ("", {"rows": [True, False, True, False]}),
            ("", {"rows": [0, 0, 1]}),
            ("", {"columns": [0, 1, 1, 1]}),  # one cell twice, one not at all
            ("", {"values": [0.25]}),  # not to be broadcast
            ("non-negative", {"held": "sparse", "values": [1.5, -0.5, 0, 0]}),
            ("zero", {"held": "sparse", "values": [1.0, 0.0, 0.0, 0.0]}),
            ("order", {"held": "sparse", "columns": [0, 1, 1, 1]}),
            ("", {"values": [0.25, 0.25, 0.5]}),
            ("non-negative", {"values": [1.5, -0.5, 0, 0]}),
            ("finite", {"values": [1.0, 0, 0, np.nan]}),
            ("", {"values": ["a", "b", "c", "d"]}),
            ("", {"values": np.ones(4) * (1 + 1j)}),
            ("zero", {"values": [1.0, 0.0, 0.0, 0.0]}),
            ("image_labels", {"image_labels": [0, 1, 1]}),
            ("image_labels", {"image_labels": [0, 2]}),
            ("text_labels", {"text_labels": [0.0, 1.0]}),
            ("", {"n_classes": [2, 2]}),
            ("n_classes", {"n_classes": 0}),
            ("n_classes", {"n_classes": 2.5}),
            ("classes", {"n_classes": 10**9}),
            ("", {"image_ids": 3}),
            ("image_ids", {"image_ids": [0, 9]}),  # of two given
            ("image_ids", {"image_ids": [-1, 0]}),
            ("image_ids", {"image_ids": [0, 0]}),
            ("image_ids", {"image_ids": [0.0, 1.0]}),
            ("text_ids", {"text_ids": ["a", "b"]}),
            ("image_ids", {"given_shape": [1, 1]}),
            ("", {"given_shape": [2, 2, 2]}),
            ("", {"names": np.frombuffer(b"not JSON", np.uint8)}),
            ("names.images", {"names": archived({"images": ["a"], "texts": ["c", "d"], "classes": ["e", "f"]})}),
            ("names.texts", {"names": archived({"images": ["a", "b"], "texts": "cd", "classes": [1, 2]})}),
        ]
    ),
]


def read_beside_objects() -> bool:
    """A file with an array of Python objects that no joint has: it is not read."""
    with tempfile.TemporaryDirectory() as folder:
        return load(Path(folder), more=OBJECTS).n_images == 2


GOOD = {
    "joint-beside-objects": read_beside_objects,
    "joint-of-before": read_of_before,
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)


@pytest.mark.filterwarnings("ignore:.*of zero mass dropped")
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(with_zeros, id="dropped"),
        pytest.param(lambda: with_zeros().transpose(), id="transposed"),
        pytest.param(lambda: four().sample(3, key=KEY), id="sampled"),
        pytest.param(lambda: three().garble([[1, 0], [0.3, 0.7], [0, 1]]), id="garbled"),
        pytest.param(lambda: mt.generators.block_joint(tail=2.0, key=KEY), id="block"),
        pytest.param(lambda: mt.generators.random_dirichlet(40, 30, concentration=0.01, key=KEY), id="dirichlet"),
        pytest.param(lambda: mt.generators.caption_model(key=KEY), id="caption"),
        pytest.param(lambda: mt.datasets.from_pairs(["a\0", "b\n"], ["t", "u"], ["x", "y"]), id="control-characters"),
        pytest.param(lambda: with_zeros().to_sparse(), id="sparse"),
        pytest.param(lambda: four().to_sparse().sample(3, key=KEY), id="sparse-sampled"),
        pytest.param(lambda: channels([[0.5, 0.5, 0], [0, 0.3, 0.7]], [1, 2], [0, 1, 1]), id="channels"),
        pytest.param(lambda: channels([[1, 0, 0], [0, 0, 1]], labels=[0, 1, 1]), id="channels-dropped"),
    ],
)
def test_load_gives_back_what_save_wrote(make, tmp_path):
    law = make()
    path = tmp_path / "any name"
    law.save(path)
    again = mt.Joint.load(path)
    assert jax.tree.structure(again) == jax.tree.structure(law)  # how P is held, n_classes, given_shape and names
    for one, other in zip(jax.tree.leaves(law), jax.tree.leaves(again), strict=True):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()
    assert (again.names, again.given_shape, again.n_classes) == (law.names, law.given_shape, law.n_classes)
    assert repr(again) == repr(law)


def mutate_joints(folder: Path, count: int, seed: int = 0) -> int:
    """Load damaged joints; return how many loaded, as all others must have been refused."""
    draw, loaded = random.Random(seed), 0
    joints = [four(), four().to_sparse(), channels([[0.5, 0.5, 0], [0, 0.3, 0.7]], [1, 2], [0, 1, 1]), with_zeros()]
    for number, law in enumerate(joints):
        path = folder / f"{number}.npz"
        law.save(path)
        content = path.read_bytes()
        for _ in range(count // len(joints)):
            path.write_bytes(draw.choice([mutations.mutated_bytes, mutations.mutated_arrays])(draw, content))
            message = ""
            try:
                again = mt.Joint.load(path)
            except (ValueError, TypeError, FileNotFoundError) as error:
                message = str(error)
            else:
                loaded += 1
                assert abs(float(again.to_dense().matrix.sum()) - 1) < 1e-9
            assert message.startswith("path: " if message else "")
            assert message.isprintable()
            assert len(message) < 2000
            assert "pickle" not in message
    return loaded


@pytest.mark.filterwarnings("ignore:.*of zero mass dropped")
def test_mutated_joints_are_loaded_or_refused(tmp_path):
    assert mutate_joints(tmp_path, 100) < 80


@pytest.mark.parametrize("name", ["more", "values", "rows", "image_ids", "names", "n_classes", "given_shape", "held"])
def test_a_member_that_is_too_large_is_not_read(name, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_NAMES_LIMIT", 2**20)
    path = tmp_path / "joint.npz"
    joint([[3, 1], [1, 3]], names=NAMES).save(path)
    with np.load(path) as file:
        fields = {member: file[member] for member in file.files if member != name}
    np.savez(path, **fields)
    path.write_bytes(mutations.with_bomb(path.read_bytes(), 2**24, name))
    tracemalloc.start()
    if name == "more":
        assert mt.Joint.load(path).n_images == 2
    else:
        with pytest.raises(ValueError, match=f"^path: .*{name}"):
            mt.Joint.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22
