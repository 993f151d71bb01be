"""Compare spectrum and inertia with the correspondence analysis of another library."""

import numpy as np
import pandas as pd
import pytest

import mmcl_theory as mt

prince = pytest.importorskip("prince")


def test_spectrum_and_inertia_of_emoji_agree(emoji):
    """Check that the principal inertias of correspondence analysis are σ_2², σ_3², …, and their sum χ²."""
    counts = pd.DataFrame(np.asarray(emoji.matrix))
    n = 60  # past the 38 that equal one
    analysis = prince.CA(n_components=n, engine="scipy").fit(counts)
    values = np.asarray(mt.factorize(emoji, n + 1).singular_values)
    # ARPACK's default tolerance is machine precision; a full decomposition in double precision loses a few digits.
    np.testing.assert_allclose(analysis.eigenvalues_[:n], values[1 : n + 1] ** 2, atol=1e-10)
    np.testing.assert_allclose(analysis.total_inertia_, mt.measure(emoji, 1).chi_square, rtol=1e-10)
