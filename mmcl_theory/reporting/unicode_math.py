"""Convert the LaTeX of statements and symbols to Unicode, which a terminal shows.

``unicodeit`` and ``pylatexenc`` leave fractions without their parentheses and indices as ``_`` and ``^`` where Unicode
has no such letter, so that a bound reads as another one; this module knows what our statements use, and no more.
"""

import re
import unicodedata

from .sentences import pieces

_SYMBOLS = {
    **dict(
        alpha="α",
        gamma="γ",
        delta="δ",
        Delta="Δ",
        varepsilon="ε",
        lambda_="λ",
        sigma="σ",
        Sigma="Σ",
        tau="τ",
        varphi="φ",
    ),
    **dict(
        chi="χ",
        gamma="γ",
        Pi="Π",
        rho="ρ",
        mu="μ",
        nu="ν",
        kappa="κ",
        beta="β",
        eta="η",
        pi="π",
        theta="θ",
        nabla="∇",
        infty="∞",
    ),
    **dict(psi="ψ", dots="…", star="*", top="ᵀ"),
    **dict(lfloor="⌊", rfloor="⌋", left="", right="", lVert="‖", rVert="‖", log="log", langle="⟨", rangle="⟩"),
    **{"|": "‖", ",": " ", " ": " ", ";": " ", "{": "{", "}": "}"},
}
_SYMBOLS["lambda"] = _SYMBOLS.pop("lambda_")
_RELATIONS = {
    **dict(le="≤", ge="≥", ne="≠", lesssim="≲", Rightarrow="⇒", Leftrightarrow="⇔", cdot="·", times="×", mid="|"),
    **dict(succcurlyeq="≽", propto="∝", approx="≈", to="→", quad="  "),
}
_OPERATORS = {
    **{name: name for name in ("log", "max", "min", "exp", "deg", "Pr", "sup", "inf", "coth", "sinh", "dim")},
    **{name: name for name in ("sin", "cos", "tan")},
    "sum": "Σ",
    "prod": "Π",
    "int": "∫",
}
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "overline": "\u0305", "underline": "\u0332"}
_CALLIGRAPHIC = {"A": "𝓐", "L": "𝓛"}
_VULGAR = {("1", "2"): "½", ("1", "4"): "¼", ("3", "4"): "¾"}
_SUBSCRIPTS = str.maketrans("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")
_SUPERSCRIPTS = str.maketrans(
    "0123456789+−=()/*ᵀabcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW\u0302",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᐟ*ᵀᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ\u0302",
)
_SCRIPTED = set(_SUBSCRIPTS.values()) | set(_SUPERSCRIPTS.values())
_OPENING = "([⌊‖⟨"
_VALUE = re.compile(r"√?\w(_\w)?(\(\w\))?")  # a function's value or a root, which needs no parentheses below a stroke


def to_unicode(latex: str) -> str:
    r"""Convert LaTeX as our statements use it to one line of Unicode.

    What Unicode has no index for stays after an underscore, in parentheses where it is more than a letter or a word.

    Examples
    --------
    >>> to_unicode(r"r_k \le \frac{2\alpha-\alpha^2}{1-\sigma_{k+1}^2}")
    'rₖ ≤ (2α−α²)/(1−σₖ₊₁²)'
    >>> to_unicode(r"\sum_{j>k}\sigma_j^2")
    'Σ_(j>k) σⱼ²'
    """
    text = re.sub(r"(?<=\S)([≠≤≥|·]) (?![=≤≥])", r"\1", _Reader(latex).sequence().strip())
    return unicodedata.normalize("NFC", text)


def sentence_to_unicode(text: str) -> str:
    r"""Convert the formulas of a sentence, and leave its words and its code as they are.

    Examples
    --------
    >>> sentence_to_unicode(r"`probe-mmcl`, where $\sigma_{k+1}<1$.")
    '`probe-mmcl`, where σₖ₊₁<1.'
    """
    return "".join(to_unicode(inner) if mark == "$" else mark + inner + mark for mark, inner in pieces(text))


def prettify(text: str) -> str:
    """Convert the indices in a phrase without LaTeX, such as σ_{k+1}, and leave what stands in `backticks` as it is.

    Examples
    --------
    >>> prettify("`probe-mmcl` where σ_{k+1} < 1")
    '`probe-mmcl` where σₖ₊₁ < 1'
    """
    script = re.compile(r"([_^])(?:\{([^{}]*)\}|([a-z]{2,3}(?![a-z])|\w))")
    parts = text.split("`")
    parts[::2] = [script.sub(lambda found: _script(found[1], found[2] or found[3]), part) for part in parts[::2]]
    return unicodedata.normalize("NFC", "`".join(parts))


class _Reader:
    """Read LaTeX token by token."""

    def __init__(self, latex: str):
        self._tokens = re.findall(r"\\[a-zA-Z]+|\\.|\s+|.", latex)[::-1]

    def _next(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _skip_spaces(self) -> None:
        while self._next().isspace():
            self._tokens.pop()

    def sequence(self, end: str = "") -> str:
        """Convert what comes before the end token, which is consumed."""
        text = ""
        while self._tokens:
            token = self._tokens.pop()
            if token == end:
                break
            text += self._piece(token, text)
        return text

    def _argument(self) -> str:
        """Convert a group in braces, or a single token."""
        self._skip_spaces()
        token = self._tokens.pop()
        return self.sequence("}") if token == "{" else self._piece(token, "")

    def _end_name(self) -> None:
        """Skip the spaces that only end the name of a command: those before a letter or a digit."""
        if self._next().isspace() and self._tokens[-2:][0].isalnum():
            self._skip_spaces()

    def _raw(self) -> str:
        """Read a group in braces as it stands."""
        text = ""
        self._tokens.pop()
        while (token := self._tokens.pop()) != "}":
            text += token
        return text

    def _piece(self, token: str, before: str) -> str:
        """Convert a token with its arguments."""
        name = token.removeprefix("\\")
        if token == "{":
            return self.sequence("}")
        if token in ("_", "^"):
            return _script(token, self._argument())
        if token.isspace():
            return "" if before[-1:].isspace() else " "
        if not token.startswith("\\"):
            return {"-": "−", "'": "′"}.get(token, token)
        if name in ("frac", "tfrac"):
            return self._fraction()
        if name == "sqrt":
            return "√" + _grouped(self._argument())
        if name in _ACCENTS:
            argument = self._argument()
            return argument[:1] + _ACCENTS[name] + argument[1:]
        if name == "mathcal":
            return _CALLIGRAPHIC[self._argument()]
        if name in ("mathrm", "mathbb", "text"):
            return self._raw()
        if name in _OPERATORS or name == "operatorname":
            return self._operator(_OPERATORS.get(name) or self._raw(), before)
        if name in _RELATIONS:
            return _RELATIONS[name]
        if name not in _SYMBOLS:
            raise ValueError(f"latex: there is no {token} in what statements may use")
        if name.isalpha():
            self._end_name()
        return _SYMBOLS[name]

    def _fraction(self) -> str:
        """Write a fraction in a line, with the parentheses that this needs."""
        numerator, denominator = self._argument(), self._argument()
        text = _VULGAR.get((numerator, denominator))
        if text is None:
            sum_above = re.search(r"[+−/]", _without_parentheses(numerator))
            below = denominator if _VALUE.fullmatch(denominator) else _grouped(denominator)
            text = (f"({numerator})" if sum_above else numerator) + "/" + below
        factor = re.match(r"[\w(]|\\(left|sqrt|frac|log|alpha|chi|sigma|mathrm)", self._next())
        return text + "·" if factor and text not in _VULGAR.values() else text

    def _operator(self, text: str, before: str) -> str:
        """Write an operator and its indices, set apart from letters beside it."""
        self._skip_spaces()
        if text == "log" and self._next() == "\\frac":
            return f"log({self._piece(self._tokens.pop(), text)})"
        while self._next() in ("_", "^"):
            text += self._piece(self._tokens.pop(), text)
            self._skip_spaces()
        beside = before[-1:].isalnum() or before[-1:] in _SCRIPTED
        after = "" if self._next() in ("", *_OPENING, "\\left", "^", "−", "-", "}") else " "
        return (" " if beside else "") + text + after


def _script(mark: str, text: str) -> str:
    """Write an index or an exponent, as Unicode has it or after its mark."""
    text = unicodedata.normalize("NFD", re.sub(r"(?<!\w) | (?!\w)", "", text).replace("-", "−"))
    table = _SUBSCRIPTS if mark == "_" else _SUPERSCRIPTS
    if all(ord(letter) in table for letter in text):
        return text.translate(table)
    word = text.isalnum() or (text[:1] == "⌊" and text[-1:] == "⌋")
    return mark + (text if word else f"({text})")


def _without_parentheses(text: str) -> str:
    """Leave out what stands in parentheses.

    Examples
    --------
    >>> _without_parentheses("(P(l|x)−P(l))²")
    '²'
    """
    inner = re.sub(r"\([^()]*\)", "", text)
    return inner if inner == text else _without_parentheses(inner)


def _grouped(text: str) -> str:
    """Put parentheses around what is more than one symbol with its indices."""
    if re.fullmatch(r"√\([^()]*\)", text):
        return text
    inside = re.sub(r"_(\w|\([^()]*\))", "", text)
    bare = "".join(letter for letter in inside if ord(letter) not in _MARKS)
    return text if len(bare) == 1 or bare.isdigit() else f"({text})"


_MARKS = _SCRIPTED | {ord(accent) for accent in _ACCENTS.values()} - {ord("*")}
