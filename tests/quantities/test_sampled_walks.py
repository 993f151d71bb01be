"""Text walks that are drawn, as a part of an instance, and the bound that they give."""

import jax
import numpy as np
import pytest
from refusals import assert_refused

import mmcl_theory as mt
from mmcl_theory.joints.sampling import _Turn
from mmcl_theory.walks.moments import walk_errors

JOINT = mt.generators.random_dirichlet(6, 5, 3, key=jax.random.key(0))
# At two steps the bound says something of it: r_2 = 1/2, and σ_3² < 1/2.
CLEAR = mt.generators.hierarchical_classes((2, 2), (0.2, 0.3, 0.5), label_level=2)


def walked(joint: mt.Joint, steps: int, n_walks: int, seed: int, **settings) -> mt.Instance:
    """Draw walks of another length than the usual one."""
    from mmcl_theory.joints.parts import drawn_walks

    counts = drawn_walks(joint, steps, n_walks, jax.random.key(seed))
    return mt.Instance(joint, walks=counts, steps=steps, **settings)


def test_shares_of_the_walks_are_near_the_probabilities():
    true = np.asarray(walk_errors(JOINT, 16))
    for joint in (JOINT, JOINT.to_sparse()):
        instance = mt.Instance.with_random_parts(joint, drawn=["walks"], n_walks=100_000, key=jax.random.key(1))
        counts = np.asarray(instance.walks)
        assert counts[0] == 100_000
        assert np.abs(1 - counts / counts[0] - true).max() < 0.008  # 5 standard deviations of at most 0.5/√100000
        measured = mt.measure(instance, 2)
        assert float(measured.walk_sample_size) == 100_000
        assert float(measured.walk_sampled_last) == pytest.approx(1 - counts[16] / 100_000, abs=1e-15)
        assert float(measured.walk_sampled_before) == pytest.approx(1 - counts[15] / 100_000, abs=1e-15)


def test_a_joint_of_channels_has_no_drawn_walks():
    factored = mt.Joint.of_channels(np.eye(3), np.eye(3), np.ones(3), [0, 1, 2])
    instance = mt.Instance.with_random_parts(factored, drawn=["walks"], key=jax.random.key(0))
    assert instance.walks is None


def test_few_draws_exceed_the_bound():
    """Where the bound has nothing to spare but what Hoeffding gives it: isotropic noise, an equality of exact walks."""
    joint = mt.generators.isotropic_noise(3, 0.4)
    exact = float(mt.measure(joint, 1).probe_residual)
    instances = [walked(joint, 2, 200, seed, failure_probability=0.3) for seed in range(300)]
    table = mt.verify(instances, 1, "walk-sampled")
    rates = mt.failure_rates(table)
    assert rates.consistent.all()
    assert rates.draws.sum() == 300
    # Some fail: a bound that never does would be loose, or what is drawn not be random.
    assert 0 < rates.failures.sum() < 0.3 * 300
    # Without what Hoeffding adds, about half would fail.
    a = 0.6**2
    bare = table.rhs - (1 + a) * np.sqrt(np.log(1 / 0.3) / 400) / (1 - a)
    assert 100 < (bare < exact).sum() < 200  # 6 standard deviations of √(300/4)


@pytest.fixture(scope="module", params=[JOINT, CLEAR], ids=["random", "clear"])
def a_million_walks(request) -> mt.Instance:
    return walked(request.param, 2, 1_000_000, 7)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_with_a_million_walks_the_bound_is_within_twice_the_exact_one(a_million_walks, k):
    (drawn,) = mt.verify(a_million_walks, k, "walk-sampled").to_dict("records")
    (exact,) = mt.verify(a_million_walks, k, "probe-steps").to_dict("records")
    if exact["verdict"] != "not applicable":
        assert exact["lhs"] <= drawn["rhs"] <= 2 * exact["rhs"]


def test_it_is_certified_as_a_draw():
    proof = mt.certify("walk-sampled", walked(CLEAR, 2, 100_000, 3), 2)
    assert proof.verdict == "holds"
    assert "by this draw" in proof.reason


@pytest.mark.parametrize(
    ("walks", "error", "message"),
    [
        ([9, 8], ValueError, "walks: 3 counts 0 … 2 steps, got 2"),
        ([9, 8.5, 7], ValueError, "walks: whole 8.5"),
        ([9, 10, 7], ValueError, "walks: first 9 got 10"),
        ([0, 0, 0], ValueError, "walks"),
        ([9, -1, 3], ValueError, "walks"),
        ("many", TypeError, "walks"),
    ],
)
def test_counts_of_walks_are_checked(walks, error, message):
    assert_refused(error, message, lambda: mt.Instance(JOINT, walks=walks, steps=2))


def test_a_certificate_keeps_the_walks_and_refuses_others():
    from mmcl_theory.certification.arithmetic.exact import ExactInstance

    exact = ExactInstance.of(mt.Instance(JOINT, walks=[9, 8, 9], steps=2))
    assert exact.walks == (9, 8, 9)
    assert ExactInstance.from_json(exact.to_json()) == exact
    for wrong in ([0, 0, 0], [9, 10, 3], [9, 8]):
        with pytest.raises(ValueError, match="walks: "):
            ExactInstance.from_json(exact.to_json() | {"walks": wrong})
    with pytest.raises(ValueError, match="failure_probability"):
        ExactInstance.from_json({name: v for name, v in exact.to_json().items() if name != "failure_probability"})


def test_a_search_builds_its_walks_again():
    from mmcl_theory.falsification.conclude import rebuild

    assert rebuild(mt.Instance(JOINT, walks=[9, 8, 9], steps=2)).walks.tolist() == [9, 8, 9]


@pytest.mark.parametrize("masses", [[1.0] * 7, [1.0, *[1e-12] * 1000, 0.0, 0.5], [0.0, 1e-300, 1.0, 1e-16, 0.0]])
def test_a_step_falls_where_a_search_finds_it(masses):
    """At and next to every sum of masses, and between: the table of sums only leaves out searches."""
    turn = _Turn.of(np.zeros(len(masses), dtype=int), np.arange(len(masses)), np.array(masses))
    between = np.random.default_rng(0).uniform(0, turn.sums[-1], 1000)
    sums = np.concatenate([turn.sums, np.nextafter(turn.sums, 0), np.nextafter(turn.sums, np.inf), between])
    sums = sums[sums < turn.sums[-1]]
    np.testing.assert_array_equal(turn.places(sums), np.searchsorted(turn.sums[1:], sums, "right"))
