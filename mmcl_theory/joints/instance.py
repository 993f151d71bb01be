"""Describe what a statement is about: a joint and, for some statements, encoders, a channel or other parts."""

import dataclasses
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Float, Int, PRNGKeyArray

from .. import _checks
from .._arrays import Array, Record, fixed, xp
from . import parts
from .joint import PAIRS_LIMIT, Joint, check_joint
from .laws.dense import as_law
from .laws.law import Law
from .pairs import PairGraph
from .settings import SETTINGS, Settings

# The optional parts that can be drawn at random.
RANDOM_PARTS = ("encoders", "channel", "auxiliary_labels", "sample", "labelled", "walks")
_WALKS_LIMIT = 2**27


class Instance(Record):
    """Hold a joint together with the optional parts that some statements need.

    A bare ``Joint`` is accepted wherever an instance is; statements that need a part it lacks are then
    *not applicable*.

    Parameters
    ----------
    joint
        The distribution of positive pairs.
    encoders
        Features (f_V, f_L) of any encoder pair, shapes (n_V, d) and (n_L, d).
    channel
        K, a row-stochastic matrix of shape (n_L, n_new): what captions become when they are garbled.  Dense or SciPy
        sparse, and held as the joint is.
    augmentation
        P_A, a ``PairGraph`` over the joint's images, with their labels.
    resampled
        P_R, what guided resampling makes of the augmentation pairs: another such graph.
    negatives
        M, the distribution of negative pairs of images: another such graph.
    auxiliary_labels
        ŷ, any labels of the images, integers, shape (n_V,), for the statements that allow them.
    attribute
        A pair: a second label of the images, such as a colour or a style, integers 0 … n−1, shape (n_V,), and that of
        the texts, shape (n_L,), or None where texts have none.
    label_law
        Pr[Y = i | x], the law of a noisy label Y given each image, shape (n_V, r); its rows sum to 1.
    sample
        N·P̂, how often each pair was drawn from the joint, whole numbers, shape (n_V, n_L).  Images and texts that were
        not drawn keep their rows and columns (``Joint.draw`` gives it so).  SciPy sparse where the joint is not dense.
    labelled
        How often each image was drawn, with its label, for the linear probe to be fitted on: whole numbers, shape
        (n_V,).
    walks
        How many of N drawn text walks are at an image of the class at which they began, after 0 … M steps: M + 1 whole
        numbers, the first of them N.
    failure_probability
        δ in (0, 1), with which a statement on the sample, on the labelled images or on the walks may fail where it
        claims a high probability only.
    steps
        M in 1 … 64, up to how many steps of a text walk the statements on walks look.
    candidates
        M in 2 … 64, how many candidates the InfoNCE loss chooses among.
    temperature
        τ > 0, by which the scores ⟨f_V(x), f_L(l)⟩ of the encoders are divided in the InfoNCE loss.
    mismatch
        η in [0, 1], the share of pairs that keep their caption where the others get one drawn from p_L.

    Raises
    ------
    ValueError, TypeError
        If a part does not fit the joint; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.generators.isotropic_noise(3, 0.3)
    >>> mt.Instance(joint, channel=[[1, 0], [1, 0], [0, 1]]).encoders is None
    True
    """

    joint: Joint
    encoders: tuple[Float[Array, "n_V d"], Float[Array, "n_L d"]] | None
    channel: Any  # Float[Array, "n_L n_new"], or a SparseLaw of this shape; or None
    augmentation: PairGraph | None
    resampled: PairGraph | None
    negatives: PairGraph | None
    auxiliary_labels: Int[Array, " n_V"] | None
    attribute: tuple[Int[Array, " n_V"], Int[Array, " n_L"] | None] | None
    label_law: Float[Array, "n_V r"] | None
    sample: Any  # Float[Array, "n_V n_L"], or a SparseLaw of this shape; or None
    labelled: Float[Array, " n_V"] | None
    walks: Float[Array, " M+1"] | None
    failure_probability: Float[Array, ""]
    temperature: Float[Array, ""]
    mismatch: Float[Array, ""]
    steps: int = eqx.field(static=True)
    candidates: int = eqx.field(static=True)

    def __init__(
        self,
        joint: Joint,
        *,
        encoders: Any = None,
        channel: Any = None,
        augmentation: PairGraph | None = None,
        resampled: PairGraph | None = None,
        negatives: PairGraph | None = None,
        auxiliary_labels: Any = None,
        attribute: Any = None,
        label_law: Any = None,
        sample: Any = None,
        labelled: Any = None,
        walks: Any = None,
        failure_probability: float = Settings.failure_probability,
        steps: int = Settings.steps,
        candidates: int = Settings.candidates,
        temperature: float = Settings.temperature,
        mismatch: float = Settings.mismatch,
    ):
        self.joint = check_joint("joint", joint)
        for name, check, value in (
            ("encoders", parts.checked_encoders, encoders),
            ("channel", parts.checked_channel, channel),
            ("augmentation", partial(parts.checked_graph, "augmentation"), augmentation),
            ("resampled", partial(parts.checked_graph, "resampled"), resampled),
            ("negatives", partial(parts.checked_graph, "negatives"), negatives),
            ("auxiliary_labels", parts.checked_auxiliary_labels, auxiliary_labels),
            ("attribute", parts.checked_attribute, attribute),
            ("label_law", parts.checked_label_law, label_law),
            ("sample", parts.checked_sample, sample),
            ("labelled", parts.checked_labelled, labelled),
        ):
            setattr(self, name, None if value is None else fixed(check(value, joint)))
        settings = Settings(failure_probability, temperature, mismatch, steps, candidates)
        self.failure_probability = xp.asarray(settings.failure_probability)
        self.temperature = xp.asarray(settings.temperature)
        self.mismatch = xp.asarray(settings.mismatch)
        self.steps, self.candidates = settings.steps, settings.candidates
        self.walks = None if walks is None else fixed(parts.checked_walks(walks, self.steps))

    @staticmethod
    def of(value: "Joint | Instance") -> "Instance":
        """Return the instance itself, or a bare joint as an instance."""
        return value if isinstance(value, Instance) else Instance(value)

    @property
    def sample_law(self) -> Law | None:
        """Return the counts of the sample as a ``Law``, not normalized; None without a sample."""
        return None if self.sample is None else as_law(self.sample)

    @staticmethod
    def with_random_parts(
        joint: Joint,
        *,
        dimension: int = 8,
        n_pairs: int = 1_000_000,
        n_labelled: int = 10_000,
        n_walks: int = 100_000,
        augmentation: PairGraph | None = None,
        resampled: PairGraph | None = None,
        attribute: Any = None,
        label_law: Any = None,
        drawn: Collection[str] = RANDOM_PARTS,
        key: PRNGKeyArray,
        **settings: Any,
    ) -> "Instance":
        """Draw every part that can be drawn at random; take those of a world as they are, if any.

        ``drawn`` names the parts that are drawn, by default all; each is the same whichever others are drawn.

        The encoders are Gaussian features of ``dimension``.  The channel leads to half as many captions: each
        becomes one of two random new ones, with random probabilities; a joint that is not dense has none.  The
        auxiliary labels are the classes, but for one image in a hundred, which has the next class.  The sample is of
        ``n_pairs`` pairs, ``n_labelled`` images are labelled, and ``n_walks`` walks of as many steps as the instance
        has are drawn, on a joint of which the mass of each pair is at hand.

        ``settings`` are steps, candidates, temperature, mismatch and failure_probability, as of an ``Instance``.

        Examples
        --------
        >>> import jax, mmcl_theory as mt
        >>> joint = mt.generators.isotropic_noise(4, 0.3)
        >>> instance = mt.Instance.with_random_parts(joint, n_pairs=1000, key=jax.random.key(0))
        >>> instance.channel.shape, int(instance.sample.sum())
        ((4, 2), 1000)
        """
        joint = check_joint("joint", joint)
        n_pairs = _checks.integer("n_pairs", n_pairs, 1, PAIRS_LIMIT)
        n_labelled = _checks.integer("n_labelled", n_labelled, 1, PAIRS_LIMIT)
        n_walks = _checks.integer("n_walks", n_walks, 1, _WALKS_LIMIT)
        dimension = _checks.integer("dimension", dimension, 1)
        chosen = Settings(**settings)
        images, texts, captions, labels, sample = jax.random.split(_checks.random_key("key", key), 5)
        draw: dict[str, Callable[[], Any]] = {
            "encoders": lambda: parts.drawn_encoders(joint.n_images, joint.n_texts, dimension, images, texts),
            "channel": lambda: parts.drawn_channel(joint.n_texts, captions) if joint.law.has_cells else None,
            "auxiliary_labels": lambda: parts.drawn_auxiliary_labels(joint.image_labels, joint.n_classes, labels),
            "sample": lambda: joint.draw(n_pairs, key=sample),
            # Of keys beside the others, so that those draw what they drew before there were these parts.
            "labelled": lambda: parts.drawn_labelled(joint, n_labelled, jax.random.fold_in(key, 5)),
            "walks": lambda: (
                parts.drawn_walks(joint, chosen.steps, n_walks, jax.random.fold_in(key, 6))
                if joint.law.has_pairs
                else None
            ),
        }
        for name in drawn:
            if name not in draw:
                raise ValueError(f"drawn: parts are {', '.join(draw)}, got {_checks.quoted(name)}")
        made = {name: draw[name]() for name in drawn}
        given: dict[str, Any] = {"augmentation": augmentation, "resampled": resampled}
        given |= {"attribute": attribute, "label_law": label_law}
        return Instance(joint, **given, **made, **dataclasses.asdict(chosen))


# The names of the parts that an instance may lack, in the order of its fields.
OPTIONAL_PARTS = tuple(field.name for field in dataclasses.fields(Instance) if field.name not in ("joint", *SETTINGS))
