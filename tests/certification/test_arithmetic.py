"""Check balls, eigenvalues and projectors against cases that are known exactly."""

import dataclasses
import math
from fractions import Fraction

import flint
import numpy as np
import pytest

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.ball import Ball
from mmcl_theory.certification.arithmetic.eigen import diagonalize, enclose
from mmcl_theory.certification.arithmetic.forms import simplest


def householder(vector):
    """A rational reflection."""
    norm = sum(x * x for x in vector)
    return [
        [Fraction(int(i == j)) - Fraction(2 * a * b, norm) for j, b in enumerate(vector)] for i, a in enumerate(vector)
    ]


def balls(matrix):
    return flint.arb_mat(
        [[flint.arb(flint.fmpq(entry.numerator, entry.denominator)) for entry in row] for row in matrix]
    )


@pytest.mark.parametrize("values", [(5, 5, 5, 2, 2, -1), (1, 1, 1, -1, -1, -1), (3, 2, 1, 0, -1, -2)])
@pytest.mark.parametrize(("spoiled", "stretched"), [(0, 0), (1e-9, 0), (1e-5, 0), (1e-3, 0), (0, 1e-4), (0, -1e-4)])
def test_eigenvalues_and_projectors_are_enclosed_whatever_the_basis(values, spoiled, stretched):
    """H diag(values) H with H a rational reflection, so that all is known exactly, and a basis that is off."""
    reflection = householder([1, 2, 3, -1, 2, 1])
    matrix = (
        balls(reflection)
        * balls([[Fraction(v * (i == j)) for j in range(6)] for i, v in enumerate(values)])
        * balls(reflection)
    )
    with flint.ctx.workprec(128):
        found = diagonalize(matrix)
        noise = np.random.default_rng(0).standard_normal((6, 6)) * spoiled
        found = enclose(matrix, found.basis * flint.arb(1 + stretched) + flint.arb_mat(noise.tolist()))
        for i, value in enumerate(values):
            assert found.eigenvalue(i).contains(value)
        for k in (k for k in range(1, 6) if found.separates(k)):
            assert values[k - 1] > values[k]
            exactly = [[sum(reflection[i][a] * reflection[j][a] for a in range(k)) for j in range(6)] for i in range(6)]
            kept = flint.arb_mat([row[:k] for row in found.basis.tolist()])
            off = (balls(exactly) - kept * kept.transpose()).mid().tolist()
            norm = np.linalg.norm(np.array([[float(entry) for entry in row] for row in off]), 2)
            assert norm <= float(found.projector_error(k)) * (1 + 1e-12)  # NumPy's rounding
        if spoiled <= 1e-5:  # far less than the gaps, which are 1 or more
            assert all(found.separates(k) == (values[k - 1] > values[k]) for k in range(1, 6))


@pytest.mark.parametrize("stretched", [1e-3, -1e-3])
def test_the_projector_of_a_stretched_basis_is_off_by_as_much(stretched):
    """Of diag(1, −1) and the basis (1+s)I: Q_1Q_1ᵀ − Π_1 = ((1+s)² − 1) Π_1, which the gap of 2 alone would halve."""
    basis = flint.arb_mat([[1 + stretched, 0], [0, 1 + stretched]])
    found = enclose(flint.arb_mat([[1, 0], [0, -1]]), basis)
    assert float(found.projector_error(1)) >= abs((1 + stretched) ** 2 - 1)


def test_a_basis_that_is_none_gives_no_bounds():
    found = enclose(flint.arb_mat([[2, 1], [1, 2]]), flint.arb_mat([[1, 1], [1, 1]]))
    assert not found.separates(1)
    assert found.eigenvalue(0).contains(3)


@pytest.mark.parametrize(
    ("low", "high", "value"), [(0.33, 0.34, "1/3"), (-0.34, -0.33, "-1/3"), (-1, 2, "0"), (3, 3, "3")]
)
def test_simplest_rational(low, high, value):
    assert str(simplest(flint.arb(low), flint.arb(high))) == value


def test_ball_arithmetic_is_exact_on_rationals_and_contains_the_truth_elsewhere():
    x = Ball(2).sqrt()
    assert str(Ball(1) / 3 + 0.25 - np.float64(0.5)) == "1/12"
    assert str(Ball(Fraction(9, 4)).sqrt() * Ball(4) ** 0.5) == "3"
    assert str(x - x) == "0"
    assert (str(x**2), str(x**-4), str(x**0)) == ("2", "1/4", "1")
    assert ((x + 1) ** 2).value.contains(flint.arb(3) + 2 * flint.arb(2).sqrt())
    assert (3 / x - x.minimum(1)).value.contains(flint.arb(3) / flint.arb(2).sqrt() - 1)
    assert Ball(1).log().is_exact
    assert Ball(2).log().value.contains(flint.arb(2).log())
    assert (x - 1).is_positive() is True
    assert (1 - x).is_positive() is False
    assert ((x + 0) ** 2 - 2).is_positive() is None
    assert (Ball(-1).sqrt()).is_positive() is None  # not a number


@pytest.mark.parametrize(
    "rule",
    [
        lambda q: max(q.probe_residual, 0.5),
        lambda q: q.probe_residual if q.probe_residual > 0 else 0,
        lambda q: math.sqrt(q.probe_residual),
        lambda q: abs(q.probe_residual),
        lambda q: q.probe_residual * math.nan,
        lambda q: q.probe_residual + "1",
    ],
)
def test_a_formula_that_would_lose_the_radius_is_refused(rule):
    theorem = dataclasses.replace(mt.theorems["probe-mmcl"], rhs=rule)
    with pytest.raises(TypeError, match=r"write mt\.|formulas"):
        mt.certify(theorem, mt.generators.isotropic_noise(3, 0.3), 1)
