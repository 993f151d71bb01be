"""The functions that formulas call are the same on arrays of NumPy and of JAX."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mmcl_theory._arrays import DerivativeOf, of_jax, on_host, program, xp

RNG = np.random.default_rng(0)
SCORES = RNG.normal(size=(4, 5)) * 10.0 ** RNG.integers(-2, 3, (4, 5))
SCORES[0, 1] = SCORES[3] = -np.inf  # a row of nothing else
WEIGHTS = np.array([0.0, 0.2, 0.3, 0.4, 0.1])

# Each on arrays of one kind; the last operation rounds differently.
BOTH = {
    "sum": lambda x: xp.sum(xp.where(x > 0, x, 0), axis=0, where=x < 50),
    "concatenate": lambda x: xp.concatenate([x[:1], x[2:]]),
    "qr": lambda x: xp.abs(xp.linalg.qr(xp.where(xp.isfinite(x), x, 1))[1]),
    "log": lambda x: xp.log(xp.maximum(x, 0)),
    "one_hot": lambda x: xp.one_hot(1 * (x > 0), 3),
    "bincount": lambda x: xp.bincount((1 * (x > 0)).ravel(), 4),
    "logsumexp": lambda x: xp.logsumexp(x, axis=1),
    "weighted logsumexp": lambda x: xp.logsumexp(x, axis=1, b=WEIGHTS),
    "logsumexp without the largest": lambda x: xp.logsumexp(x[:3] + 1000 * (WEIGHTS == 0), axis=1, b=WEIGHTS),
    "log_softmax": lambda x: xp.log_softmax(x[:3], axis=1),
    "sigmoid": lambda x: xp.sigmoid(x),
    "inverse_triangle": lambda x: xp.inverse_triangle(xp.eye(4) + (xp.arange(4)[:, None] < xp.arange(4)) * x[1, :4]),
    "scan": lambda x: xp.scan(lambda now, _: (2 * now, xp.sum(now)), x[1], 3)[1],
    "end of a scan": lambda x: xp.scan(lambda now, _: (now / 2, None), x[1], 3)[0],
}


def test_numpy_and_jax_agree():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy's is as silent as JAX's
        ours = {name: formula(SCORES) for name, formula in BOTH.items()}
    traced = jax.jit(lambda x: {name: formula(x) for name, formula in BOTH.items()})(SCORES)
    for name, theirs in traced.items():
        assert not of_jax(ours[name]), name
        np.testing.assert_allclose(ours[name], theirs, rtol=1e-13, atol=1e-13, err_msg=name)  # some are hundreds


@pytest.mark.parametrize("name", ["concatenate", "sigmoid", "end of a scan"])
def test_arrays_of_jax_that_are_not_traced_stay_there(name):
    theirs = BOTH[name](jnp.asarray(SCORES))
    assert isinstance(theirs, jax.Array)
    np.testing.assert_allclose(BOTH[name](SCORES), theirs, rtol=1e-13, atol=1e-13)


def test_what_is_not_a_function_is_numpys():
    assert xp.inf == np.inf
    assert xp.finfo(float).eps == np.finfo(float).eps


def test_a_loop_over_numbers_of_numpy_may_read_traced_ones():
    def summed(step):
        return xp.scan(lambda now, _: (now + step, now * step), np.zeros(2), 3)[1].sum()

    assert float(jax.jit(summed)(2.0)) == float(summed(2.0)) == 2 * (0 + 4 + 8)


def test_a_program_is_compiled_for_jax_alone():
    seen = []

    @program
    def double(x):
        seen.append(type(x))
        return 2 * x

    assert isinstance(double(np.ones(2)), np.ndarray)
    assert isinstance(double(jnp.ones(2)), jax.Array)
    double(jnp.zeros(2))  # traced before
    assert seen[0] is np.ndarray
    assert len(seen) == 2
    assert issubclass(seen[1], jax.core.Tracer)


def test_a_rule_for_a_derivative_is_for_jax_alone():
    square = DerivativeOf(lambda x: x**2)
    square.defjvp(lambda primals, tangents: (square(*primals), 7 * tangents[0]))  # a wrong one, to be seen
    assert square(np.float64(3)) == 9
    assert float(jax.grad(square)(3.0)) == 7


def test_a_tree_comes_to_the_host_as_it_is():
    tree = on_host({"a": (jnp.ones(2), 3), "b": None})
    assert isinstance(tree["a"][0], np.ndarray)
    assert tree["b"] is None
