"""Check that channels of captions and of pictures are refused unless every row is a distribution."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
from refusals import assert_accepted, assert_refused, bad, channels, three

import mmcl_theory as mt

BAD = [
    *(
        bad(f"{where}-{name}", error, f"channel: {words}", lambda _, use=use, channel=channel: use(channel))
        for where, use in [
            ("garble", lambda channel: three().garble(channel)),
            ("instance", lambda channel: mt.Instance(three(), channel=channel)),
        ]
        for name, channel, error, words in [
            ("rows", np.eye(2), ValueError, "3 rows got 2"),
            ("not-stochastic", np.ones((3, 2)), ValueError, "sum to 1"),
            ("negative", [[2, -1], [1, 0], [1, 0]], ValueError, "non-negative -1"),
            ("nan", [[np.nan, 0], [1, 0], [1, 0]], ValueError, "finite nan"),
            ("1d", [1, 1, 1], ValueError, "2 dimension"),
            ("3d", np.ones((3, 1, 1)), ValueError, "2 dimension"),
            ("empty", np.zeros((3, 0)), ValueError, "empty"),
            ("ragged", [[1], [1, 0], [1]], ValueError, "unequal"),
            ("strings", [["1"]] * 3, TypeError, "real"),
            ("complex", np.ones((3, 1)) * 1j, TypeError, "complex"),
        ]
    ),
    bad("garble-sparse-rows", ValueError, "channel: 3 2", lambda _: three().to_sparse().garble(np.eye(2))),
    bad(
        "garble-sparse-sum",
        ValueError,
        "channel: sum to 1, row 0 2.0",
        lambda _: three().to_sparse().garble(2 * scipy.sparse.eye_array(3)),
    ),
    bad(
        "garble-sparse-nan",
        ValueError,
        "channel: finite nan entry",
        lambda _: three().to_sparse().garble(np.nan * scipy.sparse.eye_array(3)),
    ),
    bad("channels-rows", ValueError, "image_channel: 2 rows got 3", lambda _: channels(np.eye(3))),
    bad("channels-sum", ValueError, "image_channel: rows must sum to 1", lambda _: channels(np.ones((2, 2)))),
    bad("channels-law", ValueError, "natural_law: total mass zero", lambda _: channels(np.eye(2), [0, 0])),
    bad("channels-labels", ValueError, "image_labels: 2 got 3", lambda _: channels(np.eye(2), labels=[0, 1, 0])),
    bad(
        "augment-rows", ValueError, "channel: sum to 1", lambda _: mt.PairGraph.of_augmentations([[1, 1]], [1], [0, 0])
    ),
    bad("augment-law", ValueError, "natural_law: 1 got 2", lambda _: mt.PairGraph.of_augmentations([[1]], [1, 1], [0])),
    bad("augment-dead", ValueError, "matrix: image 1", lambda _: mt.PairGraph.of_augmentations([[1, 0]], [1], [0, 0])),
]

GOOD = {
    "channel-sparse": lambda: three().garble(scipy.sparse.eye(3)).n_texts == 3,
    "channel-merges-all": lambda: three().garble([[1]] * 3).n_texts == 1,
    "channel-sparse-joint": lambda: three().to_sparse().garble(scipy.sparse.eye_array(3)).n_texts == 3,
    "channel-unused-text": lambda: bool(
        jnp.isfinite(mt.measure(mt.Instance(three(), channel=[[1, 0, 0]] * 3), 1).garbled_sigma_next)
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)
