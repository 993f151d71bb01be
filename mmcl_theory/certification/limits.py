"""Limit what is proven: a file of a kilobyte must take neither hours nor more memory than there is.

FLINT ends the whole process where it gets no memory, so how much it will ask for is bounded before it is called.  Let a
joint of n images and m texts be integers of b bits.  The form P D_L^{-1} Pᵀ has m masses in its denominators, and so
entries of about (m+2)b bits; its minors, of which ranks, null spaces and characteristic polynomials are made, have n
times as many, and n² of them are held at once: n³(m+2)b/8 bytes.  The other parts are counted likewise.  What takes
more time than memory counts more: the conductance, for which 2^{n−1} cuts are compared, and the products of a channel.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from ..joints.pairs import CONDUCTANCE_LIMIT

LARGEST = 64  # images, or texts: beyond, exact arithmetic takes minutes
WIDEST = 2 * LARGEST  # classes, components of encoders, and new captions: one for each image and each text
DIGITS = 400  # above and below the line of a fraction: a float has up to 309 and 324
WORK = 2**29  # bytes of minors: all of them took 75 s and 0.6 GB, of two equal blocks 32 × 32 of 240 bits
MOST_LABELLED = 2**53  # times that one image is labelled, and walks: a float counts no further
SECONDS = 60.0  # to prove a certificate again: many times what it takes as a rule
_BEYOND = 10**DIGITS

Rows = Sequence[Sequence[Fraction]]


def check_joint_work(matrix: Rows) -> int:
    """Raise ``ValueError`` if exact arithmetic on a joint would take too much memory; return its b."""
    n_images, n_texts = len(matrix), len(matrix[0])
    cuts = 2 ** (n_images + 1) * (n_texts + 2) if n_images <= CONDUCTANCE_LIMIT else 0
    factor = max(_form_factor(matrix), cuts)
    bits = _total("joint", itertools.chain(*matrix), factor).bit_length()
    _check("joint", factor * bits)
    return bits


def check_part_work(name: str, matrix: Rows, joint: Rows, bits: int) -> None:
    """Raise ``ValueError`` like ``check_joint_work`` for a sample, or for augmentation pairs, with a joint's bits."""
    factor = max(_form_factor(matrix), _form_factor(joint))
    _check(name, factor * (bits + _total(name, itertools.chain(*matrix), factor).bit_length()))


def check_encoders_work(encoders: tuple[Rows, Rows], bits: int) -> None:
    """Raise ``ValueError`` for encoders: their projections, and the form of their covariance."""
    image, text = encoders
    dimension, images, texts = len(image[0]), len(image), len(text)
    factor = dimension * images * texts * (max(images, texts) + 2) + 4 * dimension**3
    _check("encoders", factor * (bits + _total("encoders", itertools.chain(*image, *text), factor).bit_length()))


def check_channel_work(channel: Rows, n_images: int, bits: int) -> None:
    """Raise ``ValueError`` for a channel, each row of which is divided by its own total."""
    small, large = sorted((n_images, len(channel[0])))
    factor = small**3 * (large + 2) + 4 * small * large * len(channel)
    _check_rows("channel", channel, factor, bits)


def check_label_law_work(law: Rows, bits: int) -> None:
    """Raise ``ValueError`` for the law of a label, each row of which is divided by its total: for its projections."""
    _check_rows("label_law", law, len(law) ** 3 + 4 * len(law[0]) * len(law) ** 2, bits)


def _check_rows(name: str, rows: Rows, factor: int, bits: int) -> None:
    """Raise ``ValueError`` where rows that are divided by their totals have a long denominator together."""
    common = 1
    for row in rows:
        common = math.lcm(common, _total(name, row, factor))
        _check(name, factor * (bits + common.bit_length()))


def _form_factor(matrix: Rows) -> int:
    """Return n³(m+2), the larger of images and texts first."""
    small, large = sorted((len(matrix), len(matrix[0])))
    return large**3 * (small + 2)


def _total(name: str, entries: Iterable[Fraction], factor: int) -> int:
    """Bring numbers to integers without a common factor, and add their magnitudes.

    The common denominator is no longer than twice the total and one fraction: where it is, it is not computed further.
    """
    numbers = [entry.as_integer_ratio() for entry in entries]
    if any(above >= _BEYOND or below >= _BEYOND or above <= -_BEYOND for above, below in numbers):
        raise ValueError(f"{name}: fractions of at most {DIGITS} digits are needed")
    common = 1
    for denominator in {below for _, below in numbers}:
        common = math.lcm(common, denominator)
        _check(name, factor * (common.bit_length() - 4 * DIGITS) // 2)
    integers = [abs(above) * (common // below) for above, below in numbers]
    return sum(integers) // max(1, math.gcd(*integers))


def _check(name: str, bits: int) -> None:
    """Raise ``ValueError`` if so many bits are more than is allowed."""
    if bits > 8 * WORK:
        raise ValueError(
            f"{name}: exact arithmetic would take more than {WORK / 2**30:g} GiB; "
            "a smaller one, or numbers of fewer digits, are needed"
        )
