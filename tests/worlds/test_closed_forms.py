"""Check the generators against closed forms: spectra and errors that are known, by definitions.py."""

import functools
import itertools
import math

import definitions
import jax
import numpy as np
import pytest

import mmcl_theory as mt

SEEDS = (0, 1, 2)

# At most a dozen operations on numbers of order one, each off by 1e-16, and LAPACK's few units of rounding.
EXACT = 1e-12
CLEAR_GAP = 1e-4  # far above rounding


# Isotropic noise.


@pytest.mark.parametrize("m", [2, 3, 8])
def test_isotropic_noise_meets_the_probe_bound_with_equality(m):
    joints = [mt.generators.isotropic_noise(m, noise) for noise in (0.05, 0.3, 0.6, 0.95)]
    table = mt.verify(joints, 1, "probe-text-induced")
    assert len(table) == len(joints)
    # rhs divides by 1 − σ_2², at least 0.0975, so rounding grows ten times at most.
    assert table[["lhs", "rhs"]].to_numpy() == pytest.approx(1 - 1 / m, rel=EXACT)


@pytest.mark.parametrize("m", range(2, 9))
@pytest.mark.parametrize("noise", [0.05, 0.3, 0.6, 0.95])
def test_isotropic_noise_meets_the_probe_bound_by_definition(m, noise):
    joint = mt.generators.isotropic_noise(m, noise)
    found = definitions.quantities(joint.matrix, joint.image_labels, joint.text_labels, 1)
    assert definitions.sides("probe-text-induced", found) == pytest.approx((1 - 1 / m,) * 2, rel=EXACT)


@pytest.mark.parametrize("m", range(2, 9))
def test_isotropic_noise_has_the_errors_of_its_closed_form(m):
    for noise in (0.05, 0.6):
        joint = mt.generators.isotropic_noise(m, noise)
        found = definitions.quantities(joint.matrix, joint.image_labels, joint.text_labels, 1)
        assert found["labeling_error"] == pytest.approx(noise * (1 - 1 / m), abs=EXACT)
        transferred = (1 - (1 - noise) ** 2) * (1 - 1 / m)
        assert found["text_induced_error"] == pytest.approx(transferred, abs=EXACT)


# Classes within classes.

TREES = [
    ((2, 3, 2), (0.1, 0.2, 0.3, 0.4)),
    ((3, 1, 3), (0.25, 0.25, 0.0, 0.5)),
    ((2, 2), (2.0, 3.0, 5.0)),
    ((5,), (1.0, 1.0)),
]


def nodes(branching):
    """How many nodes each level of a tree has, from the root."""
    return [math.prod(branching[:level]) for level in range(len(branching) + 1)]


@pytest.mark.parametrize(("branching", "weights"), TREES)
def test_hierarchical_spectrum_is_the_closed_form(branching, weights):
    joint = mt.generators.hierarchical_classes(branching, weights)
    shares, counts = np.array(weights) / sum(weights), nodes(branching)
    expected = []
    for level, count in enumerate(counts):
        fewer = counts[level - 1] if level else 0
        expected += [shares[level:].sum()] * (count - fewer)
    found = definitions.singular_values(np.asarray(joint.matrix))
    np.testing.assert_allclose(found, expected, rtol=0, atol=EXACT)


@pytest.mark.parametrize(("branching", "weights"), TREES)
def test_hierarchical_labeling_error_is_the_closed_form(branching, weights):
    shares, counts = np.array(weights) / sum(weights), nodes(branching)
    for level in range(len(counts)):
        joint = mt.generators.hierarchical_classes(branching, weights, label_level=level)
        expected = sum(shares[d] * (1 - counts[d] / counts[level]) for d in range(level))
        found = definitions.disagreement(np.asarray(joint.matrix), *labels_of(joint))
        assert found == pytest.approx(expected, abs=EXACT)


def labels_of(joint):
    return np.asarray(joint.image_labels), np.asarray(joint.text_labels)


# Blocks.

BLOCKS = [
    dict(n_images=12, n_texts=9, class_sizes=(1.0, 1.0, 1.0), label_noise=0.2, contrast=0.5, tail=0.0),
    dict(n_images=7, n_texts=12, class_sizes=(3.0, 1.0), label_noise=0.0, contrast=1.0, tail=1.0),
    dict(n_images=10, n_texts=10, class_sizes=(1.0, 2.0), label_noise=0.9, contrast=0.0, tail=2.0),
    dict(n_images=6, n_texts=6, class_sizes=(1.0, 1.0), label_noise=1.0, contrast=0.3, tail=0.5),
]


@pytest.mark.parametrize("knobs", BLOCKS)
def test_label_noise_of_blocks_is_their_labeling_error(knobs):
    joint = mt.generators.block_joint(**knobs, key=jax.random.key(3))
    found = definitions.disagreement(np.asarray(joint.matrix), *labels_of(joint))
    assert found == pytest.approx(knobs["label_noise"], abs=EXACT)


@pytest.mark.parametrize("knobs", BLOCKS)
def test_image_marginal_of_blocks_is_the_popularity(knobs):
    joint = mt.generators.block_joint(**knobs, key=jax.random.key(3))
    weights = [rank ** -knobs["tail"] for rank in range(1, knobs["n_images"] + 1)]
    found = sorted(definitions.marginal(np.asarray(joint.matrix)), reverse=True)
    np.testing.assert_allclose(found, np.array(weights) / sum(weights), rtol=0, atol=EXACT)


def test_blocks_without_contrast_and_noise_have_rank_one_each():
    joint = mt.generators.block_joint(10, 8, (1.0, 2.0, 1.0), 0.0, 0.0, 1.0, key=jax.random.key(3))
    found = definitions.singular_values(np.asarray(joint.matrix))
    np.testing.assert_allclose(found, [1] * 3 + [0] * 5, rtol=0, atol=EXACT)


# Captions.

HELD = 4  # attributes of an image


@functools.cache
def captions(seed, length):
    """Images with the same attributes, whatever the length of their captions."""
    return mt.generators.caption_model(12, 6, 3, HELD, length, affinity=0.7, key=jax.random.key(seed))


def attribute_sets(joint):
    """The attributes that each text names."""
    return [frozenset(text.split("+")) for text in joint.names.texts]


def drop_one_attribute(longer, shorter):
    """The channel that drops one attribute of a caption, each with the same probability."""
    channel = np.zeros((len(longer), len(shorter)))
    for row, caption_before in enumerate(longer):
        for attribute in caption_before:
            channel[row, shorter.index(caption_before - {attribute})] += 1 / len(caption_before)
    return channel


LENGTHS_AND_SEEDS = list(itertools.product(range(2, HELD + 1), SEEDS))
lengths_and_seeds = pytest.mark.parametrize(("length", "seed"), LENGTHS_AND_SEEDS)


@lengths_and_seeds
def test_dropping_an_attribute_gives_the_law_of_shorter_captions(length, seed):
    longer, shorter = captions(seed, length), captions(seed, length - 1)
    channel = drop_one_attribute(attribute_sets(longer), attribute_sets(shorter))
    garbled = definitions.after_channel(np.asarray(longer.matrix), channel)
    np.testing.assert_allclose(garbled, np.asarray(shorter.matrix), rtol=0, atol=EXACT)


@lengths_and_seeds
def test_shorter_captions_have_no_larger_singular_values(length, seed):
    longer, shorter = (definitions.singular_values(np.asarray(captions(seed, n).matrix)) for n in (length, length - 1))
    common = min(len(longer), len(shorter))
    assert np.all(shorter[:common] <= longer[:common] + EXACT)
    assert np.all(shorter[common:] <= EXACT)  # σ_j of the longer captions is 0 there
    assert shorter[1] < longer[1] - CLEAR_GAP  # and the claim is not an empty one


@lengths_and_seeds
def test_shorter_captions_have_no_smaller_labeling_error(length, seed):
    longer, shorter = (
        definitions.disagreement(np.asarray(joint.matrix), *labels_of(joint))
        for joint in (captions(seed, length), captions(seed, length - 1))
    )
    assert shorter >= longer - EXACT
