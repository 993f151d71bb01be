"""Check five bounds on a joint with NumPy alone, as a script of a dozen lines would: a measure for ``verify``.

python -m benchmarks.plain JOINT.npz K [K ...]

The file has P as ``matrix``, and the labels of images and texts.  The bounds are those of ``BOUNDS``, at each k.
"""

import sys

import numpy as np

BOUNDS = ("label-transfer", "label-transfer-lower", "probe-text-induced", "probe-mmcl", "probe-mmcl-lower")


def bounds(matrix: np.ndarray, image_labels: np.ndarray, text_labels: np.ndarray, ks: list[int]) -> np.ndarray:
    """Compute both sides of the five bounds, shape (k, bound, side)."""
    p, q = matrix.sum(axis=1), matrix.sum(axis=0)
    left, sigma, _ = np.linalg.svd(matrix / np.sqrt(p)[:, None] / np.sqrt(q), full_matrices=False)
    own = np.eye(1 + image_labels.max())[image_labels]
    mass = matrix.T @ own  # of each text with each class of images
    alpha = 1 - mass[np.arange(len(q)), text_labels].sum()
    alpha_text = 1 - np.sum(mass**2 / q[:, None])
    best = 1 - mass.max(axis=1).sum()
    target = np.sqrt(p)[:, None] * own
    residual = 1 - np.cumsum(np.sum((left.T @ target) ** 2, axis=1))
    squares = np.append(sigma**2, 0)
    least = squares[-2] if len(p) <= len(q) else 0
    return np.array(
        [
            [
                (alpha_text, 2 * alpha - alpha**2),
                (alpha_text, best),
                (residual[k - 1], alpha_text / (1 - squares[k])),
                (residual[k - 1], (2 * alpha - alpha**2) / (1 - squares[k])),
                (residual[k - 1], (alpha_text - 1 + squares[k - 1]) / (squares[k - 1] - least)),
            ]
            for k in ks
        ]
    )


def main() -> None:
    """Print both sides of the bounds."""
    given = np.load(sys.argv[1])
    ks = [int(k) for k in sys.argv[2:]]
    found = bounds(given["matrix"], given["image_labels"], given["text_labels"], ks)
    for k, rows in zip(ks, found, strict=True):
        for name, (lhs, rhs) in zip(BOUNDS, rows, strict=True):
            print(f"{name:24} {k:5} {lhs:.6f} {rhs:.6f}")


if __name__ == "__main__":
    main()
