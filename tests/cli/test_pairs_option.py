"""Check that --pairs reads files of pairs, and refuses bad ones in a line that names option, file, column and line."""

import pandas as pd
import pytest
from refusals import TRAP

import mmcl_theory as mt
from mmcl_theory.cli.source import _OF_PAIRS

HEADER = "image,text,label\n"
GOOD = HEADER + "1.png,a cat,cat\n2.png,a dog,dog\n"
COUNTED = "image,text,label,count\n1.png,a cat,cat,{}\n2.png,a dog,dog,2\n"
LABELLED = "image,text,label,kind\n1.png,a cat,cat,{}\n2.png,a dog,dog,{}\n"
MARKS = "quotation mark 'none'"  # what is said of quotation marks that stand wrong

# The ending of the file, its content, the options, and words of the message, with the first of which it begins.
BAD = {
    # Columns.
    "no-image": (".csv", "picture,text,label\n1,a,b\n", {}, "--images: no column 'image'; 'picture', 'text', 'label'"),
    "no-text": (".csv", "image,caption,label\n1,a,b\n", {}, "--texts: no column 'text'; 'caption',"),
    "no-label": (".csv", "image,text,class\n1,a,b\n", {}, "--labels: no column 'label'; 'class'"),
    "no-count": (".csv", GOOD, {"count": "n"}, "--count: no column 'n'; 'image', 'text', 'label'"),
    "no-text-label": (".csv", GOOD, {"text_label": "kind"}, "--text-label: no column 'kind'; 'label'"),
    "capitals": (".csv", "Image,text,label\n1,a,b\n", {}, "--images: no column 'image'; is it 'Image'?"),
    "blank-before": (".csv", "image, text,label\n1,a,b\n", {}, "--texts: column 'text'; is it ' text'?"),
    "blank-after": (".csv", "image,text,label \n1,a,b\n", {}, "--labels: column 'label'; is it 'label '?"),
    "plural": (".csv", "images,texts,labels\n1,a,b\n", {}, "--images: is it 'images'?"),
    "misspelt": (".csv", "image,txet,label\n1,a,b\n", {"text": "texte"}, "--texts: no column 'texte'; 'txet',"),
    "near-count": (".csv", COUNTED.format(1), {"count": "Count"}, "--count: is it 'count'?"),
    "near-count-plural": (".csv", COUNTED.format(1), {"count": "counts"}, "--count: is it 'count'?"),
    "near-with-mark": (".csv", GOOD.replace("label", "my-label"), {"label": "my_label"}, "--labels: is it 'my-label'?"),
    "near-letter": (".csv", GOOD.replace("image", "filename"), {"image": "filname"}, "--images: is it 'filename'?"),
    "semicolons": (".csv", GOOD.replace(",", ";"), {}, "--images: 'image;text;label' .csv ',' not ';'"),
    "tabs-in-csv": (".csv", GOOD.replace(",", "\t"), {}, "--images: 'image\\ttext\\tlabel' .csv ',' not '\\t'"),
    "commas-in-tsv": (".tsv", GOOD, {}, "--images: 'image,text,label' .tsv '\\t' not ','"),
    "bars": (".csv", GOOD.replace(",", "|"), {}, "--images: 'image|text|label' .csv ',' not '|'"),
    "semicolons-in-tsv": (".tsv", GOOD.replace(",", ";"), {}, "--images: .tsv '\\t' not ';'"),
    "no-header": (".csv", "1.png,a cat,cat\n2.png,a dog,dog\n", {}, "--images: '1.png', 'a cat', 'cat'"),
    "blank-name": (".csv", GOOD, {"image": " "}, "--images: no column ' '"),
    "empty-name": (".csv", GOOD, {"label": ""}, "--labels: no column ''"),
    "names-with-quotes": (".csv", '"im""age",text,label\n1,a,b\n', {}, "--images: 'im\"age', is it"),
    "image-twice": (".csv", "image,text,label,image\n1,a,b,c\n", {}, "--images: several columns 'image'"),
    "label-twice": (".csv", "image,text,label,label\n1,a,b,c\n", {}, "--labels: several columns 'label'"),
    "count-twice": (".csv", "image,text,label,count,count\n1,a,b,1,2\n", {"count": "count"}, "--count: several"),
    "other-twice": (".csv", "image,text,label,x,x\n1,a,b,c,d\n", {}, "--pairs: several columns 'x'"),
    "other-twice-tsv": (".tsv", "image\ttext\tlabel\tx\tx\n1\ta\tb\tc\td\n", {}, "--pairs: several columns 'x'"),
    "image-is-text": (".csv", GOOD, {"text": "image"}, "--texts: two columns 'image' both"),
    # Quotation marks.
    "mark-inside": (".csv", HEADER + '1.png,a 5" cat,cat\n', {}, f"--quoting: pairs.csv line 2: closes {MARKS}"),
    "marks-inside": (".csv", HEADER + '1.png,a "big" cat,cat\n', {}, f"--quoting: line 2: {MARKS}"),
    "text-after-mark": (".csv", HEADER + '1.png,"Meow" it says,cat\n', {}, f"--quoting: line 2: {MARKS}"),
    "text-after-mark-tsv": (".tsv", 'image\ttext\tlabel\n1\t"Meow" it says\tc\n', {}, f"--quoting: line 2: {MARKS}"),
    "blank-before-mark": (".csv", HEADER + '1.png, "a cat",cat\n', {}, f"--quoting: line 2: {MARKS}"),
    "blank-after-mark": (".csv", HEADER + '1.png,"a cat" ,cat\n', {}, f"--quoting: line 2: {MARKS}"),
    "backslash": (".csv", HEADER + '1.png,"a \\"big\\" cat",cat\n', {}, f"--quoting: line 2: {MARKS}"),
    "open-mark": (".csv", GOOD + '3.png,"a cow,cow\n', {}, f"--quoting: line 4: closes {MARKS}"),
    "open-mark-early": (".csv", HEADER + '3.png,"a cow,cow\n' + GOOD, {}, f"--quoting: line 2: closes {MARKS}"),
    "open-mark-tsv": (".tsv", 'image\ttext\tlabel\n1\t"a\tc\n2\tb\tc\n', {}, f"--quoting: line 2: closes {MARKS}"),
    "rows-swallowed": (".csv", HEADER + '1,"a,x\n2,b,x\n3,",y\n', {}, f"--quoting: lines 2 to 4: whole rows {MARKS}"),
    "rows-swallowed-by-commas": (
        ".csv",
        HEADER + '1,"a, b,x\n2,b,x\n3,c",y\n',
        {},
        f"--quoting: lines 2 to 4: {MARKS}",
    ),
    "two-rows-in-one": (".csv", HEADER + '1,"a,x\n2,b",y\n', {}, f"--quoting: lines 2 to 3: whole rows {MARKS}"),
    "rows-swallowed-tsv": (".tsv", 'image\ttext\tlabel\n1\t"a\tx\n2\tb\tx\n3\t"\ty\n', {}, "--quoting: lines 2 to 4:"),
    "rows-swallowed-windows": (
        ".csv",
        'image,text,label\r\n1,"a,x\r\n2,b,x\r\n3,",y\r\n',
        {},
        "--quoting: lines 2 to 4:",
    ),
    "rows-swallowed-over-empty": (".csv", HEADER + '1,"a,x\n\n3,",y\n', {}, "--quoting: lines 2 to 4: whole rows"),
    "mark-in-header": (".csv", 'image,te"xt,label\n1,a,b\n', {}, f"--quoting: line 1: {MARKS}"),
    "quoting-unknown": (".csv", GOOD, {"quoting": "all"}, "--quoting: 'csv' 'none' 'all'"),
    "quoting-blank": (".csv", GOOD, {"quoting": ""}, "--quoting: 'csv' 'none' ''"),
    "quoting-parquet": (
        ".parquet",
        {"image": ["a"], "text": ["b"], "label": ["c"]},
        {"quoting": "none"},
        "--quoting: Parquet",
    ),
    "none-keeps-marks": (
        ".csv",
        HEADER + '1.png,"a cat, asleep",cat\n',
        {"quoting": "none"},
        "--pairs: line 2: 4 cells of 3",
    ),
    "none-line-ends": (
        ".csv",
        HEADER + '1.png,"a cat\nasleep",cat\n',
        {"quoting": "none"},
        "--pairs: line 2: 2 cells of 3",
    ),
    # Rows.
    "short-row": (".csv", GOOD + "3.png,a cow\n", {}, "--pairs: pairs.csv line 4: 2 cells header of 3"),
    "long-row": (".csv", HEADER + "1.png,a cat, asleep,cat\n", {}, "--pairs: line 2: 4 cells header of 3"),
    "short-row-tsv": (".tsv", "image\ttext\tlabel\n1\ta\n", {}, "--pairs: line 2: 2 cells header of 3"),
    "blank-row": (".csv", HEADER + " \n1,a,b\n", {}, "--pairs: line 2: 1 cells"),
    "short-after-empty-line": (".csv", GOOD + "\n\n3.png\n", {}, "--pairs: line 6: 1 cells"),
    "short-after-two-lines": (".csv", HEADER + '1,"a\nb",c\n2,d\n', {}, "--pairs: line 4: 2 cells"),
    "no-rows": (".csv", HEADER, {}, "--pairs: no rows"),
    "no-rows-tsv": (".tsv", "image\ttext\tlabel\n", {}, "--pairs: no rows"),
    "empty": (".csv", "", {}, "--pairs: no columns"),
    "empty-lines": (".csv", "\n\n", {}, "--pairs: no columns"),
    "only-a-mark": (".csv", "\ufeff", {}, "--pairs: no columns"),
    "latin-1": (".csv", (GOOD + "3.png,a ").encode() + b"\xe9,cat\n", {}, "--pairs: line 4: UTF-8"),
    "utf-16": (".csv", GOOD.encode("utf-16"), {}, "--pairs: line 1: UTF-8"),
    "a-zip": (".csv", b"PK\x03\x04\xff\xfe" + bytes(50), {}, "--pairs: line 1: UTF-8"),
    "a-pickle": (".csv", TRAP, {}, "--pairs: csv"),
    "wrong-ending": (".txt", GOOD, {}, "--pairs: .csv, .tsv .parquet, txt"),
    "excel": (".xlsx", b"PK", {}, "--pairs: .csv, xlsx"),
    # Cells.
    "no-image-cell": (".csv", GOOD + ",a cow,cow\n", {}, "--images: missing line 4, column 'image', pairs.csv"),
    "no-text-cell": (".csv", GOOD + "3.png,,cow\n", {}, "--texts: missing line 4, column 'text', pairs.csv"),
    "no-label-cell": (".csv", GOOD + "3.png,a cow,\n", {}, "--labels: missing line 4, column 'label', pairs.csv"),
    "no-cell-after-lines": (".csv", HEADER + '1,"a\nb",c\n\n2,,d\n', {}, "--texts: missing line 5,"),
    "quoted-nothing": (".csv", GOOD + '3.png,"",cow\n', {}, "--texts: missing line 4,"),
    "no-cell-tsv": (".tsv", "image\ttext\tlabel\n1\t\tb\n", {}, "--texts: missing line 2, pairs.tsv"),
    "no-cell-other-name": (".csv", "a,b,c\n1,,x\n", {"image": "a", "text": "b", "label": "c"}, "--texts: line 2, 'b',"),
    "no-text-label-cell": (".csv", LABELLED.format("cat", ""), {"text_label": "kind"}, "--text-label: line 3, 'kind',"),
    "two-classes": (".csv", GOOD + "1.png,a pet,dog\n", {}, "--labels: '1.png' classes 'cat' (line 2, 'dog' (line 4,"),
    "two-classes-text": (
        ".csv",
        LABELLED.format("cat", "dog") + "3.png,a cat,cat,dog\n",
        {"text_label": "kind"},
        "--text-label: 'a cat' two classes, 'cat' (line 2, 'kind', 'dog' (line 4,",
    ),
    "no-common-class": (
        ".csv",
        LABELLED.format("Cat", "Dog"),
        {"text_label": "kind"},
        "--text-label: common; 'cat', 'Cat',",
    ),
    "count-blank": (
        ".csv",
        COUNTED.format(""),
        {"count": "count"},
        "--count: ≥ 0 '' (line 2, column 'count', pairs.csv",
    ),
    "count-word": (".csv", COUNTED.format("many"), {"count": "count"}, "--count: 'many' (line 2,"),
    "count-negative": (".csv", COUNTED.format("-1"), {"count": "count"}, "--count: '-1' (line 2,"),
    "count-infinite": (".csv", COUNTED.format("inf"), {"count": "count"}, "--count: 'inf' (line 2,"),
    "count-nan": (".csv", COUNTED.format("nan"), {"count": "count"}, "--count: 'nan' (line 2,"),
    "count-overflow": (".csv", COUNTED.format("1e999"), {"count": "count"}, "--count: '1e999' (line 2,"),
    "count-comma": (".csv", COUNTED.format('"1,000"'), {"count": "count"}, "--count: '1,000' (line 2,"),
    "count-underscore": (".csv", COUNTED.format("1_000"), {"count": "count"}, "--count: '1_000' (line 2,"),
    "count-hexadecimal": (".csv", COUNTED.format("0x10"), {"count": "count"}, "--count: '0x10' (line 2,"),
    "count-true": (".csv", COUNTED.format("True"), {"count": "count"}, "--count: 'True' (line 2,"),
    "count-fraction": (".csv", COUNTED.format("1/2"), {"count": "count"}, "--count: '1/2' (line 2,"),
    "count-other-digits": (".csv", COUNTED.format("٣"), {"count": "count"}, "--count: (line 2,"),
    "count-is-text": (".csv", GOOD, {"count": "text"}, "--count: 'a cat' (line 2, column 'text',"),
    "counts-zero": (
        ".csv",
        "image,text,label,count\n1,a,b,0\n2,b,b,0\n",
        {"count": "count"},
        "--count: zero, line 2, line 3,",
    ),
    # Parquet.
    "parquet-of-text": (".parquet", GOOD, {}, "--pairs: pairs.parquet no Parquet file, damaged"),
    "parquet-empty": (".parquet", "", {}, "--pairs: no Parquet file, damaged"),
    "parquet-cut": (".parquet", b"PAR1" + bytes(40) + b"PAR1", {}, "--pairs: no Parquet file, damaged"),
    "parquet-pickle": (".parquet", TRAP, {}, "--pairs: no Parquet file"),
    "parquet-no-column": (
        ".parquet",
        {"image": ["a"], "Text": ["b"], "label": ["c"]},
        {},
        "--texts: 'Text', is it 'Text'?",
    ),
    "parquet-null": (
        ".parquet",
        {"image": ["a", None], "text": ["b", "c"], "label": ["d", "d"]},
        {},
        "--images: row 2, 'image',",
    ),
    "parquet-nan": (
        ".parquet",
        {"image": ["a"], "text": ["b"], "label": [float("nan")]},
        {},
        "--labels: missing row 1,",
    ),
    "parquet-nat": (".parquet", {"image": [pd.NaT], "text": ["b"], "label": ["c"]}, {}, "--images: missing row 1,"),
    "parquet-list": (
        ".parquet",
        {"image": ["a"], "text": [["b"]], "label": ["c"]},
        {},
        "--texts: hashable row 1, 'text',",
    ),
    "parquet-dict": (
        ".parquet",
        {"image": [{"bytes": b"1"}], "text": ["b"], "label": ["c"]},
        {},
        "--images: hashable row 1,",
    ),
    "parquet-no-rows": (".parquet", {"image": [], "text": [], "label": []}, {}, "--pairs: no rows"),
    "parquet-classes": (
        ".parquet",
        {"image": ["a", "a"], "text": ["b", "b"], "label": [0, 1]},
        {},
        "--labels: '0' (row 1, '1' (row 2,",
    ),
    "parquet-count": (
        ".parquet",
        {"image": ["a"], "text": ["b"], "label": ["c"], "n": [-1.5]},
        {"count": "n"},
        "--count: ≥ 0 '-1.5' (row 1, column 'n', pairs.parquet",
    ),
    "parquet-count-null": (
        ".parquet",
        {"image": ["a", "b"], "text": ["b", "b"], "label": ["c", "c"], "n": [1, None]},
        {"count": "n"},
        "--count: ≥ 0 row 2,",
    ),
    "parquet-count-bool": (
        ".parquet",
        {"image": ["a"], "text": ["b"], "label": ["c"], "n": [True]},
        {"count": "n"},
        "--count: 'True' (row 1,",
    ),
    "parquet-vocabulary": (
        ".parquet",
        {"image": ["a", "b"], "text": ["s", "t"], "label": [0, 1], "kind": [0.0, 1.0]},
        {"text_label": "kind"},
        "--text-label: common; '0', '1', '0.0', '1.0'",
    ),
}


def options(settings):
    return [word for name, value in settings.items() for word in (_OF_PAIRS[name], value)]


def test_there_are_many_bad_files():
    assert len(BAD) > 100


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_line(name, command, tmp_path):
    ending, content, settings, words = BAD[name]
    path = tmp_path / f"pairs{ending}"
    if isinstance(content, dict):
        pd.DataFrame(content).to_parquet(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    code, out, error = command("verify", "--pairs", path.name, *options(settings))
    first, *others = words.split()
    assert (code, out) == (2, "")
    assert error.count("\n") == 1
    assert error.startswith(f"mmcl-theory: {first} ")
    assert not [word for word in others if word not in error]
    assert not [word for word in ("pandas", "Arrow", "Traceback", "codec", "internal") if word in error]
    assert len(error) < 1000


@pytest.mark.parametrize("name", _OF_PAIRS)
def test_options_of_pairs_need_pairs(name, command):
    code, _, error = command("verify", "--data", "block", _OF_PAIRS[name], "none")
    assert (code, error) == (2, f"mmcl-theory: {_OF_PAIRS[name]}: only for pairs that --pairs names\n")


def test_counts_and_text_labels_are_read(command, tmp_path):
    """Greenacre's table of smoking, in long form: χ² is 0.08519, and 0 where each of its cells counts as one."""
    counts = {"SM": "4232", "JM": "4374", "SE": [25, 10, 12, 4], "JE": [18, 24, 33, 13], "SC": [10, 6, 7, 2]}
    rows = [(who, how, who, n, "SE") for who, some in counts.items() for how, n in zip("nlmh", some, strict=True)]
    pd.DataFrame(rows, columns=["image", "text", "label", "count", "text_label"]).to_csv(
        tmp_path / "a.csv", index=False
    )
    arguments = ("verify", "--pairs", "a.csv", "--theorem", "chi-square", "--k", "1")
    code, _, error = command(*arguments, "--count", "count", "--text-label", "text_label", "--out", "with.csv")
    assert (code, error) == (0, "")
    code, _, error = command(*arguments, "--out", "without.csv")
    assert code == 0
    assert [line.split(" of ")[0] for line in error.splitlines()] == [
        "mmcl-theory: --text-label: column 'text_label'",
        "mmcl-theory: --count: column 'count'",
    ]
    with_counts, without = (mt.tables.read(tmp_path / f"{name}.csv").rhs[0] for name in ("with", "without"))
    assert f"{with_counts:.5f}" == "0.08519"
    assert without < 1e-15
    joint = mt.datasets.from_file(tmp_path / "a.csv", count="count", text_label="text_label")
    assert float(joint.labeling_error) == pytest.approx(1 - 51 / 193)


def test_a_warning_of_a_joint_is_said_in_one_line(command, tmp_path):
    (tmp_path / "a.csv").write_text("image,text,label,n\n1,a,x,1\n2,b,y,2\n3,c,y,0\n")
    code, _, error = command("verify", "--pairs", "a.csv", "--count", "n", "--theorem", "label-transfer", "--k", "1")
    assert code == 0
    assert [line.split(" of ")[0] for line in error.splitlines()] == [
        "mmcl-theory: --pairs: 1 images",
        "mmcl-theory: --pairs: 1 texts",
    ]


def test_natural_captions_are_read_without_quoting(command, tmp_path):
    captions = ["a cat", '"Meow they say', "a tom", '5" long', "a dog", '"', "a pup", "a hound"]
    rows = "".join(f"{i}.png\t{text}\t{'cd'[i > 3]}\n" for i, text in enumerate(captions))
    (tmp_path / "a.tsv").write_text("image\ttext\tlabel\n" + rows)
    arguments = ("verify", "--pairs", "a.tsv", "--theorem", "label-transfer", "--k", "1")
    assert command(*arguments)[0] == 2
    code, out, error = command(*arguments, "--quoting", "none")
    assert (code, error) == (0, "")
    first, second, *_ = out.splitlines()
    assert first.startswith("No two images share a text, as all 8 texts differ")
    assert second == "a.tsv: Joint(8 images × 8 texts, 2 classes)"
