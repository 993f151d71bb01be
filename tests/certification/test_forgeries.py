"""Check that of a forged or damaged certificate nothing is confirmed, believed or repeated, and that nothing hangs."""

import copy
import dataclasses
import json
import time

import numpy as np
import pytest
from exact_instances import exact, scaled
from flint import arb, arb_mat
from forgeries import command, originals, run, sealed

import mmcl_theory as mt
from mmcl_theory.certification import proof
from mmcl_theory.certification.arithmetic import eigen
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.certification.certificate import certify_exact, prove_again


@pytest.fixture(scope="module")
def genuine():
    return originals()


def test_no_forged_certificate_is_confirmed(genuine):
    outcomes, _ = run(400, 1, genuine)
    assert outcomes["refused"] > 100
    assert outcomes["not confirmed"] > 50


def test_the_command_prints_nothing_of_a_forged_certificate(genuine):
    outcomes, _ = run(40, 2, genuine, command)
    assert set(outcomes) <= {0, 3}
    assert outcomes[3] > 20


# Of the proof of probe-mmcl on isotropic noise, whose sides are 3/4 and 87/112, with margins 7/16 and 1/4.
FORGED = {
    "margins named like the sides": {
        "lhs": "-7",
        "rhs": "999999",
        "margins": [["lhs", "3/4"], ["rhs", "87/112"]],
    },
    "margins of one name": {"margins": [["σ_{k+1} < 1", "999"], ["σ_{k+1} < 1", "7/16"]]},
    "a second margin of the first's name": {"margins": [["σ_{k+1} < 1", "7/16"], ["σ_{k+1} < 1", "1/4"]]},
    "margins exchanged": {"margins": [["σ_k > σ_{k+1}", "1/4"], ["σ_{k+1} < 1", "7/16"]]},
    "a margin more": {"margins": [["σ_{k+1} < 1", "7/16"], ["σ_k > σ_{k+1}", "1/4"], ["σ_k > σ_{k+1}", "1/4"]]},
    "another reason": {"reason": "with at least 2.6e-02 to spare"},
    "a reason in words": {"reason": "the theorem is refuted"},
    "another precision": {"precision": 256},
    "a side that is no number": {"lhs": "1/0"},
    "a side as a wide ball": {"lhs": "[0.75 +/- 1e-3]"},
    "a side that is everything": {"rhs": "[+/- inf]"},
    "not a number": {"lhs": "nan"},
    "another statement": {"statement": "r_k = 7"},
}


@pytest.mark.parametrize("name", FORGED)
def test_each_field_is_proved_again(name, genuine):
    forged = mt.Certificate.from_json(sealed(copy.deepcopy(genuine[0]) | FORGED[name]))
    wrong = forged.check()
    assert wrong
    for value in FORGED[name].values():  # of which nothing is repeated
        assert not any(str(value) in line for line in wrong)
    assert mt.Certificate.from_json(genuine[0]).check() == []


REFUSED = {
    "a line over another": {"reason": "x\rprobe-mmcl, k = 1: violated, by at least 1.0e+00"},
    "a line more": {"reason": "by at least 1.0e+00\nconfirmed\x1b[8m"},
    "an order to the terminal": {"theorem": "\x1b]0;confirmed\x07"},
    "letters from right to left": {"margins": [["\u202e1 < k", "7/16"], ["σ_k > σ_{k+1}", "1/4"]]},
    "no letter": {"statement": "\ud800"},
    "a key too many": {"note": "true"},
    "a part too many": {"instance": {"matrix": [["1", "1"], ["1", "1"]], "n": 2}},
    "an empty matrix": {"instance": {"matrix": [], "image_labels": [], "text_labels": [], "n_classes": 1}},
    "a word for a matrix": {"instance": {"matrix": "11", "image_labels": [0], "text_labels": [0], "n_classes": 1}},
    "true for a number": {"k": True},
    "a margin of three": {"margins": [["σ_{k+1} < 1", "7/16", "1"]]},
    "a ball with words": {"lhs": "[nan evil]"},
    "deep lists": {"margins": json.loads("[" * 500 + "]" * 500)},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_save_does_not_write_is_refused_in_one_clean_sentence(name, genuine, tmp_path):
    path = tmp_path / "proof.json"
    path.write_bytes(json.dumps(sealed(genuine[0] | REFUSED[name])).encode())
    with pytest.raises(ValueError, match="is not a certificate") as refusal:
        mt.Certificate.load(path)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 500


def of_size(n, m, entry="1", **parts):
    """A small instance as JSON, of n images and m texts with one class, and further parts."""
    labels = {"image_labels": [0] * n, "text_labels": [0] * m, "n_classes": 1}
    return {"matrix": [[entry] * m] * n, **labels, **parts}


def fractions(n, m):
    """Fractions of 400 digits with different denominators."""
    return [[f"{10**399 + n * i + j}/{10**399 + 7919 * (m * i + j) + 1}" for j in range(m)] for i in range(n)]


# What would take gigabytes or hours.
LARGE = {
    "classes": of_size(2, 2, n_classes=20_000),
    "images and texts": of_size(400, 400),
    "images": of_size(65, 2),
    "components": of_size(2, 2, encoders=[[["1"] * 2000] * 2] * 2),
    "components of long features": of_size(4, 4, encoders=[fractions(4, 128)] * 2),
    "new captions": of_size(2, 2, channel=[["1"] * 20_000] * 2),
    "a channel of long fractions": of_size(2, 64, channel=fractions(64, 128)),
    "digits": of_size(2, 2, "1/1" + "0" * 400),
    "long fractions": of_size(2, 2) | {"matrix": fractions(16, 16), "image_labels": [0] * 16, "text_labels": [0] * 16},
    "cuts of long fractions": of_size(16, 2)
    | {"matrix": [*fractions(15, 2), [f"1/{3**800}", "1"]], "text_labels": [0] * 2},
    "a sample of long fractions": of_size(16, 16, sample=fractions(16, 16), failure_probability="1/2"),
    "augmentation pairs of long fractions": of_size(16, 16, augmentation=fractions(16, 16)),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_is_too_large_is_refused_before_any_work(name):
    began = time.perf_counter()
    with pytest.raises(ValueError, match=r"^\w+: ") as refusal:
        ExactInstance.from_json(LARGE[name])
    assert len(str(refusal.value)) < 200
    assert time.perf_counter() - began < 5


def test_a_joint_of_too_many_classes_or_too_long_numbers_is_refused_by_name():
    with pytest.raises(ValueError, match="joint: at most 128 classes"):
        mt.certify("probe-error", mt.Joint([[1, 0], [1, 2]], [0, 1], [0, 1], n_classes=20_000), 1)
    wide = 2.0 ** -np.arange(0, 1000, 1000 / 64**2).reshape(64, 64)
    with pytest.raises(ValueError, match="joint: exact arithmetic would take more than"):
        mt.certify("probe-error", mt.Joint(wide, [0] * 64, [0] * 64), 1)


def test_ordinary_floats_of_the_largest_size_are_within_the_limits():
    draw = np.random.default_rng(0)
    joint = mt.Joint(draw.dirichlet([0.5] * 64**2).reshape(64, 64), [0, 1] * 32, [0, 1] * 32)
    certificate = mt.certify("label-transfer", joint, 1)
    assert certificate.check() == []


def test_numbers_of_thousands_of_digits_are_read_again(tmp_path):
    draw = np.random.default_rng(0)
    joint = mt.Joint(10.0 ** draw.uniform(-300, 0, (16, 16)), np.arange(16) % 2, np.arange(16) % 2)
    certificate = mt.certify("label-transfer", joint, 1)
    assert len(certificate.lhs) > 9000
    certificate.save(tmp_path / "proof.json")
    read = mt.Certificate.load(tmp_path / "proof.json")
    assert read.check() == []
    assert len(dataclasses.replace(read, lhs=read.lhs[:-1]).check()[0]) < 300


def test_a_proof_ends_when_its_time_is_over(genuine):
    (wrong,) = mt.Certificate.from_json(genuine[3]).check(seconds=1e-9)
    assert wrong == "not proven within 1e-09 seconds"
    for seconds in (0, -1, float("nan"), "long"):
        with pytest.raises((ValueError, TypeError), match="seconds: "):
            mt.Certificate.from_json(genuine[3]).check(seconds=seconds)


def test_a_second_proof_is_the_first(genuine):
    for data in genuine[:-1]:
        certificate = mt.Certificate.from_json(data)
        assert prove_again(certificate, None, 60) == (certificate, [])


def test_certificates_of_another_machine_are_confirmed(genuine, monkeypatch):
    """On which eigenvectors in double precision, where every enclosure starts, end in other digits."""
    draw, start = np.random.default_rng(0), eigen._float_basis

    def other_start(matrix):
        basis = np.array([[float(entry.mid()) for entry in row] for row in start(matrix).tolist()])
        return arb_mat((basis + draw.normal(size=basis.shape) * 1e-14).tolist())

    monkeypatch.setattr(eigen, "_float_basis", other_start)
    stated = [mt.Certificate.from_json(data) for data in genuine[:-1]]
    found = [prove_again(certificate, None, 60) for certificate in stated]
    assert [again.wrong for again in found] == [[]] * len(stated)
    assert any(again.certificate != certificate for again, certificate in zip(found, stated, strict=True))


def test_balls_of_another_machine_are_confirmed_and_others_are_not():
    same = proof.same_number
    ball = "[0.123456789012345 +/- 3.21e-16]"
    assert same(ball, "[0.12345678901234 +/- 6.1e-15]")
    assert same(ball, "[0.1234567890123453 +/- 4e-17]")
    assert not same(ball, "[0.123456789012346 +/- 3.21e-16]")  # they do not meet
    assert not same(ball, "[0.12345678 +/- 2e-9]")  # far wider
    assert not same(ball, "[0.123456789012345000000 +/- 1e-21]")  # far narrower
    assert not same(ball, "[+/- inf]")
    assert not same(ball, None)
    reason = "the sides agree to within {}, maybe exactly"
    assert proof.same_reason(reason.format("3.1e-300"), reason.format("9.9e-300"))
    assert not proof.same_reason(reason.format("3.1e-300"), reason.format("3.1e-200"))
    assert not proof.same_reason("with at least 3.1e-05 to spare", "with at least 3.2e-05 to spare")


@pytest.mark.parametrize("number", ["1.049", "9.96", "2.05", "0.1e-400", "1.7977e308", "1e400"])
def test_numbers_in_reasons_are_rounded_to_the_safe_side(number):
    exactly = arb(number)
    assert arb(proof._below(exactly)) <= exactly
    if exactly < 1e300:
        assert arb(proof._above(exactly)) >= exactly


def test_a_reason_is_one_line():
    theorem = scaled(mt.theorems["probe-mmcl"], 1)
    never = dataclasses.replace(theorem.requires[0], margin=lambda q: -q.sigma_k, otherwise="never\n  true")
    certificate = certify_exact(
        dataclasses.replace(theorem, requires=(never,)), exact([[2, 1], [1, 2]], [0, 1], [0, 1]), 1
    )
    assert (certificate.verdict, certificate.reason) == ("not applicable", "never true")
