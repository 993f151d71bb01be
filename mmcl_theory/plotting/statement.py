"""Write a statement of the catalogue, which is in LaTeX, as a formula that Matplotlib can set."""

import re

from ..theory.registry import select
from ..theory.theorem import Theorem

_ONE = r"(\\[A-Za-z]+|[^\\{}\s])"  # an argument without braces: a symbol or a letter

# What Matplotlib does not know, and how it is written instead, in this order.
_INSTEAD = (
    (r"\\(le|ge|ne)(?![A-Za-z])", r"\\\1q"),
    (r"\\tfrac(?![A-Za-z])", r"\\frac"),
    (rf"\\frac\s*{_ONE}", r"\\frac{\1}"),
    (rf"(\\frac\{{[^{{}}]*\}})\s*{_ONE}", r"\1{\2}"),
    (rf"\\(overline|underline|sqrt)\s*{_ONE}", r"\\\1{\2}"),
)


def statement(theorem: str | Theorem) -> str:
    r"""Return the statement of a theorem, a slug or a ``Theorem``, between dollar signs, as Matplotlib can set it.

    Raises
    ------
    ValueError, TypeError
        If there is no such theorem.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.plotting.statement("chi-square-classes")
    '$\\alpha_T \\geq 1-\\pi-\\frac{1}{2}\\chi^2$'
    >>> ax = mt.plotting.against(mt.verify(mt.generators.isotropic_noise(4, 0.3), 1, "probe-mmcl"))
    >>> ax.set_title(mt.plotting.statement("probe-mmcl")).get_text()
    '$r_k \\leq \\frac{2\\alpha-\\alpha^2}{1-\\sigma_{k+1}^2}$'
    """
    (one,) = select([theorem])
    formula = one.statement
    for written, instead in _INSTEAD:
        formula = re.sub(written, instead, formula)
    return f"${formula}$"
