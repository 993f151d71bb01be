"""Map how tight the population bound is over the plane of labeling error α and singular value σ_{k+1}.

    python experiments/alpha_sigma_map.py [FOLDER]

It writes alpha_sigma_map.parquet and the figure alpha_sigma_map (PDF, PNG) into FOLDER (by default results/).  It takes
about half a minute.
"""

import pathlib
import sys

import jax
import numpy as np

import mmcl_theory as mt

K = 4  # the number of classes
N_PAIRS = 2000  # sampled: in the block joint itself the first K singular vectors are the classes, and the residual is 0


def sampled_block(key: jax.Array) -> mt.Joint:
    knob_key, block_key, sample_key = jax.random.split(key, 3)
    label_noise, contrast = np.asarray(jax.random.uniform(knob_key, (2,), minval=0.01, maxval=np.array([0.7, 1.0])))
    block = mt.generators.block_joint(label_noise=label_noise, contrast=contrast, key=block_key)
    return block.sample(N_PAIRS, key=sample_key)


def main(folder: pathlib.Path, n_joints: int = 2000) -> None:
    joints = [sampled_block(key) for key in jax.random.split(jax.random.key(0), n_joints)]
    table = mt.verify(joints, k=K, theorems="probe-mmcl")
    mt.tables.write(table, folder / "alpha_sigma_map.parquet")
    mt.plotting.save(mt.plotting.tightness_map(table), folder / "alpha_sigma_map.pdf")
    looseness = (table.rhs / table.lhs).groupby([table.verdict, np.ceil(table.labeling_error * 10) / 10])
    print("bound over measured residual, by verdict and labeling error up to")
    print(looseness.describe()[["count", "min", "50%", "max"]].rename(columns={"50%": "median"}).round(2))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
