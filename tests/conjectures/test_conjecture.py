"""Duels find known coefficients, say honestly what they know, and go on where they were interrupted."""

from fractions import Fraction
from math import ceil

import jax
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import mmcl_theory as mt
from mmcl_theory.conjectures import duel
from mmcl_theory.conjectures.combination import combination
from mmcl_theory.conjectures.expression import term
from mmcl_theory.conjectures.optimist import Program, Unbounded, simplest
from mmcl_theory.conjectures.structure import structure

ERRORS = ("text_induced_error", "labeling_error, labeling_error**2")
SMALL = {"size": (3, 2), "budget": 2}  # one shape, and its double for the last attack: two programs


def key(seed=0):
    return jax.random.key(seed)


@pytest.fixture(scope="module")
def found():
    return mt.conjecture(*ERRORS, key=key(), **SMALL)


def test_coefficients_are_those_of_the_theorem_for_two_classes(found):
    assert found.settled
    assert found.coefficients == (2, -2)  # label-transfer-classes, proved in docs/sharper.md
    np.testing.assert_allclose(found.optimum, [2, -2], atol=1e-3)
    assert str(found.theorem.kind) == str(mt.Kind.UPPER_BOUND)
    assert found.theorem.statement == r"\alpha_T \le 2\alpha-2\alpha^{2}"
    assert "not proved" in found.theorem.source
    assert "Unproved" in found.theorem.proof


def test_a_limit_is_below_the_coefficient_and_certified(found):
    for place, limit in enumerate(found.limits):
        c = found.coefficients[place]
        assert c - Fraction(1, 500) < limit.value < c
        lowered = found.state.setting.form.stated(
            tuple(limit.value if i == place else one for i, one in enumerate(found.coefficients))
        )
        assert limit.certificate.verdict == "violated"
        limit.certificate.check(lowered)


def test_the_bound_is_a_theorem_like_others(found):
    joints = [mt.generators.isotropic_noise(2, noise) for noise in (0.1, 0.5)]
    table = mt.verify(joints, 1, found.theorem)
    assert set(table.verdict) == {"agrees"}  # isotropic noise meets it with equality
    assert mt.certify(found.theorem, joints[0], 1).verdict == "holds"


def test_joints_that_nearly_meet_it_are_described(found):
    shares = [share for _, share in found.nearest]
    assert shares == sorted(shares, reverse=True)
    assert 0.999 < shares[0] <= 1
    assert all("in use" in told for told in found.structures)


def test_structure_tells_blocks_repetitions_and_limits():
    joint = mt.Joint([[0.5, 1e-12], [0, 0.5]], [0, 1], [0, 1])
    told = structure(mt.Instance(joint))
    assert (
        told
        == "2 × 2, 2 classes in use; blocks 1 × 1, 1 × 1; masses 0.5 (2 times); 1 more that tend to 0 (at most 1e-12)"
    )


@pytest.mark.parametrize("rounds", [2, 9])
def test_an_interrupted_duel_goes_on_to_the_same_end(found, rounds, tmp_path, monkeypatch):
    path, played = tmp_path / "duel.npz", duel.State.after_round

    def interrupted(state):
        if state.rounds == rounds:
            raise KeyboardInterrupt
        return played(state)

    monkeypatch.setattr("mmcl_theory.conjectures.conjecture._PAUSE", -1.0)
    monkeypatch.setattr(duel.State, "after_round", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mt.conjecture(*ERRORS, key=key(), checkpoint=path, **SMALL)
    monkeypatch.setattr(duel.State, "after_round", played)
    again = mt.conjecture(*ERRORS, key=key(), checkpoint=path, **SMALL)
    assert again.coefficients == found.coefficients
    assert again.optimum.tobytes() == found.optimum.tobytes()
    for one, other in zip(again.state.blocks, found.state.blocks, strict=True):
        for mine, theirs in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    loaded = mt.Conjecture.load(path)
    assert repr(loaded) == repr(found)
    assert loaded.limits == found.limits


def test_files_of_other_searches_and_damaged_ones_are_refused(found, tmp_path):
    path = tmp_path / "duel.npz"
    found.save(path)
    with pytest.raises(ValueError, match=r"^checkpoint: .* is of another search"):
        mt.conjecture(*ERRORS, key=key(1), checkpoint=path, **SMALL)
    form = combination("text_induced_error", "labeling_error", mt.Kind.UPPER_BOUND, ())
    with pytest.raises(ValueError, match=r"^path: .* about another form"):
        mt.Conjecture.load(path, form)
    with np.load(path) as arrays:
        kept = dict(arrays)
    del kept["block 3 0"]
    np.savez(path, **kept)
    with pytest.raises(ValueError, match=r"^path: .*damaged"):
        mt.Conjecture.load(path)


def test_coefficients_that_fail_on_larger_joints_are_found_anew():
    # Five classes at most matter to joints of 4 × 2, more than a joint of 2 × 1 has: −(2 − α_T) at α = 1 is −5/4.
    one = mt.conjecture(*ERRORS, size=(2, 1), n_classes=6, key=key(), budget=8)
    assert one.settled
    assert one.coefficients[0] >= 2
    assert sum(one.coefficients) >= Fraction(3, 4)
    # The joints of 4 × 2 are met in the attacks alone, which end as soon as nothing refutes the simple fractions.
    np.testing.assert_allclose(one.optimum, [2, -5 / 4], atol=1e-2)


def test_a_lower_bound_and_formulas_of_ones_own():
    one = mt.conjecture(
        lambda q: q.text_induced_error,
        [("least", lambda q: q.bayes_labeling_error)],
        kind=mt.Kind.LOWER_BOUND,
        key=key(),
        **SMALL,
    )
    assert one.coefficients == (1,)  # label-transfer-lower
    assert one.limits[0].value > 1


def test_the_bound_is_tight_for_the_instance_that_is_asked_for():
    joint = mt.generators.isotropic_noise(2, 0.9)
    terms = "labeling_error, sqrt(labeling_error)"
    mine = mt.conjecture("text_induced_error", terms, objective=joint, key=key(), **SMALL)
    alpha = float(joint.labeling_error)
    bound = float(mine.coefficients[0]) * alpha + float(mine.coefficients[1]) * np.sqrt(alpha)
    assert bound >= 2 * alpha - 2 * alpha**2 - 1e-9
    # c√α alone needs c = √(16/27) and allows more there.
    assert bound < np.sqrt(16 / 27 * alpha)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"terms": "labelling_error"}, "^terms: there is no quantity 'labelling_error'; did you mean"),
        ({"terms": "__import__('os')"}, "^terms: a formula has quantities"),
        ({"terms": "labeling_error, labeling_error"}, "^terms: 'labeling_error' stands twice"),
        ({"terms": ""}, "^terms: '' is no formula"),
        ({"terms": "1 / labeling_error"}, "^terms: '1 / labeling_error' is no finite number on a joint of 3 × 2"),
        ({"terms": "labeling_error**3"}, "^terms: no coefficients make it true"),
        ({"terms": "text_induced_error, labeling_error - labeling_error"}, None),
        ({"terms": "failure_probability"}, "^theorem: conjecture speaks of random samples"),
        ({"lhs": "0 * labeling_error + walk_sample"}, "^lhs: there is no quantity"),
        ({"kind": mt.Kind.IDENTITY}, "^kind: mt.Kind.UPPER_BOUND or"),
        ({"size": (3, 2, 1)}, "^size: a pair"),
        ({"size": (0, 2)}, "^size: "),
        ({"requires": ("probe-mmcl",)}, "^requires: assumptions are needed"),
        ({"budget": 0}, "^budget: "),
        ({"objective": 3}, "^joint: "),
    ],
)
def test_bad_input_gets_one_sentence(changed, message):
    arguments = {"lhs": ERRORS[0], "terms": ERRORS[1], "key": key(), **SMALL} | changed
    if message is None:  # a term that is always 0 has coefficient 0
        assert mt.conjecture(**arguments).coefficients == (1, 0)
        return
    with pytest.raises((ValueError, TypeError), match=message):
        mt.conjecture(**arguments)


def test_discovery_returns_nothing_that_is_known():
    known = [mt.theorems["label-transfer-classes"]]
    same = {"length": 1, "together": 2, "requires": known[0].requires, "key": key(), **SMALL}
    assert mt.discover("text_induced_error", "labeling_error", known=known, **same) == []


@given(st.floats(-5, 5), st.floats(1e-3, 1))
@example(1.3, 0.03125)
def test_the_simplest_fraction_is_the_first_of_all(low, width):
    low, high = Fraction(low), Fraction(low + width)
    best = simplest(low, high)
    assert low <= best <= high
    assert all(ceil(low * denominator) > high * denominator for denominator in range(1, best.denominator))


def test_the_program_is_the_best_vertex():
    random = np.random.default_rng(0)
    for _ in range(20):
        terms = random.uniform(0.1, 1, (6, 2))
        lhs, weights = random.uniform(0, 1, 6), random.uniform(0.5, 1, 2)
        lhs = np.append(lhs, [-1, -1])  # each coefficient is at least −1, so that the best is a vertex
        terms = np.vstack([terms, np.eye(2)])
        vertices = [
            np.linalg.solve(terms[[i, j]], lhs[[i, j]])
            for i in range(8)
            for j in range(i)
            if abs(np.linalg.det(terms[[i, j]])) > 1e-9
        ]
        feasible = [vertex for vertex in vertices if (terms @ vertex >= lhs - 1e-9).all()]
        program = Program(lhs, terms, weights)
        assert weights @ program.solved() == pytest.approx(min(weights @ vertex for vertex in feasible))
        simple = np.array([float(c) for c in program.simplified()])
        assert (terms @ simple >= lhs - 1e-6).all()
    with pytest.raises(Unbounded, match="no coefficients"):
        Program(np.ones(1), np.zeros((1, 1)), np.ones(1)).solved()
    with pytest.raises(Unbounded, match="term 1 grows"):
        Program(np.ones(1), np.full((1, 1), 1.5e-4), np.ones(1)).solved()


def test_text_is_read_as_python_reads_it():
    text = "-minimum(labeling_error, 0.5) + maximum(sigma_2**2, 1) * sqrt(chi_square) / (1 - log(2))"
    values = {"labeling_error": 0.25, "sigma_2": 0.5, "chi_square": 4.0}
    python = {"minimum": min, "maximum": max, "sqrt": np.sqrt, "log": np.log}
    expected = eval(text, python, values)
    measured = mt.Quantities(**{name: np.float64(value) for name, value in values.items()})
    assert float(term("terms", text).formula(measured)) == pytest.approx(expected, rel=1e-15)
