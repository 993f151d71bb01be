"""Check that certification refuses joint distributions that it cannot hold exactly."""

import numpy as np
import pytest
from refusals import assert_refused, bad, channels, large

import mmcl_theory as mt

BAD = [
    bad("certify-channels", ValueError, "joint: exact", lambda _: mt.certify("probe-mmcl", channels(np.eye(2)), 1)),
    bad("certify-sparse", ValueError, "joint: at most 64 1000000", lambda _: mt.certify("probe-mmcl", large(), 1)),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))
