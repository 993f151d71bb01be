"""Compare the fitted probes with scikit-learn's."""

import jax.numpy as jnp
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from mmcl_theory.probes import fitted


def test_logistic_probe_is_scikit_learns():
    rng = np.random.default_rng(1)
    features, labels = rng.exponential(size=(60, 8)) * 1e3, rng.choice([-1.0, 1.0], 60)
    mine = np.asarray(fitted.logistic_probe(jnp.asarray(features), jnp.asarray(labels))) * features.std()
    reference = LogisticRegression(fit_intercept=False, tol=1e-12, max_iter=100_000)
    reference.fit(features / features.std(), labels)
    np.testing.assert_allclose(mine, reference.coef_[0], rtol=1e-5)  # its solver stops there


def test_ridge_probe_is_scikit_learns():
    rng = np.random.default_rng(1)
    known, fresh, labels = rng.standard_normal((50, 4)), rng.standard_normal((30, 4)), rng.integers(0, 3, 50)
    reference = Ridge(alpha=fitted.RIDGE).fit(known, np.eye(3)[labels])
    mine = fitted.ridge_probe(jnp.asarray(known), jnp.asarray(labels), 3, jnp.asarray(fresh))
    np.testing.assert_array_equal(mine, reference.predict(fresh).argmax(axis=1))
