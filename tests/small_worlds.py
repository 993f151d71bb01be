"""The worlds that theorems are tried on, which several test files share."""

import jax
import jax.numpy as jnp
import numpy as np

import mmcl_theory as mt
from mmcl_theory.worlds.latent import World

N_SEEDS = 12

# Small worlds of few distinct shapes: each shape is compiled once.  Those with a seed draw a joint for each key.
WORLDS = {
    "isotropic": lambda key: mt.generators.isotropic_noise(6, float(jax.random.uniform(key))),
    "hierarchical": lambda key: mt.generators.hierarchical_classes(
        (2, 2, 3), jax.random.dirichlet(key, jax.numpy.ones(4)), label_level=2
    ),
    "block": lambda key: mt.generators.block_joint(14, 10, (2, 1, 1), *jax.random.uniform(key, (2,)), 0.7, key=key),
    "dirichlet": lambda key: mt.generators.random_dirichlet(8, 8, 3, key=key),
    "sparse dirichlet": lambda key: mt.generators.random_dirichlet(8, 8, 3, concentration=0.02, key=key),
    "tall dirichlet, random labels": lambda key: mt.generators.random_dirichlet(12, 5, 4, bayes_labels=False, key=key),
    "wide dirichlet": lambda key: mt.generators.random_dirichlet(5, 12, 2, concentration=1.0, key=key),
    "caption": lambda key: mt.generators.caption_model(12, 8, 3, 3, 2, key=key),
    # Captions that name the class and augmentations that change the content: text pairs provably win at k = 3.
    "content-style": lambda _: mt.worlds.content_style(6, 9, 3, 1, 0.3, 0.01, 0.8),
    "content-style, roles exchanged": lambda _: exchanged(mt.worlds.content_style(6, 9, 3, 1, 0.3, 0.01, 0.8)),
    "content-style, strong augmentation": lambda _: mt.worlds.content_style(3, 9, 3, 4, 0.01, 0.05, 0.2),
    "kernel": lambda _: mt.worlds.kernel(16, 12, 2),
}


def exchanged(world: World) -> World:
    """The two kinds of pairs in each other's place: augmentations as texts, text-induced pairs as augmentations."""
    augmentation = world.joint.text_induced()
    labels = world.joint.image_labels
    return World(mt.Joint(world.augmentation.matrix, labels, labels), mt.PairGraph(augmentation.matrix, labels))


# Every caption joint has a shape of its own, so a compilation of its own; of the others only the parts are random.
SEEDS = {"caption": 2, **{world: 3 for world in WORLDS if world.startswith(("content", "kernel"))}}


def instances(world: str, n: int | None = None) -> list[mt.Instance]:
    """Instances of a world with every part that a statement may need; those a world has none of are random."""
    n = n or SEEDS.get(world, N_SEEDS)
    return [whole_instance(WORLDS[world], key) for key in jax.random.split(jax.random.key(0), n)]


def whole_instance(world, key) -> mt.Instance:
    world_key, parts_key, encoder_key, graph_key, label_key = jax.random.split(key, 5)
    made = world(world_key)
    joint = made.joint if isinstance(made, World) else made
    graph = made.augmentation if isinstance(made, World) else random_augmentations(joint, graph_key)
    flipped = jax.random.bernoulli(label_key, 0.03, joint.image_labels.shape)
    drawn = mt.Instance.with_random_parts(joint, key=parts_key)
    return mt.Instance(
        joint,
        channel=drawn.channel,
        encoders=nearly_optimal_encoders(joint, encoder_key),
        augmentation=graph,
        auxiliary_labels=np.where(flipped, (joint.image_labels + 1) % joint.n_classes, joint.image_labels),
        sample=drawn.sample,
    )


def random_augmentations(joint: mt.Joint, key) -> mt.PairGraph:
    """Two natural images an image, of which it is a likely augmentation; none keeps the joint's marginal."""
    noise = jax.random.dirichlet(key, jnp.full(joint.n_images, 0.3), (2 * joint.n_images,))
    channel = 0.6 * jnp.tile(jnp.eye(joint.n_images), (2, 1)) + 0.4 * noise
    return mt.PairGraph.of_augmentations(
        channel, jnp.ones(2 * joint.n_images), joint.image_labels, n_classes=joint.n_classes
    )


def nearly_optimal_encoders(joint: mt.Joint, key, noise: float = 0.03):
    """The optimal features of dimension 3, with a little noise on each."""
    best = mt.factorize(joint, 3)
    first, second = jax.random.split(key)
    return (
        best.image_features + noise * jax.random.normal(first, best.image_features.shape),
        best.text_features + noise * jax.random.normal(second, best.text_features.shape),
    )
