"""Check that the measuring of quantities refuses bad dimensions and anything but a joint distribution."""

import numpy as np
import pytest
from refusals import assert_accepted, assert_refused, bad, bad_dimensions, four, joint

import mmcl_theory as mt

BAD = [
    *bad_dimensions(mt.measure),
    bad("k-one-text", ValueError, "k: 1 … 1 got 2", lambda _: mt.measure(joint([[1], [1]], text_labels=[0]), 2)),
    bad("measure-no-joint", TypeError, "joint: ndarray", lambda _: mt.measure(np.eye(2), 1)),
]

GOOD = {
    "measure-k-numpy": lambda: abs(float(mt.measure(four(), np.int64(1)).sigma_next) - 0.75) < 1e-12,
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)
