"""Check the options that make the texts of captions."""

import pytest

pytest.importorskip("sklearn")

ROWS = ["1.jpg,A brown dog runs,dog", "2.jpg,A dog sleeps,dog", "3.jpg,The cat sleeps,cat", "4.jpg,Black cats,cat"]


@pytest.fixture
def verify(command, tmp_path):
    """`verify` on a file of captions that all differ, at k = 1 and one theorem."""
    (tmp_path / "c.csv").write_text("\n".join(["image,text,label", *ROWS, ""]))
    return lambda *options: command("verify", *options, "--k", 1, "--theorem", "probe-mmcl")


def test_captions_that_all_differ_are_told_of_in_the_first_line(verify):
    code, out, _ = verify("--pairs", "c.csv")
    first = out.splitlines()[0]
    assert code == 0
    assert first.startswith("No two images share a text, as all 4 texts differ")
    assert "--captions FILE in place of --pairs FILE" in first
    code, out, _ = verify("--captions", "c.csv", "--texts-are", "captions")
    assert "--texts-are words" in out.splitlines()[0]


def test_words_of_captions_are_the_texts(verify):
    code, out, err = verify("--captions", "c.csv")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "c.csv: Joint(4 images × 8 texts, 2 classes)"
    code, out, err = verify("--captions", "c.csv", "--ngrams", 2, "--stop-words", "the, runs", "--least-images", 2)
    assert (code, out.splitlines()[0]) == (0, "c.csv: Joint(3 images × 2 texts, 2 classes)")
    assert err == "mmcl-theory: captions: 1 of 4 images have no text left and are left out, such as '4.jpg'\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--captions", "c.csv", "--pairs", "c.csv"], "--data, --pairs, --joint, --captions: exactly one"),
        ([], "--data, --pairs, --joint, --captions: exactly one"),
        (["--captions", "none.csv"], "--captions: there is no file 'none.csv'"),
        (["--captions", "c.csv", "--texts", "caption"], "--texts: 'c.csv' has no column 'caption'"),
        (["--captions", "c.csv", "--texts-are", "letters"], "--texts-are: must be one of words, captions, clusters"),
        (["--captions", "c.csv", "--ngrams", "0"], "--ngrams: must be 1 … 10, got 0"),
        (["--captions", "c.csv", "--least-images", "5"], "--least-images: no text occurs with 5 images"),
        (["--captions", "c.csv", "--texts-are", "clusters"], "--clusters: there are 4 captions"),
        (
            ["--captions", "c.csv", "--stop-words", "a,,b,the,brown,dog,runs,sleeps,cat,black,cats"],
            "--captions: no capt",
        ),
        (["--pairs", "c.csv", "--ngrams", "2"], "--texts-are, --ngrams, --least-images, --stop-words, --clusters: on"),
        (["--data", "emoji", "--stop-words", "a"], "--texts-are, --ngrams, --least-images, --stop-words, --clusters: "),
        (["--captions", "c.csv", "--text-label", "label"], "--text-label: what is made of captions"),
        (["--captions", "c.csv", "--set", "n=1"], "--set, --joints: only for a world"),
    ],
)
def test_is_refused(verify, options, message):
    code, out, err = verify(*options)
    assert (code, out) == (2, "")
    assert err.startswith(f"mmcl-theory: {message}")
