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
# # 0 · Two images and two captions, by hand
#
# **Aim.** Afterwards you can compute, with a pencil, all that the theory of contrastive learning says of two images and
# two captions: what the best encoders learn, how well their features tell the classes, and the bound on that.
#
# **Needs** nothing but a little NumPy. The names and symbols met here are those of all later notebooks.
#
# **Exercises.** Each has three cells. In the first you write your answer in place of `None`. The second holds a
# solution, folded away in JupyterLab, which is used only if your answer is still `None`. The third checks whatever
# answer there is against something computed in another way, and complains if the two differ.

# %%
import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## The joint
#
# There are two images, of a cat and of a dog, and two captions, "a cat" and "a dog". Ten pairs of an image and a
# caption were collected. Rows are images, columns captions; twice somebody wrote the wrong one:

# %%
counts = np.array(
    [
        [4, 1],  # the cat: 4 times "a cat", once "a dog"
        [1, 4],  # the dog: once "a cat", 4 times "a dog"
    ]
)
P = counts / counts.sum()
P

# %% [markdown]
# $P(x,l)$ is the probability that a pair drawn at random is image $x$ with caption (or *text*) $l$. It is the **joint**
# distribution of images and texts, for short the joint. Its **marginals** are the probabilities of each image and of
# each text:

# %%
p_V = P.sum(axis=1)  # V for vision
p_L = P.sum(axis=0)  # L for language
p_V, p_L

# %% [markdown]
# Dividing each entry by the roots of both marginals gives the **normalized co-occurrence matrix**
#
# $$A(x,l)=\frac{P(x,l)}{\sqrt{p_V(x)p_L(l)}}.$$
#
# If image and text had nothing to do with each other, $P(x,l)$ would be $p_V(x)p_L(l)$, and $A$ would be
# $\sqrt{p_V(x)}\sqrt{p_L(l)}$. The theory is about how far $A$ is from that.

# %%
A = P / np.sqrt(np.outer(p_V, p_L))
A

# %% [markdown]
# **Exercise 1.** In another collection the cat was described 6 times by "a cat" and twice by "a dog", and the dog once
# by "a cat" and three times by "a dog". What is its $A$? (A list of two rows.)

# %%
answer_1 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 1. Of 12 pairs the images have 8 and 4, and the texts 7 and 5.
if answer_1 is None:
    answer_1 = [[6 / (8 * 7) ** 0.5, 2 / (8 * 5) ** 0.5], [1 / (4 * 7) ** 0.5, 3 / (4 * 5) ** 0.5]]

# %%
# Check 1: with the roots of the marginals multiplied in again, the counts must come back.
other = np.array([[6, 2], [1, 3]])
roots = np.sqrt(np.outer(other.sum(axis=1), other.sum(axis=0)))
assert np.allclose(np.array(answer_1) * roots, other), "divide each count by the roots of its row's and column's sums"

# %% [markdown]
# ## Its singular values
#
# The **singular value decomposition** writes $A=\sum_j\sigma_ju_jv_j^\top$, with **singular values**
# $\sigma_1\ge\sigma_2\ge0$ and with vectors $u_1,u_2$ (and $v_1,v_2$) of length 1 that are orthogonal to each other.
# Our $A$ is symmetric with rows $(0.8,0.2)$ and $(0.2,0.8)$, so one can guess it: the sum of the two columns is
# $(1,1)^\top$, their difference $0.6\cdot(1,-1)^\top$. Hence
#
# $$\sigma_1=1,\quad u_1=v_1=\tfrac1{\sqrt2}(1,1)^\top,\qquad
#   \sigma_2=0.6,\quad u_2=v_2=\tfrac1{\sqrt2}(1,-1)^\top.$$

# %%
u1, u2 = np.array([1, 1]) / 2**0.5, np.array([1, -1]) / 2**0.5
assert np.allclose(1 * np.outer(u1, u1) + 0.6 * np.outer(u2, u2), A)
np.linalg.svd(A, compute_uv=False)  # NumPy agrees

# %% [markdown]
# This is no accident. For every joint the first singular value is 1, and its vectors are the roots of the marginals:
# $A\sqrt{p_L}=\sqrt{p_V}$, since $\sum_lP(x,l)=p_V(x)$. They know how frequent images and texts are, and nothing of who
# goes with whom. What a joint tells of that begins with $\sigma_2$. It is 0 if image and text are independent, and 1 if
# the joint falls apart into two groups that no pair connects.
#
# **Exercise 2.** What is $\sigma_2$ of the collection of exercise 1? (You need no decomposition: the product of the
# singular values is $\lvert\det A\rvert$, and you know one of them.)

# %%
answer_2 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 2. The determinant of the counts is 6·3 − 2·1 = 16; A has rows and columns divided by roots.
if answer_2 is None:
    answer_2 = 16 / (8 * 4 * 7 * 5) ** 0.5

# %%
# Check 2: by NumPy's decomposition.
assert np.isclose(answer_2, np.linalg.svd(other / roots, compute_uv=False)[1]), "σ₁ = 1, so σ₂ = |det A|"

# %% [markdown]
# ## The loss of encoders
#
# An **encoder** gives each image, or each text, $k$ numbers, its **features**: $f_V(x)$ and $f_L(l)$. Here it is a
# table with a row for each image or text. *Contrastive* training wants large inner products $f_V(x)^\top f_L(l)$ for
# pairs and small ones for an image and a text that are drawn independently. The **spectral contrastive loss** says so:
#
# $$L(f_V,f_L)=-2\sum_{x,l}P(x,l)f_V(x)^\top f_L(l)+\sum_{x,l}p_V(x)p_L(l)\big(f_V(x)^\top f_L(l)\big)^2.$$


# %%
def loss(f_V, f_L):
    scores = f_V @ f_L.T  # a row for each image, a column for each text
    return -2 * np.sum(P * scores) + np.sum(np.outer(p_V, p_L) * scores**2)


# %% [markdown]
# A few encoders with one feature, $k=1$, the same for an image and its caption. By hand: features $(1,1)$ make all
# scores 1, so the loss is $-2+1$. Features $(1,-1)$ make the scores 1 for right pairs and $-1$ for wrong ones:
# $-2(0.8-0.2)+1=-0.2$. Scaled by $c$, the scores are $\pm c^2$ and the loss is $-1.2c^2+c^4$, least at $c^2=0.6$, which
# is $\sigma_2$.

# %%
for name, features in {
    "nothing (0, 0)": [0, 0],
    "the same for both (1, 1)": [1, 1],
    "opposite (1, -1)": [1, -1],
    "opposite, best scale": [0.6**0.5, -(0.6**0.5)],
}.items():
    column = np.array(features)[:, None]
    print(f"{name:26} loss {loss(column, column):6.2f}")

# %% [markdown]
# All features $(a,b)$ at once, as a map of the loss:

# %%
grid = np.linspace(-1.6, 1.6, 161)
heights = np.array([[loss(np.array([[a], [b]]), np.array([[a], [b]])) for a in grid] for b in grid])
_, ax = plt.subplots(figsize=(4.6, 3.8), layout="constrained")
drawn = ax.contourf(grid, grid, heights, levels=np.arange(-1, 1.01, 0.1), cmap="viridis", extend="max")
plt.colorbar(drawn, label="loss")
best, second = (1, 1), (0.6**0.5, -(0.6**0.5))
for (a, b), name in ((best, r"$\sigma_1$"), (second, r"$\sigma_2$")):
    for sign in (1, -1):
        ax.plot(sign * a, sign * b, "o", color="white", markeredgecolor="black")
        ax.annotate(name, (sign * a, sign * b), (6, 5), textcoords="offset points", color="white", fontsize=12)
ax.set_xlabel("feature $a$ of the cat")
ax.set_ylabel("feature $b$ of the dog")
ax.set_aspect("equal")

# %% [markdown]
# The figure shows two lowest points, $\pm(1,1)$, of loss $-1=-\sigma_1^2$, and two passes between them,
# $\pm\sqrt{0.6}(1,-1)$, of loss $-0.36=-\sigma_2^2$. So the best *single* feature is the same for both images and says
# nothing of cats and dogs. The feature that tells them apart is the second best.
#
# **Exercise 3.** Give encoders with $k=2$ features, the same for images and texts, whose loss is as low as it can be:
# $-\sigma_1^2-\sigma_2^2=-1.36$. (An array with a row for the cat and a row for the dog.)

# %%
answer_3 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 3. The best feature beside the second best; any rotation of the two features does as well.
if answer_3 is None:
    answer_3 = np.array([[1, 0.6**0.5], [1, -(0.6**0.5)]])

# %%
# Check 3: the loss, and no small change of a feature lowers it.
answer_3 = np.array(answer_3)
assert np.isclose(loss(answer_3, answer_3), -1.36), "put the two features of the map side by side"
changes = 0.01 * np.random.default_rng(0).normal(size=(100, 2, 2))
assert all(loss(answer_3 + change, answer_3 + change) > -1.36 for change in changes)

# %% [markdown]
# ## Why the singular values
#
# Multiply the features of image $x$ by $\sqrt{p_V(x)}$ and those of text $l$ by $\sqrt{p_L(l)}$, and call the tables
# $F_V$ and $F_L$. Then
#
# $$L(f_V,f_L)+\lVert A\rVert_F^2=\lVert A-F_VF_L^\top\rVert_F^2,$$
#
# where $\lVert\cdot\rVert_F^2$ is the sum of the squares of all entries: multiply out the right side and compare. So
# the loss asks for the product of two thin tables that is nearest to $A$, and the nearest one is known: keep the $k$
# largest singular values. This is the **optimal encoder** of dimension $k$, with
# $f_V(x)=\sqrt{\sigma_j}u_j(x)/\sqrt{p_V(x)}$ as its $j$-th feature, and its loss is $-\sigma_1^2-\dots-\sigma_k^2$.

# %%
f = np.array([[0.3, 1.2], [-0.5, 0.7]])  # whatever encoder
F = np.sqrt(p_V)[:, None] * f
print(f"{loss(f, f) + np.sum(A**2):.12f} = {np.sum((A - F @ F.T) ** 2):.12f}")

# %% [markdown]
# ## What the features are good for
#
# Each image has a **class**, cat or dog, of which training knows nothing. A **linear probe** then predicts the class
# from the features: the class is written as $(1,0)$ or $(0,1)$, and the prediction is the linear map of the features
# that comes nearest, in mean squared error. What it leaves is the **residual** $r_k$. With $k=2$ our features differ
# for cat and dog and the prediction is perfect: $r_2=0$. With $k=1$ both images have the same feature. The best
# prediction is $(\frac12,\frac12)$ for both, and $r_1=\frac14+\frac14=\frac12$.
#
# When must $r_k$ be small? The theory answers with two numbers that can be counted.
#
# - The **labeling error** $\alpha$: how often image and text of a pair are of different classes. Here 2 pairs of 10.
# - $\alpha_T$: how often two images *of one text* are of different classes. A text is drawn, and then two images
#   independently of each other among those that it describes. For "a cat" these are the cat with probability 0.8 and
#   the dog with 0.2, so they differ with probability $2\cdot0.8\cdot0.2=0.32$, and it is the same for "a dog".
#
# The bound is
#
# $$r_k\le\frac{\alpha_T}{1-\sigma_{k+1}^2}\le\frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}.$$
#
# For $k=1$ it says $r_1\le0.32/(1-0.36)=0.5$, and 0.5 it is: no better bound can be true of all joints. The second
# form, of the paper, says $0.36/0.64=0.5625$.
#
# **Exercise 4.** What does the first form say of $r_1$ in the collection of exercise 1?

# %%
answer_4 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 4. "A cat" is said 7 times, 6 of them of the cat; "a dog" 5 times, 2 of them of the cat.
if answer_4 is None:
    alpha_T = 7 / 12 * (2 * 6 / 7 * 1 / 7) + 5 / 12 * (2 * 2 / 5 * 3 / 5)
    answer_4 = alpha_T / (1 - 16**2 / (8 * 4 * 7 * 5))

# %% [markdown]
# ## The same by the library
#
# All of this is what `mmcl_theory` computes, for joints of any size. Classes are numbers, here 0 for cat and 1 for dog:

# %%
import mmcl_theory as mt

joint = mt.Joint(counts, image_labels=[0, 1], text_labels=[0, 1])
print(f"α = {joint.labeling_error:.2f}, α_T = {joint.text_induced_error:.2f}")
print("σ_1, σ_2 =", mt.factorize(joint, k=1).singular_values)  # the first k, and the next
print(f"r_1 = {mt.measure(joint, k=1).probe_residual:.2f}")

# %% [markdown]
# `verify` puts every bound beside what it bounds: `lhs` is measured, `rhs` is the bound, `ratio` is how much of the
# bound is used up.

# %%
mt.verify(joint, k=1, theorems=["probe-text-induced", "probe-mmcl"])[["theorem", "k", "lhs", "rhs", "ratio"]].round(4)

# %%
# Check 4: by the library.
bound = mt.verify(mt.Joint(other, [0, 1], [0, 1]), k=1, theorems="probe-text-induced").rhs[0]
assert np.isclose(answer_4, bound), "count α_T over both texts, weighted by how often each is said"

# %% [markdown]
# The next notebook does the same with six images and with 1,906, and lets gradient descent find what we found by hand.
