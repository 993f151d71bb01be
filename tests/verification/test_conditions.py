"""What statements on augmentation pairs and on samples suppose: where it fails they are not applicable, and say why."""

import numpy as np
import pytest
import scipy.sparse

import mmcl_theory as mt

ROUNDING = 1e-12


def triangle() -> mt.Instance:
    """Build a triangle of pairs of weights 1, 2, 3, which has a single positive eigenvalue; each image is a class."""
    labels = [0, 1, 2]
    graph = mt.PairGraph([[0, 1, 2], [1, 0, 3], [2, 3, 0]], labels)
    return mt.Instance(mt.Joint(np.eye(3), labels, labels), augmentation=graph, auxiliary_labels=labels)


def test_the_first_k_eigenvectors_are_not_the_optimal_encoder_where_the_last_is_negative():
    """The best FFᵀ of rank 2 is then of rank 1, and its residual is above what `probe-sscl` would bound it by."""
    graph = triangle().augmentation
    S, Y = np.asarray(graph.normalized), np.asarray(graph.label_matrix)
    values, vectors = np.linalg.eigh(S)
    assert values[2] == pytest.approx(1, abs=ROUNDING)
    assert values[1] < 0
    best = np.eye(3) - np.outer(vectors[:, 2], vectors[:, 2])
    assert np.sum((best @ Y) ** 2) == pytest.approx(0.653, abs=5e-4)
    bound = mt.theorems["probe-sscl"].rhs(mt.measure(triangle(), 2))
    assert float(bound) == pytest.approx(0.580, abs=5e-4)
    # No FFᵀ of two columns is nearer to S: it keeps the positive part.
    factors = np.random.default_rng(0).normal(size=(2000, 3, 2))
    losses = np.sum((S - factors @ np.swapaxes(factors, 1, 2)) ** 2, axis=(1, 2))
    assert losses.min() > np.sum((S - np.outer(vectors[:, 2], vectors[:, 2])) ** 2)


def test_statements_on_the_optimal_single_modal_encoder_say_that_it_is_another_one():
    slugs = [slug for slug, theorem in mt.theorems.items() if "λ_k > 0" in [one.name for one in theorem.requires]]
    assert {"probe-sscl", "probe-sscl-lower", "probe-sscl-haochen", "probe-sscl-auxiliary", "probe-sscl-error"} <= {
        *slugs
    }
    of_one = ["probe-sscl", "probe-sscl-haochen", "probe-sscl-auxiliary", "probe-sscl-error", "probe-sscl-error-sharp"]
    table = mt.verify(triangle(), [1, 2], slugs)
    assert set(table.verdict[table.k == 2]) == {"not applicable"}
    told = table[(table.k == 2) & table.theorem.isin([*of_one, "probe-sscl-lower"])]
    assert told.reason.str.startswith("λ_k ≤ 0: ").all()
    assert (table[(table.k == 1) & table.theorem.isin(of_one)].verdict != "not applicable").all()


def tied_sample(scale: float) -> mt.Instance:
    """Build three images of σ = 1, ½, ¼ and a sample of which the second and the third value are equal."""
    v, w = np.array([1, -1, 0]) / np.sqrt(2), np.array([1, 1, -2]) / np.sqrt(6)
    law = (np.ones((3, 3)) / 3 + np.outer(v, v) / 2 + np.outer(w, w) / 4) / 3
    sample = scale * np.array([[9, 3, 3], [3, 9, 3], [3, 3, 9]])
    return mt.Instance(mt.Joint(law, [0, 1, 2], [0, 1, 2]), sample=sample)


LEARNED = ["finite-sample", "finite-sample-sharp", "finite-sample-apriori"]


@pytest.mark.parametrize("sparse", [False, True])
def test_an_encoder_that_the_sample_leaves_open_has_no_bound(sparse):
    instance = tied_sample(1e7)  # so many pairs that every likely deviation is small
    if sparse:
        instance = mt.Instance(instance.joint.to_sparse(), sample=scipy.sparse.csr_array(np.asarray(instance.sample)))
    table = mt.verify(instance, [1, 2], LEARNED)
    at_2 = table[table.k == 2]
    assert set(at_2.verdict) == {"not applicable"}
    assert at_2.reason.str.startswith("σ̂_k = σ̂_{k+1}: ").all()
    at_1 = table[(table.k == 1) & (table.theorem == "finite-sample-sharp")]
    assert not at_1.reason.str.startswith("σ̂").any()
    assert float(mt.measure(instance, 1).sample_gap) == pytest.approx(1 - 0.4**2, abs=1e-7)  # of a truncated search


def test_a_certificate_says_so_too():
    proof = mt.certify("finite-sample", tied_sample(1.0), 2)
    assert (proof.verdict, proof.reason[:12]) == ("not applicable", "σ̂_k = σ̂_{k+1}"[:12])


# The range of the matrix Bernstein inequality.


def rare_pair() -> mt.Joint:
    return mt.Joint([[1e-4, 0.1], [0.1, 0.7999]], [0, 1], [0, 1])


def centred_norms(joint: mt.Joint) -> list[tuple[float, float]]:
    """List 1/√(p_V p_L) and the norm of E − A for each pair of positive mass."""
    P, A = np.asarray(joint.matrix), np.asarray(joint.normalized)
    p, q = P.sum(axis=1), P.sum(axis=0)
    found = []
    for x, text in zip(*np.nonzero(P), strict=True):
        E = np.zeros(P.shape)
        E[x, text] = 1 / np.sqrt(p[x] * q[text])
        found.append((E[x, text], np.linalg.norm(E - A, 2)))
    return found


def test_a_centred_pair_can_exceed_its_own_norm_but_not_the_range():
    largest, norm = max(centred_norms(rare_pair()))
    assert largest == pytest.approx(9.9900, abs=1e-4)
    assert norm == pytest.approx(9.9992, abs=1e-4)
    bound = float(mt.measure(rare_pair(), 1).largest_contribution)
    assert largest < norm <= bound < largest + 1 / largest


def test_no_pair_of_random_joints_exceeds_the_range():
    draw = np.random.default_rng(0)
    for _ in range(40):
        P = draw.dirichlet(np.full(12, 0.2)).reshape(3, 4) + 1e-9
        P[0, 0] = 0
        joint = mt.Joint(P, [0, 1, 2], [0, 1, 2, 0])
        found = centred_norms(joint)
        largest = max(own for own, _ in found)
        bound = (largest + np.sqrt(largest**2 + 4)) / 2
        assert float(mt.measure(joint, 1).largest_contribution) == pytest.approx(bound, rel=ROUNDING)
        # E − A is computed to rounding of its norm.
        assert max(norm for _, norm in found) <= bound * (1 + ROUNDING)


def test_the_range_is_the_same_however_the_joint_is_held():
    images, texts = np.array([[0.9, 0.1, 0], [0, 0.2, 0.8]]), np.array([[1, 0, 0], [0, 0.5, 0.5]])
    factored = mt.Joint.of_channels(images, texts, [0.3, 0.7], [0, 0, 1], [0, 1, 1])
    dense = mt.Joint((images.T * [0.3, 0.7]) @ texts, [0, 0, 1], [0, 1, 1])
    ranges = [float(mt.measure(joint, 1).largest_contribution) for joint in (dense, dense.to_sparse(), factored)]
    assert ranges == pytest.approx([ranges[0]] * len(ranges), rel=ROUNDING)
