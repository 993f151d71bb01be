"""Check files of named vectors: each form reads what was written, and damaged ones are refused in a sentence."""

import json
import random
import struct

import jax.numpy as jnp
import mutations
import numpy as np
import pandas as pd
import pytest
from refusals import TRAP, assert_refused, bad, written

import mmcl_theory as mt

NAMES = ["b.jpg", "a.jpg", "größe 猫"]
ARRAY = np.array([[1.0, 0.5], [-2.0, 0.25], [0.0, 3.0]])
JOINT = mt.datasets.from_pairs(["a.jpg", "b.jpg", "größe 猫"], ["t", "u", "t"], [0, 1, 1])
TEXTS = {"t": [1.0, 2.0], "u": [0.0, 1.0]}


def safetensors(header: object, content: bytes = b"") -> bytes:
    """Return a file of the format: the length of the header, the header and the entries."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def tensors(arrays: dict, kind: str = "F64") -> bytes:
    header, content = {"__metadata__": {"format": "pt"}}, b""
    for name, array in arrays.items():
        entry = array.tobytes()
        offsets = [len(content), len(content) + len(entry)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
        content += entry
    return safetensors(header, content)


def rows(dtype=float) -> dict:
    return dict(zip(NAMES, ARRAY.astype(dtype), strict=True))


def beside(folder, names=NAMES, end="\n"):
    (folder / "f.txt").write_text("\n".join(names) + end, encoding="utf-8")
    return folder


def of_bytes(ending, content):
    return lambda folder: written(folder / f"f{ending}", content)


def npy(folder, array=ARRAY):
    np.save(folder / "f.npy", array)
    return folder / "f.npy"


def npz(folder, **arrays):
    np.savez_compressed(folder / "f.npz", **arrays)
    return folder / "f.npz"


def parquet(folder, **columns):
    pd.DataFrame(columns).to_parquet(folder / "f.parquet")
    return folder / "f.parquet"


FORMS = {
    "npy": lambda folder: npy(beside(folder)),
    "npy-fortran-half": lambda folder: npy(beside(folder, end=""), np.asfortranarray(ARRAY).astype(np.float16)),
    "npz": lambda folder: npz(folder, names=np.array(NAMES), features=ARRAY),
    "npz-one-each": lambda folder: npz(folder, **rows()),
    "npz-one": lambda folder: npz(beside(folder), embeddings=ARRAY),
    "parquet-columns": lambda folder: parquet(folder, x=ARRAY[:, 0], name=NAMES, y=ARRAY[:, 1]),
    "parquet-lists": lambda folder: parquet(folder, name=NAMES, embedding=list(ARRAY)),
    "safetensors-one-each": of_bytes(".safetensors", tensors(rows())),
    "safetensors-single": of_bytes(".safetensors", tensors(rows(np.float32), "F32")),
    "safetensors-half": of_bytes(".safetensors", tensors(rows(np.float16), "F16")),
    "safetensors-bfloat16": of_bytes(".safetensors", tensors(rows(jnp.bfloat16), "BF16")),
    "safetensors-one": lambda folder: of_bytes(".safetensors", tensors({"features": ARRAY}))(beside(folder)),
}


def read(path):
    return mt.datasets.with_embeddings(JOINT, path, TEXTS, cosine=False, scale=1).encoders[0]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_reads_what_was_written(form, tmp_path):
    np.testing.assert_array_equal(read(FORMS[form](tmp_path)), ARRAY[[1, 0, 2]])
    np.testing.assert_array_equal(read(str(FORMS[form](tmp_path))), ARRAY[[1, 0, 2]])


def entry(**changed):
    return {"a.jpg": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]} | changed}


def tensor_file(name, words, header, content=bytes(16)):
    make = of_bytes(".safetensors", safetensors(header, content))
    return bad(f"safetensors-{name}", ValueError, f"image_features: safetensors {words}", lambda f: read(make(f)))


TWO = entry() | {"b.jpg": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}}
LONG = struct.pack("<Q", 2**63)
BAD = [
    bad("missing", FileNotFoundError, "image_features: no file", lambda f: read(f / "none.npy")),
    bad(
        "ending",
        ValueError,
        "image_features: .npy, .npz, .parquet, .safetensors",
        lambda f: read(written(f / "f.pt", TRAP)),
    ),
    bad("npy-pickle", ValueError, "image_features: npy", lambda f: read(written(f / "f.npy", TRAP))),
    bad("npy-objects", ValueError, "image_features: Python objects", lambda f: read(npy(f, np.array([[{}]])))),
    bad("npy-flat", ValueError, "image_features: row shape (2,)", lambda f: read(npy(f, np.ones(2)))),
    bad("npy-no-names", FileNotFoundError, "image_features: f.txt", lambda f: read(npy(f))),
    bad("npy-few-names", ValueError, "image_features: 3 names got 2", lambda f: read(npy(beside(f, NAMES[:2])))),
    bad(
        "npy-blank-name", ValueError, "image_features: vector 1 missing", lambda f: read(npy(beside(f, ["a", "", "b"])))
    ),
    bad(
        "npy-cut",
        ValueError,
        "image_features: declared",
        lambda f: read(written(f / "f.npy", npy(f).read_bytes()[:-3])),
    ),
    bad(
        "npz-lengths", ValueError, "image_features: names features", lambda f: read(npz(f, a=ARRAY[0], b=ARRAY[0, :1]))
    ),
    bad("npz-bytes", ValueError, "image_features: names string", lambda f: read(npz(f, names=ARRAY, features=ARRAY))),
    bad(
        "npz-more", ValueError, "image_features: 3 names got 2", lambda f: read(npz(f, names=NAMES, features=ARRAY[:2]))
    ),
    bad("npz-empty", ValueError, "image_features: ", lambda f: read(npz(f))),
    bad(
        "parquet-no-name", ValueError, "image_features: no column 'name' it has x", lambda f: read(parquet(f, x=[1.0]))
    ),
    bad("parquet-words", TypeError, "image_features: real numbers", lambda f: read(parquet(f, name=["a"], x=["b"]))),
    bad(
        "parquet-ragged",
        ValueError,
        "image_features: ",
        lambda f: read(parquet(f, name=["a", "b"], x=[[1.0], [1.0, 2.0]])),
    ),
    bad(
        "parquet-none",
        ValueError,
        "image_features: name missing",
        lambda f: read(parquet(f, name=["a", None], x=[1.0, 2])),
    ),
    bad("parquet-text", ValueError, "image_features: parquet", lambda f: read(written(f / "f.parquet", "name"))),
    bad("safetensors-empty", ValueError, "image_features: header", lambda f: read(written(f / "f.safetensors", b""))),
    bad("safetensors-long", ValueError, "image_features: header", lambda f: read(written(f / "f.safetensors", LONG))),
    tensor_file("json", "", b"{"),
    tensor_file("list", "object", []),
    tensor_file("twice", "twice", b'{"a": 1, "a": 1}'),
    tensor_file("no-dtype", "'a.jpg' dtype", {"a.jpg": {}}),
    tensor_file("integers", "'I64' F64, F32", entry(dtype="I64")),
    tensor_file("dtype-list", "type", entry(dtype=[])),
    tensor_file("negative", "whole", entry(shape=[-2])),
    tensor_file("bool", "whole", entry(shape=[True, 2])),
    tensor_file("float", "whole", entry(data_offsets=[0, 16.0])),
    tensor_file("huge", "bytes", entry(shape=[10**30])),
    tensor_file("overlap", "begin", TWO),
    tensor_file("gap", "begin", entry(data_offsets=[8, 24]), bytes(24)),
    tensor_file("cut", "", entry(), bytes(15)),
    tensor_file("more", "24", entry(), bytes(24)),
    tensor_file("none", "", {}, b""),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("form", ["npz", "parquet-lists", "safetensors-one-each", "npy"])
def test_damaged_files_are_read_or_refused(form, tmp_path):
    path, draw = FORMS[form](tmp_path), random.Random(0)
    content = path.read_bytes()
    for _ in range(60):
        path.write_bytes(mutations.mutated_bytes(draw, content))
        message = "image_features: "
        try:
            read(path)
        except (ValueError, TypeError, FileNotFoundError) as error:
            message = str(error)
        assert message.startswith("image_features: ")
        assert message.isprintable()
