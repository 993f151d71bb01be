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
# # 1 · Contrastive learning is matrix factorization
#
# **Aim.** Afterwards you can say why a contrastive loss is the loss of factorizing one matrix, what training therefore
# finds, and which two numbers of that matrix bound how well a classifier does on the learned features.
#
# **Needs** notebook 0, in which all words are defined, and how exercises work.
#
# A multi-modal contrastive model such as CLIP sees pairs of an image and a text and learns an encoder for each. We look
# first at six images and six captions that fit on the screen, then at 1,906 emoji. The theory is that of Zhang, Wang
# and Wang, *On the Generalization of Multi-modal Contrastive Learning* (ICML 2023).

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
# these counts are the joint distribution $P(x,l)$ of images and texts. Some captions are precise ("a tabby cat"), some
# are vague ("a pet"), and one pair is plainly wrong: somebody called the beagle a cat.

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
# Dividing each entry $P(x,l)$ by $\sqrt{p_V(x)p_L(l)}$, the root of the marginals, gives the normalized co-occurrence
# matrix $A$: popular images and popular captions no longer weigh more.


# %%
def show(matrix, title, ax):
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=float(np.max(matrix)))
    ax.set_xticks(range(6), texts, rotation=45, ha="right")
    ax.set_yticks(range(6), images)
    ax.set_title(title)
    for (x, l), value in np.ndenumerate(np.asarray(matrix)):  # noqa: E741
        color = "white" if value > 0.5 * np.max(matrix) else "0.3"
        ax.text(l, x, f"{value:.2f}", ha="center", va="center", color=color, fontsize=8)


_, axes = plt.subplots(1, 2, figsize=(8, 3.7), layout="constrained")
show(joint.matrix, "$P$: how often together", axes[0])
show(joint.normalized, "$A$: normalized co-occurrence", axes[1])

# %% [markdown]
# The two tables show the same pairs. In $A$ the rare pair of tabby and "a tabby cat", which is all that caption is used
# for, weighs as much as pairs of frequent captions.

# %% [markdown]
# ## The loss
#
# The image encoder $f_V$ and the text encoder $f_L$ compute $k$ features each; $k$ is the **encoder dimension**. The
# spectral contrastive loss pulls the features of a pair together and pushes independent images and texts apart:
#
# $$L_{\mathrm{SCL}}(f_V,f_L) = -2\mathbb E_{(x,l)\sim P}f_V(x)^\top f_L(l)
#   + \mathbb E_{x\sim p_V,l\sim p_L} \big(f_V(x)^\top f_L(l)\big)^2 .$$
#
# Weight the features by the root of the probability, $(F_V)_x = \sqrt{p_V(x)}f_V(x)$ and likewise $F_L$, and expand the
# loss of **asymmetric matrix factorization**, $L_{\mathrm{AMF}} = \lVert A - F_V F_L^\top\rVert_F^2$. The cross term is
# the first expectation and the last term is the second:
#
# $$L_{\mathrm{SCL}} + \lVert A\rVert_F^2 = L_{\mathrm{AMF}}.$$
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
# **Exercise 1.** The image features $f_V$ are multiplied by an invertible matrix $M$, here the one below. Which text
# features have the same loss with $f_VM$ as `f_l` has with $f_V$, on every joint? (An array like `f_l`.)

# %%
M = jnp.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.5]])
answer_1 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 1. The loss reads the scores f_V f_Lᵀ alone, and f_V M (f_L M⁻ᵀ)ᵀ = f_V M M⁻¹ f_Lᵀ.
if answer_1 is None:
    answer_1 = f_l @ jnp.linalg.inv(M).T

# %%
# Check 1: the loss on this joint and on another one, and you are to change the text features.
another = mt.Joint(counts + 1, image_labels)
for one in (joint, another):
    wanted = mt.losses.spectral_population(one, f_v, f_l)
    assert jnp.isclose(mt.losses.spectral_population(one, f_v @ M, answer_1), wanted), (
        "f_V M times what gives f_V f_Lᵀ?"
    )

# %% [markdown]
# **Exercise 2.** The encoders may be scaled: all scores $f_V(x)^\top f_L(l)$ of the random pair are multiplied by a
# number $c$. Which $c$ has the least loss? (The loss is a quadratic function of $c$; `scores` has the scores.)

# %%
scores = f_v @ f_l.T
answer_2 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 2. The loss is −2c E_P s + c² E s², the second mean over independent images and texts.
if answer_2 is None:
    independent = joint.image_marginal[:, None] * joint.text_marginal
    answer_2 = jnp.sum(joint.matrix * scores) / jnp.sum(independent * scores**2)

# %%
# Check 2: one per cent more or less is worse.
at, more, less = (mt.losses.spectral_population(joint, c * answer_2 * f_v, f_l) for c in (1, 1.01, 0.99))
assert at < min(more, less), "the least of −2cb + c²a is at c = b/a"

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
    loss, gradient = jax.value_and_grad(lambda pair: mt.losses.spectral_population(joint, *pair))(features)
    return loss, jax.tree.map(lambda value, slope: value - 0.2 * slope, features, gradient)


features = (0.1 * f_v, 0.1 * f_l)
history = []
for _ in range(1200):
    loss, features = step(features)
    history.append(float(loss))

optimum = -float(jnp.sum(fact.singular_values[:k] ** 2))
plt.figure(figsize=(5, 2.6))
plt.semilogy(np.array(history) - optimum)
plt.xlabel("step of gradient descent")
plt.ylabel("contrastive loss − optimum")
plt.grid(alpha=0.3)

# %% [markdown]
# The figure shows the loss reach the optimum of the closed form, to rounding. The features themselves are determined
# only up to an invertible matrix, but the product $F_V F_L^\top$ is: it is the best rank-3 approximation of $A$.

# %%
trained = jnp.sqrt(joint.image_marginal)[:, None] * (features[0] @ features[1].T) * jnp.sqrt(joint.text_marginal)
closed_form = fact.image_factors @ fact.text_factors.T
_, axes = plt.subplots(1, 2, figsize=(8, 3.7), layout="constrained")
show(np.maximum(trained, 0), "trained: $F_V F_L^\\top$", axes[0])
show(np.maximum(closed_form, 0), "closed form: $U_3\\Sigma_3V_3^\\top$", axes[1])
print(f"largest difference below 1e-7: {bool(jnp.abs(trained - closed_form).max() < 1e-7)}")

# %% [markdown]
# Both show the same: rank 3 keeps the three classes, and "a pet" for cats and dogs, and forgets which cat is which.
#
# **Exercise 3.** Which loss will training reach with $k=2$? (No training needed.)

# %%
answer_3 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 3. The optimum of dimension 2 keeps the two largest singular values.
if answer_3 is None:
    answer_3 = -float(jnp.sum(fact.singular_values[:2] ** 2))

# %%
# Check 3: by training.
narrow = (0.1 * f_v[:, :2], 0.1 * f_l[:, :2])
for _ in range(3000):
    reached, narrow = step(narrow)
assert np.isclose(answer_3, reached, atol=1e-6), "minus the sum of the first two squared singular values"

# %% [markdown]
# ## What the features are good for
#
# The linear probe is the linear map from the learned image features to the class that is best in least squares. The
# mean squared error that it leaves is its residual $r_k$, and the probability of a wrong class its **error** $e_k$. Two
# numbers of the joint bound the residual: the labeling error $\alpha$, the probability that image and caption are of
# different classes, and $\sigma_{k+1}$, the first singular value that the encoder had no room for:
#
# $$r_k \le \frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}.$$
#
# `verify` checks this theorem, `probe-mmcl`, and its neighbours: `lhs` is measured, `rhs` is the bound, and `ratio` is
# the first over the second.

# %%
mt.verify(joint, k=[1, 2, 3, 4], theorems=["label-transfer", "probe-text-induced", "probe-mmcl", "probe-error"])[
    ["theorem", "k", "lhs", "rhs", "ratio", "verdict"]
]

# %% [markdown]
# With $k=1$ or $2$ there is no room for three classes. The residual is large, and the bound is large too, or
# **vacuous**: no better than predicting the frequencies of the classes. From $k=3$ the classes fit.
#
# **Exercise 4.** Somebody labels the texts more carefully: "a pet" becomes a class of its own, 3, that no image has.
# Does $\alpha$ grow or fall, and to what number? (From the counts: of how many pairs are image and text of two classes
# now?)

# %%
answer_4 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 4. All 13 pairs with "a pet" are wrong now; "a cat" of the beagle and "on the road" remain wrong.
if answer_4 is None:
    answer_4 = (3 + 3 + 3 + 4 + 1 + 1) / counts.sum()

# %%
# Check 4: by the library, which is given the labels of the texts.
careful = mt.Joint(counts, image_labels, text_labels=[0, 0, 1, 3, 2, 2])
assert np.isclose(answer_4, float(careful.labeling_error)), "count the pairs in the column of a pet, and two more"

# %% [markdown]
# ## The same on 1,906 emoji
#
# Each emoji is an image and its English keyword tags are its texts: 10,122 pairs, nine classes. The emoji and tags fall
# into 39 groups that no pair connects, so the first 39 singular values are exactly 1, and no bound applies below
# $k=39$.

# %%
table = mt.verify(
    mt.datasets.emoji(),
    k=[50, 100, 200, 400],
    theorems=["probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error", "probe-error-mmcl"],
)
ax = mt.plotting.gap(table)

# %% [markdown]
# The figure's black curve is what a linear probe on the optimal encoder really leaves unexplained; the blue ones are
# what the theorems promise. On this data the bounds are true everywhere. `probe-text-induced` is vacuous up to about
# $k=190$, and loose by a factor of three: the theory has the right shape. It can be sharpened. From walks of several
# steps between images and texts (`probe-walk`, docs/walks.md) follows a bound of 0.204 at $k=400$.

# %%
table[table.k == 400][["theorem", "k", "lhs", "rhs", "ratio", "verdict"]]
