"""Show objects in a notebook: a table of their numbers, with symbols that the notebook typesets."""

import html
import re
from typing import Any, NamedTuple

import jax
import numpy as np

from .. import _checks

_LONGEST = 60  # characters of a value
_LONGEST_TITLE = 200


class Fact(NamedTuple):
    """Hold a number of an object: its symbol in LaTeX, empty if it has none; what it is; and its value."""

    symbol: str
    words: str
    value: str


class Shown:
    """Give an object its forms in a notebook, from ``_facts``."""

    def _facts(self) -> list[Fact]:
        """List the numbers of the object."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """Return a table of the facts, under the object in one line."""
        rows = [
            f"<tr><td>{f'${html.escape(fact.symbol)}$' if fact.symbol else ''}</td>"
            f'<td style="text-align: left">{html.escape(fact.words)}</td>'
            f'<td style="text-align: left">{html.escape(fact.value)}</td></tr>'
            for fact in self._facts()
        ]
        title = repr(self) if len(repr(self)) <= _LONGEST_TITLE else type(self).__name__
        return "\n".join(["<table>", f"<caption>{html.escape(title)}</caption>", *rows, "</table>"])

    def _repr_latex_(self) -> str:
        """Return the facts that have a symbol, each as an equation."""
        lines = [rf"{fact.symbol} &= {number_in_latex(fact.value)}" for fact in self._facts() if fact.symbol]
        return r"$\displaystyle \begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}$" if lines else ""


def shown_number(value: Any) -> str:
    """Write a number with six digits, and anything else in short.

    Examples
    --------
    >>> shown_number(np.float64(1 / 3)), shown_number(np.ones(3)), shown_number("7" * 100)
    ('0.333333', 'array of shape (3,)', '777777777777777777777777777777…77777777777777777777777777777')
    """
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[: _LONGEST // 2]}…{value[1 - _LONGEST // 2 :]}"
    if np.shape(value) != () or _checks.is_traced(*jax.tree.leaves(value)):
        return f"array of shape {np.shape(value)}"
    return f"{float(value):.6g}"


def errors_of(joint: Any) -> list[Fact]:
    """List the labeling errors of a joint; none of a batch, or of one that is known only inside a transformation."""
    if joint.law.ndim != 2 or _checks.is_traced(*jax.tree.leaves(joint.law)):
        return []
    named = {
        r"\alpha": ("the labeling error", joint.labeling_error),
        r"\alpha^\star": ("the least labeling error of any labels of the texts", joint.bayes_labeling_error),
        r"\alpha_T": ("the labeling error of text-induced pairs", joint.text_induced_error),
    }
    return [Fact(symbol, words, shown_number(value)) for symbol, (words, value) in named.items()]


def number_in_latex(text: str) -> str:
    r"""Write a number, a fraction or a ball as LaTeX.

    Examples
    --------
    >>> number_in_latex("2e-06"), number_in_latex("[0.75 +/- 1e-36]")
    ('2 \\cdot 10^{-6}', '[0.75 \\pm 1 \\cdot 10^{-36}]')
    """
    powers = re.sub(r"e([+-])0*(\d+)", lambda found: rf" \cdot 10^{{{found[1].strip('+')}{found[2]}}}", text)
    return powers.replace("+/-", r"\pm").replace("…", r"\dots ")
