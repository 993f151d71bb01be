"""Check that the losses of a whole joint distribution refuse bad scores and what they cannot hold densely."""

import numpy as np
import pytest
from refusals import EYE, KEY, assert_refused, bad, large, three

import mmcl_theory as mt

BAD = [
    *(
        bad(
            f"{function.__name__}-sparse",
            ValueError,
            "joint: densely",
            lambda _, f=function, more=more: f(large(), *more),
        )
        for function, more in [
            (mt.losses.pointwise_mutual_information, ()),
            (mt.losses.infonce_population, (EYE,)),
            (mt.losses.infonce_two, (EYE,)),
        ]
    ),
    bad(
        "infonce-shape",
        ValueError,
        "scores: (3, 3) (2, 2)",
        lambda _: mt.losses.infonce_estimate(three(), np.eye(2), 4, n_draws=10, key=KEY),
    ),
    bad(
        "infonce-one-candidate",
        ValueError,
        "candidates: at least 2",
        lambda _: mt.losses.infonce_estimate(three(), np.eye(3), 1, n_draws=10, key=KEY),
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))
