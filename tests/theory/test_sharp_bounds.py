"""Sharper bounds against those that they sharpen, as formulas, wherever both say something."""

from types import SimpleNamespace

import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.theory.catalogue.samples import learned_bound, sharp_learned_bound

DRAW = np.random.default_rng(0)
ROUNDING = 1e-12


def drawn(**ranges) -> SimpleNamespace:
    return SimpleNamespace(**{name: DRAW.uniform(*ends, size=4000) for name, ends in ranges.items()})


def test_the_sharp_bound_on_a_sample_is_never_above_the_other_nor_above_1():
    q = drawn(text_induced_error=(0, 1), sigma_next=(0, 0.99))
    t = DRAW.uniform(0, 1, 4000) ** 3 * (1 - q.sigma_next) / 2
    sharp, other = sharp_learned_bound(q, t), learned_bound(q, t)
    assert (sharp <= np.minimum(other, 1) + ROUNDING).all()
    assert (sharp[other < 0.5] < other[other < 0.5]).mean() > 0.99
    # Where the spectrum is out of reach it says 1, and no less.
    assert sharp_learned_bound(q, np.ones(4000)) == pytest.approx(np.ones(4000), abs=ROUNDING)


def test_without_errors_of_texts_it_is_of_the_order_of_the_squared_deviation():
    q = SimpleNamespace(text_induced_error=np.float64(0), sigma_next=np.float64(0.5))
    first, second = (float(sharp_learned_bound(q, np.float64(t))) for t in (1e-3, 1e-4))
    # τ²/h², τ = 1.5 t and h = 3/8, up to a share of t.
    assert (first, second) == pytest.approx((16e-6, 16e-8), rel=0.02)


def test_it_is_the_largest_residual_that_the_inequality_behind_it_allows():
    """2hr − 2τ√(r(1−r)) ≤ α_T, by trying every r."""
    r = np.linspace(0, 1, 200_001)
    for alpha, sigma, t in ((0.1, 0.3, 0.02), (0.01, 0.8, 0.01), (0.3, 0.0, 0.2), (0.0, 0.5, 0.1)):
        h, tau = (1 - (sigma + 2 * t) ** 2) / 2, t * (1 + sigma + t)
        allowed = r[2 * h * r - 2 * tau * np.sqrt(r * (1 - r)) <= alpha]
        q = SimpleNamespace(text_induced_error=np.float64(alpha), sigma_next=np.float64(sigma))
        assert float(sharp_learned_bound(q, np.float64(t))) == pytest.approx(allowed.max(), abs=1e-5)  # the grid


def test_the_sharp_error_with_auxiliary_labels_is_never_above_the_others():
    q = drawn(auxiliary_disagreement=(0, 0.3), auxiliary_error=(0, 0.5), lambda_next=(0, 0.9))
    sharp = mt.theorems["probe-sscl-error-sharp"].rhs(q)
    for slug, share in (("probe-sscl-error", 1.0), ("probe-sscl-haochen", 0.50996)):
        assert (sharp <= share * mt.theorems[slug].rhs(q) + ROUNDING).all()


@pytest.mark.parametrize(("disagreement", "error", "bound"), [(0.0, 0.0, 0.0), (0.1, 0.0, 0.4), (0.0, 0.1, 0.2)])
def test_the_sharp_error_where_one_of_its_parts_is_0(disagreement, error, bound):
    """2A without errors of ŷ, twice their share where pairs never disagree, and 0 where there is neither."""
    q = SimpleNamespace(
        auxiliary_disagreement=np.float64(disagreement), auxiliary_error=np.float64(error), lambda_next=np.float64(0.5)
    )
    assert float(mt.theorems["probe-sscl-error-sharp"].rhs(q)) == pytest.approx(bound, abs=ROUNDING)


def test_the_geometry_behind_the_sharp_error_is_not_exceeded():
    """‖(u−q)_off‖² for u ⟂ q, ‖u‖² = A, ‖q‖² ≤ ‖q_D‖√(2Δ), of random vectors, against 2Δ(1−s²)(s+γ)²."""
    largest = 0.0
    for _ in range(4000):
        q = DRAW.normal(size=4) * DRAW.choice([0.1, 1, 3], 4)
        on = np.array([1, 1, 0, 0])
        q *= DRAW.uniform(0.5, 1) * np.sqrt(2) * np.linalg.norm(q * on) / (q @ q)  # Δ = 1
        u = DRAW.normal(size=4)
        u -= q * (u @ q) / (q @ q)
        A = DRAW.uniform(0.01, 10)
        u *= np.sqrt(A) / np.linalg.norm(u)
        gamma = np.sqrt(A / 2)
        s = (np.sqrt(gamma**2 + 8) - gamma) / 4
        bound = 2 * (1 - s**2) * (s + gamma) ** 2
        largest = max(largest, np.sum(((u - q) * (1 - on)) ** 2) / bound)
    assert 0.9 < largest <= 1 + ROUNDING
