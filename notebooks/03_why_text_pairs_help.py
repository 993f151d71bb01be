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
# # Why text pairs help
#
# Self-supervised contrastive learning (SSCL) takes two augmentations of one image, altered copies of it, as a positive
# pair. Multi-modal contrastive learning (MMCL) takes an image and its text. By way of the text it thus pairs two
# images: a **text-induced pair** is two images drawn independently for one text. The paper gives two reasons why this
# helps: text-induced pairs agree in class more often than augmentations do (*consistency*), and reach further within a
# class (*diversity*). The first depends on what a text is a text of, the altered copy that the encoder sees (the
# **view**), or the **natural image** before it was altered. Here both reasons are checked
#
# 1. in a world where everything is known in closed form, with images made of content and style, and captions of views;
# 2. over a plane of such worlds, with the regions in which either kind of pairs is *provably* better;
# 3. on emoji: two vendors' drawings of each as augmentation pairs, and the tags of the emoji as texts. These are texts
#    of natural images, and text-induced pairs are *less* consistent. `notebooks/09` says why this must be so.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import mmcl_theory as mt

# %% [markdown]
# ## Content and style
#
# An image is one of six contents in one of nine styles; contents belong to three classes. An augmentation moves the
# style a little and sometimes changes the content. A caption names the content of the view, or only its class, and
# never the style.

# %%
world = mt.worlds.content_style(
    n_contents=6,
    n_styles=9,
    n_classes=3,
    radius=1,
    content_change=0.2,
    caption_error=0.05,
    caption_omission=0.5,
    caption_of="view",
)
text_induced, augmentation = world.joint.text_induced(), world.augmentation
figure, axes = plt.subplots(1, 2, figsize=(7, 3.4))
for ax, graph, title in zip(
    axes, (text_induced, augmentation), ("text-induced pairs", "augmentation pairs"), strict=True
):
    ax.imshow(np.asarray(graph.matrix) ** 0.5, cmap="Greys")
    ax.set_title(title)
    ax.set_xticks([])
    ax.set_yticks([])

# %% [markdown]
# Each picture shows how often (darker: more often) image $x$ and image $x'$ are a positive pair, images ordered by
# class, content, style. Text pairs join all styles of a content; augmentations stay near the diagonal, and leave the
# class more often. In numbers, consistency is the probability that a pair agrees in class, and diversity is how well
# pairs connect each class within itself (1 less the second eigenvalue of the pairs within the class, for the worst
# class):

# %%
pairs = {"text-induced": text_induced, "augmentation": augmentation}
pd.DataFrame(
    {
        name: {"consistency": float(graph.consistency), "diversity": float(graph.diversity)}
        for name, graph in pairs.items()
    }
).T.round(3)

# %% [markdown]
# What does this mean for the linear probe, the linear map of the features that predicts the class best? Its *residual*
# is the mean squared error that it leaves. Both kinds of pairs are factorized, and both obey the same bounds on the
# residual, each with its own labeling error and spectrum. If the upper bound of one lies below the lower bound of the
# other, the advantage is proved (`mmcl-advantage`), and not only seen.

# %%
instance = mt.Instance(world.joint, augmentation=world.augmentation)
report = mt.advantage(mt.verify(instance, [1, 3, 6], mt.COMPARISON))
report.round(4)

# %% [markdown]
# (A missing number means that the statement does not apply: two values of the spectrum are equal there, so it is not
# determined which of their directions the encoder takes.)
#
# ## A plane of worlds
#
# Augmentations can be drawn at will, captions cannot: now each image has two captions, drawn once and for all. The
# noisier they are, the worse for MMCL; the more often an augmentation changes the content, the worse for SSCL. Colour
# is the measured difference of the residuals; it is proved where the plane is hatched. The proofs cover part of what is
# true: between the hatched regions the bounds do not decide.


# %%
def captioned(world, key):
    captions = jax.random.multinomial(key, 2, world.joint.matrix / world.joint.image_marginal[:, None])
    return mt.Joint(captions, world.joint.image_labels, world.joint.text_labels)


knobs = [(change, error) for change in np.linspace(0, 0.6, 9) for error in np.linspace(0, 0.6, 9)]
instances = []
for position, (change, error) in enumerate(knobs):
    world = mt.worlds.content_style(3, 27, 3, 4, change, error, 0.5, "view")
    joint = captioned(world, jax.random.key(position))
    instances.append(mt.Instance(joint, augmentation=world.augmentation))
plane = mt.advantage(mt.verify(instances, 3, mt.COMPARISON))
plane[["change", "error"]] = [knobs[joint] for joint in plane.joint]
ax = mt.plotting.advantage_plane(plane, "change", "error", x_label="content change", y_label="caption error")
plane.verdict.value_counts()

# %% [markdown]
# ## Emoji
#
# 1,906 emoji, each drawn by two vendors. An augmentation takes either drawing, shifts and mirrors it, and is replaced
# by the nearest drawing there is, so that images are a finite set. Texts are the tags of the emoji that was viewed,
# whatever the view looks like. Classes are the emoji's groups, such as *animals & nature* or *flags*.

# %%
emoji = mt.worlds.emoji_drawings()
instance = mt.Instance(emoji.joint, augmentation=emoji.augmentation)
pairs = {"tags": emoji.joint.text_induced(), "drawings": emoji.augmentation}
pd.DataFrame({name: {"consistency": float(graph.consistency)} for name, graph in pairs.items()}).T.round(3)

# %% [markdown]
# Two emoji of one tag are of one class *less* often than two views of one emoji. And yet the probe on MMCL's encoder
# leaves less at every $k$. Walks prove it: with the labels along 32 steps of either graph, the residual of each encoder
# lies between two bounds (theorem `probe-walk`), and the upper bound of MMCL is below the lower bound of
# SSCL.

# %%
ks = [50, 100, 200, 400]
report = mt.advantage(mt.verify(instance, ks, mt.COMPARISON))[["k", "mmcl_residual", "sscl_residual"]]
for pairs, residual in (("mmcl", "probe"), ("sscl", "single-modal")):
    report[f"{pairs}_lower"], report[f"{pairs}_upper"] = mt.walk_bounds(instance, ks, steps=32, residual=residual)
report["proved"] = report.mmcl_upper < report.sscl_lower
report.round(3)

# %% [markdown]
# So here it is the second reason alone that makes texts win. A tag joins emoji that look nothing like each other; an
# augmentation joins those that look alike, whether they mean the same or not. Its graph holds together in more and
# tighter clusters, and the first $k$ directions of SSCL go to these before they go to the classes.
