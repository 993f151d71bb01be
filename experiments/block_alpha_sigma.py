"""Compare bound and residual over labeling error α and over singular value σ_{k+1}, on samples of block joints.

    python experiments/block_alpha_sigma.py [FOLDER]

It writes block_alpha_sigma.parquet and the figures block_alpha and block_sigma (PDF, PNG) into FOLDER (by default
results/).  It takes a few seconds.
"""

import pathlib
import sys

import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt

K = 4  # the number of classes
N_PAIRS = 2000  # sampled: in the block joint itself the first K singular vectors are the classes, and the residual is 0


def sampled_block(label_noise: float, contrast: float, key: jax.Array) -> mt.Joint:
    block_key, sample_key = jax.random.split(key)
    block = mt.generators.block_joint(label_noise=label_noise, contrast=contrast, key=block_key)
    return block.sample(N_PAIRS, key=sample_key)


def main(folder: pathlib.Path) -> None:
    keys = jax.random.split(jax.random.key(0), (2, 60))
    sweeps = {
        "alpha": [sampled_block(a, 0.2, key) for a, key in zip(np.linspace(0.005, 0.5, 60), keys[0], strict=True)],
        "sigma": [sampled_block(0.05, c, key) for c, key in zip(np.linspace(0, 1, 60), keys[1], strict=True)],
    }
    axes = {"alpha": "labeling_error", "sigma": "sigma_next"}
    tables = {name: mt.verify(joints, k=K, theorems="probe-mmcl") for name, joints in sweeps.items()}
    for name, table in tables.items():
        mt.plotting.save(mt.plotting.against(table, axes[name], k=K), folder / f"block_{name}.pdf")
    table = pd.concat(tables, names=["sweep"]).reset_index(level="sweep")
    mt.tables.write(table, folder / "block_alpha_sigma.parquet")
    print(table.groupby(["sweep", "verdict"]).ratio.describe()[["count", "min", "max"]])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
