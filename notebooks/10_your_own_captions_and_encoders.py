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
# # 10 · Your own captions and encoders
#
# **Aim.** Afterwards you can take the vectors of a trained model, say how far it is from the best of its dimension and
# why, what the bounds for imperfect encoders say of it, and which joint it believes in.
#
# **Needs** notebooks 0, 1 and 4.
#
# Two things may be your own: the captions, of which we see that they have to share something, and the encoders.

# %%
import dataclasses
import tempfile
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

import mmcl_theory as mt

# %% [markdown]
# ## Captions that people write
#
# All captions that people write differ. Then no two images share one, all singular values are 1, and no statement says
# anything. Words are shared, and `from_captions` takes them as the texts:

# %%
captions = {
    "cat": [
        "A cat sleeps on the sofa.",
        "The grey cat drinks milk.",
        "A cat and a ball of wool.",
        "A cat on the grass.",
    ],
    "dog": [
        "A dog runs on the grass.",
        "The brown dog drinks water.",
        "A dog with a ball.",
        "A dog sleeps in the house.",
    ],
    "bus": ["A red bus on the road.", "The bus stops at the house.", "A bus and a truck on the road.", "The last bus."],
}
written = [caption for several in captions.values() for caption in several]
labels = [name for name, several in captions.items() for _ in several]
rows = {}
for kind, options in {"captions": {}, "words": {"stop_words": "english"}}.items():
    one = mt.datasets.from_captions(list(range(12)), written, labels, texts=kind, **options)
    sigma = mt.factorize(one, 4).singular_values
    rows[kind] = {"texts": one.n_texts, "α": float(one.labeling_error)} | {
        f"σ_{j}": float(sigma[j - 1]) for j in (2, 3, 4)
    }
pd.DataFrame(rows).T.round(3)

# %% [markdown]
# In a file of captions the same is `mmcl-theory verify --captions FILE`.
#
# ## Your own encoders
#
# You have a trained model: a vector for each image and for each text. Here a small model is trained on emoji and their
# keyword tags, its vectors are written to files with their names, and then everything is done from these files, as you
# would with yours.

# %%
warnings.simplefilter("ignore")  # a few emoji have rare tags only, and are left out
emoji = mt.datasets.emoji()
joint = mt.datasets.reworded(emoji, "captions", least_images=5)
print(joint)
print(*joint.names.classes, sep=", ")

# %% [markdown]
# ### A model
#
# A small network maps a drawing to 128 numbers, and each tag has a vector of its own. Both are trained with the loss of
# CLIP on pairs of an emoji and one of its tags. Tags of fewer than five emoji are left out, to be quick.

# %%
D = 128
place = {name: i for i, name in enumerate(emoji.names.images)}
drawings = mt.datasets.drawings()[[place[name] for name in joint.names.images]]
pixels = jnp.asarray(drawings.reshape(-1, 16, 2, 16, 2, 3).mean((2, 4)).reshape(-1, 16 * 16 * 3) / 255 - 0.5)
rows, columns = (jnp.asarray(numbers) for numbers in np.nonzero(joint.counts))


def pairs(key):
    chosen = jax.random.randint(key, (128,), 0, len(rows))
    return pixels[rows[chosen]], columns[chosen]


keys = jax.random.split(jax.random.key(0), 3)
model = (
    mt.training.MLP((16 * 16 * 3, 256, D), dtype=np.float32, key=keys[0]),
    mt.training.Tabular(joint.n_texts, D, key=keys[1]),
)
run = mt.train(pairs, model, mt.training.Clip(0.1), steps=300, optimizer=optax.adam(1e-3), key=keys[2])
run.history.iloc[5::5]

# %% [markdown]
# The vectors go to files, each with its name. They are matched by these names, never by their order.

# %%
folder = Path(tempfile.mkdtemp())
image_encoder, text_encoder = run.encoder
image_vectors, text_vectors = image_encoder(pixels), text_encoder(jnp.arange(joint.n_texts))
np.savez(folder / "images.npz", names=joint.names.images, features=image_vectors)
np.savez(folder / "texts.npz", names=joint.names.texts, features=text_vectors)
files = folder / "images.npz", folder / "texts.npz"

# %% [markdown]
# ### How far from the best, and why
#
# The factorization loss of the encoders exceeds the least that dimension $d$ allows by $\varepsilon$. It has four
# causes: inner products of a wrong **scale**; image and text features that a linear map would **align** better;
# **text** features, and **image** features, that do not span the best directions.

# %%
cosines = mt.datasets.with_embeddings(joint, *files, scale=1)
scaled = mt.datasets.with_embeddings(joint, *files)
best_texts = mt.datasets.with_best_texts(scaled)
given = {"cosines": cosines, "at the best scale": scaled, "with the best texts": best_texts}
found = pd.DataFrame({name: dataclasses.asdict(mt.datasets.imperfections(one)) for name, one in given.items()})
found.round(4)

# %% [markdown]
# A cosine is at most 1, and the density ratio $P/(p_Vp_L)$ that it is to approximate is far larger, so the scale
# matters to $\varepsilon$. It does not to the probe and the zero-shot head: their answer is the largest score.
#
# **Exercise 1.** By which number have the cosines to be multiplied? (The loss of scores $cs$ is
# $-2c\mathbb{E}_Ps+c^2\mathbb E s^2$, the second mean over independent images and texts; `cosines.encoders` has the
# features.)

# %%
answer_1 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 1. The least of the quadratic function, as in exercise 2 of notebook 1.
if answer_1 is None:
    scores = np.asarray(cosines.encoders[0] @ cosines.encoders[1].T)
    independent = np.outer(joint.image_marginal, joint.text_marginal)
    answer_1 = float(np.sum(np.asarray(joint.matrix) * scores) / np.sum(independent * scores**2))

# %%
# Check 1: one per cent more or less leaves a larger excess loss.
at, more, less = (
    mt.datasets.imperfections(mt.datasets.with_embeddings(joint, *files, scale=c * answer_1)).excess_loss
    for c in (1, 1.01, 0.99)
)
assert at < min(more, less), "divide the mean score of pairs by the mean square of independent ones"

# %% [markdown]
# **Exercise 2.** A linear probe reads the image features alone. Which causes of $\varepsilon$ can it not see? (A set of
# names of rows of the table, among `"of_scale"`, `"of_alignment"`, `"of_texts"` and `"of_images"`.)

# %%
answer_2 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 2. A linear probe undoes any invertible map of the features, and has no use for texts.
if answer_2 is None:
    answer_2 = {"of_scale", "of_alignment", "of_texts"}

# %%
# Check 2: what falls to 0 when only the texts are changed to the best, which leaves the probe's residual as it was.
better = found["with the best texts"]
assert np.isclose(better.probe_residual, found["cosines"].probe_residual)
causes = ["of_scale", "of_alignment", "of_texts", "of_images"]
assert set(answer_2) == {cause for cause in causes if abs(better[cause]) < 1e-6}, "what do the best texts repair?"

# %% [markdown]
# ### Bounds
#
# `suboptimal-encoder` bounds the residual of the linear probe by $\varepsilon$, for any $k \le d$. The probe reads the
# image features alone, so we may take the $\varepsilon$ of the best texts beside them.

# %%
ks = [2, 8, 32, 64, 96, 120]
table = mt.verify([scaled, best_texts], ks, "suboptimal-encoder")
table["encoders"] = table.joint.map({0: "at the best scale", 1: "with the best texts"})
table.pivot(index="k", columns="encoders", values="rhs").assign(residual=table.lhs.max()).round(3)

# %% [markdown]
# The bound holds and says nothing, since no residual is above 1: it divides $\varepsilon$ by
# $\sigma_k^2-\sigma_{d+1}^2$, and the singular values of emoji and tags lie close together. (At $k=2$ it does not
# apply, as $\sigma_3=1$.) An encoder has to be near the best before $\varepsilon$ alone guarantees anything. How near,
# a small share of our model mixed into the best encoder shows:

# %%
best = mt.factorize(joint, D)
SHARES = (0, 0.01, 0.02, 0.05, 0.1, 0.2)
images = np.asarray(best.image_features)
noise = np.asarray(image_vectors - image_vectors.mean(0), dtype=float)
noise *= np.linalg.norm(images) / np.linalg.norm(noise)
mixed = [
    mt.datasets.with_best_texts(mt.Instance(joint, encoders=((1 - t) * images + t * noise, best.text_features)))
    for t in SHARES
]
near = mt.verify(mixed, ks, "suboptimal-encoder").groupby("joint")
pd.DataFrame(
    {
        "share of the model": SHARES,
        "ε": [mt.datasets.imperfections(one).excess_loss for one in mixed],
        "residual": near.lhs.max(),
        "least bound": near.rhs.min(),
    }
).round(4)

# %% [markdown]
# On the command line the same is
#
#     mmcl-theory verify --pairs pairs.csv --image-features images.npz --text-features texts.npz
#
# ### Zero-shot, with prompts
#
# A prompt for a class is a vector of the text encoder; here it is the mean of the vectors of a few tags.

# %%
WORDS = {
    "smileys-emotion": ["face", "smile", "heart"],
    "people-body": ["person", "woman", "man", "hand"],
    "animals-nature": ["animal", "flower", "tree"],
    "food-drink": ["food", "drink", "fruit"],
    "travel-places": ["building", "vehicle", "train", "weather"],
    "activities": ["sport", "game", "ball"],
    "objects": ["tool", "clothing", "music", "office"],
    "symbols": ["symbol", "arrow", "button"],
    "flags": ["flag"],
}
vectors = dict(zip(joint.names.texts, np.asarray(text_vectors), strict=True))
prompts = {
    name: np.mean([vectors[word] / np.linalg.norm(vectors[word]) for word in WORDS[name] if word in vectors], axis=0)
    for name in joint.names.classes
}
errors = {
    "largest class alone": round(1 - float(jnp.bincount(joint.image_labels, joint.image_marginal).max()), 3),
    "prompts": round(mt.datasets.prompt_error(joint, files[0], prompts), 3),
    "all texts of the class": round(found["cosines"].zero_shot_error, 3),
    "linear probe": round(found["cosines"].probe_error, 3),
}
pd.Series(errors, name="error")

# %% [markdown]
# ### The joint that the model believes in
#
# To the loss of CLIP a model with cosines $c$ and temperature $\tau$ says that $P \propto e^{c/\tau}$. Every statement
# can be asked of this joint too. (Of each image the ten likeliest texts are kept.)

# %%
classes = dict(zip(joint.names.images, (joint.names.classes[i] for i in joint.image_labels), strict=True))
believed = mt.datasets.from_embeddings(*files, classes, temperature=float(run.loss.temperature), top=10)
pd.DataFrame(
    {
        name: {
            "labeling error α": float(one.labeling_error),
            **{f"σ_{j}": float(mt.factorize(one, 10).singular_values[j - 1]) for j in (2, 5, 10)},
        }
        for name, one in {"of the pairs": joint, "of the model": believed}.items()
    }
).round(3)

# %% [markdown]
# The model believes in about as many wrong pairs as there are, and in a spectrum that is nearly as high.
#
# **Exercise 3.** If the same vectors are read at twice the temperature, does the labeling error of the joint that they
# stand for grow or fall? (`"grow"` or `"fall"`.)

# %%
answer_3 = None

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# Solution of exercise 3. Pairs become more alike in probability, and the likeliest texts are right most often.
if answer_3 is None:
    answer_3 = "grow"

# %%
# Check 3: read them so.
warm = mt.datasets.from_embeddings(*files, classes, temperature=2 * float(run.loss.temperature), top=10)
assert answer_3 == ("grow" if warm.labeling_error > believed.labeling_error else "fall"), "what does τ → ∞ make of P?"
