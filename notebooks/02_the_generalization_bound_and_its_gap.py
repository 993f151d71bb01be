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
# # 2 · The bound, its gap, and walks that close it
#
# **Aim.** Afterwards you can prove the bound on the linear probe in a line, say where it loses on real pairs and by
# which factors, and close the gap by looking at walks of several steps between images and texts.
#
# **Needs** notebooks 0 and 1.
#
# How well can a linear classifier do on features that were learned from image–text pairs, without a single label? The
# theory answers with a bound on the optimal encoder of dimension $k$,
#
# $$r_k\le\frac{\alpha_T}{1-\sigma_{k+1}^2}.$$
#
# The residual $r_k$ is what the linear probe leaves, $\alpha_T$ the probability that two images drawn for one text
# differ in class, and $\sigma_{k+1}$ a singular value of $A$, the normalized co-occurrence matrix of images and texts.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import mmcl_theory as mt

# %% [markdown]
# ## A bound that is met
#
# Four classes, one image and one text of each; with some probability, the noise, a caption is replaced by one that is
# drawn at random of the four (and is right by chance once in four). Every singular value but the first is the same, and
# an encoder of dimension 1 learns nothing but a constant. Measured (`lhs`) and proved (`rhs`) agree for every noise.

# %%
joints = [mt.generators.isotropic_noise(4, noise) for noise in (0.1, 0.3, 0.5, 0.7)]
table = mt.verify(joints, k=1, theorems=["probe-text-induced", "probe-mmcl", "probe-mmcl-classes"])
table[["theorem", "labeling_error", "sigma_next", "lhs", "rhs", "ratio", "verdict"]].round(6)

# %% [markdown]
# `probe-mmcl` is the form of the paper, with $2\alpha-\alpha^2$ in place of $\alpha_T$. It needs only the labeling
# error $\alpha$, the probability that image and text of a pair differ in class, and no pairs of images. It loses a
# little; `probe-mmcl-classes` also reads the number of classes and loses nothing here. (The verdict is *vacuous* even
# so: 0.75 is what a constant leaves of four equal classes, and no residual is larger.)
#
# **Exercise 1.** What is $\sigma_2$ in this world, as a function of $\alpha$? (Right captions have probability
# $1-\alpha$, each of three wrong ones $\alpha/3$: what does $A$ do to a vector whose entries sum to 0?)

# %%
answer_1 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 1. A is α/3 everywhere, which takes such a vector to 0, plus (1 − α − α/3) times the identity.
if answer_1 is None:
    answer_1 = lambda alpha: 1 - 4 * alpha / 3  # noqa: E731

# %%
# Check 1: by the decomposition.
for one in joints:
    sigma = np.linalg.svd(np.asarray(one.normalized), compute_uv=False)
    assert np.isclose(answer_1(float(one.labeling_error)), sigma[1]), "the diagonal of A less what stands beside it"

# %% [markdown]
# ## The bound is Markov's inequality
#
# The **label matrix** $Y$ has a row for each image: a 1 in the place of its class and 0 elsewhere, times the root of
# the image's probability. Let $s_j=\lVert u_j^\top Y\rVert^2$ be the share of the labels along the $j$-th left singular
# vector $u_j$ of $A$. The shares sum to 1 at most, the probe on $k$ dimensions leaves $r_k=1-\sum_{j\le k}s_j$, and
# $\alpha_T$ is a mean over them: $\alpha_T = 1-\sum_j\sigma_j^2s_j$. So $\alpha_T$ is the mean of $1-\sigma^2$. Labels
# beyond $k$ have a value of at least $1-\sigma_{k+1}^2$, so their share is at most $\alpha_T/(1-\sigma_{k+1}^2)$.
#
# (That is Markov's inequality: a mean of values that are not negative cannot be small if many are large.)
#
# **Exercise 2.** Singular values $1, 0.8, 0.5, 0.2$ are given, and $k=2$. Distribute the labels over the four
# directions (shares that sum to 1, not all among the first two) so that the bound is met with equality.

# %%
sigmas = np.array([1, 0.8, 0.5, 0.2])
answer_2 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 2. All of α_T must come from σ₃: the rest lies where 1 − σ² is 0.
if answer_2 is None:
    answer_2 = np.array([0.7, 0, 0.3, 0])

# %%
# Check 2: both sides of the bound.
answer_2 = np.asarray(answer_2)
assert np.isclose(answer_2.sum(), 1), "the shares must sum to 1"
assert min(answer_2) >= 0, "no share is negative"
assert answer_2[2:].sum() > 0, "some labels must lie beyond the first two directions"
assert np.isclose(answer_2[2:].sum(), (1 - sigmas**2) @ answer_2 / (1 - 0.5**2)), "which directions add nothing to α_T?"

# %% [markdown]
# On 1,422 icons of the Phosphor collection and their tags (texts), in 17 classes such as *weather & nature*:

# %%
icons = mt.datasets.icons("phosphor")
spectrum = mt.class_spectrum(icons)
ax = mt.plotting.spectrum(spectrum)
outside = 1 - spectrum.image_share.sum()  # the labels that no text tells, in directions of σ = 0
induced_error = float((1 - spectrum.sigma**2) @ spectrum.image_share + outside)
print(
    f"α_T from the spectrum {induced_error:.12f}, from its definition {float(icons.text_induced().labeling_error):.12f}"
)

# %% [markdown]
# The figure shows the singular values, coloured by the share of the labels along each direction, and how much the first
# $j$ directions explain together. Labels are everywhere, also where $\sigma_j$ is small.
#
# ## Where the gap comes from
#
# Markov's inequality is met with equality where all of the mean comes from one value. Here it loses in two ways. Labels
# within the first $k$ directions count towards $\alpha_T$ too (*inside*). Labels beyond lie at singular values below
# $\sigma_{k+1}$ (*spread*). With $2\alpha-\alpha^2$ in place of $\alpha_T$ there is a third factor (*transfer*). The
# bound over the residual is exactly the product of the three.

# %%
alpha = float(icons.labeling_error)


def gap_at(k):
    share, weight = spectrum.image_share, 1 - spectrum.sigma**2
    beyond = float(weight[k:] @ share[k:] + outside)
    residual = float(share[k:].sum() + outside)
    floor = 1 - spectrum.sigma[k] ** 2
    factors = {
        "inside": induced_error / beyond,
        "spread": beyond / (floor * residual),
        "transfer": (2 * alpha - alpha**2) / induced_error,
    }
    bound = (2 * alpha - alpha**2) / floor
    return {"k": k, "residual": residual, "bound": bound, "bound/residual": bound / residual, **factors}


gap = pd.DataFrame([gap_at(k) for k in (50, 100, 200, 400, 800)]).set_index("k")
assert np.allclose(gap["bound/residual"], gap.inside * gap.spread * gap.transfer)
gap.round(3)

# %% [markdown]
# At small $k$ the labels beyond are spread over a spectrum that reaches far below $\sigma_{k+1}$. At large $k$ most of
# $\alpha_T$ comes from labels that the probe already explains. The library checks the same statements, with their
# verdicts. A bound is *vacuous* where it says no more than $1-\pi$, what predicting class frequencies leaves.

# %%
theorems = ["probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"]
table = mt.verify(icons, k=list(gap.index), theorems=theorems)
assert np.allclose(table[table.theorem == "probe-mmcl"].rhs, gap.bound)
ax = mt.plotting.gap(table)
table[table.theorem == "probe-mmcl"][["k", "lhs", "rhs", "ratio", "verdict"]].round(4)

# %% [markdown]
# The figure shows the measured residual and error in black and their bounds. All are true, and the better upper bound
# is three times too large at $k=200$, and twelve times at $k=800$.
#
# ## Walks that close it
#
# $\alpha_T$ is only a mean over the labels' distribution on $[0,1]$, in which $s_j$ lies at $\sigma_j^2$. More is known
# of a distribution if more of its moments are. A **step** leads from an image to one of its texts, drawn at random, and
# on to an image of that text. Let $\alpha^{(m)}$ be the probability that the images at both ends of $m$ steps differ in
# class; $\alpha^{(1)}=\alpha_T$. As one step multiplies by $AA^\top$,
#
# $$1-\alpha^{(m)}=\sum_j\sigma_j^{2m}s_j,$$
#
# the $m$-th moment. `mt.walk_bounds` returns the least and the largest residual that the first $M$ moments allow,
# together with $\sigma_k$ and $\sigma_{k+1}$ (theorem `probe-walk`, [docs/walks.md](../docs/walks.md)).

# %%
K = 200
steps = [1, 3, 9, 27]
walked = pd.DataFrame([mt.walk_bounds(icons, K, steps=m)._asdict() for m in steps], index=pd.Index(steps, name="steps"))
walked = walked.astype(float)
_, ax = plt.subplots(figsize=(4.4, 2.8), layout="constrained")
ax.fill_between(walked.index, walked.lower, walked.upper, color="#0072B2", alpha=0.2)
ax.plot(walked.index, walked.upper, "v-", color="#0072B2", label="upper bound")
ax.plot(walked.index, walked.lower, "^-", color="#009E73", label="lower bound")
ax.axhline(gap_at(K)["residual"], color="black", label="measured")
ax.set_xscale("log")
ax.set_xticks(steps, steps)
ax.minorticks_off()
ax.set_xlabel("number of steps $M$")
ax.set_ylabel(f"residual $r_k$ at $k={K}$")
ax.legend(frameon=False)
walked.round(4)

# %% [markdown]
# The figure shows the bounds close in on the residual from both sides. $M=1$ is the first form again, and more than
# three times the residual; what it cannot know, longer walks see.
#
# **Exercise 3.** How many steps, of those in the table, are needed before the upper bound is at most $\frac32$ of the
# residual?

# %%
answer_3 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 3. The first row of the table whose upper bound is at most 3/2 of what is measured.
if answer_3 is None:
    answer_3 = int(walked.index[walked.upper <= 1.5 * gap_at(K)["residual"]][0])

# %%
# Check 3: the residual once more, from the optimal features and a least-squares fit.
features = np.asarray(mt.factorize(icons, K).image_features)
weights = np.asarray(icons.image_marginal)[:, None]
one_hot = np.eye(icons.n_classes)[np.asarray(icons.image_labels)]
fit = np.linalg.lstsq(features * weights**0.5, one_hot * weights**0.5, rcond=None)[0]
left = float(np.sum(weights * (one_hot - features @ fit) ** 2))
assert answer_3 in walked.index, "one of the numbers of steps in the table"
assert walked.upper[answer_3] <= 1.5 * left, "too few steps"
assert answer_3 == 1 or walked.upper[answer_3 // 3] > 1.5 * left, "fewer are enough"

# %% [markdown]
# ## Where the bound says something
#
# We draw samples of 2,000 pairs from worlds of four classes. They differ in label noise, which sets $\alpha$, and in
# structure within classes, which moves $\sigma_{k+1}$.


# %%
def sampled_block(key):
    knobs, block, sample = jax.random.split(key, 3)
    noise, contrast = np.asarray(jax.random.uniform(knobs, (2,), minval=0.01, maxval=np.array([0.7, 1.0])))
    return mt.generators.block_joint(label_noise=noise, contrast=contrast, key=block).sample(2000, key=sample)


joints = [sampled_block(key) for key in jax.random.split(jax.random.key(0), 400)]
table = mt.verify(joints, k=4, theorems=["probe-mmcl"])
ax = mt.plotting.tightness_map(table, cells=12)
table.verdict.value_counts()

# %% [markdown]
# Colour is the bound over the measured residual. Near the line, where the bound becomes vacuous, it is loose by less
# than two. Where it is far from vacuous it is loose by ten and more: there the first $k$ directions take almost all of
# the labels, and the bound cannot know.
#
# **Exercise 4.** On the line the bound $(2\alpha-\alpha^2)/(1-\sigma^2)$ is $1-\pi$, which is $\frac34$ for four equal
# classes. At which $\alpha$ does the line end, where $\sigma_{k+1}=0$?

# %%
answer_4 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 4. 2α − α² = 3/4 is (1 − α)² = 1/4.
if answer_4 is None:
    answer_4 = 1 / 2

# %%
# Check 4: no joint of the sample with a larger labeling error has a bound that says something.
beyond = table[table.labeling_error > answer_4 + 0.01]
assert len(beyond)
assert (beyond.verdict != "holds").all(), "solve 2α − α² = 3/4"
assert np.isclose(2 * answer_4 - answer_4**2, 3 / 4), "solve 2α − α² = 3/4"
