"""Check quantities where their values are known, by hand or by another library."""

import functools
import math

import numpy as np
import pytest
import scipy.stats

import mmcl_theory as mt

SEEDS = (0, 1, 2)

# At most a dozen operations on numbers of order one, each off by 1e-16, and LAPACK's few units of rounding.
EXACT = 1e-12


# Samples.


@functools.cache
def sample_without_the_last_image():
    """Of three images and texts, independent and uniform, half the draws are the first pair, the others the second."""
    instance = mt.Instance(mt.generators.isotropic_noise(3, 1.0), sample=np.diag([7, 7, 0]))
    return mt.measure(instance, 2)


def test_an_image_that_was_not_drawn_has_no_features():
    found = sample_without_the_last_image()
    # What both estimates see is the first two images; the third is all that is lost, and an error.
    for lost in (found.sample_residual, found.practical_residual, found.sample_error):
        assert float(lost) == pytest.approx(1 / 3, abs=EXACT)


def test_a_sample_deviates_as_its_normalization_says():
    found = sample_without_the_last_image()
    # By the population's marginals it is diag(3, 3, 0)/2, by its own diag(1, 1, 0), less 11ᵀ/3; on (1, −1, 0)/√2 the
    # differences are 3/2 and 1, and elsewhere no larger.
    assert float(found.sample_deviation) == pytest.approx(3 / 2, abs=EXACT)
    assert float(found.practical_deviation) == pytest.approx(1, abs=EXACT)


# Other libraries, which want counts.


@functools.cache
def table_of_counts(seed):
    """A contingency table, some cells of which are empty, and the quantities of its joint."""
    counts = np.random.default_rng(seed).poisson(3.0, (6, 5)) + np.eye(6, 5, dtype=int)
    return counts, mt.measure(mt.Joint(counts, np.arange(6) % 2), 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_mutual_information_is_that_of_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    counts, found = table_of_counts(seed)
    expected = metrics.mutual_info_score(None, None, contingency=counts)
    assert float(found.mutual_information) == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_chi_square_is_the_statistic_of_the_contingency_table(seed):
    counts, found = table_of_counts(seed)
    statistic = scipy.stats.chi2_contingency(counts, correction=False).statistic
    assert float(found.chi_square) == pytest.approx(statistic / counts.sum(), abs=EXACT)
    cramer = scipy.stats.contingency.association(counts)  # √(χ² / (min(n_V, n_L) − 1))
    assert math.sqrt(found.chi_square / 4) == pytest.approx(cramer, abs=EXACT)
