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
# # The generalization bound, and its gap
#
# How well can a linear classifier do on features that were learned from image–text pairs, without a single label? The
# theory answers with a bound on the optimal encoder of dimension $k$:
#
# $$r_k\le\frac{\alpha_T}{1-\sigma_{k+1}^2}.$$
#
# The residual $r_k$ is the mean squared error of the *linear probe*, the linear map of the features that predicts the
# class best. $\alpha_T$ is the probability that two images drawn for one text differ in class. $\sigma_{k+1}$ is a
# singular value of $A$, the co-occurrence matrix of images and texts, normalized by its marginals (notebook 01). This
# notebook shows
#
# 1. a world in which the bound is met with equality, so that no better one is true of all worlds;
# 2. that the bound is Markov's inequality, applied to the distribution of the labels over the singular values;
# 3. hence where the gap between bound and residual comes from on real pairs, factor by factor;
# 4. and where in the plane of $\alpha$ and $\sigma_{k+1}$ the bound says something at all.

# %%
import jax
import numpy as np
import pandas as pd

import mmcl_theory as mt

# %% [markdown]
# ## A bound that is met
#
# Four classes, one image and one text of each; a caption is wrong with some probability, and then equally likely any
# other. Every singular value but the first is the same, and an encoder of dimension 1 learns nothing but a constant.
# Measured (`lhs`) and proved (`rhs`) agree for every noise.

# %%
joints = [mt.generators.isotropic_noise(4, noise) for noise in (0.1, 0.3, 0.5, 0.7)]
table = mt.verify(joints, k=1, theorems=["probe-text-induced", "probe-mmcl", "probe-mmcl-classes"])
table[["theorem", "labeling_error", "sigma_next", "lhs", "rhs", "ratio", "verdict"]].round(6)

# %% [markdown]
# `probe-mmcl` is the form of the paper, with $2\alpha-\alpha^2$ in place of $\alpha_T$. It needs only the *labeling
# error* $\alpha$, the probability that image and text of a pair differ in class, and no pairs of images. It loses a
# little; `probe-mmcl-classes` also reads the number of classes and loses nothing here. (The verdict is *vacuous*
# even so: 0.75 is what a constant leaves of four equal classes, and no residual is larger.)
#
# ## The bound is Markov's inequality
#
# The label matrix $Y$ has a row for each image: the one-hot code of its class, times the root of the image's
# probability. Let $s_j=\|u_j^\top Y\|^2$ be the share of the labels along the $j$-th left singular vector $u_j$ of $A$.
# The shares sum to 1 at most, the probe on $k$ dimensions leaves $r_k=1-\sum_{j\le k}s_j$, and $\alpha_T$ is a mean
# over them: $\alpha_T = 1-\sum_j\sigma_j^2s_j$. So $\alpha_T$ is the mean of $1-\sigma^2$. Labels beyond $k$ have a
# value of at least $1-\sigma_{k+1}^2$, so their share is at most $\alpha_T/(1-\sigma_{k+1}^2)$.
#
# On 1,906 emoji and their tags:

# %%
emoji = mt.datasets.emoji()
spectrum = mt.class_spectrum(emoji)
ax = mt.plotting.spectrum(spectrum)
outside = 1 - spectrum.image_share.sum()  # the labels that no text tells, in directions of σ = 0
induced_error = float((1 - spectrum.sigma**2) @ spectrum.image_share + outside)
print(
    f"α_T from the spectrum {induced_error:.12f}, from its definition {float(emoji.text_induced().labeling_error):.12f}"
)

# %% [markdown]
# ## Where the gap comes from
#
# Markov's inequality is met with equality where all of the mean comes from one value. Here it loses in two ways. Labels
# within the first $k$ directions count towards $\alpha_T$ too (*inside*). Labels beyond lie at singular values below
# $\sigma_{k+1}$ (*spread*). With $2\alpha-\alpha^2$ in place of $\alpha_T$ there is a third factor (*transfer*). The
# bound over the residual is exactly the product of the three.

# %%
alpha = float(emoji.labeling_error)
rows = []
for k in (50, 200, 800, 1600):
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
    rows.append({"k": k, "residual": residual, "bound": bound, "bound/residual": bound / residual, **factors})
gap = pd.DataFrame(rows).set_index("k")
assert np.allclose(gap["bound/residual"], gap.inside * gap.spread * gap.transfer)
gap.round(3)

# %% [markdown]
# At small $k$ the labels beyond are spread over a spectrum that reaches far below $\sigma_{k+1}$. At large $k$ most of
# $\alpha_T$ comes from labels that the probe already explains. The library checks the same statements, with their
# verdicts. A bound is *vacuous* where it says no more than $1-\pi$, what predicting class frequencies leaves.

# %%
theorems = ["probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"]
table = mt.verify(emoji, k=list(gap.index), theorems=theorems)
assert np.allclose(table[table.theorem == "probe-mmcl"].rhs, gap.bound)
ax = mt.plotting.gap(table)
table[table.theorem == "probe-mmcl"][["k", "lhs", "rhs", "ratio", "verdict"]].round(4)

# %% [markdown]
# ## Where the bound says something
#
# We draw samples of 2,000 pairs from worlds of four classes. They differ in label noise, which sets $\alpha$, and in
# structure within classes, which moves $\sigma_{k+1}$. Colour is the bound over the measured residual. Near the line,
# where the bound becomes vacuous, it is loose by less than two. Where it is far from vacuous it is loose by ten and
# more: there the first $k$ directions take almost all of the labels, and the bound cannot know.


# %%
def sampled_block(key):
    knobs, block, sample = jax.random.split(key, 3)
    noise, contrast = np.asarray(jax.random.uniform(knobs, (2,), minval=0.01, maxval=np.array([0.7, 1.0])))
    return mt.generators.block_joint(label_noise=noise, contrast=contrast, key=block).sample(2000, key=sample)


joints = [sampled_block(key) for key in jax.random.split(jax.random.key(0), 500)]
table = mt.verify(joints, k=4, theorems=["probe-mmcl"])
ax = mt.plotting.tightness_map(table, cells=14)
table.verdict.value_counts()
