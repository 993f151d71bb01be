"""Check that data sets refuse bad files and bad lists of pairs, naming the argument or the column."""

import random
import tracemalloc
from pathlib import Path

import jax.numpy as jnp
import mutations
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse
from refusals import TRAP, assert_accepted, assert_refused, bad, written

import mmcl_theory as mt

PAIRS = {"images": ["a", "b"], "texts": ["t", "u"], "labels": ["x", "y"]}
TWICE = "image,text,label,image\na,t,x,b\n"
CSV = "image,text,label,count\na,t,x,1\nb,u,y,2\n"


def pairs(**changed):
    return mt.datasets.from_pairs(**(PAIRS | changed))


def table(folder: Path, content: str | bytes = CSV, suffix: str = ".csv", **columns):
    return mt.datasets.from_file(written(folder / f"pairs{suffix}", content), **columns)


def load_columns(folder: Path, **columns):
    path = folder / "pairs.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return mt.datasets.from_file(path)


def load_images_twice(folder: Path):
    path = folder / "pairs.parquet"
    pq.write_table(pa.table([["a"], ["b"]], names=["image", "image"]), path)
    return mt.datasets.from_file(path)


BAD = [
    bad("emoji-language", ValueError, "language: en, de, 'xx'", lambda _: mt.datasets.emoji("xx")),
    bad("emoji-language-none", ValueError, "language: None", lambda _: mt.datasets.emoji(None)),
    bad("emoji-labels", ValueError, "labels: 'group' 'hue'", lambda _: mt.datasets.emoji(labels="hue")),
    bad("file-missing", FileNotFoundError, "path: no file", lambda p: mt.datasets.from_file(p / "none.csv")),
    bad("file-folder", (FileNotFoundError, ValueError), "path:", lambda p: mt.datasets.from_file(p)),
    bad("file-pkl", ValueError, "path: .csv .tsv .parquet .pkl", lambda p: table(p, TRAP, ".pkl")),
    bad("file-no-suffix", ValueError, "path: .csv .tsv .parquet", lambda p: table(p, suffix="")),
    bad("file-pickle-as-csv", ValueError, "path: csv", lambda p: table(p, TRAP)),
    bad("file-pickle-as-parquet", ValueError, "path: parquet", lambda p: table(p, TRAP, ".parquet")),
    bad("file-text-as-parquet", ValueError, "path: parquet", lambda p: table(p, CSV, ".parquet")),
    bad("file-latin-1", ValueError, "path: csv", lambda p: table(p, CSV.replace("t", "é").encode("latin-1"))),
    bad("file-no-column", ValueError, "image: no column 'img' has 'image', 'text'", lambda p: table(p, image="img")),
    bad("file-no-count", ValueError, "count: 'n' 'text', 'label'", lambda p: table(p, count="n")),
    bad("file-column-none", (ValueError, TypeError), "image: None", lambda p: table(p, image=None)),
    bad("file-two-columns", ValueError, "image: several columns 'image'", lambda p: table(p, TWICE)),
    bad("file-one-column", ValueError, "text: two columns 'text' both", lambda p: table(p, image="text")),
    bad("file-quote-in-cell", ValueError, "quoting: line 2: 'none'", lambda p: table(p, CSV.replace(",t,", ',"t"t,'))),
    bad("file-open-quote", ValueError, "quoting: line 3: closes 'none'", lambda p: table(p, CSV.replace(",u", ',"u'))),
    bad(
        "file-swallowed-row",
        ValueError,
        "quoting: line 2: 'none'",
        lambda p: table(p, 'image,text,label\na,"t,x\nb,u"u,y\n'),
    ),
    bad(
        "file-row-number",
        ValueError,
        "text: missing line 3, column 'text', pairs.csv",
        lambda p: table(p, CSV.replace(",u", ",")),
    ),
    bad(
        "file-count-row",
        ValueError,
        "count: '-3' line 4, column 'count', pairs.csv",
        lambda p: table(p, CSV + "c,t,x,-3\n", count="count"),
    ),
    bad("file-none", TypeError, "path: None", lambda _: mt.datasets.from_file(None)),
    bad("file-number", TypeError, "path: 5", lambda _: mt.datasets.from_file(5)),
    bad("file-no-name", ValueError, "path: ''", lambda _: mt.datasets.from_file("")),
    bad("file-parquet-two-columns", ValueError, "image: several columns 'image'", load_images_twice),
    bad("file-csv-as-tsv", ValueError, "image: column", lambda p: table(p, suffix=".tsv")),
    bad("file-empty", ValueError, "path:", lambda p: table(p, "")),
    bad("file-header-only", ValueError, "path: no rows", lambda p: table(p, "image,text,label\n")),
    bad("file-missing-cell", ValueError, "image missing", lambda p: table(p, CSV.replace("b,", ","))),
    bad("file-short-row", ValueError, "path: line 4: 2 cells header of 4", lambda p: table(p, CSV + "c,t\n")),
    bad("file-long-row", ValueError, "path: csv", lambda p: table(p, CSV + "c,t,x,1,5\n")),
    bad("file-all-rows-long", ValueError, "path:", lambda p: table(p, "image,text,label\na,t,x,1\nb,u,y,2\n")),
    bad(
        "file-count-word", ValueError, "count: 'many' line 4,", lambda p: table(p, CSV + "c,t,x,many\n", count="count")
    ),
    bad("file-count-nan", ValueError, "count: 'nan' line 4,", lambda p: table(p, CSV + "c,t,x,nan\n", count="count")),
    bad("file-count-inf", ValueError, "count", lambda p: table(p, CSV + "c,t,x,inf\n", count="count")),
    bad("file-count-negative", ValueError, "count", lambda p: table(p, CSV + "c,t,x,-3\n", count="count")),
    bad("file-two-classes", ValueError, "label 'a' two classes", lambda p: table(p, CSV + "a,t,y,1\n")),
    bad(
        "file-parquet-null",
        ValueError,
        "text missing",
        lambda p: load_columns(p, image=["a", "b"], text=["t", None], label=["x", "y"]),
    ),
    bad(
        "file-parquet-lists",
        TypeError,
        "text hashable",
        lambda p: load_columns(p, image=["a", "b"], text=[["t"], ["u", "v"]], label=["x", "y"]),
    ),
    *(
        bad(
            f"pairs-{name}",
            error,
            words,
            lambda _, changed=changed: pairs(**changed),
        )
        for name, error, words, changed in [
            ("texts-short", ValueError, "texts: 2 got 1", {"texts": ["t"]}),
            ("labels-short", ValueError, "labels: 2 got 1", {"labels": ["x"]}),
            ("empty", ValueError, "images: empty", {"images": [], "texts": [], "labels": []}),
            ("none", ValueError, "images: 1 missing", {"images": ["a", None]}),
            ("nan", ValueError, "texts: 1 missing", {"texts": ["t", np.nan]}),
            ("blank", ValueError, "texts: 0 missing", {"texts": ["", "u"]}),
            ("no-bytes", ValueError, "texts: 0 missing", {"texts": [b"", "u"]}),
            ("na", ValueError, "images: 1 missing", {"images": ["a", pd.NA]}),
            ("label-none", ValueError, "labels: 0 missing", {"labels": [None, "y"]}),
            ("string", TypeError, "images: sequence str", {"images": "ab"}),
            ("bytes", TypeError, "images: sequence bytes", {"images": b"ab"}),
            ("labels-string", TypeError, "labels: sequence str", {"labels": "xy"}),
            ("labels-none", TypeError, "labels: sequence", {"labels": None}),
            ("number", TypeError, "images: sequence int", {"images": 3}),
            ("generator", TypeError, "images: sequence", {"images": (x for x in "ab")}),
            ("lists", TypeError, "images: hashable", {"images": [["a"], ["b"]]}),
            ("dicts", TypeError, "texts: hashable", {"texts": [{}, {}]}),
            ("arrays", TypeError, "images: hashable", {"images": [np.arange(2), np.arange(3)]}),
            ("2d", TypeError, "images: hashable", {"images": np.ones((2, 2))}),
            ("label-lists", TypeError, "labels: hashable", {"labels": [["x"], ["y"]]}),
            ("conflict", ValueError, "labels: 'a' two classes, 'x' 'y'", {"images": ["a", "a"]}),
            ("text-conflict", ValueError, "text_labels: 't' two", {"texts": ["t", "t"], "text_labels": ["x", "y"]}),
            ("text-labels-short", ValueError, "text_labels: 2 got 1", {"text_labels": ["x"]}),
            ("mapping-lacks", ValueError, "labels: 'b' no class", {"labels": {"a": "x"}}),
            ("text-mapping-lacks", ValueError, "text_labels: 'u' no class", {"text_labels": {"t": "x"}}),
            ("mapping-none", ValueError, "labels: 'b'", {"labels": {"a": "x", "b": None}}),
            ("mapping-nan", ValueError, "labels: 'b'", {"labels": {"a": "x", "b": np.nan}}),
            ("mapping-blank", ValueError, "labels: 'b'", {"labels": {"a": "x", "b": ""}}),
            ("mapping-lists", TypeError, "labels: hashable", {"labels": {"a": ["x"], "b": ["y"]}}),
            ("counts-short", ValueError, "counts: 2 (1,)", {"counts": [1]}),
            ("counts-scalar", ValueError, "counts: 1 dimension ()", {"counts": 3}),
            ("counts-2d", ValueError, "counts: 2 (2, 1)", {"counts": [[1], [1]]}),
            ("counts-ragged", ValueError, "counts:", {"counts": [[1], [1, 2]]}),
            ("counts-negative", ValueError, "counts: non-negative -1", {"counts": [1, -1]}),
            ("counts-nan", ValueError, "counts: finite nan", {"counts": [1, np.nan]}),
            ("counts-inf", ValueError, "counts: finite inf", {"counts": [1, np.inf]}),
            ("counts-strings", TypeError, "counts: real", {"counts": ["1", "2"]}),
            ("counts-complex", TypeError, "counts: real", {"counts": [1j, 1]}),
            ("counts-none", TypeError, "counts: real", {"counts": [1, None]}),
            ("counts-zero", ValueError, "counts: zero", {"counts": [0, 0]}),
            ("set", TypeError, "images: sequence set", {"images": {"a", "b"}}),
            ("dict", TypeError, "images: sequence dict", {"images": {"a": 1, "b": 2}}),
            ("frame", TypeError, "texts: sequence DataFrame", {"texts": pd.DataFrame({"t": ["t", "u"]})}),
            ("scalar-array", TypeError, "texts: sequence ndarray", {"texts": np.array("t")}),
            ("scalar-jax", TypeError, "texts: sequence", {"texts": jnp.asarray(1)}),
            ("masked", ValueError, "texts: missing entry 1", {"texts": np.ma.array([1, 2], mask=[0, 1])}),
            ("bytearray", TypeError, "labels: sequence bytearray", {"labels": bytearray(b"xy")}),
            ("sparse", TypeError, "texts: sequence", {"texts": scipy.sparse.csr_array(np.eye(2))}),
            (
                "string-array-na",
                ValueError,
                "images: missing entry 1",
                {"images": pd.array(["a", None], dtype="string")},
            ),
            ("categorical-na", ValueError, "labels: missing entry 0", {"labels": pd.Categorical([None, "x"])}),
            ("index-nat", ValueError, "images: missing entry 1", {"images": pd.DatetimeIndex(["2020-01-01", None])}),
            ("arrow-null", ValueError, "images: missing entry 1", {"images": pa.array(["a", None])}),
            ("arrow-lists", TypeError, "images: hashable entry 0", {"images": pa.array([["a"], ["b"]])}),
            ("arrow-short", ValueError, "texts: 2 got 1", {"texts": pa.array(["t"])}),
            ("arrow-scalar", TypeError, "texts: sequence", {"texts": pa.scalar("t")}),
            (
                "frozen-sets",
                ValueError,
                "labels: 'a' two classes",
                {"images": ["a", "a"], "labels": pd.Index(["x", "y"])},
            ),
            ("images-1-and-one", ValueError, "images: 1 (entry 0) '1' (entry 1) alike", {"images": [1, "1"]}),
            ("texts-bytes-alike", ValueError, "texts: written alike", {"texts": [b"t", "b't'"]}),
            ("texts-float-and-text", ValueError, "texts: 0.5 '0.5' alike", {"texts": [0.5, "0.5"]}),
            ("images-1-and-true", ValueError, "images: 1 True (entry 1) equal differently", {"images": [1, True]}),
            ("images-1-and-float", ValueError, "images: 1 1.0 equal differently", {"images": [1, 1.0]}),
            ("labels-0-and-zero", ValueError, "labels: 0 '0' alike", {"labels": [0, "0"]}),
            ("labels-false-and-0", ValueError, "labels: False 0 equal", {"labels": [False, 0]}),
            ("mapping-0-and-zero", ValueError, "labels: 0 '0' 'b'", {"labels": {"a": 0, "b": "0"}}),
            ("mapping-other-key", ValueError, "labels: 1 no class '1'", {"images": [1, 2], "labels": {"1": "x"}}),
            (
                "vocabularies-alike",
                ValueError,
                "text_labels: 0 of the images '0' of the texts alike",
                {"labels": [0, 1], "text_labels": ["0", "1"]},
            ),
            (
                "vocabularies-equal",
                ValueError,
                "text_labels: 1 of the images 1.0 of the texts differently",
                {"labels": [0, 1], "text_labels": [1.0, 1.0]},
            ),
            (
                "vocabularies-disjoint",
                ValueError,
                "text_labels: no class in common; 'x', 'y', 'u', 'v'",
                {"text_labels": ["u", "v"]},
            ),
            ("vocabularies-mapping", ValueError, "text_labels: common", {"text_labels": {"t": "X", "u": "Y"}}),
            ("counts-arrow-null", ValueError, "counts: finite nan", {"counts": pa.array([1, None])}),
            ("counts-nullable", ValueError, "counts: finite nan", {"counts": pd.array([1, None], dtype="Int64")}),
            ("counts-string-array", TypeError, "counts: real", {"counts": pd.array(["1", "2"])}),
            ("counts-masked", TypeError, "counts: masked", {"counts": np.ma.array([1, 2], mask=[0, 1])}),
            ("counts-long", ValueError, "counts: 2 (3,)", {"counts": [1, 1, 1]}),
            ("counts-frame", (ValueError, TypeError), "counts:", {"counts": pd.DataFrame({"n": [1, 2]})}),
            (
                "counts-cancel",
                ValueError,
                "counts: non-negative",
                {"images": list("abb"), "texts": list("tuu"), "labels": list("xyy"), "counts": [1, 2, -1]},
            ),
        ]
    ),
]

COLUMNS = {
    "string-array": lambda things: pd.array(things, dtype="string"),
    "arrow-backed": lambda things: pd.array(things, dtype="string[pyarrow]"),
    "series": lambda things: pd.Series(things, index=[7, 8]),
    "index": pd.Index,
    "categorical": pd.Categorical,
    "categorical-series": lambda things: pd.Series(things, dtype="category"),
    "arrow": pa.array,
    "arrow-chunks": lambda things: pa.chunked_array([things[:1], things[1:]]),
    "arrow-dictionary": lambda things: pa.array(things).dictionary_encode(),
    "array": np.array,
    "objects": lambda things: np.array(things, dtype=object),
    "tuple": tuple,
}
NUMBERS = {
    "jax": jnp.asarray,
    "narrow": lambda numbers: np.array(numbers, dtype=np.int8),
    "nullable": lambda numbers: pd.array(numbers, dtype="Int64"),
    "arrow": pa.array,
    "range": lambda numbers: range(numbers[0], numbers[-1] + 1),
}

GOOD = {
    **{
        f"pairs-{name}": lambda column=column: (
            pairs(images=column(["a", "b"]), texts=column(["t", "u"]), labels=column(["x", "y"])).names
            == mt.Names(("a", "b"), ("t", "u"), ("x", "y"))
        )
        for name, column in COLUMNS.items()
    },
    **{
        f"pairs-numbers-{name}": lambda column=column: (
            pairs(images=column([3, 4]), labels=column([0, 1]), text_labels=column([0, 1]), counts=column([1, 2])).names
            == mt.Names(("3", "4"), ("t", "u"), ("0", "1"))
        )
        for name, column in NUMBERS.items()
    },
    "pairs-one-vocabulary": lambda: float(pairs(text_labels={"t": "x", "u": "y"}).labeling_error) == 0,
    "pairs-times": lambda: (
        pairs(images=np.array(["2020-01", "2021"], "M8[ns]")).names.images[0].startswith("2020-01-01")
    ),
    "pairs-huge-counts": lambda: pairs(counts=[1e308, 1e308]).matrix.tolist() == [[0.5, 0], [0, 0.5]],
    "pairs-tuples": lambda: pairs(images=[(1, 2), (3, 4)]).names.images == ("(1, 2)", "(3, 4)"),
    "pairs-series": lambda: pairs(images=pd.Series(["a", "b"], index=[7, 8])).n_images == 2,
    "pairs-mapping": lambda: pairs(labels={"b": "y", "a": "x", "c": "z"}).names.classes == ("x", "y"),
    "pairs-many": lambda: (
        pairs(images=range(30_000), texts=range(30_000), labels=[0] * 30_000).matrix.values.size == 30_000
    ),
    "pairs-counts": lambda: pairs(counts=np.array([1, 3], np.int32)).matrix.tolist() == [[0.25, 0], [0, 0.75]],
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)


def test_a_message_about_a_wide_file_is_short(tmp_path):
    names = [f"column_{i}" for i in range(100_000)]
    for column in ("none", "x" * 200_000):
        with pytest.raises(ValueError, match=r"^image: ") as caught:
            table(tmp_path, ",".join(names) + "\n" + ",".join("a" * len(names)) + "\n", image=column)
        assert len(str(caught.value)) < 2000


def test_a_message_about_a_long_label_is_short():
    for changed in ({"images": ["a" * 200_000] * 2}, {"labels": {"b": "x"}, "images": ["a" * 200_000, "b"]}):
        with pytest.raises(ValueError, match=r"^labels: 'aaa") as caught:
            pairs(**changed)
        assert len(str(caught.value)) < 1000


def test_only_the_columns_that_are_wanted_are_held(tmp_path):
    wide = [*"abc", *(f"column_{i}" for i in range(20_000))]
    rows = "\n".join(",".join(f"{row}{i}" for i in range(len(wide))) for row in range(20))
    path = written(tmp_path / "wide.csv", ",".join(wide) + "\n" + rows)
    tracemalloc.start()
    joint = mt.datasets.from_file(path, image="a", text="b", label="c")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert joint.n_images == 20
    assert peak < 10 * sum(map(len, wide)) + 2**22  # the header and a row at a time


def test_quoted_cells_and_lines_of_windows_are_read(tmp_path):
    text = '\ufeff"image",text,label\r\n"1.png","a ""cat"",\nasleep",cat\r\n\r\n2.png,a dog,dog'
    assert table(tmp_path, text.encode()).names.texts == ('a "cat",\nasleep', "a dog")


def mutate_pairs(folder: Path, count: int, seed: int = 0) -> int:
    """Read damaged files of pairs; return how many were read, as all others must have been refused."""
    draw, read = random.Random(seed), 0
    frame = pd.DataFrame({"image": list("abc"), "text": ["t,", 'u"', "v"], "label": list("xyx"), "count": [1, 2, 3]})
    frame.to_csv(folder / "a.csv", index=False)
    frame.to_parquet(folder / "a.parquet")
    for path in (folder / "a.csv", folder / "a.parquet"):
        content = path.read_bytes()
        for _ in range(count // 2):
            path.write_bytes(mutations.mutated_bytes(draw, content))
            message = ""
            try:
                mt.datasets.from_file(path, count="count")
            except (ValueError, TypeError, FileNotFoundError) as error:
                message = str(error)
            read += not message
            assert message.isprintable()
            assert len(message) < 2000
    return read


@pytest.mark.filterwarnings("ignore:.*of zero mass dropped")
def test_mutated_pairs_are_read_or_refused(tmp_path):
    assert mutate_pairs(tmp_path, 100) < 60
