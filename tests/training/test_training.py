"""Check that training reaches the closed form, and has the population's gradients."""

import definitions
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import mmcl_theory as mt
from mmcl_theory.training.history import ClosedForm
from mmcl_theory.worlds.registry import WORLDS

TINY = mt.Joint([[3, 1], [1, 2]], [0, 1], [0, 1])

# Every generator and world of the package, small; some of one shape, which share a program.
SMALL = {
    "isotropic": {"n_classes": 8},
    "block": {"n_images": 8, "n_texts": 8, "class_sizes": (2, 1, 1)},
    "dirichlet": {"n_images": 8, "n_texts": 8, "n_classes": 3},
    "hierarchical": {"branching": (3, 2, 2), "label_level": 1},
    "caption": {"n_images": 12, "n_attributes": 8, "n_classes": 3, "attributes_per_image": 3},
    "content-style": {"n_contents": 3, "n_styles": 6},
    "coloured": {"n_classes": 3},
    "resampled": {"n_styles": 3},
    "coloured-digits": {"n_classes": 3},
    "scarce": {"n_classes": 3, "n_meanings": 2},
    "kernel": {"n_images": 8, "n_texts": 8, "n_classes": 3},
}
# Random, with gaps, and with ties, of one shape, so that one program trains on all; others are like these to training.
TYPICAL = ("dirichlet", "block", "kernel")
GAP = 0.05
PICTURES = jax.random.normal(jax.random.key(8), (8, 32, 32, 3))
DIRICHLET = mt.generators.random_dirichlet(8, 8, 3, key=jax.random.key(0))


def tabular(joint: mt.Joint, k: int, seed: int) -> tuple:
    laws = (joint.image_marginal, joint.text_marginal)
    keys = jax.random.split(jax.random.key(seed))
    return tuple(mt.training.Tabular(len(p), k, marginal=p, key=key) for p, key in zip(laws, keys, strict=True))


# The other seeds are more of the same: draws of the same two laws.
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
@pytest.mark.parametrize("concentration", [0.1, 1.0])
def test_full_batches_reach_the_closed_form(concentration, seed):
    joint = mt.generators.random_dirichlet(8, 8, 3, concentration=concentration, key=jax.random.key(seed))
    encoder = tabular(joint, 3, seed)
    run = mt.train(joint, encoder, mt.losses.spectral_population, steps=300, key=jax.random.key(0))
    history, last = run.history, run.history.iloc[-1]
    assert last.excess_loss <= 1e-8
    assert last.subspace_angle <= 1e-4
    assert (history.probe_residual <= history.suboptimal_bound + 1e-9).all()  # rounding, magnified by a gap
    assert history.excess_loss.iloc[0] > 1e-2  # so that there was something to learn
    features = [np.asarray(f(jnp.arange(8))) for f in run.encoder]
    found = definitions.quantities(joint.matrix, joint.image_labels, joint.text_labels, 3, encoders=features)
    assert last.probe_residual == pytest.approx(found["encoder_residual"], abs=1e-9)
    assert last.probe_residual == pytest.approx(found["probe_residual"], abs=1e-6)
    assert last.zero_shot_error == pytest.approx(found["zero_shot_error"], abs=1e-9)


def test_all_generators_are_trained_on():
    assert set(SMALL) == {name for name, entry in WORLDS.items() if not entry.is_bundled}  # those have one size only


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in TYPICAL else pytest.mark.slow) for n in SMALL])
def test_full_batches_reach_the_closed_form_of_every_generator(name):
    """Take the largest k ≤ 3 with a gap after it: where singular values are nearly equal, vectors are not unique."""
    for seed in (0, 5):  # of random joints whose k is 3, as that of most others: worlds of one shape share a program
        key = {"key": jax.random.key(seed)} if WORLDS[name].is_random else {}
        made = WORLDS[name].function(**SMALL[name], **key)
        joint = made if isinstance(made, mt.Joint) else made.joint
        values = np.linalg.svd(np.asarray(joint.normalized), compute_uv=False)
        k = 1 + max(np.flatnonzero(values[:3] - values[1:4] > GAP))
        loss = mt.losses.spectral_population
        run = mt.train(joint, tabular(joint, k, seed), loss, steps=300, every=300, key=jax.random.key(0))
        first, last = run.history.iloc[0], run.history.iloc[-1]
        assert first.excess_loss > 0.1  # so that there was something to learn
        assert last.excess_loss <= 1e-8
        assert last.subspace_angle <= 1e-4
        assert last.loss == pytest.approx(-np.sum(values[:k] ** 2), abs=1e-8)


@pytest.mark.parametrize("batch", [None, 4])
def test_linear_encoders_of_weighted_units_are_tabular(batch):
    """Compare f(x) = G e_x/√p(x): the same parameters, so the same training, rounding apart."""
    laws = (DIRICHLET.image_marginal, DIRICHLET.text_marginal)
    tables = tabular(DIRICHLET, 3, 0)
    maps = [mt.training.Linear(8, 3, key=jax.random.key(0)) for _ in laws]
    maps = tuple(
        eqx.tree_at(lambda f: f.weight, linear, side.table.T) for linear, side in zip(maps, tables, strict=True)
    )
    inputs = tuple(jnp.diag(1 / jnp.sqrt(p)) for p in laws)
    loss = mt.losses.spectral_population if batch is None else mt.losses.spectral
    given = {"steps": 40, "batch": batch, "optimizer": optax.sgd(1e-2), "key": jax.random.key(1)}
    one = mt.train(DIRICHLET, tables, loss, **given)
    other = mt.train(DIRICHLET, maps, loss, inputs=inputs, **given)
    for side, linear in zip(one.encoder, other.encoder, strict=True):
        np.testing.assert_allclose(side.table, linear.weight.T, atol=1e-10)
    assert float(jnp.abs(one.encoder[0].table - tables[0].table).max()) > 0.01


@pytest.mark.parametrize("side", [16, 32])
def test_the_convolutional_net_convolves(side):
    """Compare with XLA's convolution with the same kernels."""
    net = mt.training.Convolutional(3, width=4, side=side, key=jax.random.key(0))

    @jax.jit  # compiled at once, not an operation at a time
    def both(images):
        hidden = net.hidden(images)
        images = images.astype(jnp.float32)
        for kernel in net.kernels:
            layout = ("NHWC", "HWIO", "NHWC")
            images = jax.lax.conv_general_dilated(images, kernel, (2, 2), "SAME", dimension_numbers=layout)
            images = jax.nn.relu(images)
        return hidden, images.reshape(8, -1)

    pictures = PICTURES[:, :side, :side]
    found, expected = both(pictures)
    np.testing.assert_allclose(found, expected, atol=1e-4)  # single precision
    assert jax.eval_shape(net, pictures).shape == (8, 3)
    assert np.abs(expected).max() > 1


def obeys_the_bound(history) -> bool:
    return bool((history.probe_residual <= history.suboptimal_bound + 1e-6).all())  # a float32 net, in float64


def test_wide_mlps_reach_the_closed_form():
    """Take eight one-hot inputs and 32 hidden units, so that an MLP can be any function of them."""
    encoder = tuple(mt.training.MLP((8, 32, 3), key=jax.random.key(i)) for i in range(2))
    units = (jnp.eye(8),) * 2
    loss = mt.losses.spectral_population
    run = mt.train(DIRICHLET, encoder, loss, steps=1000, inputs=units, key=jax.random.key(0))
    assert run.history.excess_loss.iloc[-1] <= 1e-8
    assert run.history.subspace_angle.iloc[-1] <= 1e-4
    assert obeys_the_bound(run.history)


def test_a_convolutional_net_learns_pictures():
    """Give each image a picture of noise of its own; at every row the residual is below `suboptimal-encoder`."""
    encoder = (mt.training.Convolutional(3, width=4, key=jax.random.key(0)), tabular(DIRICHLET, 3, 0)[1])
    inputs = (PICTURES, jnp.arange(8))
    given = {"steps": 150, "optimizer": optax.adam(1e-2), "inputs": inputs, "key": jax.random.key(0)}
    run = mt.train(DIRICHLET, encoder, mt.losses.spectral_population, **given)
    excess = run.history.excess_loss
    assert excess.iloc[-1] < 0.01 * excess.iloc[0]
    assert obeys_the_bound(run.history)
    assert np.isfinite(run.history.suboptimal_bound).all()
    assert run.history.probe_residual.iloc[-1] > 1e-3  # the bound has something to be above of


def enumerated_gradient(loss, negatives: bool):
    """Compute the mean of a batch's gradient over all batches of two pairs, with their probabilities."""
    P, p, q = (np.asarray(x) for x in (TINY.matrix, TINY.image_marginal, TINY.text_marginal))
    cells = np.array(np.meshgrid(*[range(4)] * 2, indexing="ij")).reshape(2, -1).T
    images, texts = np.divmod(cells, 2)
    weight = P.ravel()[cells].prod(axis=1)
    batch = [images, texts]
    if negatives:
        others = np.array(np.meshgrid(*[range(2)] * 4, indexing="ij")).reshape(4, -1).T
        first, second = (grid.ravel() for grid in np.meshgrid(range(16), range(16), indexing="ij"))
        batch = [images[first], texts[first], others[second, :2], others[second, 2:]]
        weight = weight[first] * (p[others[:, :2]].prod(axis=1) * q[others[:, 2:]].prod(axis=1))[second]

    @jax.jit
    @jax.grad
    def mean(tables):
        losses = jax.vmap(lambda *ids: loss(*(tables[i % 2][things] for i, things in enumerate(ids))))(*batch)
        return weight @ losses

    assert weight.sum() == pytest.approx(1)
    tables = jax.random.normal(jax.random.key(3), (2, 2, 2))
    population = jax.jit(jax.grad(lambda tables: mt.losses.spectral_population(TINY, *tables)))(tables)
    return mean(tables), population


@pytest.mark.parametrize(("loss", "negatives"), [(mt.losses.spectral_independent, True), (mt.losses.spectral, False)])
def test_gradients_of_batches_are_unbiased(loss, negatives):
    mean, population = enumerated_gradient(loss, negatives)
    np.testing.assert_allclose(mean, population, atol=1e-12)
    assert np.abs(population).max() > 0.1


def test_negatives_that_include_the_own_pair_are_biased():
    """Predict a bias of half the difference of the pairs' mean squares from the negatives', for two pairs a batch."""
    mean, population = enumerated_gradient(
        lambda z, w: -2 * jnp.mean(jnp.sum(z * w, axis=1)) + jnp.mean((z @ w.T) ** 2), False
    )

    def bias(tables):
        squares = (tables[0] @ tables[1].T) ** 2
        return jnp.sum((TINY.matrix - jnp.outer(TINY.image_marginal, TINY.text_marginal)) * squares) / 2

    expected = jax.grad(bias)(jax.random.normal(jax.random.key(3), (2, 2, 2)))
    np.testing.assert_allclose(mean - population, expected, atol=1e-12)
    assert np.abs(expected).max() > 0.01


@pytest.mark.parametrize("batch", [None, 4])
def test_one_program_serves_however_many_steps(batch):
    """Require one program: else each row of the history would be compiled, and an interruption could change a bit."""
    traced = []

    def loss(*given):
        traced.append(given)
        return (mt.losses.spectral_population if batch is None else mt.losses.spectral)(*given)

    for steps, every in ((1, 1), (5, 2), (7, 7)):
        mt.train(TINY, tabular(TINY, 1, 0), loss, batch=batch, steps=steps, every=every, key=jax.random.key(0))
        if steps == 1:
            once = len(traced)
    assert len(traced) == once > 0


def test_divergence_stops_and_keeps_the_last_good_checkpoint(tmp_path):
    path = tmp_path / "a.ckpt"
    given = {"batch": 8, "every": 1, "checkpoint": path, "key": jax.random.key(0)}
    with pytest.raises(mt.training.Divergence, match=r"training diverged .* last good step is") as caught:
        mt.train(TINY, tabular(TINY, 1, 0), mt.losses.spectral, steps=100, optimizer=optax.sgd(1e3), **given)
    good = caught.value.last
    assert np.isfinite(good.encoder[0].table).all()
    step = int(good.history.step.iloc[-1])
    assert 1 <= step < 100
    again = mt.train(TINY, tabular(TINY, 1, 0), mt.losses.spectral, steps=step, optimizer=optax.sgd(1e3), **given)
    assert (again.encoder[0].table == good.encoder[0].table).all()
    with pytest.raises(ValueError, match=r"checkpoint: .* another encoder"):
        mt.train(TINY, tabular(TINY, 1, 1), mt.losses.spectral, steps=9, optimizer=optax.sgd(1e3), **given)


def test_features_that_are_not_finite_have_no_measures():
    features = np.array([[0.5], [np.nan]])
    assert np.isnan(list(ClosedForm.of(TINY).measure(features, features).values())).all()


def test_the_temperature_is_learned():
    run = mt.train(TINY, tabular(TINY, 1, 0), mt.training.Clip(0.5), batch=8, steps=20, key=jax.random.key(0))
    assert float(run.loss.temperature) != pytest.approx(0.5, abs=1e-3)


def test_crossclr_learns_its_temperature_and_reads_what_encoders_were_given():
    images, texts = jax.random.normal(jax.random.key(0), (2, 6, 3))
    seen, read = jax.random.uniform(jax.random.key(1), (6, 2, 2)), jax.random.uniform(jax.random.key(2), (6, 5))

    @jax.jit
    @jax.value_and_grad
    def expected(temperature):
        inputs = {"image_inputs": seen.reshape(6, 4), "text_inputs": read}
        return mt.losses.crossclr(images, texts, temperature, 0.7, **inputs)

    sides = [mt.training.Beside(lambda _, rows=rows: rows)(given) for rows, given in ((images, seen), (texts, read))]
    loss = mt.training.CrossClr(0.3, 0.7)
    value, slope = eqx.filter_jit(eqx.filter_value_and_grad(lambda loss: loss(*sides)))(loss)
    assert float(value) == pytest.approx(float(expected(0.3)[0]), abs=1e-14)
    assert float(slope.log_temperature) == pytest.approx(0.3 * float(expected(0.3)[1]), abs=1e-12)
    assert abs(float(eqx.filter_jit(loss)(images, texts) - value)) > 0.01  # as released
