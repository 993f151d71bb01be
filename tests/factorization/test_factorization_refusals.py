"""Check that factorization refuses bad dimensions, tolerances and keys, naming the argument."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from refusals import KEY, assert_accepted, assert_refused, bad, bad_dimensions, four, joint, three

import mmcl_theory as mt
from mmcl_theory.factorization.krylov.search import krylov
from mmcl_theory.factorization.operators.dense import Dense

BAD = [
    *bad_dimensions(mt.factorize),
    *(
        bad(f"{where}-{name}", error, words, lambda _, run=run, given=given: run(**given))
        for where, run in (
            ("factorize", lambda **given: mt.factorize(four(), 1, **given)),
            ("krylov", lambda **given: krylov(Dense(jnp.eye(3)), 1, **({"key": KEY} | given))),
        )
        for name, given, error, words in [
            ("tol-zero", {"tol": 0}, ValueError, "tol: [1e-14, 1.0] 0"),
            ("tol-negative", {"tol": -1e-8}, ValueError, "tol: -1e-08"),
            ("tol-nan", {"tol": np.nan}, ValueError, "tol: nan"),
            ("tol-large", {"tol": 2}, ValueError, "tol: 2"),
            ("tol-string", {"tol": "1e-8"}, TypeError, "tol: real '1e-8'"),
            ("key-number", {"key": 0}, TypeError, "key: JAX 0"),
            ("keys", {"key": jax.random.split(KEY)}, TypeError, "key: single"),
        ]
    ),
    bad("spectrum-sparse", ValueError, "k: needed", lambda _: mt.class_spectrum(three().to_sparse())),
    bad("spectrum-k", ValueError, "k: 1 … 3 4", lambda _: mt.class_spectrum(three().to_sparse(), 4)),
    bad("spectrum-k-dense", ValueError, "k: 1 … 3 0", lambda _: mt.class_spectrum(three(), 0)),
    bad("k-one-image", ValueError, "k: 1 … 1 got 2", lambda _: mt.factorize(joint([[1, 1]], [0]), 2)),
    bad("factorize-no-joint", TypeError, "joint: list", lambda _: mt.factorize([[1, 0], [0, 1]], 1)),
    bad("spectrum-no-joint", TypeError, "joint: ndarray", lambda _: mt.class_spectrum(np.eye(2))),
]

GOOD = {
    "k-numpy": lambda: mt.factorize(four(), np.int32(2)).singular_values.shape == (3,),
    "k-jax": lambda: mt.factorize(four(), jnp.asarray(2)).singular_values.shape == (3,),
    "spectrum-k": lambda: len(mt.class_spectrum(three(), 2)) == 2,
}


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused(call, error, words, tmp_path):
    assert_refused(error, words, lambda: call(tmp_path))


@pytest.mark.parametrize("accepted", [pytest.param(call, id=name) for name, call in GOOD.items()])
def test_legal_input_is_accepted(accepted):
    assert_accepted(accepted)
