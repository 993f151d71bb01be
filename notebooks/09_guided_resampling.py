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
# # 9 · Guided resampling
#
# **Aim.** Afterwards you can let a multi-modal encoder choose the pairs that single-modal training learns from, compute
# exactly what each of four ways of choosing does, and say when the minimum that was found is proved to be one.
#
# **Needs** notebook 3.
#
# Single-modal contrastive learning takes two augmentations of an image as a positive pair, and two independent images
# as a negative one. A multi-modal encoder, the **guide**, knows which images mean the same, and can say which pairs to
# add and which to drop (Zhang, Wang and Wang, ICML 2023). On a **pair graph**, the distribution of positive pairs,
# every effect of that can be computed. We take a small world in which augmentations sometimes change the content of an
# image. The labeling error, the probability that the two images of a positive pair differ in class, is

# %%
import jax
import numpy as np

import mmcl_theory as mt

world = mt.worlds.content_style(6, 8, 3, 1, content_change=0.15, caption_error=0.1, caption_of="view")
weights = jax.random.exponential(jax.random.key(0), world.augmentation.matrix.shape)  # so that no two images are alike
graph = mt.PairGraph(world.augmentation.matrix * (weights + weights.T), world.augmentation.labels)
round(float(graph.labeling_error), 3)

# %% [markdown]
# ## A good guide
#
# The guide is the optimal multi-modal encoder on image–caption pairs, and $g(x,x')$ is the cosine of its image
# features. AddNewPositive pairs each image with the most similar other one; DropFalsePositive discards the least
# similar positive pairs. Both give a new graph, so its labeling error $\alpha_A$, its eigenvalues $\lambda_j$, and the
# bound $\alpha_A/(1-\lambda_{k+1})$ on the residual of the linear probe change.
#
# DropFalseNegative discards the most similar negatives of each image, DropEasyNegative the least similar. The graph
# stays, and the encoder solves $\min_F -2\langle S, FF^\top\rangle + \sum W\circ(FF^\top)^2$, with $S$ the normalized
# graph and $W$ the weights of the negatives. This has no closed form. The bound for these two is that of an encoder
# that is not optimal on the graph.
#
# **Exercise 1.** Before anything is resampled: what does the bound $\alpha_A/(1-\lambda_{k+1})$ say at $k=6$? (From
# `graph.matrix`, the probabilities of pairs, and `graph.labels`. The normalized matrix has each entry divided by the
# roots of its row's and column's sums.)

# %%
answer_1 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 1. Sum the pairs of two classes, and take the seventh eigenvalue.
if answer_1 is None:
    matrix, labels = np.asarray(graph.matrix), np.asarray(graph.labels)
    roots = np.sqrt(matrix.sum(axis=1))
    eigenvalues = np.linalg.eigvalsh(matrix / np.outer(roots, roots))[::-1]
    answer_1 = matrix[labels[:, None] != labels].sum() / matrix.sum() / (1 - eigenvalues[6])

# %%
guide = mt.resampling.cosine(mt.factorize(world.joint, 6).image_features)
columns = ["method", "labeling_error", "lambda_next", "upper", "residual", "error"]
good = mt.resampling.compare(graph, guide, 6, key=jax.random.key(1))[columns]
good.round(3)

# %%
# Check 1: the first line of the table.
assert np.isclose(answer_1, good[good.method == "none"].upper.item()), "λ₇ is the seventh largest eigenvalue"

# %% [markdown]
# **Exercise 2.** DropFalsePositive drops a tenth of the positive pairs. What is the lowest labeling error that it can
# reach here, with the best of all guides? (`graph.labeling_error` is that of all pairs.)

# %%
answer_2 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 2. All that is dropped is wrong, and what is left is nine tenths.
if answer_2 is None:
    answer_2 = (float(graph.labeling_error) - 0.1) / 0.9

# %%
# Check 2: a guide that knows the classes.
same = np.asarray(graph.labels)[:, None] == np.asarray(graph.labels)
perfect = mt.resampling.drop_false_positive(graph, same.astype(float), 0.1)
assert np.isclose(answer_2, float(perfect.labeling_error)), "of which kind are the pairs that are dropped?"

# %% [markdown]
# The good guide of the table reaches just that: all the pairs that it drops are of two classes.

# %% [markdown]
# ## A guide that knows nothing
#
# With random features most new positives differ in class, and dropping random pairs does no good either.

# %%
features = jax.random.normal(jax.random.key(2), (len(graph.labels), 6))
mt.resampling.compare(graph, mt.resampling.cosine(features), 6, key=jax.random.key(1))[columns].round(3)

# %% [markdown]
# ## Is it the minimum?
#
# The loss with weighted negatives (a *mask* $W$) is convex in $Z=FF^\top$, but the set of matrices of rank $k$ is not.
# `masked_optimum` returns the norm of the gradient, the least eigenvalue of the Hessian, and a margin. Where the margin
# is not negative, it proves a global minimum of rank $k$. Without a mask the margin is $\lambda_k-\lambda_{k+1}$. Where
# negatives are dropped altogether, $k$ must be as large as the rank of the convex problem; for smaller $k$ only a local
# minimum is shown, the best from several starts.

# %%
marginal = np.asarray(graph.marginal)
laws = {
    "no mask": np.outer(marginal, marginal),
    "drop_false_negative": mt.resampling.drop_false_negative(graph, guide, 0.05),
}
for name, law in laws.items():
    found = mt.resampling.masked_optimum(graph, law, 3, key=jax.random.key(3))
    print(
        f"{name}: curvature {found.curvature:.0e}, margin {found.margin:.3f}, loss by start {np.round(found.losses, 4)}"
    )

# %% [markdown]
# **Exercise 3.** What is the margin without a mask at $k=2$?

# %%
answer_3 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 3. The gap between the second and the third eigenvalue of the normalized pair graph.
if answer_3 is None:
    eigenvalues = np.linalg.eigvalsh(np.asarray(graph.normalized))[::-1]
    answer_3 = eigenvalues[1] - eigenvalues[2]

# %%
# Check 3: by the search for the optimum.
found = mt.resampling.masked_optimum(graph, laws["no mask"], 2, key=jax.random.key(3))
assert np.isclose(answer_3, found.margin, atol=1e-6), "λ_k − λ_{k+1}, of the normalized matrix"
