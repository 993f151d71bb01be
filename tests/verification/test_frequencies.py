"""Probable bounds: their failures over many draws, against δ."""

import dataclasses

import jax
import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

import mmcl_theory as mt
from mmcl_theory.verification.frequencies import judge_frequencies

N_DRAWS = 2000
N_PAIRS = 2000  # enough for `finite-sample-apriori` to apply to the more connected joints
SLUGS = ("cooccurrence-concentration", "finite-sample-apriori")
JOINTS = [mt.generators.isotropic_noise(2, noise) for noise in (0.3, 0.6, 1.0)] + [
    mt.generators.random_dirichlet(2, 2, 2, 1.0, key=key) for key in jax.random.split(jax.random.key(0), 7)
]


def draws(failure_probability: float) -> list[mt.Instance]:
    """Independent samples of small joints, the same for every δ."""
    rng = np.random.default_rng(0)
    counts = [rng.multinomial(N_PAIRS, np.ravel(joint.matrix), N_DRAWS // len(JOINTS)) for joint in JOINTS]
    return [
        mt.Instance(joint, sample=count.reshape(2, 2), failure_probability=failure_probability)
        for joint, of_joint in zip(JOINTS, counts, strict=True)
        for count in of_joint
    ]


def with_radius_times(factor: float) -> mt.Theorem:
    theorem = mt.theorems["cooccurrence-concentration"]
    return dataclasses.replace(theorem, slug="shrunk", rhs=lambda q: factor * theorem.rhs(q))


SHRUNK = with_radius_times(0.25)


@pytest.fixture(scope="module")
def verified() -> dict[float, pd.DataFrame]:
    """Two probable bounds and a false one, on all draws at each δ."""
    return {delta: mt.verify(draws(delta), 1, [*SLUGS, SHRUNK]) for delta in (0.05, 0.3)}


@pytest.mark.parametrize("delta", [0.05, 0.3])
@pytest.mark.parametrize("slug", SLUGS)
def test_failures_over_many_draws_are_consistent_with_their_probability(delta, slug, verified):
    table = verified[delta]
    rates = mt.failure_rates(table).set_index("theorem").loc[slug]
    assert rates.consistent
    assert rates.failure_probability == delta
    of_bound = table[(table.theorem == slug) & (table.verdict != "not applicable")]
    assert rates.draws == len(of_bound) > N_DRAWS / 4
    assert rates.failures == (of_bound.lhs > of_bound.rhs + of_bound.tolerance).sum()
    assert set(of_bound.verdict) <= {"holds", "vacuous", "exceeded"}


def test_draws_do_exceed_the_bound_at_times(verified):
    """Otherwise nothing above would have been a test of frequencies."""
    exceeded = verified[0.3][verified[0.3].verdict == "exceeded"]
    assert 0 < (exceeded.theorem == "cooccurrence-concentration").sum() < 0.3 * N_DRAWS
    assert exceeded.reason.str.contains("draws exceed the bound, of which 0.3 may").all()


@pytest.mark.parametrize("delta", [0.05, 0.3])
def test_a_radius_too_small_is_called_violated(delta, verified):
    table = verified[delta][verified[delta].theorem == "shrunk"]
    beyond = table.lhs > table.rhs + table.tolerance
    assert (table.verdict[beyond] == "violated").all()
    assert (table.verdict[~beyond] != "violated").all()
    assert beyond.mean() > delta
    rates = mt.failure_rates(table)
    assert not rates.consistent.item()
    assert rates.low.item() > delta


def test_a_lone_failing_draw_is_only_exceeded(verified):
    table = verified[0.3]
    failing = table.joint[(table.theorem == "cooccurrence-concentration") & (table.verdict == "exceeded")]
    alone = mt.verify(draws(0.3)[failing.iloc[0]], 1, "cooccurrence-concentration")
    assert list(alone.verdict) == ["exceeded"]
    assert list(alone.reason) == ["1 of 1 draws exceed the bound, of which 0.3 may"]


@pytest.mark.parametrize(("n", "verdict"), [(1, "exceeded"), (6, "exceeded"), (7, "violated"), (50, "violated")])
def test_draws_that_all_fail_are_a_violation_from_some_number_on(n, verdict):
    """The lower limit is 0.0005^(1/n), above 0.3 from n = 7 on."""
    judged = judge_frequencies(made_up(n, n, 0.3, reason="by more than rounding"))
    assert set(judged.verdict) == {verdict}
    assert all((f"{0.0005 ** (1 / n):.3g} at least do" in why) == (verdict == "violated") for why in judged.reason)


def test_judging_leaves_other_rows_alone():
    table = pd.concat(
        [
            made_up(7, 9, 0.05, reason="by more than rounding"),
            made_up(0, 2, np.nan, kind="upper bound", verdict="violated", reason="by more than rounding"),
            made_up(1, 9, 0.3, reason="by more than rounding"),
        ],
        ignore_index=True,
    )
    judged = judge_frequencies(table)
    assert list(judged.verdict) == ["violated"] * 7 + ["holds"] * 2 + ["violated"] * 2 + ["exceeded"] + ["holds"] * 8
    changed = table.verdict == "exceeded"
    assert judged[~changed].equals(table[~changed])


def made_up(failures: int, n: int, delta: float, **changed) -> pd.DataFrame:
    """Rows of a table, as far as frequencies read them."""
    rows = pd.DataFrame(
        {
            "theorem": "bound",
            "kind": "probable bound",
            "k": pd.array([None] * n, dtype="Int64"),
            "failure_probability": delta,
            "verdict": ["exceeded"] * failures + ["holds"] * (n - failures),
        }
    )
    return rows.assign(**changed)


@pytest.mark.parametrize("n", [1, 7, 100, 2000])
def test_limits_are_those_of_clopper_and_pearson(n):
    for failures in {0, 1, n // 3, n - 1, n}:
        (rates,) = mt.failure_rates(made_up(failures, n, 0.1)).to_dict("records")
        low = beta.ppf(0.0005, failures, n - failures + 1) if failures else 0
        high = beta.ppf(0.9995, failures + 1, n - failures) if failures < n else 1
        assert (rates["low"], rates["high"]) == pytest.approx((low, high), rel=1e-9)  # a root found numerically
        assert (rates["draws"], rates["failures"], rates["rate"]) == (n, failures, failures / n)
        assert rates["consistent"] == (low <= 0.1)


def test_draws_are_counted_apart_for_each_k_and_probability():
    table = pd.concat(
        [
            made_up(2, 3, 0.1),
            made_up(1, 3, 0.1, k=pd.array([2] * 3, dtype="Int64")),
            made_up(3, 4, 0.2),
            made_up(1, 5, 0.1, theorem="another"),
            made_up(4, 4, 0.1, kind="upper bound"),
            made_up(0, 9, 0.1, verdict="not applicable"),
        ]
    )
    rates = mt.failure_rates(table)
    found = list(
        zip(rates.theorem, rates.k.fillna(0), rates.failure_probability, rates.failures, rates.draws, strict=True)
    )
    assert found == [
        ("bound", 0, 0.1, 2, 3),
        ("bound", 2, 0.1, 1, 3),
        ("bound", 0, 0.2, 3, 4),
        ("another", 0, 0.1, 1, 5),
    ]


def test_a_table_without_probable_bounds_has_no_rates():
    assert mt.failure_rates(made_up(0, 3, 0.1, kind="upper bound")).empty
