"""The package against definitions.py, in which the theory is computed a second time, and against closed forms."""

import dataclasses
import functools
import itertools
import warnings

import definitions
import jax
import numpy as np
import pytest
import scipy.stats
from small_worlds import drawn_walks, how_many, lossy_channel

import mmcl_theory as mt

SEEDS = (0, 1, 2)
N_RANDOM = how_many(90, 300)  # random instances on which the definitions are held against the bounds
FIELDS = [field.name for field in dataclasses.fields(mt.Quantities)]
IDENTITIES = [slug for slug, theorem in mt.theorems.items() if theorem.kind is mt.Kind.IDENTITY]
BOUNDS = [slug for slug, theorem in mt.theorems.items() if theorem.kind in (mt.Kind.UPPER_BOUND, mt.Kind.LOWER_BOUND)]
# Of each draw these may fail; of an order statement nothing can be checked but its sides.
PROBABLE = [slug for slug, theorem in mt.theorems.items() if theorem.kind is mt.Kind.PROBABILISTIC]

# Two computations of a quantity of order one.  Singular values agree to some 1e-15; projectors to that over the
# gap σ_k² − σ²_{k+1}, which is at least CLEAR_GAP: some 1e-11.
AGREE = 1e-10
CLEAR_GAP = 1e-4

# Numbers that no decomposition enters, or only one of a matrix of well separated eigenvalues: at most a dozen
# operations on numbers of order one, each off by 1e-16, and LAPACK's few units of rounding.
EXACT = 1e-12


def isotropic(seed):
    return mt.generators.isotropic_noise(5, noise=(0.8, 0.5, 0.2)[seed])


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
    weights = ((0.4, 0.3, 0.2, 0.1), (0.1, 0.2, 0.3, 0.4), (0.3, 0.1, 0.5, 0.1))[seed]
    return mt.generators.hierarchical_classes((2, 2, 3), weights, label_level=1)


def caption(seed):
    return mt.generators.caption_model(12, 5, 2, 3, 2, affinity=0.8, key=jax.random.key(seed))


def two_communities(seed):
    """Texts tell the communities from each other; they are the classes, or for seed 2 other halves than the classes."""
    labels = np.arange(4) % 2 if seed < 2 else np.arange(4) // 2
    return mt.Joint(communities(4, 4) * np.random.default_rng(seed).uniform(0.5, 1, (4, 4)), labels, labels)


def coloured(seed):
    """Captions that keep the digit better or the colour, and views likewise; of seed 1 colours tell nothing."""
    kept = ((0.5, 0.8, 0.6, 0.7, 0.9), (0.0, 0.8, 0.6, 0.9, 0.7), (0.5, 0.6, 0.9, 0.9, 0.7))[seed]
    return mt.worlds.coloured(3, *kept)


def coloured_digits(seed):
    """Labels that go less with the colour than with the digit, more, and less than by chance."""
    return mt.worlds.coloured_digits(3, following=(0.775, 0.95, 0.2)[seed])


def resampled(seed):
    """Contents and styles: with enough new pairs of a content, without enough of two, and as they are but for a few."""
    method, strength = (("add_new_positive", 0.2), ("drop_false_positive", 0.25), ("add_new_positive", 0.01))[seed]
    return mt.worlds.resampled(method=method, strength=strength)


def communities(n_images, n_texts):
    """Even images go with even texts and odd ones with odd ones, with few exceptions."""
    return np.where((np.arange(n_images)[:, None] - np.arange(n_texts)) % 2 == 0, 1, 0.02)


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
        two_communities,
        coloured,
        coloured_digits,
        resampled,
    )
}
every_world = pytest.mark.parametrize("world", WORLDS)
each_generator = pytest.mark.parametrize(
    "world", ["isotropic", "block", "fewer_texts_than_classes", "hierarchical", "caption", "two_communities"]
)
# Verifying costs ten seconds of compilation for each shape; what it evaluates is asked of every world.
some_worlds = pytest.mark.parametrize("world", ["one_class", "two_communities"])


def random_parts(P, image_labels, seed):
    """An augmentation graph, auxiliary labels, a sample and walks for a joint.

    In turn: images alike at random under p_V; images alike by another partition than the classes, and by the
    classes, under another marginal.  Samples in turn leave images out, are of some size, and are very large.
    """
    rng, turn, n = np.random.default_rng(seed), seed % 3, len(image_labels)
    classes = 1 + max(image_labels)
    p = definitions.marginal(P) if turn == 0 else rng.dirichlet(np.full(n, 3.0))
    groups = (np.zeros(n, int), np.arange(n) * 2 // n, image_labels)[turn]
    natural = np.arange(rng.integers(classes, 2 * n)) % (1 + max(groups))
    weights = rng.dirichlet(np.full(len(natural), 0.5), n) * np.where(groups[:, None] == natural, 1, 0.03) + 1e-4
    pairs = definitions.induced_pairs((p / weights.sum(axis=1))[:, None] * weights)

    # The pairs of one label twice as often, and one in ten anew, so that some are dropped and some are new.
    alike = np.equal.outer(*[np.asarray(image_labels)] * 2)
    changed = pairs * (1 + alike) * rng.uniform(0.9, 1.1, n) * 0.9 / (pairs * (1 + alike)).sum() + 0.1 * np.eye(n) / n

    auxiliary = np.array(image_labels) % n
    labels = max(2, min(n, classes + 1))
    auxiliary[turn::3] = (auxiliary[turn::3] + rng.integers(1, labels, len(auxiliary[turn::3]))) % labels
    sample = rng.multinomial((40, 5_000, 4_000_000)[turn], P.ravel() / P.sum()).reshape(P.shape)
    labelled = rng.multinomial((n, 2_000, 4_000_000)[turn], definitions.marginal(P)) + (turn > 0)
    return {
        "augmentation": pairs,
        "resampled": (changed + changed.T) / (2 * changed.sum()),
        "auxiliary_labels": auxiliary,
        "sample": sample,
        "failure_probability": (0.3, 0.05, 0.001)[turn],
        # From too few images for every k, by no images left out, to very many.
        "labelled": labelled,
        "walks": drawn_walks(P, np.asarray(image_labels), 2, (20, 400, 8_000)[turn], rng),
        "attribute": random_attribute(P.shape, image_labels, rng),
        "label_law": rng.dirichlet(np.ones(classes), n),
        "negatives": np.outer(p, p) * np.where(alike, rng.uniform(0.2, 2), 1),
    }


def random_attribute(shape, image_labels, rng):
    """One of two or three attributes of each image and text; that of the first image is not its class."""
    n = min(3, *shape)
    images, texts = (rng.integers(0, n, size) for size in shape)
    images[0] = (image_labels[0] + 1) % n
    return images, texts


def nearly_optimal_encoders(P, dimension, noise, seed):
    """Truncated factors of the normalized matrix, zeros where its rank ends, and Gaussian noise on each feature."""
    rng = np.random.default_rng(seed)
    U, sigma, Vt = np.linalg.svd(definitions.normalized(P))
    encoders = []
    for vectors, p in ((U, definitions.marginal(P)), (Vt.T, definitions.marginal(P.T))):
        features = noise * rng.standard_normal((len(p), dimension))
        rank = min(dimension, len(sigma))
        features[:, :rank] += vectors[:, :rank] * np.sqrt(sigma[:rank]) / np.sqrt(p)[:, None]
        encoders.append(features)
    return tuple(encoders)


@functools.cache
def instance(world, seed):
    """Draw a joint of the world with every part.  Of random encoders, two features are one and the same."""
    made, rng = WORLDS[world](seed), np.random.default_rng(100 + seed)
    joint = made.joint if isinstance(made, mt.worlds.World) else made
    P, labels = np.asarray(joint.matrix), np.asarray(joint.image_labels)
    encoders = tuple(rng.standard_normal((n, 3))[:, [0, 1, 2, 2]] for n in P.shape)
    if seed == 1:
        encoders = nearly_optimal_encoders(P, 4, 0.01, seed)
    # A small sample has no pair of most digits of a colour, and so teaches no dimension of which the gap is clear.
    parts = random_parts(P, labels, 1 + seed % 2 if world == "coloured_digits" else seed)
    for name in ("augmentation", "resampled", "negatives"):
        own = getattr(made, name, None)
        parts[name] = mt.PairGraph(parts[name], labels, joint.n_classes) if own is None else own
    if isinstance(made, mt.worlds.World):
        parts["attribute"] = made.attribute
    own = getattr(made, "label_law", None)
    # Classes that no image has are drawn for none.
    spare = ((0, 0), (0, joint.n_classes - parts["label_law"].shape[1]))
    parts["label_law"] = np.pad(parts["label_law"], spare) if own is None else own
    # Of two steps the definitions know the extremal masses whatever the joint.
    return mt.Instance(joint, encoders=encoders, channel=lossy_channel(joint.n_texts, rng), steps=2, **parts)


def clear(P, sample, *graphs):
    """Each k at which the best encoder of images, of each kind of pairs and of the sample is unique by a clear gap."""
    law = sample / np.sum(sample)
    spectra = (
        definitions.singular_values(P) ** 2,
        *(definitions.spectrum_of_pairs(graph)[0] for graph in graphs),
        np.linalg.svd(definitions.normalized(law, like=P), compute_uv=False) ** 2,
        np.linalg.svd(definitions.normalized(law), compute_uv=False) ** 2,
    )
    ends = [np.append(s, 0) for s in spectra]  # at the largest k nothing is left out
    return [k for k in range(1, min(P.shape) + 1) if all(s[k - 1] - s[k] > CLEAR_GAP for s in ends)]


@functools.cache
def clear_dimensions(world, seed):
    """The first, a middle and the last clear k that leaves something out, the one that does not, and that of coloured.

    The last two where they are clear: what is learned of the digit or the colour is said at one dimension a class.
    """
    parts = instance(world, seed)
    laws = (parts.joint.matrix, parts.sample, parts.augmentation.matrix, parts.resampled.matrix)
    ks = clear(*(np.asarray(law) for law in laws))
    leaving = [k for k in ks if k < min(parts.joint.matrix.shape)]
    of_classes = {parts.joint.n_classes} & set(ks) if world.startswith(("coloured", "resampled")) else set()
    return sorted({leaving[0], leaving[len(leaving) // 2], leaving[-1], ks[-1]} | of_classes)


def cases(world):
    """Every (seed, k) that is asked of a world."""
    return [(seed, k) for seed in SEEDS for k in clear_dimensions(world, seed)]


@functools.cache
def defined(world, seed, k):
    """The quantities of an instance, from their definitions."""
    parts = instance(world, seed)
    joint = parts.joint
    return definitions.quantities(
        joint.matrix,
        joint.image_labels,
        joint.text_labels,
        k,
        parts.encoders,
        parts.channel,
        parts.augmentation.matrix,
        parts.auxiliary_labels,
        parts.sample,
        parts.failure_probability,
        parts.labelled,
        steps=parts.steps,
        walks=parts.walks,
        attribute=parts.attribute,
        resampled=parts.resampled.matrix,
        label_law=parts.label_law,
        negatives=parts.negatives.matrix,
    )


@functools.cache
def measured(world, seed, k):
    """The same quantities from the package, as numbers of NumPy, with which formulas go a hundred times faster."""
    return jax.device_get(mt.measure(instance(world, seed), k))


@functools.cache
def verified(world):
    """(lhs, rhs) in the package's table of every theorem on every instance of a world, by seed, theorem and k, or 0."""
    ks = sorted({k for _, k in cases(world)})
    table = mt.verify([instance(world, seed) for seed in SEEDS], ks)
    keys = zip(table.joint, table.theorem, table.k.fillna(0), strict=True)
    sides = dict(zip(keys, zip(table.lhs, table.rhs, strict=True), strict=True))
    assert len(sides) == len(table)
    return sides


# Where there are several components, 1 − σ²_2 is 0 but for rounding, which a root magnifies: then squares are compared.
ROOTS_OF_GAPS = {"cheeger", "cheeger-text-induced"}


def near(expected):
    """Equal within AGREE, relative to values above one."""
    return pytest.approx(expected, rel=AGREE, abs=AGREE)


# The package and the definitions.


def agree(found, expected):
    """Whether both are missing, or near."""
    return found is expected if found is None or expected is None else found == near(expected)


# The tests below name all that is wrong, in one case for each world: of five thousand cases pytest itself would take
# more time than what they compare.  Formulas are evaluated as in ``verify``, also where they divide by zero.
@every_world
def test_quantities_are_what_their_definitions_say(world):
    wrong = []
    for case in cases(world):
        for name in FIELDS:
            found, expected = getattr(measured(world, *case), name), defined(world, *case).get(name)
            if not agree(found, expected):
                wrong.append((name, *case, found, expected))
    assert not wrong, wrong


def test_every_quantity_is_defined_somewhere():
    found = set().union(*(defined(world, *case) for world in WORLDS for case in cases(world)))
    assert found == set(FIELDS)


def test_every_theorem_has_its_formulas_typed_again():
    assert set(definitions.FORMULAS) == set(mt.theorems)


@every_world
@np.errstate(all="ignore")
def test_sides_are_what_the_theorems_say(world):
    wrong = []
    for (slug, theorem), case in itertools.product(mt.theorems.items(), cases(world)):
        quantities, found = defined(world, *case), measured(world, *case)
        applies = definitions.applies(slug, quantities)
        if applies != all(margin > definitions.TIE for margin in theorem.margins(found)):
            wrong.append((slug, *case, "applies" if applies else "does not apply"))
        elif applies:
            sides = theorem.sides(found), definitions.sides(slug, quantities)
            if slug in ROOTS_OF_GAPS and quantities["sigma_2"] > 1 - definitions.TIE:
                sides = np.square(sides)
            if tuple(sides[0]) != near(tuple(sides[1])):
                wrong.append((slug, *case, *sides))
    assert not wrong, wrong


@some_worlds
def test_verify_shows_both_sides_where_the_theorem_applies(world):
    wrong = []
    for (slug, theorem), (seed, k) in itertools.product(mt.theorems.items(), cases(world)):
        quantities, found = defined(world, seed, k), verified(world)[seed, slug, k if theorem.per_k else 0]
        applies = definitions.applies(slug, quantities)
        expected = definitions.sides(slug, quantities) if applies else (np.nan, np.nan)
        if found != pytest.approx(expected, rel=AGREE, abs=AGREE, nan_ok=not applies):
            wrong.append((slug, seed, k, found, expected))
    assert not wrong, wrong


def test_every_theorem_is_tried_where_it_applies_and_where_not():
    tried = [
        (slug, definitions.applies(slug, defined(world, *case)))
        for world in WORLDS
        for case in cases(world)
        for slug in definitions.FORMULAS
    ]
    assert {slug for slug, applies in tried if applies} == set(definitions.FORMULAS)
    assert {slug for slug, applies in tried if not applies} == set(definitions.CONDITIONS)


@every_world
@np.errstate(all="ignore")
def test_identities_hold_in_the_definitions_and_in_the_package(world):
    wrong = []
    for slug, case in itertools.product(IDENTITIES, cases(world)):
        for sides in definitions.sides(slug, defined(world, *case)), mt.theorems[slug].sides(measured(world, *case)):
            lhs, rhs = map(float, sides)
            if lhs != near(rhs):
                wrong.append((slug, *case, lhs, rhs))
    assert not wrong, wrong


@every_world
def test_bounds_hold_in_the_definitions(world):
    every = itertools.product(BOUNDS, cases(world))
    wrong = [(slug, *case) for slug, case in every if not bound_holds(slug, defined(world, *case))]
    assert not wrong, wrong


def bound_holds(slug, quantities):
    """Whether it does, or does not apply."""
    if not definitions.applies(slug, quantities):
        return True
    lhs, rhs = definitions.sides(slug, quantities)
    least, most = (rhs, lhs) if mt.theorems[slug].kind is mt.Kind.LOWER_BOUND else (lhs, rhs)
    return least <= most + AGREE


@functools.cache
def random_quantities(seed):
    """The definitions alone at each clear k of a random joint of random labels, with nearly optimal encoders."""
    rng = np.random.default_rng(1000 + seed)
    P = rng.dirichlet(np.full(42, rng.choice([0.1, 0.3, 1.0]))).reshape(6, 7)[:, : rng.integers(4, 8)] + 1e-3
    if rng.random() < 0.5:
        P *= communities(*P.shape)
    P /= P.sum()
    images, texts = np.arange(6), np.arange(P.shape[1])
    labels, text_labels = (
        (rng.integers(0, 3, 6), rng.integers(0, 3, len(texts))),
        (images % 2, texts % 2),
        (images * 2 // 6, texts * 2 // len(texts)),
    )[rng.integers(3)]
    channel = rng.dirichlet(np.ones(3), P.shape[1])
    encoders = nearly_optimal_encoders(P, rng.integers(1, 5), rng.choice([0.01, 0.1, 0.5]), seed)
    parts = random_parts(P, labels, seed)
    return [
        definitions.quantities(P, labels, text_labels, k, encoders, channel, steps=2, **parts)
        for k in clear(P, parts["sample"], parts["augmentation"], parts["resampled"])
    ]


@pytest.mark.parametrize("slug", BOUNDS)
def test_bound_holds_in_the_definitions_of_random_instances(slug):
    for seed in range(N_RANDOM):
        for quantities in random_quantities(seed):
            assert bound_holds(slug, quantities), (seed, quantities)


@pytest.mark.parametrize("slug", PROBABLE)
def test_probable_bound_fails_no_more_often_than_it_may(slug):
    """At each δ: more failures than this would be seen once in ten thousand times, were δ their probability."""
    found = [of_k[0] for of_k in map(random_quantities, range(N_RANDOM)) if of_k]
    for probability in {quantities["failure_probability"] for quantities in found}:
        applies = [q for q in found if q["failure_probability"] == probability and definitions.applies(slug, q)]
        failures = sum(not bound_holds(slug, q) for q in applies)
        assert failures <= scipy.stats.binom.ppf(1 - 1e-4, len(applies), probability)


@every_world
def test_no_labels_of_the_texts_err_less_than_the_bayes_labels(world):
    P, labels = np.asarray(instance(world, 1).joint.matrix), np.asarray(instance(world, 1).joint.image_labels)
    P = P[:, :6] / P[:, :6].sum()  # at most 5⁶ ways to label them
    every = itertools.product(sorted(set(labels)), repeat=P.shape[1])
    mass = {i: P[labels == i].sum(axis=0) for i in set(labels)}
    least = min(1 - sum(mass[i][t] for t, i in enumerate(labeling)) for labeling in every)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # images that only other texts go with
        joint = mt.Joint(P, labels)
    assert float(joint.bayes_labeling_error) == pytest.approx(least, abs=EXACT)
    assert float(joint.labeling_error) == pytest.approx(least, abs=EXACT)


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
