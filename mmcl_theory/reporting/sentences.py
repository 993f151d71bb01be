"""Split the sentences of the catalogue, such as proofs, into words, code and formulas."""

import re

_FORMULA_OR_CODE = re.compile(r"(`[^`]*`|\$[^$]*\$)")


def pieces(text: str) -> list[tuple[str, str]]:
    r"""Split a sentence; each piece comes after its mark, "$" of a formula, "`" of code, and "" of words.

    A formula in LaTeX stands between dollar signs, and code between backticks; a mark without a second one is a word.

    Examples
    --------
    >>> pieces(r"By `label-transfer` $\alpha_T \le 2\alpha$.")
    [('', 'By '), ('`', 'label-transfer'), ('', ' '), ('$', '\\alpha_T \\le 2\\alpha'), ('', '.')]
    """
    split = _FORMULA_OR_CODE.split(text)
    marked = [(part[0], part[1:-1]) if place % 2 else ("", part) for place, part in enumerate(split)]
    return [(mark, part) for mark, part in marked if mark or part]
