"""Check that every table is read back as it was written, and that no other file is taken for a table."""

import random

import mutations
import numpy as np
import pandas as pd
import pytest
from refusals import KEY, four, three, written

import mmcl_theory as mt
from mmcl_theory.tightness.tightness import tightness

ENDINGS = (".csv", ".parquet")


# Statements of every kind and verdict, of a k and of none, and some that do not apply.
SLUGS = ["probe-mmcl", "probe-mmcl-lower", "probe-error-mmcl", "probe-mmcl-paper", "label-transfer", "chi-square"]
SLUGS += ["label-transfer-classes", "scl-amf", "caption-garbling", "finite-sample", "probe-sscl", "walk-sampled"]


def read_back(table, path):
    mt.tables.write(table, path)
    again = mt.tables.read(path)
    pd.testing.assert_frame_equal(again, table, check_exact=True)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_tables_of_the_commands_are_read_back(ending, tmp_path):
    table = mt.verify([four(), three()], [1, 2], SLUGS)
    read_back(table, tmp_path / f"verify{ending}")
    for part in (table[table.k.isna()], table[table.theorem == "probe-mmcl"], table[table.ratio.isna()]):
        read_back(part.reset_index(drop=True), tmp_path / f"part{ending}")
    found = tightness([(mt.falsify("probe-text-induced", 2, 2, key=KEY, budget=1), 0.5)])
    read_back(found.astype({"k": "Int64"}), tmp_path / f"falsify{ending}")
    read_back(mt.class_spectrum(four()), tmp_path / f"spectrum{ending}")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("slug", ["007", "1e5", "nan", "inf", "1_000", "\u0661", "", "-", " x ", 'a,"b\n', "\r", "k"])
def test_text_stays_text(slug, ending, tmp_path):
    read_back(pd.DataFrame({"theorem": [slug] * 2, slug: [0.5, np.nan], "k": [slug, ""]}), tmp_path / f"a{ending}")


@pytest.mark.parametrize("ending", ENDINGS)
def test_numbers_stay_what_they_are(ending, tmp_path):
    numbers = [0.1, -0.0, 5e-324, 1e308, np.inf, -np.inf, np.nan, 1.0, 2.0**60, 1 / 3]
    table = pd.DataFrame({"x": numbers, "n": np.arange(10) + 2**62, "k": pd.array([1, None] * 5, "Int64")})
    again = mt.tables.read(read_back(table, tmp_path / f"a{ending}"))
    assert again.x.to_numpy().tobytes() == np.array(numbers).tobytes()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2"], [1, 2]),
        (["1", "0.50"], [1.0, 0.5]),
        (["1e5", "-2E-3"], [1e5, -2e-3]),
        (["", "2"], [np.nan, 2.0]),
        (["nan", "-inf"], [np.nan, -np.inf]),
        (["007", "1"], ["007", "1"]),
        (["1_000", "1"], ["1_000", "1"]),
        (["\u0661", "1"], ["\u0661", "1"]),
        (["", ""], ["", ""]),
        (["a", "1"], ["a", "1"]),
        (['"7"', "8"], [7, 8]),
        (['"a,b"', "1"], ["a,b", "1"]),
    ],
)
def test_a_table_of_another_program_is_read(cells, expected, tmp_path):
    path = written(tmp_path / "a.csv", "x,y\r\n" + "".join(f"{cell},word\r\n" for cell in cells))
    table = mt.tables.read(path)
    pd.testing.assert_frame_equal(table, pd.DataFrame({"x": expected, "y": ["word"] * 2}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2,3\n", "line 2: 3 cells under a header of 2"),
        ("a,b\n1\n", "line 2: 1 cells under a header of 2"),
        ("a,b\n1,2\n3,4", "cut off"),
        ('a,b\n1,"2\n', "line 2: a quotation mark"),
        ('a,b\n1,"2"3\n', "line 2: "),
        ("a,a\n1,2\n", "two columns are named 'a'"),
        ("\n", "1 … 10000 columns are needed, got 0"),
        ("," * 20_000 + "\n", "1 … 10000 columns are needed, got 20001"),
        ("a\n" + "9" * 5000 + "\n", "digits"),
        (b"a\n\xff\n", "line 2: it is not text in UTF-8"),
    ],
)
def test_a_damaged_table_is_refused(content, words, tmp_path):
    path = written(tmp_path / "a.csv", content)
    with pytest.raises(ValueError, match=f"^path: .* cannot be read as csv .*{words}"):
        mt.tables.read(path)


def test_a_table_that_was_cut_off_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    mt.tables.write(mt.verify(four(), [1, 2], SLUGS), path)
    whole = path.read_bytes()
    for length in random.Random(0).sample(range(1, len(whole)), 200):
        if whole[:length].endswith(b"\n"):
            continue  # a whole table of fewer rows
        with pytest.raises(ValueError, match=r"^path: .* cannot be read as csv"):
            mt.tables.read(written(path, whole[:length]))


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_cannot_be_written_is_refused_and_leaves_the_old_file(ending, tmp_path):
    path = written(tmp_path / f"a{ending}", "old")
    with pytest.raises(ValueError, match=r"^table: two columns are named 'a'"):
        mt.tables.write(pd.DataFrame([[1, 2]], columns=["a", "a"]), path)
    assert path.read_text() == "old"
    for name, error in [
        (None, TypeError),
        (5, TypeError),
        ("", ValueError),
        (path / f"b{ending}", OSError),
    ]:
        with pytest.raises(error, match=r"^path: "):
            mt.tables.write(pd.DataFrame({"a": [1]}), name)


def test_a_parquet_file_of_too_many_cells_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    mt.tables.write(pd.DataFrame({"a": [0] * 10_000}), path)
    monkeypatch.setattr("mmcl_theory._archive.cells._CELLS_LIMIT", 9_999)
    with pytest.raises(ValueError, match=r"^path: .* more than 9999 cells"):
        mt.tables.read(path)


def test_a_parquet_file_of_one_long_text_in_many_cells_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    monkeypatch.setattr("mmcl_theory._archive.cells._BYTES_LIMIT", 2**20)
    for count in (10, 2000):
        mt.tables.write(pd.DataFrame({"text": ["x" * 2**10] * count, "number": 0}), path)
        assert path.stat().st_size < 2**13
        if count == 10:
            assert mt.tables.read(path).text.str.len().tolist() == [2**10] * 10
    with pytest.raises(ValueError, match=r"^path: .* more than 1048576 bytes"):
        mt.tables.read(path)


def mutate_tables(folder, count, seed=0):
    """Read damaged tables; return how many were read, as all others must have been refused."""
    draw = random.Random(seed)
    table, read = mt.verify(four(), [1, 2], SLUGS), 0
    for ending in ENDINGS:
        path = folder / f"a{ending}"
        mt.tables.write(table, path)
        content = path.read_bytes()
        for _ in range(count // 2):
            path.write_bytes(mutations.mutated_bytes(draw, content))
            message = ""
            try:
                mt.tables.read(path)
            except (ValueError, TypeError, FileNotFoundError) as error:
                message = str(error)
            read += not message
            assert message.startswith("path: " if message else "")
            assert message.isprintable()
            assert len(message) < 2000
    return read


def test_mutated_tables_are_read_or_refused(tmp_path):
    assert mutate_tables(tmp_path, 200) < 150
