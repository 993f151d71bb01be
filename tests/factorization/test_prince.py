"""Compare spectrum and inertia with the correspondence analysis of another library."""

import numpy as np
import pandas as pd
import pytest

import mmcl_theory as mt

prince = pytest.importorskip("prince")


def test_spectrum_and_inertia_of_emoji_agree(emoji):
    """Check that the principal inertias of correspondence analysis are σ_2², σ_3², …, and their sum χ².

    Of every fifth emoji, with the captions that these have.
    """
    matrix, labels = np.asarray(emoji.matrix)[::5], np.asarray(emoji.image_labels)[::5]
    joint = mt.Joint(matrix[:, matrix.sum(axis=0) > 0], labels)
    counts = pd.DataFrame(np.asarray(joint.matrix))
    n = 150  # past those that equal one, of each part that the captions leave apart
    analysis = prince.CA(n_components=n, engine="scipy").fit(counts)
    values = np.asarray(mt.factorize(joint, n + 1).singular_values)
    assert values[20] == pytest.approx(1)
    assert values[n] < 0.95
    # ARPACK's default tolerance is machine precision; a full decomposition in double precision loses a few digits.
    np.testing.assert_allclose(analysis.eigenvalues_[:n], values[1 : n + 1] ** 2, atol=1e-10)
    np.testing.assert_allclose(analysis.total_inertia_, mt.measure(joint, 1).chi_square, rtol=1e-10)
