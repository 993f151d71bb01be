"""Whatever is wrong with a user's theorem file is said in one sentence, with its line."""

import pytest
from false_theorem import FALSE_THEOREM

# What is put in place of which part of the file, and the words of the message; the right side is in line 11.
FAULTS = {
    "a name that nothing has": ("q.labeling_error", "moon", "line 11 of 'mine.py' fails (NameError: name 'moon'"),
    "a key": ("q.labeling_error", "{}['a']", "line 11 of 'mine.py' fails (KeyError: 'a')"),
    "a division by 0": ("q.labeling_error", "1 / 0", "line 11 of 'mine.py' fails (ZeroDivisionError"),
    "a recursion": (
        "lambda q: q.labeling_error",
        "(f := lambda q: f(q))",
        "line 11 of 'mine.py' fails (RecursionError",
    ),
    "an unknown quantity": ("q.labeling_error", "q.moon", "there is no quantity 'moon'"),
    "a number that is too large": ("q.labeling_error", "q.labeling_error ** 10**400", "fails (OverflowError"),
    "an exit": ("q.labeling_error", "exit(0)", "line 11 of 'mine.py' fails (SystemExit: 0)"),
    "another exit": ("q.labeling_error", "exit(1)", "line 11 of 'mine.py' fails (SystemExit: 1)"),
    "an exit of the file": ("\nimport", "\nexit(0)\nimport", "line 2 of 'mine.py' fails (SystemExit: 0)"),
    "no number": ("q.labeling_error", "None", "line 11 of 'mine.py': it gives None"),
    "a string": ("q.labeling_error", "'x'", "line 11 of 'mine.py': it gives 'x'"),
    "a list": ("q.labeling_error", "[q.labeling_error, 1]", "line 11 of 'mine.py': it gives ["),
    "a complex number": ("q.labeling_error", "1j", "line 11 of 'mine.py': it gives 1j"),
    "max": (
        "q.labeling_error",
        "max(q.labeling_error, 0)",
        "line 11 of 'mine.py': quantities cannot be compared: for max, min",
    ),
    "if": ("q.labeling_error", "1 if q.labeling_error > 0 else 0", "quantities cannot be compared"),
    "float": ("q.labeling_error", "float(q.labeling_error)", "cannot be turned into a float"),
    "math": (
        "q.labeling_error",
        "__import__('math').sqrt(q.labeling_error)",
        "for math.sqrt and math.log write mt.sqrt",
    ),
    "another kind": ("mt.Kind.UPPER_BOUND", "'upper bound'", "line 4 of 'mine.py' fails (TypeError: kind"),
    "no formula": ("lambda q: q.labeling_error", "None", "line 4 of 'mine.py' fails (TypeError: rhs"),
    "an assumption that is none": ("per_k=False", "requires=('a',)", "line 4 of 'mine.py' fails (TypeError: requires"),
    "a margin": ("per_k=False", "requires=(mt.Assumption('a', lambda q: q.moon, 'b'),)", "no quantity 'moon'"),
    "no margin": (
        "per_k=False",
        "requires=(mt.Assumption('a', lambda q: None, 'b'),)",
        "line 12 of 'mine.py': it gives None",
    ),
    "a name of another folder": ('"too-good"', '"../escaped"', "line 4 of 'mine.py' fails (ValueError: slug"),
    "no Python": ("\nimport", "\n1 +\nimport", "line 2 of 'mine.py' is no Python (SyntaxError"),
    "a byte 0": ("\nimport", "\0import", "'mine.py' is no Python ("),  # a ValueError until Python 3.11.4
    "a library's error": ("\nimport", "\nimport json; json.loads('{')\nimport", "line 2 of 'mine.py' fails"),
}


@pytest.mark.parametrize(("part", "other", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_sentence_with_its_line(part, other, words, command, tmp_path):
    assert FALSE_THEOREM.count(part) == 1
    (tmp_path / "mine.py").write_text(FALSE_THEOREM.replace(part, other))
    given = ["--data", "isotropic", "--k", 1]
    code, out, err = command("verify", *given, "--theorem", "mine.py")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert "internal error" not in err


@pytest.mark.parametrize("fault", ["an exit", "an unknown quantity", "if", "no number"])
def test_every_command_says_it_likewise(fault, command, tmp_path):
    part, other, words = FAULTS[fault]
    (tmp_path / "mine.py").write_text(FALSE_THEOREM.replace(part, other))
    code, out, err = command("falsify", "mine.py", "--n-images", 2, "--n-texts", 2)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


UNREADABLE = {
    "bytes": b"x = '\xff'",
    "a byte 0": b"\0",
    "parentheses": b"(" * 10**4,
    "signs": b"x = " + b"-" * 10**5 + b"1",
    "digits": b"x = " + b"9" * 5000,
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_no_parser_reads_is_one_sentence(content, command, tmp_path):
    (tmp_path / "mine.py").write_bytes(content)
    code, out, err = command("verify", "--data", "isotropic", "--theorem", "mine.py")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "is no Python" in err
