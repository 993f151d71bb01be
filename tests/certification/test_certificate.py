"""Check that certificates are read back and confirmed, and that an altered one is not."""

import dataclasses
import functools
import hashlib
import json
from fractions import Fraction

import jax
import pytest
from exact_instances import exact

import mmcl_theory as mt
from mmcl_theory.certification.arithmetic.exact import ExactInstance
from mmcl_theory.worlds.extremal import two_images


def test_the_failure_probability_is_certified_and_written(tmp_path):
    joint = mt.generators.isotropic_noise(3, 0.3)
    instance = mt.Instance(joint, sample=joint.draw(1000, key=jax.random.key(0)), failure_probability=0.25)
    certificate = mt.certify("cooccurrence-concentration", instance, 1)
    certificate.save(tmp_path / "proof.json")
    read = mt.Certificate.load(tmp_path / "proof.json")
    assert read.instance.failure_probability == Fraction(1, 4)
    assert read.check() == []
    other = dataclasses.replace(read.instance, failure_probability=Fraction(1, 8))
    assert dataclasses.replace(read, instance=other).check() != []
    for probability in (None, Fraction(0), Fraction(1)):
        with pytest.raises(ValueError, match="failure_probability"):
            dataclasses.replace(read.instance, failure_probability=probability)


def test_an_attribute_is_certified_and_written(tmp_path):
    world = mt.worlds.coloured(3, 0.5, 0.75, 0.5)
    for attribute in (world.attribute, (world.attribute[0], None)):
        instance = mt.Instance(world.joint, attribute=attribute, augmentation=world.augmentation)
        certificate = mt.certify("class-or-colour-sscl", instance, 3)
        certificate.save(tmp_path / "proof.json")
        read = mt.Certificate.load(tmp_path / "proof.json")
        assert read == certificate
        assert (read.verdict, read.check()) == ("holds", [])
    images = read.instance.attribute[0]
    other = dataclasses.replace(read.instance, attribute=((images[1], *images[1:]), None))
    assert dataclasses.replace(read, instance=other).check() != []
    for wrong in ((images[1:], None), (images, images[1:]), ((99, *images[1:]), None)):
        with pytest.raises(ValueError, match="attribute of"):
            dataclasses.replace(read.instance, attribute=wrong)
    written = json.loads((tmp_path / "proof.json").read_text())
    for wrong in ([images], images, [None, None]):
        with pytest.raises(ValueError, match="attribute"):
            ExactInstance.from_json(written["instance"] | {"attribute": wrong})


def test_resampled_pairs_are_certified_and_written(tmp_path):
    world = mt.worlds.resampled(method="drop_false_positive", strength=0.25)
    instance = mt.Instance(
        world.joint, attribute=world.attribute, augmentation=world.augmentation, resampled=world.resampled
    )
    certificate = mt.certify("resampling-threshold-drop", instance, 3)
    certificate.save(tmp_path / "proof.json")
    read = mt.Certificate.load(tmp_path / "proof.json")
    assert read == certificate
    assert (read.verdict, read.check()) == ("holds", [])
    pairs = read.instance.resampled
    for other in (read.instance.augmentation, None):
        assert dataclasses.replace(read, instance=dataclasses.replace(read.instance, resampled=other)).check() != []
    for wrong in (pairs[1:], ((Fraction(0),) * 9, *pairs[1:]), ((-pairs[0][0], *pairs[0][1:]), *pairs[1:])):
        with pytest.raises(ValueError, match="resampled"):
            dataclasses.replace(read.instance, resampled=wrong)


def test_the_law_of_a_label_is_certified_and_written(tmp_path):
    world = mt.worlds.coloured_digits(3)
    instance = mt.Instance(world.joint, attribute=world.attribute, label_law=world.label_law)
    certificate = mt.certify("coloured-thresholds-narrow", instance, 3)
    certificate.save(tmp_path / "proof.json")
    read = mt.Certificate.load(tmp_path / "proof.json")
    assert read == certificate
    assert (read.verdict, read.check()) == ("holds", [])
    law = read.instance.label_law
    other = dataclasses.replace(read.instance, label_law=(law[1], *law[1:]))
    assert dataclasses.replace(read, instance=other).check() != []
    for wrong in (law[1:], ((Fraction(0),) * 3, *law[1:]), tuple(row[:2] for row in law)):
        with pytest.raises(ValueError, match="label_law"):
            dataclasses.replace(read.instance, label_law=wrong)


def test_negatives_are_certified_and_written(tmp_path):
    certificate = mt.certify("resampling-negatives", two_images(0.25), 1)
    certificate.save(tmp_path / "proof.json")
    read = mt.Certificate.load(tmp_path / "proof.json")
    assert read == certificate
    assert (read.verdict, read.check()) == ("holds", [])
    other = dataclasses.replace(read.instance, negatives=read.instance.augmentation)
    assert dataclasses.replace(read, instance=other).check() != []
    with pytest.raises(ValueError, match="negatives"):
        dataclasses.replace(read.instance, negatives=read.instance.negatives[1:])


OWN = mt.Theorem(
    slug="too-good",
    title="The transfer of labels with half its constant",
    kind=mt.Kind.UPPER_BOUND,
    statement=r"\alpha_T \le \alpha",
    source="false",
    lhs=lambda q: q.text_induced_error,
    rhs=lambda q: q.labeling_error,
    per_k=False,
)


@functools.cache
def certificate_of_floats():
    joint = mt.generators.random_dirichlet(4, 5, 2, 0.5, bayes_labels=False, key=jax.random.key(7))
    return mt.certify("zero-shot", mt.Instance.with_random_parts(joint, dimension=2, key=jax.random.key(8)), 2)


def test_a_certificate_is_read_back_and_confirmed(tmp_path):
    certificate = certificate_of_floats()
    certificate.save(tmp_path / "proof.json")
    read = mt.Certificate.load(tmp_path / "proof.json")
    assert read == certificate
    assert read.check() == []
    assert read.verdict == "holds"


def test_a_theorem_of_ones_own_is_certified_and_must_be_given_again(tmp_path):
    certificate = mt.certify(OWN, mt.generators.isotropic_noise(3, 0.1), 1)
    assert certificate.verdict == "violated"
    certificate.save(tmp_path / "proof.json")
    read = mt.Certificate.load(tmp_path / "proof.json")
    assert read.check(OWN) == []
    assert read.check() == ["theorem: there is none of this name; one of your own must be given again"]
    assert read.check(mt.theorems["probe-mmcl"]) == ["theorem: it is another one"]
    assert read.check(dataclasses.replace(OWN, statement="")) != []
    assert read.check(dataclasses.replace(OWN, rhs=lambda q: 2 * q.labeling_error)) != []


def moved(text):
    """Another number that is written alike."""
    return text.replace("[", "[1", 1)


TAMPERED = {
    "verdict": lambda data: data.update(verdict="violated"),
    "theorem": lambda data: data.update(theorem="zero-shot-error"),
    "statement": lambda data: data.update(statement="z_k \\le 0"),
    "kind": lambda data: data.update(kind="lower bound"),
    "k": lambda data: data.update(k=1),
    "lhs": lambda data: data.update(lhs=moved(data["lhs"])),
    "rhs": lambda data: data.update(rhs=moved(data["rhs"])),
    "a side left out": lambda data: data.update(lhs=None),
    "a side too wide": lambda data: data.update(rhs="[+/- 9e+9]"),
    "a margin": lambda data: data["margins"][0].__setitem__(1, moved(data["margins"][0][1])),
    "no margins": lambda data: data.update(margins=[]),
    "an entry of the joint": lambda data: data["instance"]["matrix"][0].__setitem__(0, "1/2"),
    "a label": lambda data: data["instance"].update(text_labels=[1 - x for x in data["instance"]["text_labels"]]),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_an_altered_certificate_is_not_confirmed(name, tmp_path):
    path = tmp_path / "proof.json"
    certificate_of_floats().save(path)
    data = json.loads(path.read_text())
    TAMPERED[name](data)
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match="altered"):
        mt.Certificate.load(path)
    # Nor by who writes a new digest.
    content = {key: value for key, value in data.items() if key != "digest"}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    path.write_text(json.dumps(content | {"digest": hashlib.sha256(canonical.encode()).hexdigest()}))
    assert mt.Certificate.load(path).check() != []


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"format": 1}', '{"format": 2}', "\x80\x04."])
def test_what_is_no_certificate_is_refused(content, tmp_path):
    (tmp_path / "proof.json").write_text(content)
    with pytest.raises(ValueError, match=r"path: .* is not a certificate"):
        mt.Certificate.load(tmp_path / "proof.json")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("matrix", [["1", "1"], ["1"]]),
        ("matrix", [["1", "-1"], ["1", "1"]]),
        ("matrix", [["1", "1"], ["0", "0"]]),
        ("matrix", [["1/0", "1"], ["1", "1"]]),
        ("matrix", [["1e9999999", "1"], ["1", "1"]]),
        ("matrix", [[1.5, 1], [1, 1]]),
        ("matrix", "1"),
        ("matrix", 1),
        ("image_labels", [0]),
        ("image_labels", [0, 2]),
        ("text_labels", [0, -1]),
        ("n_classes", 10**9),
        ("sample", [["0", "0"], ["0", "0"]]),
        ("channel", [["1"]]),
        ("encoders", [[["1"], ["1"]]]),
        ("colour", 1),
    ],
)
def test_a_malformed_instance_is_refused(part, value):
    good = exact([[1, 2], [2, 1]], [0, 1], [0, 1]).to_json()
    assert ExactInstance.from_json(good).to_json() == good
    with pytest.raises(ValueError):  # noqa: PT011 - each names its part in its own words
        ExactInstance.from_json(good | {part: value})
