"""Check that files of pairs are read as they are written, in every format, or refused."""

import csv
import io
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import written

import mmcl_theory as mt

LETTERS = st.text(alphabet="ab \",\t\n\r'é猫", min_size=1, max_size=8)
PLAIN = st.text(alphabet='ab" ', min_size=1, max_size=6)
SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read(folder, content, suffix=".csv", **options):
    return mt.datasets.from_file(written(folder / f"pairs{suffix}", content), **options)


@given(
    captions=st.lists(LETTERS, min_size=1, max_size=5),
    suffix=st.sampled_from([".csv", ".tsv"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
@settings(max_examples=60, deadline=None)
def test_what_a_writer_of_csv_quotes_is_read_back(captions, suffix, quoting, tmp_path_factory):
    """Every caption comes back as it was, whatever quotation marks, separators and line ends are in it."""
    if quoting == csv.QUOTE_MINIMAL:
        captions = [caption.replace("\n", " ").replace("\r", " ") for caption in captions]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=SEPARATORS[suffix], quoting=quoting)
    writer.writerows([("image", "text", "label"), *((i, caption, "x") for i, caption in enumerate(captions))])
    joint = read(tmp_path_factory.getbasetemp(), text.getvalue(), suffix)
    assert joint.names.texts == tuple(dict.fromkeys(captions))


@given(captions=st.lists(PLAIN, min_size=2, max_size=8), suffix=st.sampled_from([".csv", ".tsv"]))
@settings(max_examples=60, deadline=None)
def test_no_pair_of_plain_text_is_lost(captions, suffix, tmp_path_factory):
    """Lines that nobody quoted are all pairs, or the file is refused; without quoting they are read as they are."""
    mark = SEPARATORS[suffix]
    lines = [f"image{mark}text{mark}label", *(f"{i}{mark}{caption}{mark}x" for i, caption in enumerate(captions))]
    folder = tmp_path_factory.getbasetemp()
    try:
        joint = read(folder, "\n".join(lines), suffix)
    except ValueError as error:
        assert str(error).startswith(("quoting: ", "text: a value is missing"))  # noqa: PT017
    else:
        assert joint.n_images == len(captions)
    joint = read(folder, "\n".join(lines), suffix, quoting="none")
    assert joint.names.texts == tuple(dict.fromkeys(captions))


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_two_unmatched_quotes_lose_no_rows(suffix, tmp_path):
    """The second mark would close the cell that the first opened, over four rows."""
    captions = ["a cat", '"Meow they say', "a tom", "a kitten", "a dog", '"', "a pup", "a hound"]
    rows = [("image", "text", "label"), *((f"{i}.png", text, "cd"[i > 3]) for i, text in enumerate(captions))]
    content = "\n".join(SEPARATORS[suffix].join(row) for row in rows)
    with pytest.raises(ValueError, match=r"quoting: '.*pairs\.[ct]sv', lines 3 to 7: .*whole rows"):
        read(tmp_path, content, suffix)
    joint = read(tmp_path, content, suffix, quoting="none")
    assert (joint.n_images, joint.names.texts) == (8, tuple(captions))


def test_a_caption_of_several_lines_with_commas_is_read_where_all_text_is_quoted(tmp_path):
    row = '"1.png","a cat, asleep, alone\non a mat, in the sun, at noon","cat"\n'
    assert read(tmp_path, '"image","text","label"\n' + row).n_texts == 1
    with pytest.raises(ValueError, match="lines 2 to 3"):
        read(tmp_path, "image,text,label\n" + row)


DATA = {
    "numbers": {"image": [1, 2, 1], "text": [10, 20, 20], "label": [0, 1, 0], "count": [1, 2, 3]},
    "text": {"image": ["1", "2", "1"], "text": ["10", "20", "20"], "label": ["0", "1", "0"], "count": ["1", "2", "3"]},
    "bytes": {"image": [b"1", b"2", b"1"], "text": [b"10", b"20", b"20"], "label": [b"0", b"1", b"0"]},
}


@pytest.mark.parametrize("kind", DATA)
def test_csv_and_parquet_agree(kind, tmp_path):
    """Text labels are strings whatever the labels are: the class 0 is the class "0"."""
    columns = DATA[kind] | {"text_label": ["0", "1", "1"], "count": DATA[kind].get("count", [1, 2, 3])}
    frame = pd.DataFrame(columns)
    frame.to_parquet(tmp_path / "a.parquet")
    frame.map(lambda cell: cell.decode() if isinstance(cell, bytes) else cell).to_csv(tmp_path / "a.csv", index=False)
    paths = (tmp_path / "a.csv", tmp_path / "a.parquet")
    joints = [mt.datasets.from_file(path, text_label="text_label", count="count") for path in paths]
    for joint in joints:
        assert joint.names == mt.Names(("1", "2"), ("10", "20"), ("0", "1"))
        np.testing.assert_array_equal(joint.counts, [[1, 3], [0, 2]])
        assert float(joint.labeling_error) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "name", ["count", "Count", "counts", " count ", "COUNTS", "text_label", "text-label", "Text Labels"]
)
def test_a_column_that_is_not_read_is_said(name, tmp_path):
    with pytest.warns(UserWarning, match="(count|text_label): column .* is not read"):
        read(tmp_path, f"image,text,label,{name}\na,t,x,1\n")
    argument = "count" if "count" in name.lower() else "text_label"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(tmp_path, f"image,text,label,{name}\na,t,x,{'1' if argument == 'count' else 'x'}\n", **{argument: name})
        read(tmp_path, "image,text,label,country,text_length\na,t,x,1,2\n")
