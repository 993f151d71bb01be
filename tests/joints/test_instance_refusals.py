"""Check that each optional part of an instance is refused when it does not fit its joint distribution."""

import numpy as np
import pytest
from refusals import KEY, assert_accepted, assert_refused, bad, joint, three

import mmcl_theory as mt

BAD = [
    *(
        bad(
            f"encoders-{name}",
            error,
            words,
            lambda _, encoders=encoders: mt.Instance(three(), encoders=encoders),
        )
        for name, encoders, error, words in [
            ("array", np.ones((2, 3, 1)), TypeError, "encoders: pair"),
            ("one", (np.eye(3),), TypeError, "encoders: pair"),
            ("three", (np.eye(3),) * 3, TypeError, "encoders: pair"),
            ("string", "ab", TypeError, "encoders: pair"),
            ("images", (np.eye(4)[:, :3], np.eye(3)), ValueError, "encoders: (3, d) (4, 3)"),
            ("texts", (np.eye(3), np.eye(4)[:, :3]), ValueError, "encoders: (3, d) (4, 3)"),
            ("dimensions", (np.eye(3), np.ones((3, 2))), ValueError, "encoders: (3, d) (3, 2)"),
            ("1d", (np.ones(3), np.ones(3)), ValueError, "encoders[0]: 2 dimension"),
            ("nan", (np.eye(3), np.eye(3) * np.nan), ValueError, "encoders[1]: finite"),
            ("complex", (np.eye(3) * 1j, np.eye(3)), TypeError, "encoders[0]: real"),
            ("none", (None, np.eye(3)), TypeError, "encoders[0]: real"),
        ]
    ),
    *(
        bad(f"{part}-{name}", error, words, lambda _, parts={part: value}: mt.Instance(three(), **parts))
        for part, name, value, error, words in [
            ("augmentation", "array", np.eye(3), TypeError, "augmentation: PairGraph ndarray"),
            ("augmentation", "images", mt.PairGraph(np.eye(2), [0, 1]), ValueError, "augmentation: 3 images 2"),
            ("augmentation", "labels", mt.PairGraph(np.eye(3), [0, 1, 1]), ValueError, "augmentation: labels"),
            ("resampled", "array", np.eye(3), TypeError, "resampled: PairGraph ndarray"),
            ("resampled", "images", mt.PairGraph(np.eye(2), [0, 1]), ValueError, "resampled: 3 images 2"),
            ("resampled", "labels", mt.PairGraph(np.eye(3), [0, 1, 1]), ValueError, "resampled: labels"),
            ("negatives", "array", np.eye(3), TypeError, "negatives: PairGraph ndarray"),
            ("negatives", "images", mt.PairGraph(np.eye(2), [0, 1]), ValueError, "negatives: 3 images 2"),
            ("auxiliary_labels", "length", [0, 1], ValueError, "auxiliary_labels: 3 got 2"),
            ("auxiliary_labels", "float", [0.0, 1.0, 2.0], TypeError, "auxiliary_labels: integers float64"),
            ("auxiliary_labels", "negative", [0, 1, -1], ValueError, "auxiliary_labels: -1"),
            ("attribute", "alone", [0, 1, 2], TypeError, "attribute: pair (image attributes"),
            ("attribute", "string", "ab", TypeError, "attribute: pair (image attributes"),
            ("attribute", "none", (None, [0, 1, 2]), ValueError, "attribute[0]: one integer per item"),
            ("attribute", "images", ([0, 1], None), ValueError, "attribute[0]: 3 got 2"),
            ("attribute", "texts", ([0, 1, 2], [0, 1]), ValueError, "attribute[1]: 3 got 2"),
            ("attribute", "large", ([0, 1, 3], None), ValueError, "attribute[0]: 0 … 2 got 3"),
            ("label_law", "images", np.eye(3)[:2], ValueError, "label_law: 3 rows of 3 got shape (2, 3)"),
            ("label_law", "classes", np.eye(3)[:, [0, 1, 2, 2]], ValueError, "label_law: rows"),
            ("label_law", "sums", np.eye(3) * 2, ValueError, "label_law: 1"),
            ("label_law", "negative", -np.eye(3), ValueError, "label_law: non-negative"),
            ("sample", "shape", np.eye(2), ValueError, "sample: (3, 3) (2, 2)"),
            ("sample", "negative", -np.eye(3), ValueError, "sample: non-negative"),
            ("sample", "empty", np.zeros((3, 3)), ValueError, "sample: total zero"),
            ("sample", "shares", np.eye(3) / 3, ValueError, "sample: whole 0.33"),
            ("failure_probability", "zero", 0, ValueError, "failure_probability: 0"),
            ("failure_probability", "one", 1, ValueError, "failure_probability: below 1"),
            ("failure_probability", "nan", np.nan, ValueError, "failure_probability: nan"),
            ("failure_probability", "string", "5%", TypeError, "failure_probability: '5%'"),
        ]
    ),
    bad(
        "random-parts-pairs",
        ValueError,
        "n_pairs: 1 … got 0",
        lambda _: mt.Instance.with_random_parts(three(), n_pairs=0, key=KEY),
    ),
    bad("instance-no-joint", TypeError, "joint: ndarray", lambda _: mt.Instance(np.eye(2))),
    bad(
        "random-parts-no-joint",
        TypeError,
        "joint: ndarray",
        lambda _: mt.Instance.with_random_parts(np.eye(2), key=KEY),
    ),
    bad(
        "random-parts-zero",
        ValueError,
        "dimension: at least 1",
        lambda _: mt.Instance.with_random_parts(three(), dimension=0, key=KEY),
    ),
    bad(
        "random-parts-float",
        TypeError,
        "dimension: integer",
        lambda _: mt.Instance.with_random_parts(three(), dimension=2.0, key=KEY),
    ),
    bad("parts-key", TypeError, "key:", lambda _: mt.Instance.with_random_parts(three(), key=7)),
]

GOOD = {
    "auxiliary-labels-of-many-classes": lambda: (
        mt.Instance(joint(image_labels=[0, 3]), auxiliary_labels=[0, 3]).auxiliary_labels is not None
    ),
    "attribute-of-images": lambda: mt.Instance(three(), attribute=[[0, 1, 2], None]).attribute[1] is None,
    "encoders-list": lambda: mt.Instance(three(), encoders=[np.eye(3), np.eye(3)]).encoders is not None,
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)
