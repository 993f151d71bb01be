"""Check certificates of the statements on walks: what they rest on, and that another machine confirms them."""

import dataclasses
import itertools
from fractions import Fraction

import flint
import jax
import numpy as np
import pytest
from exact_instances import exact
from small_worlds import WORLDS, whole_instance

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic import eigen
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.certification.enclosures.enclosures import Enclosures
from mmcl_theory.worlds.extremal import two_images

WALKS = [slug for slug in mt.theorems if "-walk" in slug or "step" in slug]
# Upper bounds are enclosed at or above what is measured, lower ones at or below.
BOUNDS = {"walk_upper": 1, "walk_lower": -1, "zero_shot_walk_upper": 1, "zero_shot_walk_lower": -1}
BOUNDS |= {f"sscl_{name}": sign for name, sign in BOUNDS.items() if name.startswith("walk")}
ERRORS = [f"{kind}walk_error_{which}" for kind in ("", "sscl_") for which in ("two", "last", "before")]

MATRIX = [[3, 1, 0], [1, 2, 2], [0, 1, 4], [2, 0, 1]]
IMAGE_LABELS, TEXT_LABELS = (0, 1, 1, 2), (0, 1, 2)


def differing(matrix, labels, steps):
    """Pr[the labels at the two ends of a walk differ], all walks tried."""
    rows = [[Fraction(entry) for entry in row] for row in matrix]
    total = sum(map(sum, rows))
    images, texts = range(len(rows)), range(len(rows[0]))
    row_sums, column_sums = [sum(row) for row in rows], [sum(column) for column in zip(*rows, strict=True)]
    step = [
        [sum(rows[x][t] * rows[z][t] / (row_sums[x] * column_sums[t]) for t in texts) for z in images] for x in images
    ]
    found = Fraction(0)
    for walk in itertools.product(images, repeat=steps + 1):
        if labels[walk[0]] != labels[walk[-1]]:
            chance = row_sums[walk[0]] / total
            for here, there in itertools.pairwise(walk):
                chance *= step[here][there]
            found += chance
    return found


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_labels_differ_as_often_as_along_all_walks(steps):
    enclosures = Enclosures(exact(MATRIX, IMAGE_LABELS, TEXT_LABELS, steps=steps), 1)
    assert str(enclosures.walk_error_two) == str(differing(MATRIX, IMAGE_LABELS, 2))
    assert str(enclosures.walk_error_last) == str(differing(MATRIX, IMAGE_LABELS, steps))
    assert str(enclosures.walk_error_before) == str(differing(MATRIX, IMAGE_LABELS, steps - 1))


@pytest.mark.parametrize(("world", "k"), [("tall dirichlet, random labels", 2), ("content-style", 3)])
def test_what_is_measured_is_enclosed(world, k):
    instance = dataclasses.replace(whole_instance(WORLDS[world], jax.random.key(3)), steps=6, walks=None)
    measured, enclosures = mt.measure(instance, k), Enclosures(ExactInstance.of(instance), k)
    with flint.ctx.workprec(128):
        for name in ERRORS:
            ball = float(getattr(enclosures, name).enclosure().mid())
            assert float(getattr(measured, name)) == pytest.approx(ball, abs=1e-13)  # sums of a hundred products
        for name, sign in BOUNDS.items():
            ball = float(getattr(enclosures, name).enclosure().mid())
            # Two polynomials, each the best that its arithmetic finds; double precision is content with 1e-9.
            assert float(getattr(measured, name)) == pytest.approx(ball, abs=1e-8)
            residual = enclosures.zero_shot_residual if "zero" in name else enclosures.probe_residual
            residual = enclosures.sscl_residual if "sscl" in name else residual
            assert (sign * (getattr(enclosures, name) - residual)).is_negative() is not True


def floats(steps=8):
    """A random joint with augmentation pairs."""
    joint = mt.generators.random_dirichlet(7, 6, 3, 0.5, bayes_labels=False, key=jax.random.key(1))
    views = np.random.default_rng(0).dirichlet(np.ones(7), 5)
    return mt.Instance(joint, augmentation=mt.PairGraph(views.T @ views, joint.image_labels), steps=steps)


@pytest.mark.parametrize("slug", WALKS)
def test_a_certificate_is_confirmed_also_from_another_basis(slug, monkeypatch, tmp_path):
    """Another machine's LAPACK begins the search for eigenvalues elsewhere; what is proven from it is the same."""
    certificate = mt.certify(slug, floats(), 3)
    assert certificate.verdict == "holds", certificate
    certificate.save(tmp_path / "proof.json")
    begin, draw = eigen._float_basis, np.random.default_rng(7)

    def elsewhere(matrix):
        """Add noise to the basis."""
        basis = begin(matrix)
        noise = flint.arb_mat((1e-9 * draw.normal(size=(basis.nrows(), basis.ncols()))).tolist())
        return (basis + noise).mid()

    monkeypatch.setattr(eigen, "_float_basis", elsewhere)
    assert mt.Certificate.load(tmp_path / "proof.json").check() == []


@pytest.mark.parametrize("slug", ["probe-walk", "probe-walk-lower", "probe-sscl-walk"])
def test_another_bound_than_the_proven_one_is_not_confirmed(slug):
    """No polynomial is written into a certificate; it is found again, and its value must be the stated one."""
    certificate = mt.certify(slug, floats(), 3)
    assert certificate.rhs.startswith("[0.")
    digit = certificate.rhs[12]
    altered = certificate.rhs[:12] + str((int(digit) + 5) % 10) + certificate.rhs[13:]
    (wrong,) = dataclasses.replace(certificate, rhs=altered).check()
    assert wrong.startswith("rhs: found")
    exactly = mt.certify(slug, two_images(0.25), 1)
    assert (exactly.reason, exactly.rhs) == ("the sides are equal, exactly", "1/2")
    assert dataclasses.replace(exactly, rhs="1/3").check() != []


def test_the_number_of_steps_belongs_to_the_certificate():
    few, many = (mt.certify("probe-walk", floats(steps), 3) for steps in (2, 8))
    assert few.instance.steps == 2
    assert dataclasses.replace(few, instance=many.instance).check() != []
    with flint.ctx.workprec(128):
        assert flint.arb(many.rhs) < flint.arb(few.rhs)


def test_an_eigenvalue_below_zero_is_outside_of_what_walks_bound():
    """Weights 1, 2, 3 on the edges of a triangle: λ = 1, −0.21, −0.79, and the two-step bound is wrong there."""
    pairs = [[0, 1, 2], [1, 0, 3], [2, 3, 0]]
    joint = mt.Joint(pairs, range(3), range(3))
    instance = mt.Instance(joint, augmentation=mt.PairGraph(pairs, range(3)))
    for slug in WALKS:
        if "sscl" in slug:
            certificate = mt.certify(slug, instance, 1)
            assert certificate.reason == "λ_min < 0: the augmentation graph is not positive semidefinite"
    theorem = mt.theorems["probe-sscl-two-step"]
    without = dataclasses.replace(theorem, requires=theorem.requires[:2], slug="without")
    assert mt.certify(without, instance, 1).verdict == "violated"
