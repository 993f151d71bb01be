"""How bad input is refused, which several test files assert."""

import warnings

import pytest


def assert_refused(error, words, call):
    """Of ``error`` (or one of several), of this package, beginning with the first of the words and with all others."""
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
