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
# # Guided resampling
#
# Single-modal contrastive learning takes two augmentations (altered copies) of an image as a positive pair, and two
# independent images as a negative one. A multi-modal encoder, the **guide**, knows which images mean the same, and can
# say which pairs to add and which to drop (Zhang, Wang & Wang, ICML 2023). On a **pair graph**, the distribution of
# positive pairs, every effect of that can be computed. Here is
#
# 1. a small world, in which augmentations sometimes change the content of an image;
# 2. the four methods with a good guide: labeling error, bound and probe error, before and after;
# 3. the same with a guide that knows nothing.
#
# The *labeling error* is the probability that the two images of a positive pair differ in class:

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

# %%
guide = mt.resampling.cosine(mt.factorize(world.joint, 6).image_features)
columns = ["method", "labeling_error", "lambda_next", "upper", "residual", "error"]
mt.resampling.compare(graph, guide, 6, key=jax.random.key(1))[columns].round(3)

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
