"""The package against definitions.py, in which the theory is computed a second time, and against closed forms."""

import dataclasses
import functools
import itertools
import math

import definitions
import jax
import numpy as np
import pytest

import mmcl_theory as mt

SEEDS = (0, 1, 2)
FIELDS = [field.name for field in dataclasses.fields(mt.Quantities)]
IDENTITIES = [slug for slug, theorem in mt.theorems.items() if theorem.kind is mt.Kind.IDENTITY]
BOUNDS = [slug for slug, theorem in mt.theorems.items() if theorem.kind in (mt.Kind.UPPER_BOUND, mt.Kind.LOWER_BOUND)]

# Two computations of a quantity of order one.  Singular values agree to some 1e-15; projectors to that over the
# gap σ_k² − σ²_{k+1}, which is at least CLEAR_GAP: some 1e-11.
AGREE = 1e-10
CLEAR_GAP = 1e-4

# Numbers that no decomposition enters, or only one of a matrix of well separated eigenvalues: at most a dozen
# operations on numbers of order one, each off by 1e-16, and LAPACK's few units of rounding.
EXACT = 1e-12


def isotropic(seed):
    return mt.generators.isotropic_noise(5, noise=(0.2, 0.5, 0.8)[seed])


def block(seed):
    key = jax.random.key(seed)
    return mt.generators.block_joint(12, 9, (1.0, 2.0, 1.0), label_noise=0.15, contrast=0.6, tail=1.0, key=key)


def one_class(seed):
    key = jax.random.key(seed)
    return mt.generators.block_joint(6, 5, (1.0,), label_noise=0.0, contrast=0.5, tail=1.0, key=key)


def random_text_labels(seed):
    return mt.generators.random_dirichlet(7, 9, 3, 0.3, bayes_labels=False, key=jax.random.key(seed))


def fewer_texts_than_classes(seed):
    return mt.generators.random_dirichlet(8, 3, 5, 1.0, key=jax.random.key(seed))


def classes_without_images(seed):
    return fewer_texts_than_classes(seed).transpose()


def hierarchical(seed):
    weights = ((0.1, 0.2, 0.3, 0.4), (0.4, 0.3, 0.2, 0.1), (0.3, 0.1, 0.5, 0.1))[seed]
    return mt.generators.hierarchical_classes((2, 2, 3), weights, label_level=1)


def caption(seed):
    return mt.generators.caption_model(12, 5, 2, 3, 2, affinity=0.8, key=jax.random.key(seed))


WORLDS = {
    world.__name__: world
    for world in (
        isotropic,
        block,
        one_class,
        random_text_labels,
        fewer_texts_than_classes,
        classes_without_images,
        hierarchical,
        caption,
    )
}
every_world = pytest.mark.parametrize("world", WORLDS)
# For what does not hang on special shapes: each shape costs seconds of compilation.
each_generator = pytest.mark.parametrize(
    "world", ["isotropic", "block", "fewer_texts_than_classes", "hierarchical", "caption"]
)


@functools.cache
def instance(world, seed):
    """A joint of the world with a channel and with encoders, of which two features are one and the same."""
    made = mt.Instance.with_random_parts(WORLDS[world](seed), dimension=3, key=jax.random.key(100 + seed))
    redundant = tuple(np.asarray(features)[:, [0, 1, 2, 2]] for features in made.encoders)
    return mt.Instance(made.joint, encoders=redundant, channel=made.channel)


@functools.cache
def clear_dimensions(world, seed):
    """The first, a middle and the last k at which the best encoder is unique by a clear gap."""
    squares = definitions.singular_values(np.asarray(instance(world, seed).joint.matrix)) ** 2
    clear = [k for k in range(1, len(squares)) if squares[k - 1] - squares[k] > CLEAR_GAP]
    return sorted({clear[0], clear[len(clear) // 2], clear[-1]})


def cases(world):
    """Every (seed, k) that is asked of a world."""
    return [(seed, k) for seed in SEEDS for k in clear_dimensions(world, seed)]


@functools.cache
def defined(world, seed, k):
    """The quantities of an instance, from their definitions."""
    parts = instance(world, seed)
    joint = parts.joint
    return definitions.quantities(joint.matrix, joint.image_labels, joint.text_labels, k, parts.encoders, parts.channel)


@functools.cache
def measured(world, seed, k):
    """The same quantities from the package."""
    return mt.measure(instance(world, seed), k)


@functools.cache
def verified(world):
    """The package's table of every theorem on every instance of a world, indexed by seed and theorem."""
    ks = sorted({k for _, k in cases(world)})
    return mt.verify([instance(world, seed) for seed in SEEDS], ks).set_index(["joint", "theorem"])


def verified_sides(world, slug, seed, k):
    """(lhs, rhs) in that table."""
    rows = verified(world).loc[[(seed, slug)]]
    row = rows[(rows.k == k).fillna(True)]
    assert len(row) == 1
    return row[["lhs", "rhs"]].to_numpy()[0]


def near(expected):
    """Equal within AGREE, relative to values above one."""
    return pytest.approx(expected, rel=AGREE, abs=AGREE)


# The package and the definitions.


@every_world
@pytest.mark.parametrize("field", FIELDS)
def test_quantity_is_what_its_definition_says(world, field):
    for seed, k in cases(world):
        expected, found = defined(world, seed, k).get(field), getattr(measured(world, seed, k), field)
        assert (found is None) == (expected is None)
        if expected is not None:
            assert float(found) == near(expected), (seed, k)


def test_every_quantity_is_defined_somewhere():
    found = set().union(*(defined(world, *case) for world in WORLDS for case in cases(world)))
    assert found == set(FIELDS)


def test_every_theorem_has_its_formulas_typed_again():
    assert set(definitions.FORMULAS) == set(mt.theorems)


@each_generator
@pytest.mark.parametrize("slug", mt.theorems)
def test_sides_are_what_the_theorem_says(world, slug):
    for seed, k in cases(world):
        expected = definitions.sides(slug, defined(world, seed, k))
        assert tuple(verified_sides(world, slug, seed, k)) == near(expected), (seed, k)


@every_world
@pytest.mark.parametrize("slug", IDENTITIES)
def test_identity_holds_in_the_definitions(world, slug):
    for seed, k in cases(world):
        lhs, rhs = definitions.sides(slug, defined(world, seed, k))
        assert lhs == near(rhs), (seed, k)


@every_world
@pytest.mark.parametrize("slug", IDENTITIES)
def test_identity_holds_in_the_package(world, slug):
    for seed, k in cases(world):
        lhs, rhs = mt.theorems[slug].sides(measured(world, seed, k))
        assert float(lhs) == near(float(rhs)), (seed, k)


@every_world
@pytest.mark.parametrize("slug", BOUNDS)
def test_bound_holds_in_the_definitions(world, slug):
    for seed, k in cases(world):
        lhs, rhs = definitions.sides(slug, defined(world, seed, k))
        least, most = (rhs, lhs) if mt.theorems[slug].kind is mt.Kind.LOWER_BOUND else (lhs, rhs)
        assert least <= most + AGREE, (seed, k)


@each_generator
def test_label_matrices_give_the_labeling_errors(world):
    for seed in SEEDS:
        joint = instance(world, seed).joint
        A, Y, W = (np.asarray(part) for part in (joint.normalized, joint.image_label_matrix, joint.text_label_matrix))
        assert [np.sum(Y**2), np.sum(W**2)] == pytest.approx([1, 1], abs=EXACT)
        assert 1 - np.sum(Y * (A @ W)) == pytest.approx(float(joint.labeling_error), abs=EXACT)
        assert 1 - np.sum((A.T @ Y) ** 2) == pytest.approx(float(joint.text_induced_error), abs=EXACT)


@every_world
def test_probe_does_not_depend_on_the_basis_of_the_features(world):
    for seed, k in cases(world):
        joint = instance(world, seed).joint
        labels, p = np.asarray(joint.image_labels).tolist(), np.asarray(joint.image_marginal)
        features = definitions.optimal_features(definitions.induced_pairs(np.asarray(joint.matrix)), k)
        # Triangular with a diagonal of ones: invertible, and of a moderate condition.
        mixed = features @ (np.eye(k) + np.triu(np.full((k, k), 0.3), 1))
        scores = definitions.probe_scores(mixed, labels, p, joint.n_classes)
        assert definitions.residual(scores, labels, p) == near(float(measured(world, seed, k).probe_residual))


def test_classes_without_images_are_there_to_be_ignored():
    joint = instance("classes_without_images", 1).joint
    assert len(set(np.asarray(joint.image_labels).tolist())) < joint.n_classes


# Isotropic noise.


@pytest.mark.parametrize("m", range(2, 9))
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
