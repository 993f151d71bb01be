"""Train to the singular value decomposition: to rounding in full batches, at the rate 1/pairs with samples.

    python experiments/training_finds_the_svd.py [FOLDER]

A joint of 24 images and 20 texts with even marginals, k = 3, tabular encoders and the spectral contrastive loss.

- Full batches: L-BFGS from several starts; excess loss, subspace angle, and the singular values of F_V F_Lᵀ.
- Sampled pairs, with independent negatives or those of the batch: gradient descent whose step falls as c/t after a
  warm-up, c = 2, against ``training.decay``; and with constant steps, from the optimum, against ``training.plateau``.
  Besides, a loss in which each pair is also its own negative, which is biased: it has another minimum.
- The bias of a batch's gradient by its size, relative to the population's gradient, at a random encoder.

It writes the tables training_finds_the_svd_{full,values,sampled,constant,bias}.parquet and the figures
training_finds_the_svd and training_rates (PDF, PNG) into FOLDER (by default results/).  It takes about a minute of
processor time.
"""

import pathlib
import sys
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

import mmcl_theory as mt
from mmcl_theory._progress import progress_bar

K, C = 3, 2.0
WARM_UP = 2**16  # pairs, at the first step size
FIRST_STEP = 2.5e-3 / 16  # for each pair of a batch
LOSSES = {"independent": mt.losses.spectral_independent, "in-batch": mt.losses.spectral}


def with_own_pair(images: jax.Array, texts: jax.Array) -> jax.Array:
    """Compute the spectral loss whose negatives are all n² pairs of rows."""
    return -2 * jnp.mean(jnp.sum(images * texts, axis=1)) + jnp.mean((images @ texts.T) ** 2)


def clip(images: jax.Array, texts: jax.Array) -> jax.Array:
    """Compute InfoNCE at τ = 1 without normalization, so that scores are ⟨z, w⟩ as in the population."""
    scores = images @ texts.T
    own = [jnp.mean(jnp.diagonal(jax.nn.log_softmax(scores, axis=axis))) for axis in (0, 1)]
    return -(own[0] + own[1]) / 2


def start(joint: mt.Joint, seed: int) -> tuple:
    laws = (joint.image_marginal, joint.text_marginal)
    keys = jax.random.split(jax.random.key(seed))
    return tuple(mt.training.Tabular(len(p), K, marginal=p, key=key) for p, key in zip(laws, keys, strict=True))


def optimum(joint: mt.Joint) -> tuple:
    """Return the tabular encoders that are the closed form."""
    fact = mt.factorize(joint, K)
    pairs = zip(start(joint, 0), (fact.image_factors, fact.text_factors), strict=True)
    return tuple(eqx.tree_at(lambda side: side.table, side, factors) for side, factors in pairs)


def in_full_batches(joint: mt.Joint, n_seeds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train from each start; return the histories, and the singular values at the end."""
    histories, values = [], []
    sigma = np.linalg.svd(np.asarray(joint.normalized), compute_uv=False)
    for seed in range(n_seeds):
        loss = mt.losses.spectral_population
        run = mt.train(joint, start(joint, seed), loss, steps=60, every=2, key=jax.random.key(0))
        images, texts = (side.table for side in run.encoder)
        learned = np.linalg.svd(np.asarray(images @ texts.T), compute_uv=False)
        histories.append(run.history.assign(seed=seed))
        j = np.arange(1, len(sigma) + 1)
        values.append(pd.DataFrame({"seed": seed, "j": j, "sigma": sigma, "learned": learned[: len(sigma)]}))
    return pd.concat(histories), pd.concat(values)


def falling(batch: int) -> optax.GradientTransformation:
    """Return gradient descent with steps of FIRST_STEP a pair up to WARM_UP pairs, then c/t."""
    first, warm = FIRST_STEP * batch, WARM_UP // batch
    return optax.sgd(lambda t: C / (C / first + jnp.maximum(t - warm, 0)))


def sampled(
    joint: mt.Joint, batch: int, negatives: str, loss: Callable, n_seeds: int, n_pairs: int, advance: Callable
) -> pd.DataFrame:
    """Train on sampled pairs with each seed; return the histories."""
    optimizer, steps, tables = falling(batch), n_pairs // batch, []
    for seed in range(n_seeds):
        run = mt.train(
            joint, start(joint, seed), loss, steps=steps, batch=batch, negatives=negatives, optimizer=optimizer,
            every=max(1, steps // 64), key=jax.random.key(seed),
        )  # fmt: skip
        tables.append(run.history.assign(batch=batch, seed=seed, pairs=run.history.step * batch))
        advance()
    return pd.concat(tables)


def constant(joint: mt.Joint, batch: int, step: float, n_seeds: int, n_steps: int) -> pd.DataFrame:
    """Train with a constant step and in-batch negatives; return each seed's mean excess loss over the second half."""
    optimizer, rows = optax.sgd(step), []
    for seed in range(n_seeds):
        run = mt.train(
            joint, optimum(joint), mt.losses.spectral, steps=n_steps, batch=batch, optimizer=optimizer,
            every=max(1, n_steps // 200), key=jax.random.key(seed),
        )  # fmt: skip
        late = run.history[run.history.step > n_steps / 2]
        rows.append({"batch": batch, "step": step, "seed": seed, "excess_loss": late.excess_loss.mean()})
    modes = mt.training.modes(joint, K, batch)
    return pd.DataFrame(rows).assign(expected=mt.training.plateau(modes, step))


def floor(joint: mt.Joint, batch: int) -> float:
    """Compute the excess loss at the minimum of the loss with the own pair, of whose negatives 1/b are positives."""
    p, q = joint.image_marginal, joint.text_marginal
    negative = (1 - 1 / batch) * p[:, None] * q + joint.matrix / batch

    def loss(joint: mt.Joint, images: jax.Array, texts: jax.Array) -> jax.Array:
        scores = images @ texts.T
        return jnp.sum(-2 * joint.matrix * scores + negative * scores**2)

    run = mt.train(joint, optimum(joint), loss, steps=300, key=jax.random.key(0))
    return float(run.history.excess_loss.iloc[-1])


def counted(pairs: pd.Series) -> pd.Series:
    """Return the size of a batch times the t of a step c/t."""
    return pairs - WARM_UP + C / FIRST_STEP


def exponent(table: pd.DataFrame) -> tuple[float, float]:
    """Fit the exponent of the excess loss in t over the last ¾ of the pairs: mean and standard error over seeds."""
    late = table[table.pairs >= table.pairs.max() / 4]
    slopes = [np.polyfit(np.log(counted(run.pairs)), np.log(run.excess_loss), 1)[0] for _, run in late.groupby("seed")]
    return float(np.mean(slopes)), float(np.std(slopes, ddof=1) / np.sqrt(len(slopes)))


encoded = eqx.filter_jit(lambda encoder, things: encoder(things))


def somewhere(joint: mt.Joint) -> list[jax.Array]:
    """Return the features of a random encoder."""
    return [encoded(side, jnp.arange(n)) for side, n in zip(start(joint, 7), joint.matrix.shape, strict=True)]


def gradient(joint: mt.Joint, loss: Callable) -> np.ndarray:
    return flat(jax.jit(jax.grad(lambda sides: loss(joint, *sides)))(somewhere(joint)))


def flat(arrays: list[jax.Array]) -> np.ndarray:
    return np.concatenate([np.ravel(array) for array in arrays])


def squared_bias(
    joint: mt.Joint, exact: np.ndarray, loss: Callable, draw: Callable, keys: jax.Array
) -> tuple[float, float]:
    """Estimate ‖E[the batch's gradient] − exact‖²/‖exact‖², and its standard error.

    The estimate is the mean of ⟨d_g, d_g'⟩ over pairs of independent groups of batches, d_g the deviation of a group's
    mean.  It does not contain the noise of the mean, and may be negative.  The error is the jackknife's over groups.
    """

    def of_batch(sides: list[jax.Array], key: jax.Array) -> jax.Array:
        return loss(*(sides[place % 2][things] for place, things in enumerate(draw(key))))

    features = somewhere(joint)

    @jax.jit
    def mean(keys: jax.Array) -> list[jax.Array]:
        slopes = jax.vmap(jax.grad(of_batch), (None, 0))(features, keys)
        return jax.tree.map(lambda slope: slope.mean(axis=0), slopes)

    deviations = np.stack([flat(mean(group)) for group in keys]) - exact
    inner = deviations @ deviations.T / (exact @ exact)
    np.fill_diagonal(inner, 0)
    m = len(keys)
    left_out = (inner.sum() - 2 * inner.sum(axis=1)) / ((m - 1) * (m - 2))
    return inner.sum() / (m * (m - 1)), np.sqrt((m - 1) ** 2 / m * np.var(left_out, ddof=1))


def gradient_bias(joint: mt.Joint, batch: int, n_batches: int, n_groups: int = 16) -> pd.DataFrame:
    """Estimate the bias of four losses, a row each; the expected value is known for all but CLIP."""
    spectral = mt.losses.spectral_population

    def of_own_pair(joint: mt.Joint, images: jax.Array, texts: jax.Array) -> jax.Array:
        """Add to the loss what a share 1/b of positives among the negatives adds."""
        excess = joint.matrix - joint.image_marginal[:, None] * joint.text_marginal
        return spectral(joint, images, texts) + jnp.sum(excess * (images @ texts.T) ** 2) / batch

    exact = gradient(joint, spectral)
    moved = float(np.sum((gradient(joint, of_own_pair) - exact) ** 2) / np.sum(exact**2))
    of_infonce = gradient(joint, lambda joint, z, w: mt.losses.infonce_population(joint, z @ w.T))
    losses = {
        "independent": (exact, LOSSES["independent"], 0.0),
        "in-batch": (exact, LOSSES["in-batch"], 0.0),
        "in-batch with the own pair": (exact, with_own_pair, moved),
        "CLIP": (of_infonce, clip, np.nan),
    }
    keys = jax.random.split(jax.random.key(batch), (n_groups, n_batches // n_groups))
    rows = []
    for kind, (target, loss, expected) in losses.items():
        draw = mt.training.Pairs(joint, batch, "independent" if kind == "independent" else "in-batch")
        bias, error = squared_bias(joint, target, loss, draw, keys)
        rows.append({"kind": kind, "batch": batch, "squared_bias": bias, "standard_error": error, "expected": expected})
    return pd.DataFrame(rows)


def main(
    folder: pathlib.Path,
    n_seeds: int = 5,
    n_pairs: int = 2**20,
    n_steps: int = 20_000,
    batches: tuple[int, ...] = (16, 64, 256),
    n_batches: int = 2**13,
    constants: tuple[float, ...] = (0.0025, 0.005, 0.01),
) -> None:
    joint = mt.worlds.kernel(24, 20, 2, caption_of="view").joint
    runs = [(negatives, loss, batch) for batch in batches for negatives, loss in LOSSES.items()]
    settings = [(batch, step) for batch in batches[:2] for step in constants]
    with progress_bar("Training on batches", len(runs) * n_seeds + n_seeds + len(settings) + len(batches)) as advance:
        full, values = in_full_batches(joint, n_seeds)
        parts = []
        for negatives, loss, batch in runs:
            modes = mt.training.modes(joint, K, batch, negatives)
            part = sampled(joint, batch, negatives, loss, n_seeds, n_pairs, advance)
            expected = mt.training.decay(modes, C) * batch / counted(part.pairs)
            parts.append(part.assign(kind=negatives, expected=expected))
        part = sampled(joint, batches[0], "in-batch", with_own_pair, n_seeds, n_pairs, advance)
        parts.append(part.assign(kind="in-batch with the own pair", expected=floor(joint, batches[0])))
        table = pd.concat(parts, ignore_index=True)
        levels = []
        for batch, step in settings:
            levels.append(constant(joint, batch, step, n_seeds, n_steps))
            advance()
        biases = []
        for batch in batches:
            biases.append(gradient_bias(joint, batch, n_batches))
            advance()
    level, bias = pd.concat(levels, ignore_index=True), pd.concat(biases, ignore_index=True)
    tables = {"full": full, "values": values, "sampled": table, "constant": level, "bias": bias}
    for name, part in tables.items():
        mt.tables.write(part.reset_index(drop=True), folder / f"training_finds_the_svd_{name}.parquet")
    mt.plotting.save(mt.plotting.closed_form(full, values), folder / "training_finds_the_svd.pdf")
    mt.plotting.save(mt.plotting.rates(table, level, bias), folder / "training_rates.pdf")

    last = full.groupby("seed").last()
    print(f"full batches: excess loss {last.excess_loss.max():.1e}, angle {last.subspace_angle.max():.1e} at worst;")
    print(f"singular values off by {(values.learned - values.sigma)[values.j <= K].abs().max():.1e} at most\n")
    print(
        "| negatives | batch | excess loss at the end | b·t · excess | expected | exponent |\n|---|---|---|---|---|---|"
    )
    for (kind, batch), part in table.groupby(["kind", "batch"], sort=False):
        ends = part.groupby("seed").last().excess_loss
        after = counted(part.pairs.max())
        mean, error = exponent(part)
        print(
            f"| {kind} | {batch} | {ends.mean():.2e} ± {ends.sem():.0e} | {ends.mean() * after:.0f} ± "
            f"{ends.sem() * after:.0f} | {part.expected.iloc[-1] * after:.0f} | {mean:.2f} ± {error:.2f} |"
        )
    print("\nThe expected value for the loss with the own pair is the excess loss at its own minimum.\n")
    print("| batch | constant step | excess loss | expected |\n|---|---|---|---|")
    for (batch, step), part in level.groupby(["batch", "step"]):
        mean, error = part.excess_loss.mean(), part.excess_loss.sem()
        print(f"| {batch} | {step:g} | {mean:.2e} ± {error:.0e} | {part.expected.iloc[0]:.2e} |")
    print("\n| loss | batch | relative bias of the gradient, squared | expected |\n|---|---|---|---|")
    for row in bias.itertuples():
        expected = "" if np.isnan(row.expected) else f"{row.expected:.2e}"
        print(f"| {row.kind} | {row.batch} | {row.squared_bias:.2e} ± {row.standard_error:.0e} | {expected} |")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
