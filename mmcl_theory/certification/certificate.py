"""Certificates: a verdict with all that is needed to prove it again."""

import dataclasses
import hashlib
import json
import os
import re
from typing import TYPE_CHECKING, Any

from .. import _checks
from ..theory.registry import select
from ..theory.theorem import Kind, Theorem
from ..theory.verdicts import CONSISTENT, EXCEEDED, HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED
from .enclosures.exact import ExactInstance

if TYPE_CHECKING:
    from .enclosures.ball import Ball

FORMAT = 1
_SIZE = 2**26  # bytes of a file: ten times what the largest instance takes
_NUMBER = r"-?\d+(\.\d+)?(e[+-]?\d{1,6})?"
# A rational, or a ball as Arb writes it.
_ENCLOSURE = re.compile(
    rf"-?\d+(/\d+)?|{_NUMBER}|\[({_NUMBER} )?\+/- {_NUMBER}\]|nan|\[?[+-]?inf\]?|\[nan.*\]", re.ASCII
)
_VERDICTS = (HOLDS, VIOLATED, EXCEEDED, CONSISTENT, NOT_APPLICABLE, UNDECIDED)


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A proven verdict: the exact instance, what encloses the two sides, and what follows.

    Attributes
    ----------
    theorem, statement, kind, k
        Which statement: its slug, what it says in LaTeX, its kind, and the encoder dimension.
    verdict, reason
        See ``certify``.
    lhs, rhs
        Enclosures of the two sides, a fraction where it is exact, else a decimal ball such as
        ``[0.750000 +/- 1e-36]``; None where there is no verdict on them.
    margins
        (condition, enclosure of its margin) for each assumption that was enclosed.
    precision
        Bits of the arithmetic that decided.
    instance
        The numbers the verdict is about, exact.

    Examples
    --------
    >>> import pathlib, tempfile, mmcl_theory as mt
    >>> proof = mt.certify("probe-mmcl", mt.generators.isotropic_noise(4, 0.25), 1)
    >>> print(proof)
    probe-mmcl, k = 1: holds, with at least 2.5e-02 to spare
      lhs  3/4
      rhs  87/112
      σ_{k+1} < 1: margin 7/16
      σ_k > σ_{k+1}: margin 1/4
      at 128 bits
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "proof.json"
    >>> proof.save(path)
    >>> mt.Certificate.load(path) == proof, proof.check()
    (True, [])
    """

    theorem: str
    statement: str
    kind: str
    k: int
    verdict: str
    reason: str
    lhs: str | None
    rhs: str | None
    margins: tuple[tuple[str, str], ...]
    precision: int
    instance: ExactInstance

    def check(self, theorem: Theorem | None = None) -> list[str]:
        """Prove the verdict again, from the exact instance and the theorem's formulas alone.

        Parameters
        ----------
        theorem
            By default the one of this slug in the registry; a theorem of your own must be given again.

        Returns
        -------
        list of str
            What is not confirmed: the verdict is another one, it does not follow from the certificate's enclosures, or
            an enclosure does not meet the one found now.  Empty where the certificate is right.

        Raises
        ------
        ValueError, TypeError
            If the theorem is not in the registry, or python-flint is not installed.
        """
        if theorem is not None and not isinstance(theorem, Theorem):
            raise TypeError(f"theorem: a Theorem object is needed, got {theorem!r}")
        return _recheck(self, theorem or select(self.theorem)[0])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the certificate as JSON; ``Certificate.load`` gives it back."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.to_json(), file, indent=1, ensure_ascii=False)
            file.write("\n")

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Certificate":
        """Read a certificate.  Nothing in it is believed before ``check`` has proven it.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it was not written by ``save``, or altered since.
        """
        if not os.path.isfile(path):
            raise FileNotFoundError(f"path: there is no file {os.fspath(path)!r}")
        try:
            if os.path.getsize(path) > _SIZE:
                raise ValueError(f"longer than {_SIZE} bytes")
            with open(path, encoding="utf-8") as file:
                return Certificate.from_json(json.load(file))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError(f"path: {os.fspath(path)!r} is not a certificate as it was written ({error})") from error

    def to_json(self) -> dict[str, Any]:
        """What ``save`` writes, as JSON values."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        margins = [list(margin) for margin in self.margins]
        content = {"format": FORMAT, **fields, "margins": margins, "instance": self.instance.to_json()}
        return content | {"digest": _digest(content)}

    @staticmethod
    def from_json(data: Any) -> "Certificate":
        """What ``to_json`` gave; raises ``ValueError`` or ``TypeError`` if it is malformed, or altered since."""
        return _restore(data)

    def __str__(self) -> str:
        lines = [f"{self.theorem}, k = {self.k}: {self.verdict}, {self.reason}"]
        lines += [f"  {name}  {side}" for name, side in (("lhs", self.lhs), ("rhs", self.rhs)) if side is not None]
        lines += [f"  {name}: margin {margin}" for name, margin in self.margins]
        return "\n".join([*lines, f"  at {self.precision} bits"])

    def __repr__(self) -> str:
        return f"Certificate({self.theorem}, k = {self.k}: {self.verdict})"


def _restore(data: Any) -> Certificate:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"an object of format {FORMAT} is needed")
    content = {name: value for name, value in data.items() if name != "digest"}
    if data.get("digest") != _digest(content):
        raise ValueError("its digest is not that of its content: it was altered")
    names = [field.name for field in dataclasses.fields(Certificate)]
    if content.keys() != {"format", *names}:
        raise ValueError(f"the fields {', '.join(names)} are needed")
    instance = ExactInstance.from_json(content["instance"])
    rank = min(len(instance.matrix), len(instance.matrix[0]))
    return Certificate(
        theorem=_text(content, "theorem"),
        statement=_text(content, "statement"),
        kind=_one_of("kind", content["kind"], [kind.value for kind in Kind]),
        k=_checks.integer("k", content["k"], 1, rank - 1),
        verdict=_one_of("verdict", content["verdict"], _VERDICTS),
        reason=_text(content, "reason"),
        lhs=None if content["lhs"] is None else _enclosure("lhs", content["lhs"]),
        rhs=None if content["rhs"] is None else _enclosure("rhs", content["rhs"]),
        margins=tuple((str(name), _enclosure("margins", margin)) for name, margin in content["margins"]),
        precision=_checks.integer("precision", content["precision"], 2, 2**20),
        instance=instance,
    )


def _digest(content: dict[str, Any]) -> str:
    """SHA-256 of the content, to notice damage; who alters it on purpose is caught by ``check``."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _text(content: dict[str, Any], name: str) -> str:
    if not isinstance(content[name], str):
        raise ValueError(f"{name}: a string is needed, got {content[name]!r}")
    return content[name]


def _one_of(name: str, value: Any, allowed: Any) -> str:
    if value not in allowed:
        raise ValueError(f"{name}: one of {', '.join(allowed)} is needed, got {value!r}")
    return value


def _enclosure(name: str, text: Any) -> str:
    if not isinstance(text, str) or not _ENCLOSURE.fullmatch(text):
        raise ValueError(f"{name}: a fraction or a ball is needed, got {text!r}")
    return text


def _recheck(certificate: Certificate, theorem: Theorem) -> list[str]:
    """See ``Certificate.check``."""
    from .certify import PRECISIONS, certify_exact

    wrong = [
        f"{name}: the certificate has {stated!r}, the theorem {actual!r}"
        for name, stated, actual in (
            ("theorem", certificate.theorem, theorem.slug),
            ("statement", certificate.statement, theorem.statement),
            ("kind", certificate.kind, theorem.kind.value),
        )
        if stated != actual
    ]
    if wrong:
        return wrong
    again = certify_exact(theorem, certificate.instance, certificate.k)
    if again.verdict != certificate.verdict:
        wrong.append(f"verdict: the certificate has {certificate.verdict!r}, found {again.verdict!r} ({again.reason})")
    import flint

    # Strings are read at a precision at which what is read loses nothing to speak of.
    with flint.ctx.workprec(2 * PRECISIONS[-1]):
        wrong += _unconfirmed(certificate, again) + _inconsistent(certificate, theorem)
    return wrong


def _unconfirmed(certificate: Certificate, again: Certificate) -> list[str]:
    """Enclosures that do not meet those found now, although both should contain one number."""
    wrong = []
    found = {"lhs": again.lhs, "rhs": again.rhs} | dict(again.margins)
    for name, stated in ({"lhs": certificate.lhs, "rhs": certificate.rhs} | dict(certificate.margins)).items():
        now = found.get(name)
        if stated is None or now is None:
            met = stated is now
        else:
            met = _read(stated).enclosure().overlaps(_read(now).enclosure())
        if not met:
            wrong.append(f"{name}: the certificate has {stated}, found {now}")
    if len(again.margins) != len(certificate.margins):
        wrong.append(f"margins: the certificate has {len(certificate.margins)}, found {len(again.margins)}")
    return wrong


def _inconsistent(certificate: Certificate, theorem: Theorem) -> list[str]:
    """Whether the verdict follows from the certificate's own enclosures."""
    if certificate.verdict not in (HOLDS, VIOLATED, EXCEEDED, CONSISTENT):
        return []
    if certificate.lhs is None or certificate.rhs is None:
        return [f"verdict: {certificate.verdict!r} needs both sides"]
    from .certify import judge

    follows, _ = judge(theorem.kind, _read(certificate.lhs), _read(certificate.rhs))
    wrong = [] if follows == certificate.verdict else [f"verdict: from the certificate's own sides follows {follows!r}"]
    wrong += [f"{name}: not certainly positive" for name, text in certificate.margins if not _read(text).is_positive()]
    return wrong


def _read(text: str) -> "Ball":
    """An enclosure from what ``str`` made of it."""
    from fractions import Fraction

    from flint import arb

    from .enclosures.ball import Ball

    return Ball(
        arb(text) if text.startswith("[") or not text.lstrip("-").replace("/", "").isdigit() else Fraction(text)
    )
