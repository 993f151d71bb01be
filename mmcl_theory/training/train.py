"""Train encoders by gradient descent on a contrastive loss, resumable to the last bit: ``train``."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from .. import _archive, _checks
from .._progress import progress_bar
from ..joints.joint import Joint, check_dense, check_joint
from . import checkpoint as disk
from .architectures import embed
from .draws import Pairs
from .history import ClosedForm
from .updates import downhill, update

if TYPE_CHECKING:
    import pandas as pd

# Zoom is its line search: with optax's backtracking one start in eight stops too early.
FULL_BATCH = downhill(optax.lbfgs())
SAMPLED = optax.adam(1e-3)


class State(eqx.Module):
    """Hold a training between two steps; ``value`` is the loss of the last step, before its update."""

    step: Int[Array, ""]
    learned: tuple[Any, Callable]  # the encoder and the loss
    memory: Any
    value: Float[Array, ""]


class Training(eqx.Module):
    """Hold what a training reached.

    Attributes
    ----------
    encoder, loss
        The encoder and the loss that were given, trained.
    history
        A table with a row for each logged step; see ``train``.
    """

    encoder: Any
    loss: Callable
    history: "pd.DataFrame"


class Divergence(ArithmeticError):
    """Report that a loss or a parameter is not finite; ``last`` is the training up to the last good logged step."""

    def __init__(self, message: str, last: Training):
        super().__init__(message)
        self.last = last


def train(
    data: Joint | Callable[[PRNGKeyArray], tuple[Array, ...]],
    encoder: Any,
    loss: Callable[..., Float[Array, ""]],
    *,
    steps: int,
    batch: int | None = None,
    negatives: str = "in-batch",
    inputs: tuple[Array, Array] | None = None,
    optimizer: optax.GradientTransformation | None = None,
    every: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    named: str | None = None,
    key: PRNGKeyArray,
) -> Training:
    """Train encoders on a joint, in full batches or on sampled pairs, or on what a sampler draws.

    Step t draws its batch with ``jax.random.fold_in(key, t)``, so a training that was interrupted goes on from its
    checkpoint to the same parameters, bit for bit.

    Parameters
    ----------
    data
        A joint; or a sampler, a function of a key whose value is a tuple of inputs, of images and texts in turn.
    encoder
        A pair (f_V, f_L) of encoders, or a single one for views of images; Equinox modules that map a batch of inputs
        to a batch of embeddings, such as those of ``mt.training``.
    loss
        In full batches a function of the joint and of the embeddings of all images and of all texts, such as
        ``losses.spectral_population``; else of the embeddings of a batch, such as ``losses.spectral``.  Parameters of a
        loss that is an Equinox module are learned too, such as the temperature of ``mt.training.Clip``.
    steps
        The number of the step at which training ends.
    batch, negatives
        The number of a joint's pairs drawn at a step, by default full batches; their negatives, see ``Pairs``.
    inputs
        What the encoders of a joint's images and texts are given, a row each; by default their numbers.
    optimizer
        An optimizer of optax; by default L-BFGS in full batches, else Adam with a step size of 1e-3.
    every
        The steps between two rows of the history, and two checkpoints; by default a twentieth of ``steps``.
    checkpoint
        A file, from which training goes on if it exists; a finished training is only read.  All but ``steps`` must be
        the same, compared by content: functions by code, and by what they hold and read.
    named
        A name, to be changed by hand, for what cannot be compared so.
    key
        The random key of the batches.

    Returns
    -------
    Training
        Columns of the history are ``step``, ``loss`` (of the step before) and, on a joint and with a pair of encoders,
        ``excess_loss`` (ε of L_AMF), ``subspace_angle``, ``probe_residual``, ``probe_error``, ``zero_shot_error`` and
        ``suboptimal_bound`` (`suboptimal-encoder`, which the residual does not exceed).

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or the checkpoint is that of another training; the message names it.
    Divergence
        If the loss or a parameter is no longer finite; the checkpoint of the last good logged step is kept.

    Examples
    --------
    >>> import jax, mmcl_theory as mt
    >>> joint = mt.generators.random_dirichlet(6, 5, 2, key=jax.random.key(0))
    >>> encoder = tuple(mt.training.Tabular(n, 2, key=jax.random.key(n)) for n in joint.matrix.shape)
    >>> run = mt.train(joint, encoder, mt.losses.spectral_population, steps=100, key=jax.random.key(0))
    >>> bool(run.history.excess_loss.iloc[-1] < 1e-8), bool(run.history.subspace_angle.iloc[-1] < 1e-4)
    (True, True)
    """
    steps = _checks.integer("steps", steps, 1)
    every = max(1, steps // 20) if every is None else _checks.integer("every", every, 1)
    key = _checks.random_key("key", key)
    sampler, inputs, form = _prepare(data, encoder, batch, negatives, inputs)
    rule = _check_optimizer(optimizer or (FULL_BATCH if sampler is None else SAMPLED))
    run = Run(sampler, None if form is None else form.joint, inputs, rule, key)
    saved = None if checkpoint is None else _checkpoint(checkpoint, named, run, (encoder, loss), every)
    return _logged(run, (encoder, loss), form, steps, every, saved)


class Run(eqx.Module):
    """Hold what does not change while encoders are trained; without a sampler, training is in full batches."""

    sampler: Callable | None
    joint: Joint | None
    inputs: tuple[Array, Array] | None
    optimizer: optax.GradientTransformation
    key: PRNGKeyArray


def _checkpoint(path: Any, named: str | None, run: Run, learned: tuple[Any, Callable], every: int) -> disk.Checkpoint:
    """Return the file of a training, with what tells this training from others."""
    joint = run.joint
    return disk.Checkpoint.of(
        path,
        named,
        data=joint and (joint.matrix, joint.image_labels, joint.text_labels, joint.n_classes),
        **{"sampler" if joint is None else "batch": run.sampler},
        encoder=learned[0],
        loss=learned[1],
        optimizer=run.optimizer,
        inputs=run.inputs,
        every=every,
        key=run.key,
    )


def _logged(
    run: Run,
    learned: tuple[Any, Callable],
    form: ClosedForm | None,
    steps: int,
    every: int,
    checkpoint: disk.Checkpoint | None,
) -> Training:
    """Train up to a step, and every so often add a row to the history and write a checkpoint."""
    # Of strong types, as all is after a step and in a checkpoint: weak ones would be compiled into another program.
    memory = jax.tree.map(lambda leaf: jnp.asarray(leaf, leaf.dtype), _memory(run.optimizer, learned))
    state = State(jnp.zeros((), int), learned, memory, jnp.full((), jnp.nan, float))
    history = [_row(state, form, run.inputs)]
    if checkpoint is not None and checkpoint.exists():
        state, history = _resumed(checkpoint, state, history[0], form, run.inputs, steps)
    if checkpoint is not None and state.step < steps:
        _archive.check_writable("checkpoint", checkpoint.path)
    with progress_bar("Training", -(-steps // every)) as advance:
        for _ in range(int(state.step) // every):
            advance()
        while state.step < steps:
            # As an array, so that it is traced: a plain number would be compiled into a program of its own.
            stop = jnp.asarray(min((int(state.step) // every + 1) * every, steps))
            after = run_until(state, stop, run)
            if not _is_finite(after.value, after.learned):
                where = f"; its checkpoint is {checkpoint.path!r}" if checkpoint is not None else ""
                raise Divergence(
                    f"training diverged between steps {int(state.step)} and {int(after.step)}: a loss or a parameter "
                    f"is not finite; the last good step is {int(state.step)}{where}",
                    _result(state, history),
                )
            state = after
            history.append(_row(state, form, run.inputs))
            if checkpoint is not None:
                checkpoint.write(state, history)
            advance()
    return _result(state, history)


def _resumed(
    checkpoint: disk.Checkpoint,
    like: State,
    first: dict[str, float],
    form: ClosedForm | None,
    inputs: Any,
    steps: int,
) -> tuple[State, list[dict[str, float]]]:
    """Read the state of an interrupted training and its history, of which the first and the last row are measured."""
    state, history = checkpoint.read(like, list(first), steps)
    if not _is_finite(state.value, state.learned) or float(state.step) != history[-1]["step"]:
        raise ValueError(f"checkpoint: {checkpoint.path!r} is not of the last step of its history, or not finite")
    return state, [first, *history[1:-1], _row(state, form, inputs)]


@eqx.filter_jit
def run_until(state: State, stop: Int[Array, ""], run: Run) -> State:
    """Train up to step ``stop``, or until a loss is not finite.

    ``stop`` is an array, and so traced: one program serves any number of steps, and the place where a training is
    interrupted changes no bit.
    """
    weights, fixed = eqx.partition(state.learned, eqx.is_inexact_array)

    def objective(weights: Any, step: Array) -> Float[Array, ""]:
        encoder, loss = eqx.combine(weights, fixed)
        if run.sampler is None:
            return loss(run.joint, *embed(encoder, run.inputs or ()))
        batch = run.sampler(jax.random.fold_in(run.key, step))
        if run.inputs is not None:
            batch = tuple(run.inputs[place % 2][numbers] for place, numbers in enumerate(batch))
        return loss(*embed(encoder, batch))

    def one(carry: tuple) -> tuple:
        step, weights, memory, _ = carry
        weights, memory, value = update(lambda weights: objective(weights, step), run.optimizer, weights, memory)
        return step + 1, weights, memory, value.astype(float)

    def going(carry: tuple) -> Array:
        step, _, _, value = carry
        # The first step of a call has no loss yet, or that of the step before, which was finite.
        return (step < stop) & (jnp.isfinite(value) | (step == state.step))

    step, weights, memory, value = jax.lax.while_loop(going, one, (state.step, weights, state.memory, state.value))
    return State(step, eqx.combine(weights, fixed), memory, value)


def _prepare(
    data: Any, encoder: Any, batch: int | None, negatives: str, inputs: Any
) -> tuple[Callable | None, tuple[Array, Array] | None, ClosedForm | None]:
    """Check the data and the encoder; return the sampler, the inputs of its numbers, and the closed form.

    The sampler is None for full batches; inputs and closed form are None where the data is not a joint.
    """
    if not all(callable(side) for side in (encoder if isinstance(encoder, tuple) else (encoder,))):
        raise TypeError(f"encoder: an Equinox module, or a pair of them, is needed, got {type(encoder).__name__}")
    if isinstance(encoder, tuple) and len(encoder) != 2:
        raise ValueError(f"encoder: one encoder or a pair is needed, got {len(encoder)}")
    if not _is_finite(encoder):
        raise ValueError("encoder: weights must be finite")
    if not isinstance(data, Joint):
        if not callable(data):
            raise TypeError(f"data: a Joint or a sampler is needed, got {type(data).__name__}")
        if batch is not None or inputs is not None:
            name = "batch" if inputs is None else "inputs"
            raise ValueError(f"{name}: only allowed with a joint; a sampler draws its own")
        return data, None, None
    joint = check_dense("data", check_joint("data", data))
    if not isinstance(encoder, tuple):
        raise TypeError("encoder: a joint needs a pair (f_V, f_L)")
    if inputs is None:
        inputs = (jnp.arange(joint.n_images), jnp.arange(joint.n_texts))
    inputs = tuple(jnp.asarray(side) for side in inputs)
    for side, needed in zip(inputs, joint.matrix.shape, strict=True):
        if len(side) != needed:
            raise ValueError(f"inputs: {joint.matrix.shape} rows are needed, got {tuple(map(len, inputs))}")
    if not _is_finite(inputs):
        raise ValueError("inputs: entries must be finite")
    shapes = [jax.eval_shape(f, side).shape for f, side in zip(encoder, inputs, strict=True)]
    if [len(shape) for shape in shapes] != [2, 2] or shapes[0][1] != shapes[1][1]:
        raise ValueError(f"encoder: embeddings of one dimension, a row each, are needed, got shapes {shapes}")
    for side, embeddings in zip(("images", "texts"), _embed_all(encoder, inputs), strict=True):
        if not _is_finite(embeddings):
            rows = np.asarray(embeddings)
            raise ValueError(
                f"encoder: embeddings must be finite, got {rows[~np.isfinite(rows).all(axis=1)][0]} for "
                f"{side}; has a table fewer rows than there are {side}?"
            )
    sampler = None if batch is None else Pairs(joint, batch, negatives)
    return sampler, inputs, ClosedForm.of(joint)


def _check_optimizer(optimizer: Any) -> optax.GradientTransformation:
    """Check for an optimizer of optax."""
    if not isinstance(optimizer, optax.GradientTransformation):
        raise TypeError(f"optimizer: one of optax is needed, got {type(optimizer).__name__}")
    return optimizer


@eqx.filter_jit
def _memory(optimizer: optax.GradientTransformation, learned: Any) -> Any:
    """Return what an optimizer begins with, by one program where each array of zeros would be one."""
    return optimizer.init(eqx.filter(learned, eqx.is_inexact_array))


@eqx.filter_jit
def _embed_all(encoder: Any, inputs: tuple[Array, Array]) -> list[Array]:
    return embed(encoder, inputs)


def _row(state: State, form: ClosedForm | None, inputs: Any) -> dict[str, float]:
    row = {"step": float(state.step), "loss": float(state.value)}
    if form is not None:
        row |= {name: float(value) for name, value in form.measure(*_embed_all(state.learned[0], inputs)).items()}
    return row


def _is_finite(*parts: Any) -> bool:
    return all(bool(np.isfinite(leaf).all()) for leaf in jax.tree.leaves(eqx.filter(parts, eqx.is_inexact_array)))


def _result(state: State, history: list[dict[str, float]]) -> Training:
    import pandas as pd

    return Training(*state.learned, pd.DataFrame(history).astype({"step": int}))
