"""Define how bad input is refused and legal input accepted, and the small joints that the tests of both share."""

import functools
import pickle
import warnings
from pathlib import Path

import jax
import numpy as np
import pytest
import scipy.sparse

import mmcl_theory as mt

EYE = ((1, 0), (0, 1))
KEY = jax.random.key(0)
NAMES = mt.Names(("a", "b"), ("c", "d"), ("e", "f"))


@functools.cache
def four() -> mt.Joint:
    """Return a joint of four images, four texts and k in 1 … 4."""
    return mt.generators.isotropic_noise(4, 0.25)


@functools.cache
def three() -> mt.Joint:
    """Return a joint of three images, three texts and k in 1 … 3."""
    return mt.generators.isotropic_noise(3, 0.25)


def joint(matrix=EYE, image_labels=(0, 1), text_labels=(0, 1), **more):
    return mt.Joint(matrix, image_labels, text_labels, **more)


def graph(matrix=EYE, labels=(0, 1), **more):
    return mt.PairGraph(matrix, labels, **more)


def channels(images, law=(1, 1), labels=(0, 1)):
    return mt.Joint.of_channels(images, np.eye(2), law, labels)


def huge(n_dimensions: int = 2):
    place = tuple(np.array([5]) for _ in range(n_dimensions))
    return scipy.sparse.coo_array(([1.0], place), shape=(10**6,) * 2 if n_dimensions == 2 else (10**10,))


def large():
    matrix = scipy.sparse.eye_array(10**6)
    return mt.Joint(matrix, np.zeros(10**6, dtype=int))


def with_zeros() -> mt.Joint:
    """Return a joint in which image 1 and texts 0 and 3 have no mass."""
    names = mt.Names(("kept", "gone", "größe"), ("none", "猫", "", "nothing"), ("x", "y", "unused"))
    matrix = [[0, 1 / 3, 2, 0], [0, 0, 0, 0], [0, 1 / 7, 0, 0]]
    return mt.Joint(matrix, [0, 2, 1], [0, 1, 0, 2], n_classes=3, names=names)


def total(law) -> bool:
    return abs(float(law.matrix.sum()) - 1) < 1e-12


def tabular(n: int = 3, dimension: int = 2, **more):
    return mt.training.Tabular(n, dimension, key=KEY, **more)


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refuse_to_be_read():
    raise AssertionError("a pickle was executed")


class Trap:
    """Fail the test when a pickle that holds it is read."""

    def __reduce__(self):
        return refuse_to_be_read, ()


TRAP = pickle.dumps(Trap())


def bad(name, error, words, call):
    """Return a row: ``call``, given an empty folder, must raise ``error``; the message begins with the first word."""
    return pytest.param(call, error, words, id=name)


def bad_dimensions(function):
    """Return a row for each k that ``function(joint, k)`` must refuse."""
    return [
        bad(f"{function.__name__}-k-{name}", error, f"k: {words}", lambda _, k=k: function(four(), k))
        for name, k, error, words in [
            ("zero", 0, ValueError, "1 … 4 got 0"),
            ("negative", -1, ValueError, "1 … 4 got -1"),
            ("large", 5, ValueError, "1 … 4 got 5"),
            ("enormous", 10**30, ValueError, "1 … 4"),
            ("float", 1.0, TypeError, "integer 1.0"),
            ("nan", np.nan, TypeError, "integer nan"),
            ("string", "1", TypeError, "integer '1'"),
            ("bytes", b"\x01", TypeError, "integer"),
            ("bool", True, TypeError, "integer True"),
            ("numpy-bool", np.True_, TypeError, "integer True"),
            ("none", None, TypeError, "integer None"),
            ("empty", [], (ValueError, TypeError), "dimension" if function is mt.verify else "integer []"),
            ("numpy-empty", np.array([], int), (ValueError, TypeError), ""),
            ("2d", np.ones((1, 2), int), TypeError, "integer"),
            ("set", {1}, TypeError, "integer {1}"),
        ]
    ]


def assert_refused(error, words, call):
    """Assert that ``call`` raises ``error`` in this package, with a message that begins with the first of the words.

    ``error`` may be a tuple of types, any of which will do; all other words stand somewhere in the message.
    """
    expected = error if isinstance(error, tuple) else (error,)
    first, *others = words.split()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # one clear error, not a warning before it
        with pytest.raises(Exception) as caught:  # noqa: PT011 (the type is asserted below)
            call()
    message = str(caught.value)
    assert caught.type in expected, f"{caught.type.__name__}: {message}"
    assert message.startswith(first)
    assert not [word for word in others if word not in message]
    assert "mmcl_theory" in caught.traceback[-1].path.parts, "raised inside another package"


def assert_accepted(call):
    """Assert that ``call`` returns a true value and warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert call()
