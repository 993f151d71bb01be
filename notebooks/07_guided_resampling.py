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
# Single-modal contrastive learning pairs two augmentations of an image. A multi-modal encoder, the *guide*, knows which
# images mean the same, and can say which pairs to add and which to drop (Zhang, Wang & Wang, ICML 2023). On a pair
# graph every effect of that is exact. Here
#
# 1. a small world, in which augmentations sometimes change the content of an image;
# 2. the four methods with a good guide: labeling error, bound and probe error, before and after;
# 3. the same with a guide that knows nothing.

# %%
import jax
import numpy as np

import mmcl_theory as mt

world = mt.worlds.content_style(6, 8, 3, 1, content_change=0.15, caption_error=0.1)
weights = jax.random.exponential(jax.random.key(0), world.augmentation.matrix.shape)  # so that no two images are alike
graph = mt.PairGraph(world.augmentation.matrix * (weights + weights.T), world.augmentation.labels)
round(float(graph.labeling_error), 3)

# %% [markdown]
# ## A good guide
#
# It is the closed form of MMCL on image–caption pairs, and $g(x,x')$ the cosine of its image features. AddNewPositive
# and DropFalsePositive give a new graph, so $\alpha_A$, $\lambda_{k+1}$ and the bound
# $\alpha_A/(1-\lambda_{k+1})$ move. The other two change which *negatives* are drawn: the graph stays, and the encoder
# solves $\min_F -2\langle S, FF^\top\rangle + \sum W\circ(FF^\top)^2$, which has no closed form. The bound
# told for them is that of an encoder that is not quite the optimal one.

# %%
guide = mt.resampling.cosine(mt.factorize(world.joint, 6).image_features)
columns = ["method", "labeling_error", "lambda_next", "upper", "residual", "error"]
mt.resampling.compare(graph, guide, 6, key=jax.random.key(1))[columns].round(3)

# %% [markdown]
# ## A guide that knows nothing
#
# With random features new positives are mostly false, and dropping random pairs does no good either.

# %%
features = jax.random.normal(jax.random.key(2), (len(graph.labels), 6))
mt.resampling.compare(graph, mt.resampling.cosine(features), 6, key=jax.random.key(1))[columns].round(3)

# %% [markdown]
# ## Is it the minimum?
#
# The masked loss is convex in $Z=FF^\top$ but the rank is not. `masked_optimum` tells the norm of the gradient, the
# least eigenvalue of the Hessian, and a margin that, where it is not negative, proves a global minimum of rank $k$.
# Without a mask the margin is $\lambda_k-\lambda_{k+1}$. Where negatives are dropped altogether it needs the rank of
# the convex problem, so for small $k$ what is shown is a local minimum, the best from several starts.

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
