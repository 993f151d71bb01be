"""Find the least constant that each statement of an order still allows, as the joints grow.

    python experiments/order_constants.py [FOLDER]

It writes order_constants.parquet (every joint, k and statement), order_constants_by_size.parquet and the figure
order_constants (PDF, PNG) into FOLDER (by default results/).  It takes about a minute.
"""

import pathlib
import sys

import jax

import mmcl_theory as mt

N_CLASSES = 4


def joints_of(n: int, n_draws: int, key: jax.Array) -> list[mt.Joint]:
    """Build joints of n images and n texts: random ones, samples of blocks, and isotropic noise (a large constant)."""
    random_joint, block = mt.generators.random_dirichlet, mt.generators.block_joint
    sizes = (1,) * N_CLASSES
    joints = [mt.generators.isotropic_noise(n, noise) for noise in (0.01, 0.1, 0.3)]
    for one, other in jax.random.split(key, (n_draws, 2)):
        joints.append(random_joint(n, n, N_CLASSES, concentration=8 / n, key=one))
        joints.append(block(n, n, sizes, label_noise=0.1, contrast=0.3, key=one).sample(20 * n, key=other))
    return joints


def main(folder: pathlib.Path, largest: int = 128, n_draws: int = 20) -> None:
    order = [slug for slug, theorem in mt.theorems.items() if theorem.kind is mt.Kind.ORDER]
    sizes = [n for n in (8, 16, 32, 64, 128) if n <= largest]
    keys = jax.random.split(jax.random.key(0), len(sizes))
    instances = [
        mt.Instance.with_random_parts(joint, n_pairs=100 * n, key=jax.random.fold_in(key, i))
        for n, key in zip(sizes, keys, strict=True)
        for i, joint in enumerate(joints_of(n, n_draws, key))
    ]
    table = mt.verify(instances, [1, 2, 3, 4], order)
    constants = mt.order_constants(table)
    mt.tables.write(table, folder / "order_constants.parquet")
    mt.tables.write(constants, folder / "order_constants_by_size.parquet")
    mt.plotting.save(mt.plotting.constants(constants), folder / "order_constants.pdf")
    print("least constant that the instances of each size allow")
    print(constants.pivot(index="n_items", columns="theorem", values="constant").round(4).to_string())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
