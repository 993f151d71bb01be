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
# # 4 · InfoNCE, temperature and retrieval
#
# **Aim.** Afterwards you can say what the loss that people train, InfoNCE, measures; how many negatives it needs; what
# a small loss guarantees for zero-shot classification and retrieval; and how warm a temperature may be.
#
# **Needs** notebooks 0 and 1. The proofs are in [docs/information.md](../docs/information.md).
#
# The theory so far is of the spectral contrastive loss. CLIP is trained with **InfoNCE**: given an image, find its own
# text among $M$ candidates, where the other $M-1$ (the *negatives*) are drawn from all texts. A model has a **score**
# $s(x,l)$ for each image and text, and the loss is the expected negative logarithm of the probability
# $e^{s(x,l_1)}/\sum_{i\le M}e^{s(x,l_i)}$ that it gives the own text, $l_1$.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import mmcl_theory as mt

counts = np.array(
    [
        [6, 5, 0, 3, 0, 0],
        [0, 8, 0, 3, 0, 0],
        [0, 1, 7, 3, 0, 1],
        [0, 0, 8, 4, 0, 0],
        [0, 0, 0, 0, 9, 5],
        [0, 0, 0, 0, 1, 9],
    ]
)
joint = mt.Joint(counts + 0.2, [0, 0, 1, 1, 2, 2])  # the six images of notebook 1; now every pair is possible
P, p_V, p_L = (np.asarray(array) for array in (joint.matrix, joint.image_marginal, joint.text_marginal))

# %% [markdown]
# ## What the loss measures
#
# Choosing at random gives a loss of $\log M$. How much lower can it be? The best scores are the **pointwise mutual
# information** $\log\rho(x,l)$, with $\rho=P/(p_Vp_L)$: how much likelier the pair is than if image and text were
# independent. With them the loss $L_{\mathrm{NCE}}$ is such that
#
# $$\log M-L_{\mathrm{NCE}}\le I(X;L),\qquad I(X;L)=\sum_{x,l}P(x,l)\log\rho(x,l),$$
#
# where $I(X;L)$ is the **mutual information** of image and text, in *nats*, that is, in natural logarithms. So InfoNCE
# measures information, from below. It cannot show more than $\log M$, as no loss is negative.
#
# **Exercise 1.** A data set has 3 nats of information. How many candidates must there be at least, if the loss is to
# show them all?

# %%
answer_1 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 1. The least whole number M with log M ≥ 3, that is, M ≥ e³ = 20.09.
if answer_1 is None:
    answer_1 = 21

# %%
# Check 1: enough, and with one less it is not.
assert np.log(answer_1) >= 3 > np.log(answer_1 - 1), "log M has to be 3 at least"

# %% [markdown]
# That many are needed; how many are enough? For small joints $L_{\mathrm{NCE}}$ is known exactly, by going through all
# sets of candidates. With $\chi^2=\sum_{j\ge2}\sigma_j^2$, the sum of the squared singular values but the first,
#
# $$I(X;L)-\log\Big(1+\frac{\chi^2}M\Big)\le\log M-L_{\mathrm{NCE}}\le(M-1)\log\frac{M}{M-1}\cdot I(X;L).$$

# %%
numbers = [2, 3, 4, 6, 8, 12]
theorems = {"infonce-bound-many": "upper bound", "infonce-negatives": "lower bound"}
table = mt.verify([mt.Instance(joint, candidates=M) for M in numbers], 1, list(theorems))
information = float(mt.measure(joint, 1).mutual_information)
_, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.axhline(information, color="0.5", label="mutual information")
for (slug, name), style, color in zip(theorems.items(), ("v--", "^--"), ("#0072B2", "#009E73"), strict=True):
    ax.plot(numbers, table[table.theorem == slug].rhs, style, color=color, markersize=4, label=name)
ax.plot(numbers, table[table.theorem == "infonce-negatives"].lhs, "o-", color="black", markersize=4, label="shown")
ax.plot(numbers[:3], np.log(numbers[:3]), ":", color="#D55E00", label=r"$\log M$")
ax.set_xlabel("number of candidates $M$")
ax.set_ylabel("information in nats")
ax.legend(frameon=False)
assert (table.verdict == "holds").all()

# %% [markdown]
# The figure shows what InfoNCE shows of the information (black) rise with the number of candidates, between its two
# bounds. What is missing is at most about $\chi^2/M$ nats: the spectrum says how many negatives are enough.
#
# ## Which scores are best
#
# From here on $M$ is infinite. Scores are read at a **temperature** $\tau$, and predict the texts of an image,
#
# $$Q_s(l|x)\propto p_L(l)e^{s(x,l)/\tau}.$$
#
# The loss, but for $\log M$ and divided by $\tau$, is
#
# $$\frac{L_\tau(s)}\tau=-\mathbb E_P\frac{s(x,l)}\tau+\mathbb E_x\log\mathbb E_{l\sim p_L}e^{s(x,l)/\tau}.$$


# %%
def loss(scores, tau=1.0):
    logits = scores / tau
    return -np.sum(P * logits) + p_V @ np.log(np.exp(logits) @ p_L)


best = np.log(P / np.outer(p_V, p_L))
print(f"loss at the pointwise mutual information {loss(best):.6f}, minus the mutual information {-information:.6f}")
slope = jax.jit(jax.grad(mt.losses.infonce_population, argnums=1))(joint, best)
print(
    "the gradient is 0 there, also of the loss of CLIP, which asks for the image of a text too:",
    bool(jnp.abs(slope).max() < 1e-12),
)

# %% [markdown]
# **Exercise 2.** The best scores are not the only ones. Give a matrix to be added to `best`, not the same number
# everywhere, that leaves the loss as it is. (Six images, six texts.)

# %%
answer_2 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 2. Any number for each image: it cancels, since the texts of one image are compared.
if answer_2 is None:
    answer_2 = np.arange(6.0)[:, None] * np.ones(6)

# %%
# Check 2: the loss, and that something was added.
assert np.ptp(answer_2) > 0, "not the same number everywhere"
assert np.isclose(loss(best + answer_2), loss(best)), "which texts compete with which?"

# %% [markdown]
# What is left of the loss is a divergence (theorem `infonce-kl`):
#
# $$\frac{L_\tau(s)}\tau=\mathrm{KL}_s-I(X;L),\qquad\mathrm{KL}_s=\mathbb E_x\sum_lP(l|x)\log\frac{P(l|x)}{Q_s(l|x)}.$$
#
# $\mathrm{KL}_s$ is never negative, and 0 only where the scores predict every text right.
#
# **Exercise 3.** What is $\mathrm{KL}_s$ of a model that gives all pairs the score 0? (A number; use `P`, `p_V` and
# `p_L`.)

# %%
answer_3 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 3. Its loss is 0, so what is left is all of the mutual information.
if answer_3 is None:
    answer_3 = np.sum(P * np.log(P / np.outer(p_V, p_L)))

# %%
# Check 3: by the library, with encoders that are 0.
silent = mt.Instance(joint, encoders=(jnp.zeros((6, 1)), jnp.zeros((6, 1))))
assert np.isclose(answer_3, float(mt.measure(silent, 1).score_divergence)), (
    "the loss is 0, and the identity does the rest"
)

# %% [markdown]
# ## What a small loss guarantees
#
# Whatever the encoders, two things follow from $\mathrm{KL}_s$ alone.
#
# - **Zero-shot**: answer the class whose texts get the largest $Q_s$. The error is
#   $e_s\le\frac12\big(\sqrt{\mathrm{KL}_s}+\sqrt{\mathrm{KL}_s+4\alpha}\big)^2$, which comes down to $2\alpha$.
# - **Retrieval**: $\mathrm{AUC}(s)$ is the probability that an image's own text scores above a random one, a tie
#   counting half. It falls short of the best possible, $\mathrm{AUC}^\star$, by at most $\sqrt{\frac23\mathrm{KL}_s}$;
#   theorem `retrieval-regret` has a little more.
#
# Let us train encoders of eight features on a world of 48 images, 40 texts and four classes, and watch.

# %%
world = mt.generators.block_joint(label_noise=0.05, contrast=0.6, key=jax.random.key(0))
optimizer = optax.adam(0.03)


@jax.jit
def step(features, state):
    def infonce(pair):
        logits = pair[0] @ pair[1].T
        wholes = jax.nn.logsumexp(logits, axis=1, b=world.text_marginal)
        return world.image_marginal @ wholes - jnp.sum(world.matrix * logits)

    updates, state = optimizer.update(jax.grad(infonce)(features), state)
    return optax.apply_updates(features, updates), state


keys = jax.random.split(jax.random.key(1))
features = tuple(0.1 * jax.random.normal(key, (n, 8)) for key, n in zip(keys, world.matrix.shape, strict=True))
state = optimizer.init(features)
seen, moments = [], [0, 3, 6, 10, 15, 25, 40, 60, 100, 150, 250, 400, 600]
for t in range(moments[-1] + 1):
    if t in moments:
        seen.append(mt.Instance(world, encoders=features))
    features, state = step(features, state)

table = mt.verify(seen, 1, ["infonce-kl", "zero-shot-infonce", "retrieval-regret", "retrieval-regret-root"])
assert table.verdict.isin(["holds", "vacuous"]).all()
left = [float(mt.measure(one, 1).score_divergence) for one in seen]

_, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
rows = {slug: rows for slug, rows in table.groupby("theorem")}
axes[0].plot(left, rows["zero-shot-infonce"].lhs, "o-", color="black", markersize=4, label="measured")
axes[0].plot(left, rows["zero-shot-infonce"].rhs, "--", color="#0072B2", label="bound")
axes[0].set_ylabel("zero-shot error $e_s$")
axes[1].plot(left, rows["retrieval-regret"].lhs, "o-", color="black", markersize=4, label="measured")
axes[1].plot(left, rows["retrieval-regret"].rhs, "--", color="#0072B2", label="bound")
axes[1].plot(left, rows["retrieval-regret-root"].rhs, ":", color="#56B4E9", label="bound, the root")
axes[1].set_ylabel(r"$\mathrm{AUC}^\star-\mathrm{AUC}(s)$")
for ax in axes:
    ax.set_xscale("log")
    ax.set_ylim(0, 1)
    ax.invert_xaxis()
    ax.set_xlabel(r"left of the loss, $\mathrm{KL}_s$ (training goes right)")
    ax.legend(frameon=False)

# %% [markdown]
# The figure shows training from left to right. Both errors fall long before the bounds promise it; the bounds hold for
# the worst encoders of that loss, and these are not the worst. The zero-shot bound does not fall below $2\alpha$.
#
# ## How warm a temperature may be
#
# CLIP's scores are cosines, at most 1, divided by a temperature $\tau$. If $\tau$ is large, the scores differ too
# little to say much, however wide the encoders: a model of cosines shows at most
#
# $$-\frac{L_\tau(\cos)}\tau\le\min\Big(I(X;L),\frac{\sigma_2}\tau\Big)$$
#
# nats of information (theorem `temperature-ceiling`). With the encoders just trained:

# %%
taus = np.geomspace(0.05, 3, 16)
table = mt.verify([mt.Instance(world, encoders=features, temperature=tau) for tau in taus], 1, "temperature-ceiling")
_, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.plot(taus, table.lhs, "o-", color="black", markersize=4, label="shown by the cosines")
ax.plot(taus, table.rhs, "--", color="#0072B2", label=r"ceiling, $\min(I,\sigma_2/\tau)$")
ax.set_xscale("log")
ax.set_ylim(-0.5, 2.5)
ax.set_xlabel(r"temperature $\tau$")
ax.set_ylabel("information in nats")
ax.legend(frameon=False, loc="lower right")
assert table.verdict.isin(["holds", "vacuous"]).all()

# %% [markdown]
# The figure shows a best temperature. When it is colder the model is too sure of itself and its loss grows; when it is
# warmer it cannot say what it knows.
#
# **Exercise 4.** What is the largest temperature at which a model of cosines can, for all that the ceiling says, show
# all of the information of `world`? (`mt.measure(world, 1)` has `mutual_information`, and `mt.factorize(world, 1)` has
# the first two singular values.)

# %%
answer_4 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 4. Where the two ceilings meet, τ = σ₂/I.
if answer_4 is None:
    answer_4 = float(mt.factorize(world, 1).singular_values[1] / mt.measure(world, 1).mutual_information)

# %%
# Check 4: the ceiling is the information up to there, and less beyond.
ceilings = [
    mt.verify(mt.Instance(world, encoders=features, temperature=tau), 1, "temperature-ceiling").rhs[0]
    for tau in (0.5 * answer_4, 0.999 * answer_4, 1.001 * answer_4)
]
assert np.isclose(ceilings[0], ceilings[1]), "already below the information: too warm"
assert ceilings[2] < ceilings[1], "it may be warmer"
