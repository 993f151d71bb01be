"""Compare the residual of an encoder learned from N pairs with its bounds before and after the pairs are drawn.

    python experiments/finite_sample.py [FOLDER]

The bound after the draw reads the sample (`finite-sample`); the bound before it holds with high probability
(`finite-sample-apriori`).  The script writes finite_sample.parquet (samples of many sizes), the figure finite_sample
(PDF, PNG), and finite_sample_frequencies.parquet (how often the probable bounds fail on samples of a few sizes) into
FOLDER (by default results/).  It takes about a minute.
"""

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

import mmcl_theory as mt

K = 3  # the number of classes
FAILURE_PROBABILITY = 0.05
BOUNDS = ["probe-text-induced", "finite-sample", "finite-sample-apriori"]
PROBABLE = ["cooccurrence-concentration", "finite-sample-apriori"]


def samples(joint: mt.Joint, n_pairs: int, n_draws: int, key: jax.Array) -> list[mt.Instance]:
    """Draw samples of n_pairs pairs of a joint."""
    keys = jax.random.split(jax.random.fold_in(key, n_pairs), n_draws)
    return [
        mt.Instance(joint, sample=joint.draw(n_pairs, key=key), failure_probability=FAILURE_PROBABILITY) for key in keys
    ]


def residuals(instances: list[mt.Instance]) -> pd.DataFrame:
    """Measure the residuals of two learned encoders on each sample.

    ``sample_residual`` is that of the encoder that the theorems are about; ``practical_residual`` is that of the one
    normalized by the sample's marginals, which no theorem here bounds.
    """

    def one(counts: jax.Array) -> dict[str, jax.Array]:
        measured = mt.measure(mt.Instance(instances[0].joint, sample=counts), K)
        return {name: getattr(measured, name) for name in ("sample_residual", "practical_residual")}

    return pd.DataFrame(jax.jit(jax.vmap(one))(jnp.stack([instance.sample for instance in instances])))


def main(folder: pathlib.Path, n_draws: int = 50, n_sizes: int = 13, n_frequency_draws: int = 2000) -> None:
    sweep_key, frequency_key = jax.random.split(jax.random.key(0))
    joint = mt.worlds.kernel(n_images=12, n_texts=12, n_classes=K, caption_width=0.05, caption_of="view").joint
    sizes = np.geomspace(100, 1e6, n_sizes).round().astype(int)
    instances = [instance for size in sizes for instance in samples(joint, int(size), n_draws, sweep_key)]
    table = mt.verify(instances, K, BOUNDS).join(residuals(instances), on="joint")
    mt.tables.write(table, folder / "finite_sample.parquet")
    mt.plotting.save(mt.plotting.finite_sample(table), folder / "finite_sample.pdf")

    # Each size is verified by itself, since its probability of failure is its own.
    rates = {}
    for size in (1_000, 10_000, 100_000):
        drawn = samples(joint, size, n_frequency_draws, frequency_key)
        rates[size] = mt.failure_rates(mt.verify(drawn, K, PROBABLE))
    frequencies = pd.concat(rates, names=["pairs"]).reset_index(level="pairs")
    mt.tables.write(frequencies, folder / "finite_sample_frequencies.parquet")

    by_size = table[table.theorem == "finite-sample"].groupby("sample_size")
    apriori = table[table.theorem == "finite-sample-apriori"].groupby("sample_size").rhs.first()
    medians = by_size[["sample_residual", "practical_residual", "rhs"]].median().assign(apriori=apriori)
    print("medians over samples of one size: residual measured, with empirical marginals; bound a posteriori, a priori")
    print(medians.round(4).to_string())
    print("\ndraws that exceed a probable bound, with 99.9 % limits of their probability")
    print(frequencies.drop(columns=["k", "rate"]).round(4).to_string(index=False))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
