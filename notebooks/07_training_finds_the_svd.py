# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7 · Training finds the singular value decomposition
#
# **Aim.** Afterwards you can check a training loop against a closed form, predict from the spectrum how fast gradient
# descent gets there, and recognize a loss that is slightly wrong by where it ends.
#
# **Needs** notebooks 0 and 1.
#
# The theory is about the minimizer of the spectral contrastive loss: a truncated singular value decomposition of $A$,
# the normalized co-occurrence matrix of images and texts. Does gradient descent get there? Training on **full batches**
# (the whole distribution) does, to rounding, from any start. Training on sampled pairs approaches it as $1/t$, at a
# rate that curvature and noise predict.

# %%
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

import mmcl_theory as mt

joint = mt.worlds.kernel(24, 20, 2, caption_of="view").joint
sigma = np.linalg.svd(np.asarray(joint.normalized), compute_uv=False)
sigma[:6].round(3)

# %% [markdown]
# ## Full batches
#
# A **tabular** encoder has a vector of its own for each image, so it can be any function of them. It learns
# $F_x=\sqrt{p(x)}f(x)$, with $p(x)$ the probability of image $x$, and the loss is $\lVert A-F_VF_L^\top\rVert_F^2$ but
# for a constant. Three trainings from random starts:

# %%
K = 3


def start(seed):
    laws = (joint.image_marginal, joint.text_marginal)
    keys = jax.random.split(jax.random.key(seed))
    return tuple(mt.training.Tabular(len(p), K, marginal=p, key=key) for p, key in zip(laws, keys, strict=True))


runs = [
    mt.train(joint, start(seed), mt.losses.spectral_population, steps=60, every=2, key=jax.random.key(0))
    for seed in range(3)
]
tables = []
for seed, run in enumerate(runs):
    images, texts = (side.table for side in run.encoder)
    learned = np.linalg.svd(np.asarray(images @ texts.T), compute_uv=False)
    tables.append(pd.DataFrame({"seed": seed, "j": np.arange(1, 21), "sigma": sigma, "learned": learned[:20]}))
full = pd.concat([run.history.assign(seed=seed) for seed, run in enumerate(runs)])
ax = mt.plotting.closed_form(full, pd.concat(tables))

# %% [markdown]
# The figure shows on the left that all runs reach the minimum, and on the right that the product $F_VF_L^\top$ has
# three singular values, those of $A$. The encoders themselves differ from start to start by an invertible matrix, which
# neither the loss nor a linear probe sees.
#
# **Exercise 1.** The *excess loss* is the loss less its minimum. What is the excess loss of encoders that are 0, at
# $k=3$? (`sigma` has the singular values.)

# %%
answer_1 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 1. The loss of 0 is 0, and the minimum is −σ₁² − σ₂² − σ₃².
if answer_1 is None:
    answer_1 = np.sum(sigma[:3] ** 2)

# %%
# Check 1: less by as much as the first singular values, in the loss of the matrix.
A = np.asarray(joint.normalized)
images, texts = (np.asarray(side.table) for side in runs[0].encoder)  # trained to the minimum
assert np.isclose(answer_1, np.sum(A**2) - np.sum((A - images @ texts.T) ** 2)), "what is the least loss?"

# %% [markdown]
# ## What to expect of samples
#
# Near the optimum the loss is a quadratic form with curvatures $h_i$, and the gradient of a batch has noise of variance
# $s_i$ in the same directions. The least curvature is twice the gap $\sigma_k-\sigma_{k+1}$.

# %%
modes = mt.training.modes(joint, K, batch=64)
print(f"least curvature {float(modes.curvatures[0]):.6f}, twice the gap {2 * (sigma[K - 1] - sigma[K]):.6f}")

# %% [markdown]
# **Exercise 2.** Which encoder dimension $k$ among 1, 3 and 5 is learned quickest on full batches, in that its least
# curvature is largest?

# %%
answer_2 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 2. The k with the largest gap between σ_k and σ_{k+1}.
if answer_2 is None:
    answer_2 = max((1, 3, 5), key=lambda k: sigma[k - 1] - sigma[k])

# %%
# Check 2: by the curvatures of the loss.
least = {k: float(mt.training.modes(joint, k, batch=64).curvatures[0]) for k in (1, 3, 5)}
assert answer_2 == max(least, key=least.get), "look for the largest gap"

# %% [markdown]
# With a constant step $\eta$ the *excess loss*, the loss less its minimum, stays at $\sum_i \eta s_i/(2(2-\eta h_i))$.
# With steps $c/t$, $c>1/(2\min h_i)$, it falls to 0 as $1/t$.
#
# **Exercise 3.** What is the least $c$ for this training? (Below it, steps shrink before the slowest direction is
# done.)

# %%
answer_3 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 3. One over twice the least curvature.
if answer_3 is None:
    answer_3 = 1 / (2 * float(modes.curvatures[0]))

# %%
# Check 3: the mean square v of the slowest direction, step by step with noise 1. t·v levels off above c, grows below.
slowest, growth = float(modes.curvatures[0]), {}
for factor in (1.1, 0.9):
    c, v, kept = factor * answer_3, 1.0, []
    for t in range(int(10 * c), 40_000):
        v = (1 - c / t * slowest) ** 2 * v + (c / t) ** 2
        kept.append(t * v)
    growth[factor] = kept[-1] / kept[len(kept) // 4]
assert growth[1.1] < 1.05 < growth[0.9], "c = 1/(2 min h)"

# %% [markdown]
# Now train on batches of 64 sampled pairs, with a constant step and with falling ones:

# %%
level = mt.training.plateau(modes, 0.01)
run = mt.train(
    joint, runs[0].encoder, mt.losses.spectral, steps=10_000, batch=64, optimizer=optax.sgd(0.01), every=100,
    key=jax.random.key(1),
)  # fmt: skip
late = run.history[run.history.step > 2_000]
print(f"constant step: excess loss {late.excess_loss.mean():.5f}, expected {level:.5f}")

# %% [markdown]
# (The prediction is for small steps near the optimum; the mean over one run has noise of its own.)

# %%
C, FIRST = 2.0, 0.01
falling = optax.sgd(lambda t: C / (C / FIRST + t))
run = mt.train(
    joint, runs[0].encoder, mt.losses.spectral, steps=10_000, batch=64, optimizer=falling, every=100,
    key=jax.random.key(2),
)  # fmt: skip
history = run.history[run.history.step >= 2_500]
t = history.step + C / FIRST
print(f"step c/t: t · excess loss {np.mean(t * history.excess_loss):.2f}, expected {mt.training.decay(modes, C):.2f}")

# %% [markdown]
# ## A small mistake
#
# The second term of the loss is a mean over *negatives*, images and texts that are not paired. It is easy to average
# over all rows of images and texts of the batch by mistake, the pairs themselves included. Then one in $b$ of the
# negatives is a positive pair ($b$ is the size of the batch), and the minimum is another one: no number of pairs helps.


# %%
def with_own_pair(images, texts):
    return -2 * jnp.mean(jnp.sum(images * texts, axis=1)) + jnp.mean((images @ texts.T) ** 2)


given = {"steps": 10_000, "batch": 16, "optimizer": falling, "every": 1_000, "key": jax.random.key(3)}
right = mt.train(joint, runs[0].encoder, mt.losses.spectral, **given)
wrong = mt.train(joint, runs[0].encoder, with_own_pair, **given)
pd.DataFrame(
    {
        "step": right.history.step,
        "own pair left out": right.history.excess_loss,
        "with the own pair": wrong.history.excess_loss,
    }
).round(5)

# %% [markdown]
# With the own pair left out the excess loss goes to 0. With it, it levels off: another loss has another minimum.
