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
# # Contrastive learning is matrix factorization
#
# A multi-modal contrastive model such as CLIP sees pairs of an image and a text and learns an encoder for each. This
# notebook shows, first on six images and six captions that fit on the screen and then on 1,906 emoji, that
#
# 1. the contrastive loss *is* the loss of factorizing one matrix, the normalized co-occurrence of images and texts;
# 2. so what the encoders learn has a closed form, a truncated singular value decomposition;
# 3. and two numbers of that matrix bound how well a linear classifier can do on the learned features: how often a
#    caption has the wrong class, and how quickly the singular values fall.
#
# The theory is that of Zhang, Wang and Wang, *On the Generalization of Multi-modal Contrastive Learning* (ICML 2023).

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import mmcl_theory as mt

# %% [markdown]
# ## Six images and six captions
#
# Rows are images, columns are captions; each number says how often the two were seen together. Divided by their sum,
# these counts are the **joint distribution** $P(x,l)$ of images and texts, for short the *joint*. Some captions are
# precise ("a tabby cat"), some are vague ("a pet"), and one pair is plainly wrong: somebody called the beagle a cat.

# %%
images = ["tabby", "siamese", "beagle", "poodle", "truck", "bus"]
texts = ["a tabby cat", "a cat", "a dog", "a pet", "a truck", "on the road"]
counts = np.array(
    [
        [6, 5, 0, 3, 0, 0],  # tabby
        [0, 8, 0, 3, 0, 0],  # siamese
        [0, 1, 7, 3, 0, 1],  # beagle: once called a cat, once seen on the road
        [0, 0, 8, 4, 0, 0],  # poodle
        [0, 0, 0, 0, 9, 5],  # truck
        [0, 0, 0, 0, 1, 9],  # bus
    ]
)
image_labels = [0, 0, 1, 1, 2, 2]
classes = ("cat", "dog", "vehicle")
joint = mt.Joint(counts, image_labels, names=mt.Names(tuple(images), tuple(texts), classes))
joint

# %% [markdown]
# The captions were given no class, so each has its *Bayes label*, the class of the images that it most often describes.

# %%
{text: classes[label] for text, label in zip(texts, joint.text_labels.tolist(), strict=True)}


# %% [markdown]
# Let $p_V(x)$ and $p_L(l)$ be the marginals, the probability of each image and of each text. Dividing each entry
# $P(x,l)$ by $\sqrt{p_V(x)\,p_L(l)}$ gives the **normalized co-occurrence matrix** $A$: popular images and popular
# captions no longer weigh more.


# %%
def show(matrix, title, ax):
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=float(np.max(matrix)))
    ax.set_xticks(range(6), texts, rotation=45, ha="right")
    ax.set_yticks(range(6), images)
    ax.set_title(title)
    for (x, l), value in np.ndenumerate(np.asarray(matrix)):  # noqa: E741
        ax.text(
            l, x, f"{value:.2f}", ha="center", va="center", color="white" if value > 0.5 * np.max(matrix) else "0.3"
        )


_, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
show(joint.matrix, "$P$: how often together", axes[0])
show(joint.normalized, "$A$: normalized co-occurrence", axes[1])

# %% [markdown]
# ## The loss
#
# The image encoder $f_V$ and the text encoder $f_L$ compute $k$ features each; $k$ is the **encoder dimension**. The
# *spectral contrastive loss* pulls the features of a pair together and pushes independent images and texts apart:
#
# $$L_{\mathrm{SCL}}(f_V,f_L) = -2\,\mathbb E_{(x,l)\sim P}\, f_V(x)^\top f_L(l)
#   + \mathbb E_{x\sim p_V,\,l\sim p_L} \big(f_V(x)^\top f_L(l)\big)^2 .$$
#
# Weight the features by the root of the probability, $(F_V)_x = \sqrt{p_V(x)}\,f_V(x)$ and likewise $F_L$, and expand
# the loss of *asymmetric matrix factorization*, $L_{\mathrm{AMF}} = \|A - F_V F_L^\top\|_F^2$. The cross term is the
# first expectation and the last term is the second:
#
# $$L_{\mathrm{SCL}} + \|A\|_F^2 = L_{\mathrm{AMF}}.$$
#
# The two differ by a constant, for *every* pair of encoders. Let us take a random pair and see.

# %%
key_v, key_l = jax.random.split(jax.random.key(0))
f_v, f_l = jax.random.normal(key_v, (6, 3)), jax.random.normal(key_l, (6, 3))

contrastive = mt.losses.spectral_population(joint, f_v, f_l)
F_v = jnp.sqrt(joint.image_marginal)[:, None] * f_v
F_l = jnp.sqrt(joint.text_marginal)[:, None] * f_l
factorization = mt.losses.factorization(joint, F_v, F_l)
constant = jnp.sum(joint.normalized**2)
print(f"contrastive loss + ‖A‖²  {contrastive + constant:.12f}")
print(f"factorization loss       {factorization:.12f}")

# %% [markdown]
# ## What training finds
#
# We now train both encoders on the contrastive loss by plain gradient descent, knowing nothing of matrices. We compare
# with the closed form, the truncated singular value decomposition. With the singular values
# $\sigma_1\ge\sigma_2\ge\dots$ of $A$ its loss is $-\sum_{j\le k}\sigma_j^2$.

# %%
k = 3
fact = mt.factorize(joint, k)


@jax.jit
def step(features):
    gradient = jax.grad(lambda pair: mt.losses.spectral_population(joint, *pair))(features)
    return jax.tree.map(lambda value, slope: value - 0.2 * slope, features, gradient)


features = (0.1 * f_v, 0.1 * f_l)
history = []
for _ in range(3000):
    history.append(float(mt.losses.spectral_population(joint, *features)))
    features = step(features)

optimum = -float(jnp.sum(fact.singular_values[:k] ** 2))
plt.figure(figsize=(6, 3))
plt.semilogy(np.array(history) - optimum)
plt.xlabel("step")
plt.ylabel("contrastive loss − optimum")
plt.grid(alpha=0.3)

# %% [markdown]
# The loss reaches the optimum of the closed form. The features themselves are determined only up to an invertible
# matrix, but the product $F_V F_L^\top$ is: it is the best rank-3 approximation of $A$.

# %%
trained = jnp.sqrt(joint.image_marginal)[:, None] * (features[0] @ features[1].T) * jnp.sqrt(joint.text_marginal)
closed_form = fact.image_factors @ fact.text_factors.T
_, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
show(np.maximum(trained, 0), "trained: $F_V F_L^\\top$", axes[0])
show(np.maximum(closed_form, 0), "closed form: $U_3\\Sigma_3V_3^\\top$", axes[1])
print(f"largest difference {float(jnp.abs(trained - closed_form).max()):.1e}")

# %% [markdown]
# ## What the features are good for
#
# A **linear probe** predicts the class from the learned image features: it is the linear map that does so best in least
# squares. The mean squared error that it leaves is its **residual** $r_k$, and the probability of a wrong class its
# error $e_k$. Two numbers of the joint bound the residual: the **labeling error** $\alpha$, the probability that image
# and caption are of different classes, and $\sigma_{k+1}$, the first singular value that the encoder had no room for:
#
# $$r_k \;\le\; \frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}.$$
#
# `verify` checks this theorem, `probe-mmcl`, and its neighbours: `lhs` is measured, `rhs` is the bound, and `ratio` is
# the first over the second.

# %%
mt.verify(joint, k=[1, 2, 3, 4], theorems=["label-transfer", "probe-text-induced", "probe-mmcl", "probe-error"])[
    ["theorem", "k", "lhs", "rhs", "ratio", "verdict"]
]

# %% [markdown]
# With $k=1$ or $2$ there is no room for three classes. The residual is large, and the bound is large too, or
# **vacuous**: no better than predicting the frequencies of the classes. From $k = 3$ the classes fit.

# %% [markdown]
# ## The same on 1,906 emoji
#
# Each emoji is an image and its English keyword tags are its texts: 10,122 pairs, nine classes. The emoji and tags fall
# into 39 groups that no pair connects, so the first 39 singular values are exactly 1, and no bound applies below
# $k = 39$.

# %%
emoji = mt.datasets.emoji()
ax = mt.plotting.spectrum(mt.class_spectrum(emoji))

# %%
table = mt.verify(
    emoji,
    k=[39, 50, 75, 100, 150, 200, 300, 400],
    theorems=["probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"],
)
ax = mt.plotting.gap(table)

# %% [markdown]
# The black curve is what a linear probe on the optimal encoder really leaves unexplained; the blue ones are what the
# theorems promise. On this data the bounds are true everywhere. `probe-text-induced` is vacuous up to about $k = 190$,
# and loose by a factor of three: the theory has the right shape. It can be sharpened. From walks of several steps
# between images and texts (`probe-walk`, docs/walks.md) follows a bound of 0.204 at $k=400$.

# %%
table[table.k == 400][["theorem", "k", "lhs", "rhs", "ratio", "verdict"]]
