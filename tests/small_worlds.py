"""Draw the worlds that theorems are tried on, which several test files share.

Only the generators of the package draw with JAX.  What the tests draw is drawn with NumPy: JAX would compile some
fifty programs for each shape.
"""

import jax
import numpy as np

import mmcl_theory as mt
from mmcl_theory.worlds.latent import World


def how_many(here: int, otherwise: int) -> int:
    """Return how many are drawn: fewer where they are the same each time, as `make test` draws them."""
    from hypothesis import settings  # without which the site draws them, in numbers of its own

    return here if settings.default.derandomize else otherwise


def numbers(key) -> np.random.Generator:
    """Return NumPy's generator of random numbers that a JAX key determines."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))


# Small worlds of few distinct shapes: each shape is compiled once, for seven of them nine images, nine texts and three
# classes.  Those with a seed draw a joint for each key.
WORLDS = {
    "isotropic": lambda key: mt.generators.isotropic_noise(6, numbers(key).random()),
    "hierarchical": lambda key: mt.generators.hierarchical_classes(
        (2, 2, 3), numbers(key).dirichlet(np.ones(4)), label_level=2
    ),
    "block": lambda key: mt.generators.block_joint(14, 10, (2, 1, 1), *numbers(key).random(2), 0.7, key=key),
    "dirichlet": lambda key: mt.generators.random_dirichlet(9, 9, 3, key=key),
    "sparse dirichlet": lambda key: mt.generators.random_dirichlet(9, 9, 3, concentration=0.02, key=key),
    "tall dirichlet, random labels": lambda key: mt.generators.random_dirichlet(9, 6, 3, bayes_labels=False, key=key),
    "wide dirichlet": lambda key: mt.generators.random_dirichlet(5, 12, 2, concentration=1.0, key=key),
    "caption": lambda key: mt.generators.caption_model(12, 8, 3, 3, 2, key=key),
    # Captions of the view that name the class, and augmentations that change the content: text pairs provably win at
    # k = 3.
    "content-style": lambda _: captions_of_the_view(),
    "content-style, roles exchanged": lambda _: exchanged(captions_of_the_view()),
    "content-style, strong augmentation": lambda _: mt.worlds.content_style(3, 9, 3, 4, 0.01, 0.05, 0.2),
    "kernel": lambda _: mt.worlds.kernel(16, 12, 2),
    # Captions keep the digit better, and views the colour; then views keep the digit, and colours say nothing of it.
    "coloured": lambda _: mt.worlds.coloured(3, 0.5, 0.8, 0.6, 0.7, 0.9),
    "coloured, independent": lambda _: mt.worlds.coloured(3, 0, 0.8, 0.6, 0.9, 0.7),
    # Captions tell the colour, and the label; then the label alone, in one of two words: k = 3 holds its law.
    "coloured digits": lambda _: mt.worlds.coloured_digits(3),
    "noisy labels": lambda _: told_labels(mt.worlds.coloured_digits(3)),
    # New pairs let the content be learned, and too few are dropped for that.
    "resampled": lambda _: mt.worlds.resampled(),
    "resampled, dropped": lambda _: mt.worlds.resampled(method="drop_false_positive", strength=0.1),
}


def captions_of_the_view() -> World:
    """Make a world whose text pairs are the more consistent ones."""
    return mt.worlds.content_style(6, 9, 3, 1, 0.3, 0.01, 0.8, "view")


def told_labels(world: World) -> World:
    """Let captions tell the noisy label and nothing else."""
    words = np.repeat(np.asarray(world.joint.image_marginal)[:, None] * world.label_law / 2, 2, axis=1)
    joint = mt.Joint(words, world.joint.image_labels, np.repeat(np.arange(words.shape[1] // 2), 2))
    images, texts = world.attribute[0], np.zeros(words.shape[1], int)
    return World(joint, world.augmentation, (images, texts), label_law=world.label_law)


def exchanged(world: World) -> World:
    """Exchange the two kinds of pairs: augmentations become texts, text-induced pairs become augmentations."""
    augmentation = world.joint.text_induced()
    labels = world.joint.image_labels
    return World(mt.Joint(world.augmentation.matrix, labels, labels), mt.PairGraph(augmentation.matrix, labels))


# Fewer of captions, each of which may have a shape of its own; of worlds without a seed only the parts are random.
SEEDS = {"caption": 2}


def instances(world: str, n: int | None = None) -> list[mt.Instance]:
    """Draw instances of a world with every part that a statement may need; those a world has none of are random."""
    n = n or SEEDS.get(world, how_many(3, 12))
    return [whole_instance(WORLDS[world], key) for key in jax.random.split(jax.random.key(0), n)]


def whole_instance(world, key) -> mt.Instance:
    """Draw an instance of a world with every part; a sample is of a million pairs, one auxiliary label in 33 is off."""
    rng, made = numbers(key), world(key)
    joint = made.joint if isinstance(made, World) else made
    labels = np.asarray(joint.image_labels)
    flipped = rng.random(joint.n_images) < 0.03
    augmentation = made.augmentation if isinstance(made, World) else random_augmentations(joint, rng)
    resampled = made.resampled if isinstance(made, World) else None
    label_law = made.label_law if isinstance(made, World) else None
    return mt.Instance(
        joint,
        channel=lossy_channel(joint.n_texts, rng),
        encoders=nearly_optimal_encoders(joint, rng),
        augmentation=augmentation,
        resampled=resampled or random_resampling(augmentation, rng),
        auxiliary_labels=np.where(flipped, (labels + 1) % joint.n_classes, labels),
        sample=drawn_counts(joint, 1_000_000, rng),
        labelled=rng.multinomial(10_000, np.asarray(joint.image_marginal) / joint.image_marginal.sum()),
        walks=drawn_walks(np.asarray(joint.matrix), labels, 16, 10_000, rng),
        negatives=random_resampling(mt.PairGraph(np.ones((joint.n_images,) * 2), labels, joint.n_classes), rng),
        label_law=rng.dirichlet(np.ones(joint.n_classes), joint.n_images) if label_law is None else label_law,
        attribute=(made.attribute if isinstance(made, World) else None) or random_attribute(joint, rng),
    )


def random_attribute(joint: mt.Joint, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw one of three attributes for each image and text; that of the first image is not its class."""
    images, texts = rng.integers(0, 3, joint.n_images), rng.integers(0, 3, joint.n_texts)
    images[0] = (int(joint.image_labels[0]) + 1) % 3
    return images, texts


def lossy_channel(n_texts: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a channel to half as many captions: each becomes one of two new ones, with random probabilities."""
    n_new = max(1, n_texts // 2)
    share = rng.random((n_texts, 1))
    # The first of the two covers every new caption, so that none is left without mass.
    first, second = rng.permutation(np.arange(n_texts) % n_new), rng.integers(0, n_new, n_texts)
    return share * np.eye(n_new)[first] + (1 - share) * np.eye(n_new)[second]


def drawn_counts(joint: mt.Joint, n_pairs: int, rng: np.random.Generator) -> np.ndarray:
    """Draw independent pairs from a dense joint and count them."""
    P = np.asarray(joint.matrix)
    return rng.multinomial(n_pairs, P.ravel() / P.sum()).reshape(P.shape)


def random_augmentations(joint: mt.Joint, rng: np.random.Generator) -> mt.PairGraph:
    """Draw two natural images an image, of which it is a likely augmentation; none keeps the joint's marginal."""
    n = joint.n_images
    channel = 0.6 * np.tile(np.eye(n), (2, 1)) + 0.4 * rng.dirichlet(np.full(n, 0.3), 2 * n)
    return mt.PairGraph.of_augmentations(channel, np.ones(2 * n), joint.image_labels, n_classes=joint.n_classes)


def random_resampling(graph: mt.PairGraph, rng: np.random.Generator) -> mt.PairGraph:
    """Keep a random part of each pair, of different ones more often than of others or less."""
    same = np.equal.outer(*[np.asarray(graph.labels)] * 2)
    part = rng.random(same.shape) ** (2.0 ** rng.normal(size=2)[1 * same])
    return mt.PairGraph(np.asarray(graph.matrix) * (part + part.T + 0.1), graph.labels, graph.n_classes)


def nearly_optimal_encoders(joint: mt.Joint, rng: np.random.Generator, noise: float = 0.03):
    """Return the optimal features of dimension 3, with a little noise on each."""
    P = np.asarray(joint.matrix)
    p, q = P.sum(axis=1), P.sum(axis=0)
    U, sigma, Vt = np.linalg.svd(P / np.sqrt(p)[:, None] / np.sqrt(q))
    best = (vectors[:, :3] * np.sqrt(sigma[:3] / mass[:, None]) for vectors, mass in ((U, p), (Vt.T, q)))
    return tuple(features + noise * rng.standard_normal(features.shape) for features in best)


def drawn_walks(P: np.ndarray, labels: np.ndarray, steps: int, n_walks: int, rng: np.random.Generator) -> list[int]:
    """Draw text walks, each text given the image and each image given the text, and count those in their class."""
    cumulative = (np.cumsum(pairs / pairs.sum(axis=1, keepdims=True), axis=1) for pairs in (P, P.T))
    to_texts, to_images = (np.ascontiguousarray(sums.T[:-1]) for sums in cumulative)
    images = rng.choice(len(P), n_walks, p=P.sum(axis=1) / P.sum())
    own, counts = labels[images], [n_walks]
    for _ in range(steps):
        texts = (to_texts.take(images, axis=1) < rng.random(n_walks)).sum(axis=0, dtype=np.int16)
        images = (to_images.take(texts, axis=1) < rng.random(n_walks)).sum(axis=0, dtype=np.int16)
        counts.append(int(np.sum(labels[images] == own)))
    return counts
