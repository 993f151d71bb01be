"""Check that a joint distribution refuses bad input, naming the argument, and takes every legal form of it."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
from refusals import EYE, KEY, NAMES, assert_accepted, assert_refused, bad, huge, joint, large, three, total, with_zeros

import mmcl_theory as mt

BAD = [
    bad("matrix-negative", ValueError, "matrix: non-negative -1", lambda _: joint([[1, -1], [0, 1]])),
    bad("matrix-nan", ValueError, "matrix: finite nan", lambda _: joint([[1, np.nan], [0, 1]])),
    bad("matrix-inf", ValueError, "matrix: finite inf", lambda _: joint([[1, np.inf], [0, 1]])),
    bad("matrix-complex", TypeError, "matrix: real complex128", lambda _: joint([[1j, 1], [0, 1]])),
    bad("matrix-strings", TypeError, "matrix: real <U1", lambda _: joint([["1", "0"], ["0", "1"]])),
    bad("matrix-string", TypeError, "matrix: real", lambda _: joint("1 0; 0 1")),
    bad("matrix-object", TypeError, "matrix: real object", lambda _: joint([[None, 1], [0, 1]])),
    bad("matrix-none", TypeError, "matrix: real object", lambda _: joint(None)),
    bad("matrix-huge-integer", ValueError, "matrix: whole exactly floats", lambda _: joint([[10**400, 1], [0, 1]])),
    bad("matrix-dates", TypeError, "matrix: real", lambda _: joint(np.zeros((2, 2), "M8[s]"))),
    bad("matrix-ragged", ValueError, "matrix: unequal", lambda _: joint([[1, 0], [1]])),
    bad("matrix-empty", ValueError, "matrix:", lambda _: joint([])),
    bad("matrix-no-rows", ValueError, "matrix: empty", lambda _: joint(np.zeros((0, 2)), [])),
    bad("matrix-no-columns", ValueError, "matrix: empty", lambda _: joint(np.zeros((2, 0)))),
    bad("matrix-scalar", ValueError, "matrix: 2 dimension", lambda _: joint(1.0)),
    bad("matrix-1d", ValueError, "matrix: 2 dimension (2,)", lambda _: joint([1, 2])),
    bad("matrix-3d", ValueError, "matrix: 2 dimension (2, 2)", lambda _: joint(np.ones((2, 2, 2)))),
    bad("matrix-zero", ValueError, "matrix: total zero", lambda _: joint(np.zeros((2, 2)))),
    bad("matrix-sparse-nan", ValueError, "matrix: finite", lambda _: joint(scipy.sparse.eye(2) * np.nan)),
    bad("matrix-sparse-negative", ValueError, "matrix: non-negative -1.0", lambda _: joint(-huge())),
    bad("matrix-sparse-labels", ValueError, "image_labels: 1000000 got 2", lambda _: joint(huge())),
    bad("dense-huge", ValueError, "self: too large 1000000", lambda _: large().to_dense()),
    bad("text-induced-sparse", ValueError, "self: densely", lambda _: three().to_sparse().text_induced()),
    bad("matrix-sparse-1d-huge", ValueError, "matrix:", lambda _: joint(huge(1))),
    bad("labels-too-few", ValueError, "image_labels: 2 got 1", lambda _: joint(image_labels=[0])),
    bad("labels-too-many", ValueError, "text_labels: 2 got 3", lambda _: joint(text_labels=[0, 1, 1])),
    bad("labels-empty", (ValueError, TypeError), "image_labels:", lambda _: joint(image_labels=[])),
    bad("labels-none", ValueError, "image_labels: integer", lambda _: joint(image_labels=None)),
    bad("labels-scalar", ValueError, "image_labels: integer", lambda _: joint(image_labels=1)),
    bad("labels-float", TypeError, "image_labels: integers float64", lambda _: joint(image_labels=[0.0, 1.0])),
    bad("labels-bool", TypeError, "image_labels: integers bool", lambda _: joint(image_labels=[False, True])),
    bad("labels-strings", TypeError, "text_labels: integers <U1", lambda _: joint(text_labels=["a", "b"])),
    bad("labels-nan", TypeError, "text_labels: integers", lambda _: joint(text_labels=[0, np.nan])),
    bad("labels-negative", ValueError, "image_labels: -1", lambda _: joint(image_labels=[0, -1])),
    bad("labels-huge", ValueError, "image_labels: 1000000000", lambda _: joint(image_labels=[0, 10**9])),
    bad("labels-beyond-int64", TypeError, "image_labels: integers", lambda _: joint(image_labels=[0, 10**30])),
    bad("labels-nested", ValueError, "image_labels: (2, 1)", lambda _: joint(image_labels=[[0], [1]])),
    bad("labels-ragged", ValueError, "text_labels: nested", lambda _: joint(text_labels=[[0], [1, 1]])),
    bad("classes-too-few", ValueError, "image_labels: got 1", lambda _: joint(n_classes=1)),
    bad("classes-zero", ValueError, "n_classes: at least 1", lambda _: joint(n_classes=0)),
    bad("classes-float", TypeError, "n_classes: integer 2.0", lambda _: joint(n_classes=2.0)),
    bad("classes-bool", TypeError, "n_classes: integer True", lambda _: joint(n_classes=True)),
    bad("classes-string", TypeError, "n_classes: integer '2'", lambda _: joint(n_classes="2")),
    bad("classes-huge", ValueError, "n_classes: 1000000000", lambda _: joint(n_classes=10**9)),
    bad("names-dict", TypeError, "names: Names dict", lambda _: joint(names={"images": ("a", "b")})),
    bad("names-tuples", TypeError, "names: Names tuple", lambda _: joint(names=dataclasses.astuple(NAMES))),
    bad(
        "names-images-short",
        ValueError,
        "names.images: 2 got 1",
        lambda _: joint(names=mt.Names(("a",), ("c", "d"), ("e", "f"))),
    ),
    bad(
        "names-texts-long",
        ValueError,
        "names.texts: 2 got 3",
        lambda _: joint(names=mt.Names(("a", "b"), ("c", "d", "e"), ("e", "f"))),
    ),
    bad("names-classes-short", ValueError, "names.classes: 3 got 2", lambda _: joint(n_classes=3, names=NAMES)),
    bad("names-none", TypeError, "names.images:", lambda _: joint(names=dataclasses.replace(NAMES, images=None))),
    bad("names-string", TypeError, "names.texts:", lambda _: joint(names=dataclasses.replace(NAMES, texts="cd"))),
    bad(
        "names-numbers",
        TypeError,
        "names.texts:",
        lambda _: joint(names=dataclasses.replace(NAMES, texts=(1, 2))),
    ),
    *(
        bad(
            f"names-{name}",
            TypeError,
            "names.classes: strings",
            lambda _, classes=classes: joint(names=dataclasses.replace(NAMES, classes=classes)),
        )
        for name, classes in [
            ("set", {"e", "f"}),
            ("dictionary", {"e": 0, "f": 1}),
            ("list-of-numbers", [0, 1]),
            ("array-of-numbers", np.arange(2)),
            ("series-of-numbers", pd.Series([0, 1])),
            ("categorical-of-numbers", pd.Categorical([0, 1])),
            ("arrow-numbers", pa.array([0, 1])),
            ("arrow-null", pa.array(["e", None])),
            ("string-array-na", pd.array(["e", None], dtype="string")),
            ("bytes", [b"e", b"f"]),
            ("2d", np.array([["e", "f"]])),
            ("iterator", iter("ef")),
            ("frame", pd.DataFrame({"e": ["e", "f"]})),
        ]
    ),
    *(
        bad(f"labels-{name}", error, f"image_labels: {words}", lambda _, labels=labels: joint(image_labels=labels))
        for name, error, words, labels in [
            ("string-array", TypeError, "integers", pd.array(["a", "b"], dtype="string")),
            ("arrow-strings", TypeError, "integers", pa.array(["a", "b"])),
            ("arrow-null", TypeError, "integers", pa.array([0, None])),
            ("nullable-na", TypeError, "integers", pd.array([0, None], dtype="Int64")),
            ("categorical-of-strings", TypeError, "integers", pd.Categorical(["a", "b"])),
            ("jax-floats", TypeError, "integers", jnp.zeros(2)),
            ("objects", TypeError, "integers", np.array([0, "b"], dtype=object)),
            ("object-floats", TypeError, "integers", pd.Series([0, 1.5], dtype=object)),
            ("series-long", ValueError, "2 labels got 3", pd.Series([0, 1, 1])),
            ("index-negative", ValueError, "got -1", pd.Index([0, -1])),
        ]
    ),
    bad("sample-zero", ValueError, "n_pairs: 1 … got 0", lambda _: three().sample(0, key=KEY)),
    bad("sample-negative", ValueError, "n_pairs: 1 … got -1", lambda _: three().sample(-1, key=KEY)),
    bad("sample-float", TypeError, "n_pairs: integer 2.5", lambda _: three().sample(2.5, key=KEY)),
    bad("sample-string", TypeError, "n_pairs: integer '9'", lambda _: three().sample("9", key=KEY)),
    bad("sample-bool", TypeError, "n_pairs: integer True", lambda _: three().sample(True, key=KEY)),
    bad("sample-none", TypeError, "n_pairs: integer None", lambda _: three().sample(None, key=KEY)),
    bad("sample-key-number", TypeError, "key:", lambda _: three().sample(9, key=7)),
    bad("sample-keys", (ValueError, TypeError), "key:", lambda _: three().sample(9, key=jax.random.split(KEY))),
]

GOOD = {
    **{
        f"names-{name}": lambda texts=texts: mt.Names(("a", "b"), texts, ["e", "f"]).texts == ("c", "d")
        for name, texts in {
            "list": ["c", "d"],
            "array": np.array(["c", "d"]),
            "series": pd.Series(["c", "d"], index=[5, 6]),
            "string-array": pd.array(["c", "d"], dtype="string"),
            "arrow-backed": pd.Series(["c", "d"], dtype="string[pyarrow]"),
            "categorical": pd.Categorical(["c", "d"]),
            "index": pd.Index(["c", "d"]),
            "arrow": pa.array(["c", "d"]),
            "arrow-dictionary": pa.array(["c", "d"]).dictionary_encode(),
            "arrow-chunks": pa.chunked_array([["c"], ["d"]]),
        }.items()
    },
    **{
        f"labels-{name}": lambda labels=labels: joint(image_labels=labels).image_labels.tolist() == [0, 1]
        for name, labels in {
            "categorical": pd.Categorical([0, 1]),
            "index": pd.Index([0, 1]),
            "nullable": pd.array([0, 1], dtype="Int64"),
            "objects": pd.Series([0, 1], dtype=object),
            "arrow": pa.array([0, 1]),
            "jax": jnp.arange(2),
            "narrow": np.arange(2, dtype=np.uint8),
        }.items()
    },
    "int-matrix": lambda: total(joint(np.array(EYE, np.int8))),
    "bool-matrix": lambda: total(joint(np.eye(2, dtype=bool))),
    "float32-matrix": lambda: total(joint(np.eye(2, dtype=np.float32))),
    "jax-matrix": lambda: total(joint(jnp.eye(2))),
    "frame": lambda: total(joint(pd.DataFrame(np.eye(2)))),
    "sparse-array": lambda: total(joint(scipy.sparse.coo_array(np.eye(2)))),
    "sparse-matrix": lambda: total(joint(scipy.sparse.csr_matrix(np.eye(2)))),
    "huge-entries": lambda: total(joint(np.full((2, 2), 1e308))),
    "tiny-entries": lambda: total(joint(np.full((2, 2), 1e-320))),
    "labels-uint8": lambda: total(joint(image_labels=np.array([0, 1], np.uint8))),
    "labels-int64": lambda: total(joint(image_labels=np.array([0, 1], np.int64))),
    "labels-jax": lambda: total(joint(image_labels=jnp.array([0, 1]), text_labels=None)),
    "labels-series": lambda: total(joint(image_labels=pd.Series([0, 1]))),
    "classes-unused": lambda: joint(n_classes=7).n_classes == 7,
    "classes-numpy": lambda: type(joint(n_classes=np.int64(2)).n_classes) is int,
    "classes-jax": lambda: mt.factorize(joint(n_classes=jnp.asarray(2)), 1).residual_norms.shape == (2,),
    "sample-numpy": lambda: total(three().sample(np.int64(50), key=jax.random.PRNGKey(0))),
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)


def test_a_warning_tells_what_was_dropped():
    with pytest.warns(UserWarning, match="of zero mass dropped") as caught:
        law = with_zeros()
    assert [str(warning.message) for warning in caught] == [
        "matrix: 1 images of zero mass dropped (1)",
        "matrix: 2 texts of zero mass dropped (0, 3)",
    ]
    assert {Path(warning.filename).name for warning in caught} == {Path(with_zeros.__code__.co_filename).name}
    assert law.image_ids.tolist() == [0, 2]
    assert law.text_ids.tolist() == [1, 2]
    assert law.given_shape == (3, 4)
    assert (law.names.images, law.names.texts) == (("kept", "größe"), ("猫", ""))
    assert (law.image_labels.tolist(), law.text_labels.tolist()) == ([0, 1], [1, 0])
    assert "1 images of zero mass dropped" in repr(law)
