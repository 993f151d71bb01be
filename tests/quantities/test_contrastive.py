"""Quantities of given scores at other settings than the default, and the limit of retrieval."""

import definitions
import jax
import mpmath
import numpy as np
import precise
import pytest
from mpmath import mp, mpf

import mmcl_theory as mt
from mmcl_theory.quantities.measurement import Measurement
from mmcl_theory.quantities.retrieval import limit, tilted_divergence

# At most some hundred operations on numbers of order one, each off by 1e-16.
EXACT = 1e-12
SETTINGS = [(0.5, 0.0, 2), (3.0, 0.25, 3), (0.25, 1.0, 4)]


def instance(seed, temperature, mismatch, candidates):
    """Four images and five texts in two classes, some pairs of which never occur; every image's scores have ties."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.full(20, 0.5)).reshape(4, 5) * (rng.random((4, 5)) < 0.8) + 1e-3 * np.eye(4, 5)
    P[0, 4] += 0.01
    joint = mt.Joint(P / P.sum(), [0, 1, 0, 1], [0, 1, 1, 0, 1])
    encoders = (rng.integers(-2, 3, (4, 2)), rng.integers(-2, 3, (5, 2)))
    return mt.Instance(joint, encoders=encoders, temperature=temperature, mismatch=mismatch, candidates=candidates)


@pytest.mark.parametrize(("temperature", "mismatch", "candidates"), SETTINGS)
def test_settings_enter_as_in_the_definitions(temperature, mismatch, candidates):
    made = instance(candidates, temperature, mismatch, candidates)
    joint = made.joint
    settings = {"temperature": temperature, "mismatch": mismatch, "candidates": candidates}
    expected = definitions.quantities(joint.matrix, joint.image_labels, joint.text_labels, 1, made.encoders, **settings)
    found = mt.measure(made, 1)
    names = [name for name in expected if getattr(found, name) is not None]
    assert {"infonce_information", "ranking", "cosine_information", "diluted_error"} <= set(names)
    for name in names:
        # The definitions invert a probe, and square scores of up to 32 at the lowest temperature.
        assert float(getattr(found, name)) == pytest.approx(expected[name], rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize(("temperature", "mismatch", "candidates"), SETTINGS)
def test_settings_enter_enclosures_as_at_sixty_digits(temperature, mismatch, candidates):
    flint = pytest.importorskip("flint")
    from mmcl_theory.certification.arithmetic.exact import ExactInstance
    from mmcl_theory.certification.enclosures.enclosures import Enclosures

    made = ExactInstance.of(instance(candidates, temperature, mismatch, candidates))
    known = precise.quantities(
        *(made.matrix, made.image_labels, made.text_labels, 1, made.encoders),
        **{"temperature": temperature, "mismatch": mismatch, "candidates": candidates},
    )
    with flint.ctx.workprec(128):
        enclosures = Enclosures(made, 1)
        for name in known:
            ball = getattr(enclosures, name).enclosure()
            low, high = (mpf(tuple(map(int, part.man_exp()))) for part in (ball.lower(), ball.upper()))
            assert low - mpf(10) ** -30 <= known[name] <= high + mpf(10) ** -30, name
            # An error is an interval where scores tie by sums of different balls.
            assert high - low < mpf(10) ** -20 or "error" in name or name == "text_label_excess", name


def test_scores_of_any_size_leave_numbers():
    joint = mt.generators.isotropic_noise(3, 0.5)
    made = mt.Instance(joint, encoders=(1e3 * np.eye(3), -1e3 * np.eye(3)))
    found = mt.measure(made, 1)
    # Each image's own text has e^{−10⁶} of the odds of the others: what it loses is that score times its chance, 2/3.
    assert float(found.score_divergence) == pytest.approx(2e6 / 3, rel=1e-5)
    assert (float(found.score_error), float(found.ranking_limit)) == (1, 1)


def test_a_small_divergence_is_known_to_most_digits():
    joint = mt.generators.isotropic_noise(2, 1.0)
    for size in (1e-3, 1e-6, 1e-9):
        made = mt.Instance(joint, encoders=([[size], [-size]], [[1.0], [-1.0]]))
        # Of independent pairs the divergence is log cosh of the score, nearly half its square.
        exact = float(mpmath.log(mpmath.cosh(mpf(size))))
        assert float(mt.measure(made, 1).score_divergence) == pytest.approx(exact, rel=1e-6)


LIMIT, TILTED = jax.jit(jax.value_and_grad(limit)), jax.jit(tilted_divergence)
TILTS = [1e-8, 1e-3, 0.5, 0.999, 1.001, 3.0, 30.0]


@pytest.mark.parametrize("tilt", TILTS)
def test_the_limit_of_retrieval_is_parametric(tilt):
    with mp.workdps(40):
        exact = mpf(tilt)
        divergence = exact * mpmath.coth(exact) - 1 - mpmath.log(mpmath.sinh(exact) / exact)
        mean = mpmath.coth(exact) - 1 / exact
    value, slope = LIMIT(float(divergence))
    assert float(value) == pytest.approx(float(mean), rel=EXACT)
    assert float(slope) == pytest.approx(1 / tilt, rel=EXACT)
    assert float(TILTED(tilt)) == pytest.approx(float(divergence), rel=EXACT)


def test_the_limit_of_retrieval_at_its_ends():
    assert float(LIMIT(0.0)[0]) == 0
    assert float(LIMIT(1e6)[0]) == 1
    assert (np.diff(jax.jit(jax.vmap(limit))(np.linspace(0, 12, 400))) > 0).all()


def test_smooth_stand_ins_tend_to_what_they_stand_for():
    made = instance(1, 1.0, 0.5, 2)
    rng = np.random.default_rng(0)
    made = mt.Instance(made.joint, encoders=tuple(rng.standard_normal((n, 3)) for n in (4, 5)))
    from mmcl_theory.quantities.decompositions import decomposed
    from mmcl_theory.quantities.quantities import softened

    found = mt.measure(made, 1)
    soft = jax.jit(lambda: softened(Measurement(made, decomposed(made, 1), 1), found, 1e-6))()  # not op by op
    for name in ("ranking", "score_error", "text_label_excess"):
        assert float(getattr(soft, name)) == pytest.approx(float(getattr(found, name)), abs=1e-6), name


def test_sets_of_candidates_are_all_that_draws_give():
    counts, logs = mt.losses.candidate_sets(3, 4)
    assert len(counts) * 3 == mt.losses.n_candidate_numbers(2, 3, 4)
    assert np.exp(logs).sum() == pytest.approx(3**4, rel=EXACT)
    assert (counts.sum(axis=1) == 4).all()


def test_where_sets_are_too_many_the_loss_is_absent():
    many = mt.Instance(mt.generators.isotropic_noise(12, 0.5), candidates=16)
    assert mt.measure(many, 1).infonce_information is None
    told = mt.verify(many, 1, "infonce-negatives").reason[0]
    assert told.startswith("needs at most 4194304 numbers to enumerate the sets of M texts")
