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
# # Training finds the singular value decomposition
#
# The theory is about the minimizer of the spectral contrastive loss: a truncated singular value decomposition of $A$,
# the co-occurrence matrix of images and texts, normalized by its marginals (notebook 01). Does gradient descent get
# there? Here
#
# 1. training on full batches (the whole distribution) reaches it to rounding, from any start;
# 2. training on sampled pairs approaches it as $1/t$, at a rate that curvature and noise predict;
# 3. a loss that is slightly wrong, because it also counts each pair as a negative, has another minimum.

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
# $F_x=\sqrt{p(x)}f(x)$, with $p(x)$ the probability of image $x$, and the loss is $\|A-F_VF_L^\top\|_F^2$ but for a
# constant.

# %%
K = 3


def start(seed):
    laws = (joint.image_marginal, joint.text_marginal)
    keys = jax.random.split(jax.random.key(seed))
    return tuple(mt.training.Tabular(len(p), K, marginal=p, key=key) for p, key in zip(laws, keys, strict=True))


runs = [
    mt.train(joint, start(seed), mt.losses.spectral_population, steps=60, every=2, key=jax.random.key(0))
    for seed in range(5)
]
tables = []
for seed, run in enumerate(runs):
    images, texts = (side.table for side in run.encoder)
    learned = np.linalg.svd(np.asarray(images @ texts.T), compute_uv=False)
    tables.append(pd.DataFrame({"seed": seed, "j": np.arange(1, 21), "sigma": sigma, "learned": learned[:20]}))
full = pd.concat([run.history.assign(seed=seed) for seed, run in enumerate(runs)])
ax = mt.plotting.closed_form(full, pd.concat(tables))

# %% [markdown]
# The product $F_VF_L^\top$ has three singular values, those of $A$. The encoders themselves differ from start to start
# by an invertible matrix, which neither the loss nor a linear probe sees.
#
# ## What to expect of samples
#
# Near the optimum the loss is a quadratic form with curvatures $h_i$, and the gradient of a batch has noise of variance
# $s_i$ in the same directions. The least curvature is twice the gap $\sigma_k-\sigma_{k+1}$.

# %%
modes = mt.training.modes(joint, K, batch=64)
float(modes.curvatures[0]), 2 * (sigma[K - 1] - sigma[K])

# %% [markdown]
# With a constant step $\eta$ the *excess loss*, the loss less its minimum, stays at $\sum_i \eta s_i/(2(2-\eta h_i))$.
# With steps $c/t$, $c>1/(2\min h_i)$, it falls to 0 as $1/t$.

# %%
level = mt.training.plateau(modes, 0.01)
run = mt.train(
    joint, runs[0].encoder, mt.losses.spectral, steps=20_000, batch=64, optimizer=optax.sgd(0.01), every=100,
    key=jax.random.key(1),
)  # fmt: skip
late = run.history[run.history.step > 2_000]
print(f"constant step: excess loss {late.excess_loss.mean():.5f}, expected {level:.5f}")

# %%
C, FIRST = 2.0, 0.01
falling = optax.sgd(lambda t: C / (C / FIRST + t))
run = mt.train(
    joint, runs[0].encoder, mt.losses.spectral, steps=20_000, batch=64, optimizer=falling, every=200,
    key=jax.random.key(2),
)  # fmt: skip
history = run.history[run.history.step >= 5_000]
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


given = {"steps": 20_000, "batch": 16, "optimizer": falling, "every": 2_000, "key": jax.random.key(3)}
right = mt.train(joint, runs[0].encoder, mt.losses.spectral, **given)
wrong = mt.train(joint, runs[0].encoder, with_own_pair, **given)
pd.DataFrame(
    {
        "step": right.history.step,
        "own pair left out": right.history.excess_loss,
        "with the own pair": wrong.history.excess_loss,
    }
).round(5)
