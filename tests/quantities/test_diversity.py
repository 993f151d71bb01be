"""Text-induced pairs against augmentation pairs, and connectivity within classes, by their definitions."""

import jax
import numpy as np
import pytest

import mmcl_theory as mt

ROUNDING = 1e-12


def views_and_texts(seed: int) -> mt.Instance:
    """Draw a world in which a view and a text are independent given the natural image."""
    draw = np.random.default_rng(seed)
    views, texts = draw.dirichlet(np.full(6, 0.3), 8), draw.dirichlet(np.full(7, 0.3), 8)
    natural, labels = draw.dirichlet(np.ones(8)), np.arange(6) % 3
    joint = mt.Joint((views.T * natural) @ texts, labels, np.arange(7) % 3)
    return mt.Instance(joint, augmentation=mt.PairGraph.of_augmentations(views, natural, labels))


@pytest.mark.parametrize("seed", range(5))
def test_texts_are_never_more_consistent_and_always_connect_better(seed):
    instance = views_and_texts(seed)
    measured = mt.measure(instance, 1)
    assert float(measured.order_defect) < ROUNDING
    assert float(measured.least_marginal_ratio) == pytest.approx(1, abs=ROUNDING)
    S, A = np.asarray(instance.augmentation.normalized), np.asarray(instance.joint.normalized)
    assert np.linalg.eigvalsh(S - A @ A.T)[0] > -ROUNDING
    lambdas, squares = np.linalg.eigvalsh(S)[::-1], np.linalg.eigvalsh(A @ A.T)[::-1]
    assert (squares <= lambdas + ROUNDING).all()
    # For any labels, not for those of the world alone.
    draw = np.random.default_rng(0)
    P_T, P_A = np.asarray(instance.joint.text_induced().matrix), np.asarray(instance.augmentation.matrix)
    for _ in range(20):
        labels = draw.integers(0, 3, len(P_A))
        differ = labels[:, None] != labels
        assert P_A[differ].sum() <= P_T[differ].sum() + ROUNDING


def test_both_grow_with_the_share_of_text_induced_pairs():
    world = views_and_texts(0)
    P_T, P_A = np.asarray(world.joint.text_induced().matrix), np.asarray(world.augmentation.matrix)
    labels = world.joint.image_labels
    mixed = [mt.PairGraph((1 - w) * P_A + w * P_T, labels) for w in np.linspace(0, 1, 5)]
    assert (np.diff([float(graph.labeling_error) for graph in mixed]) >= -ROUNDING).all()
    gaps = np.array([1 - np.linalg.eigvalsh(np.asarray(graph.normalized)) for graph in mixed])
    assert (np.diff(gaps, axis=0) >= -ROUNDING).all()


def test_texts_that_see_the_view_can_be_more_consistent_and_the_defect_says_by_how_much():
    labels = [0, 0, 1, 1]
    joint = mt.Joint(np.kron(np.eye(2), np.ones((2, 2))), labels, [0, 0, 1, 1])  # captions of the view name its class
    blurred = mt.PairGraph(np.ones((4, 4)), labels)
    measured = mt.measure(mt.Instance(joint, augmentation=blurred), 2)
    assert float(measured.text_induced_error) == 0
    assert float(measured.augmentation_error) == pytest.approx(0.5, abs=ROUNDING)
    # (1, 1, −1, −1) costs nothing among text-induced pairs and 1 among the others.
    assert float(measured.order_defect) == pytest.approx(1, abs=ROUNDING)
    (row,) = mt.verify(mt.Instance(joint, augmentation=blurred), 2, "consistency-or-diversity").to_dict("records")
    assert (row["lhs"], row["rhs"]) == pytest.approx((0.5, 1), abs=ROUNDING)


@pytest.mark.parametrize("seed", range(6))
def test_connectivity_within_classes_is_at_least_diversity_less_what_leaves(seed):
    draw = np.random.default_rng(seed)
    labels = np.arange(9) % 3
    pairs = draw.random((9, 9)) * np.where(labels[:, None] == labels, 1, draw.choice([0, 0.05, 0.5]))
    graph = mt.PairGraph(pairs @ pairs.T, labels)
    joint = mt.Joint(pairs / pairs.sum(), labels, labels)
    measured = mt.measure(mt.Instance(joint, augmentation=graph), 3)
    for found, induced in (
        (measured.within_class_gap, joint.text_induced()),
        (measured.augmentation_within_class_gap, graph),
    ):
        P = np.asarray(induced.matrix)
        leaving = np.where(labels[:, None] != labels, P, 0).sum(axis=1) / P.sum(axis=1)
        assert float(found) >= float(induced.diversity) * (1 - leaving.max()) - ROUNDING


def test_below_the_number_of_classes_nothing_is_connected_within_them():
    joint = mt.generators.random_dirichlet(8, 8, 3, key=jax.random.key(0))
    table = mt.verify(joint, [1, 2, 3], "probe-diversity")
    assert list(table.verdict[:2]) == ["not applicable"] * 2
    assert table.reason[0].startswith("δ_{k+1} = 0: ")


# The worst case of a probe on given encoders.


def worst_case(joint: mt.Joint, features: np.ndarray) -> mt.Quantities:
    return mt.measure(mt.Instance(joint, encoders=(features, np.zeros((joint.n_texts, features.shape[1])))), 1)


def test_the_first_singular_functions_have_the_best_worst_case_with_constants_or_without():
    joint = mt.generators.random_dirichlet(7, 9, 3, key=jax.random.key(1))
    best = mt.factorize(joint, 3)
    whole = np.asarray(best.image_features)
    for features in (whole, whole[:, 1:]):  # the first function is constant
        measured = worst_case(joint, features)
        assert float(measured.unexplained_energy) == pytest.approx(1 - float(best.singular_values[3]) ** 2, abs=1e-10)
        assert float(measured.sigma_affine_next) == pytest.approx(float(best.singular_values[3]), abs=ROUNDING)


def test_no_function_has_less_energy_than_the_least_and_some_have_nearly_as_little():
    joint = mt.generators.random_dirichlet(6, 7, 3, key=jax.random.key(2))
    draw = np.random.default_rng(2)
    features = draw.normal(size=(6, 2))
    least = float(worst_case(joint, features).unexplained_energy)
    p, P_T = np.asarray(joint.image_marginal), np.asarray(joint.text_induced().matrix)
    affine = np.sqrt(p)[:, None] * np.column_stack([np.ones(6), features])
    off = np.eye(6) - affine @ np.linalg.pinv(affine)

    def quotient(g):
        return (P_T * (g[:, None] - g) ** 2).sum() / 2 / np.sum((off @ (np.sqrt(p) * g)) ** 2)

    g = draw.normal(size=6)
    for step in np.geomspace(1, 1e-6, 6000):  # a random descent
        trial = g + step * draw.normal(size=6)
        g = trial if quotient(trial) < quotient(g) else g
    assert least <= quotient(g) + ROUNDING
    assert quotient(g) == pytest.approx(least, rel=0.01)  # as far as the descent came
    assert least < 1 - float(worst_case(joint, features).sigma_affine_next) ** 2
