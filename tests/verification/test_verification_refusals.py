"""Check that verification refuses bad joint distributions, dimensions and theorems, naming the argument."""

import dataclasses

import jax
import numpy as np
import pytest
from refusals import (
    assert_accepted,
    assert_refused,
    bad,
    bad_dimensions,
    four,
    three,
)

import mmcl_theory as mt


def batch(second):
    matrices = np.array([np.eye(2), np.array(second, dtype=float)])
    return jax.vmap(lambda matrix: mt.Joint(matrix, np.arange(2), n_classes=2))(matrices)


def alike(**changed):
    """A built-in theorem and a variant that was left with the same slug."""
    theorem = mt.theorems["probe-text-induced"]
    return [theorem, dataclasses.replace(theorem, **changed)]


BAD = [
    *bad_dimensions(mt.verify),
    bad(
        "batch-empty-row",
        ValueError,
        "joint: image 1 joint 1 no mass",
        lambda _: mt.verify(batch([[1, 1], [0, 0]]), 1),
    ),
    bad("batch-negative", ValueError, "joint: non-negative", lambda _: mt.verify(batch([[2, 1], [1, -1]]), 1)),
    bad("batch-nan", ValueError, "joint: finite", lambda _: mt.verify(batch([[2, 1], [1, np.nan]]), 1)),
    bad("k-several-one-bad", ValueError, "k: 1 … 4 got 9", lambda _: mt.verify(four(), [1, 9])),
    bad("k-several-floats", TypeError, "k: integer 2.5", lambda _: mt.verify(four(), [1, 2.5])),
    bad("k-of-one-joint", ValueError, "k: 1 … 3 got 4", lambda _: mt.verify([four(), three(), four()], 4)),
    bad("verify-no-joint", TypeError, "joint:", lambda _: mt.verify(np.eye(2), 1)),
    bad("verify-none", TypeError, "joint: None", lambda _: mt.verify(None, 1)),
    bad("verify-one-no-joint", TypeError, "joint: int", lambda _: mt.verify([four(), 3], 1)),
    bad("verify-no-joints", (ValueError, TypeError), "joint: one []", lambda _: mt.verify([], 1)),
    bad("slug-unknown", ValueError, "theorems: 'nothing'", lambda _: mt.verify(four(), 1, "nothing")),
    bad("slug-unknown-listed", ValueError, "theorems: 'no'", lambda _: mt.verify(four(), 1, ["amf-optimum", "no"])),
    bad("theorem-number", TypeError, "theorems: 3", lambda _: mt.verify(four(), 1, 3)),
    bad("theorem-number-listed", TypeError, "theorems: 3", lambda _: mt.verify(four(), 1, [3])),
    bad("theorems-empty", ValueError, "theorems:", lambda _: mt.verify(four(), 1, [])),
    bad(
        "theorems-of-one-slug",
        ValueError,
        "theorems: probe-text-induced",
        lambda _: mt.verify(four(), 1, alike(rhs=lambda q: q.tail)),
    ),
]

GOOD = {
    "verify-k-range": lambda: set(mt.verify(four(), range(1, 4), "amf-optimum").k) == {1, 2, 3},
    "verify-k-array": lambda: set(mt.verify(four(), np.array([1, 3]), "amf-optimum").k) == {1, 3},
    "verify-mixed": lambda: set(mt.verify((four(), mt.Instance(three())), 2, ["amf-optimum"]).joint) == {0, 1},
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)
