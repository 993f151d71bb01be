"""Check that each generator refuses bad arguments, naming the argument."""

import inspect

import numpy as np
import pytest
from refusals import KEY, assert_accepted, assert_refused, bad

import mmcl_theory as mt


def knob(generator: str, value, error, words: str, argument: str, **others):
    """A row for one argument of a generator, the others being the default."""
    function = getattr(mt.generators, generator)
    others = ({"key": KEY} if "key" in inspect.signature(function).parameters else {}) | others
    return bad(
        f"{generator}-{argument}={value}",
        error,
        words if words.startswith(argument) else f"{argument}: {words}",
        lambda _: function(**(others | {argument: value})),
    )


FRACTIONS = [(-0.1, ValueError, "[0, 1]"), (1.1, ValueError, "[0, 1]"), (np.nan, ValueError, "[0, 1]")]
FRACTIONS += [(None, TypeError, "real None"), ("0.3", TypeError, "real '0.3'"), (1j, TypeError, "real 1j")]
COUNTS = [(0, ValueError, "got 0"), (2.0, TypeError, "integer 2.0"), (True, TypeError, "integer True")]

BAD = [
    *(knob("isotropic_noise", *row, "n_classes") for row in [*COUNTS, (1, ValueError, "at least 2")]),
    *(knob("isotropic_noise", *row, "noise") for row in FRACTIONS),
    knob("isotropic_noise", np.array([0.3]), TypeError, "real", "noise"),
    *(knob("isotropic_noise", large, ValueError, "large", "n_classes") for large in (20_000, 10**8)),
    knob("isotropic_noise", 10**400, TypeError, "real", "noise"),
    *(knob("block_joint", *row, "n_images") for row in [*COUNTS, (3, ValueError, "at least 4")]),
    *(knob("block_joint", *row, "n_texts") for row in [*COUNTS, (3, ValueError, "at least 4")]),
    knob("block_joint", (1, 0), ValueError, "positive", "class_sizes"),
    knob("block_joint", (1, -1), ValueError, "non-negative", "class_sizes"),
    knob("block_joint", (1, np.nan), ValueError, "finite", "class_sizes"),
    knob("block_joint", (), ValueError, "empty", "class_sizes"),
    knob("block_joint", 4, ValueError, "1 dimension", "class_sizes"),
    knob("block_joint", "abc", TypeError, "real", "class_sizes"),
    *(knob("block_joint", *row, "label_noise") for row in FRACTIONS),
    knob("block_joint", 0.1, ValueError, "single class", "label_noise", class_sizes=(1,)),
    *(knob("block_joint", *row, "contrast") for row in FRACTIONS),
    knob("block_joint", -1, ValueError, "[0, 50]", "tail"),
    knob("block_joint", 51, ValueError, "[0, 50]", "tail"),
    knob("block_joint", np.nan, ValueError, "[0, 50]", "tail"),
    knob("block_joint", 7, TypeError, "", "key"),
    knob("block_joint", 10**17, ValueError, "large", "n_images"),
    *(knob("random_dirichlet", *row, "n_images") for row in COUNTS),
    *(knob("random_dirichlet", *row, "n_texts") for row in COUNTS),
    *(knob("random_dirichlet", *row, "n_classes") for row in [*COUNTS, (9, ValueError, "1 … 8")]),
    *(knob("random_dirichlet", c, ValueError, "(0, 1000000", "concentration") for c in (0, -1, np.nan, np.inf)),
    knob("random_dirichlet", "1", TypeError, "real", "concentration"),
    *(
        knob("random_dirichlet", wrong, TypeError, f"true or false got {wrong!r}", "bayes_labels")
        for wrong in ("a", "False", np.nan, None, 0)
    ),
    knob("random_dirichlet", 7, TypeError, "", "key"),
    knob("hierarchical_classes", (), ValueError, "at least one", "branching"),
    knob("hierarchical_classes", 3, (ValueError, TypeError), "sequence", "branching"),
    knob("hierarchical_classes", None, (ValueError, TypeError), "sequence", "branching"),
    knob("hierarchical_classes", (2, 0, 2), ValueError, "branching[1]: at least 1", "branching"),
    knob("hierarchical_classes", (2, 2.0, 2), TypeError, "branching[1]: integer", "branching"),
    knob("hierarchical_classes", "234", TypeError, "branching[0]: integer", "branching"),
    knob("hierarchical_classes", (10**17,), ValueError, "large", "branching", weights=(1, 1)),
    knob("hierarchical_classes", (1, 1), ValueError, "4 weights", "weights"),
    knob("hierarchical_classes", (0, 0, 0, 0), ValueError, "total zero", "weights"),
    knob("hierarchical_classes", (1, 1, 1, -1), ValueError, "non-negative", "weights"),
    knob("hierarchical_classes", (1, 1, 1, np.nan), ValueError, "finite", "weights"),
    knob("hierarchical_classes", None, TypeError, "real", "weights"),
    *(knob("hierarchical_classes", level, ValueError, "0 … 3", "label_level") for level in (-1, 4)),
    knob("hierarchical_classes", 1.5, TypeError, "integer", "label_level"),
    *(knob("caption_model", *row, "n_images") for row in COUNTS),
    *(knob("caption_model", *row, "n_attributes") for row in COUNTS),
    *(knob("caption_model", *row, "n_classes") for row in [*COUNTS, (17, ValueError, "1 … 16")]),
    knob("caption_model", 4, ValueError, "1 … 3", "n_classes", n_images=3),
    *(knob("caption_model", *row, "attributes_per_image") for row in [*COUNTS, (17, ValueError, "1 … 16")]),
    *(knob("caption_model", *row, "caption_length") for row in [*COUNTS, (5, ValueError, "1 … 4")]),
    *(knob("caption_model", *row, "affinity") for row in FRACTIONS),
    knob("caption_model", 7, TypeError, "", "key"),
    knob("caption_model", 10**17, ValueError, "large", "n_images"),
]

GOOD = {
    "branching-array": lambda: mt.generators.hierarchical_classes(np.array([2, 3, 4])).n_images == 24,
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)
