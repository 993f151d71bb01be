"""Mistakes in formulas: one sentence that says what to write, the same wherever a theorem is used."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mmcl_theory as mt

MISTAKES = {
    "a quantity that is near another": (lambda q: q.labelling_error, "did you mean 'labeling_error'?"),
    "a quantity that is near none": (lambda q: q.moon, "there is no quantity 'moon'; see mmcl_theory.Quantities"),
    "np.sqrt": (lambda q: np.sqrt(q.sigma_2), "np.sqrt takes no quantity: write mt.sqrt(x)"),
    "np.maximum": (lambda q: np.maximum(q.sigma_2, 0), "write mt.maximum(x, y)"),
    "np.exp": (lambda q: np.exp(q.sigma_2), "np.exp takes no quantity: formulas use + − * / **"),
    "np.add.reduce": (lambda q: np.sum([q.sigma_2, q.sigma_k]), "an array cannot be made of quantities"),
    "np.where": (lambda q: np.where(q.sigma_2 > 0, 1, 0), "quantities cannot be compared"),
    "jnp.sqrt": (lambda q: jnp.sqrt(q.sigma_2), "of 'mine': formulas use + − * / ** and sqrt"),
    "math.log": (lambda q: math.log(q.sigma_2), "for math.sqrt and math.log write mt.sqrt and mt.log"),
    "abs": (lambda q: abs(q.sigma_2 - q.sigma_k), "write mt.maximum(x, -x)"),
    "max": (lambda q: max(q.sigma_2, q.sigma_k), "write mt.maximum and mt.minimum"),
    "min": (lambda q: min(q.sigma_2, 1), "write mt.maximum and mt.minimum"),
    "if": (lambda q: 1 if q.sigma_2 else 0, "quantities cannot be compared"),
    "==": (lambda q: q.sigma_2 == 1, "quantities cannot be compared"),
    "round": (lambda q: round(q.sigma_2), "formulas use + − * / **"),
    "%": (lambda q: q.sigma_2 % 1, "formulas use + − * / **"),
    "1/3": (lambda q: q.sigma_2 * (1 / 3), "write mt.rational(1, 3)"),
    "0.1 in a root": (lambda q: mt.sqrt(0.1) * q.sigma_2, "0.1 was rounded"),
    "0.1 alone": (lambda q: 0.1, "write mt.rational(1, 10)"),
    "np.float64 on the left": (lambda q: np.float64(0.1) * q.sigma_2, "write mt.rational(1, 10)"),
    "np.log of a constant": (lambda q: np.log(2) + q.sigma_2, "mt.log(2)"),
    "not a number": (lambda q: q.sigma_2 * np.nan, "finite real numbers, got nan"),
    "infinity": (lambda q: math.inf, "finite real numbers, got inf"),
    "a list": (lambda q: [q.sigma_2], "it gives [a quantity], and not a real number"),
    "an array": (lambda q: q.sigma_2 * np.ones(2), "finite real numbers, got ndarray"),
    "a complex number": (lambda q: 1j, "it gives 1j, and not a real number"),
}
NOISE = mt.generators.isotropic_noise(3, 0.25)
USES = {
    "verify": lambda theorem: mt.verify(NOISE, 1, theorem),
    "falsify": lambda theorem: mt.falsify(theorem, 2, 2, key=jax.random.key(0), budget=1, restarts=8),
    "certify": lambda theorem: mt.certify(theorem, NOISE, 1),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize(("formula", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_the_same_sentence_wherever_the_theorem_is_used(formula, words, use):
    mine = dataclasses.replace(mt.theorems["label-transfer"], slug="mine", rhs=formula)
    with pytest.raises(TypeError) as refused:
        use(mine)
    message = str(refused.value)
    assert message.startswith("rhs of 'mine': ")
    assert words in message
    assert "\n" not in message
    assert "Trial" not in message


def test_a_margin_is_tried_too():
    condition = mt.Assumption("σ_2 < 0.9", lambda q: 0.9 - q.sigma_2, "")
    mine = dataclasses.replace(mt.theorems["label-transfer"], slug="mine", requires=(condition,))
    with pytest.raises(TypeError, match=r"the margin of 'σ_2 < 0.9' of 'mine': .*0.9 was rounded"):
        mt.verify(NOISE, 1, mine)


@pytest.mark.parametrize(
    "formula",
    [
        lambda q: np.float64(0.5) * q.sigma_2 + jnp.float32(0.25) * q.sigma_k,
        lambda q: 2**q.sigma_2 - (-q.sigma_k) ** 2 + (+q.sigma_k),
        lambda q: mt.minimum(0, mt.log(2) * mt.maximum(mt.rational(1, 3), q.sigma_2)) + mt.sqrt(q.sigma_k / 3),
        lambda q: sum([q.sigma_2, q.sigma_k]),
        lambda q: mt.log(3),
        lambda q: np.int64(3),
    ],
)
def test_what_formulas_may_use_passes(formula):
    dataclasses.replace(mt.theorems["label-transfer"], slug="mine", rhs=formula).check_formulas()


def test_every_theorem_and_every_mutant_passes():
    for theorem in mt.theorems.values():
        for one in (theorem, *mt.mutants(theorem)):
            one.check_formulas()
