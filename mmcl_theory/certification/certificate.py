"""Represent proven verdicts with everything that is needed to prove them again, and keep them in files."""

import dataclasses
import hashlib
import json
import os
import re
from typing import Any

from .. import _archive, _checks
from ..theory.registry import select
from ..theory.theorem import Kind, Theorem
from ..theory.verdicts import CONSISTENT, EXCEEDED, HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED
from .arithmetic.exact import ExactInstance
from .optional import proof_module

_CERTIFICATES = _archive.FileKind("certificate", 1, "path", "is not a certificate as it was written")
_NUMBER = r"-?\d+(\.\d+)?(e[+-]?\d{1,6})?"
# A rational, or a ball as Arb writes it.
_ENCLOSURE = re.compile(
    rf"-?\d+(/\d+)?|{_NUMBER}|\[({_NUMBER} )?\+/- {_NUMBER}\]|nan|\[?[+-]?inf\]?|\[nan.*\]", re.ASCII
)
_VERDICTS = (HOLDS, VIOLATED, EXCEEDED, CONSISTENT, NOT_APPLICABLE, UNDECIDED)


@dataclasses.dataclass(frozen=True)
class Certificate:
    """Represent a proven verdict: the exact instance, enclosures of the two sides, and what follows from them.

    Attributes
    ----------
    theorem, statement, kind, k
        The statement: its slug, what it says in LaTeX, its kind, and the encoder dimension.
    verdict, reason
        The verdict and the reason for it; see ``certify``.
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
        _CERTIFICATES.write_json(path, self.to_json())

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
        with _CERTIFICATES.reading_json(path) as content:
            return Certificate.from_json(content)

    def to_json(self) -> dict[str, Any]:
        """Return what ``save`` writes, as JSON values."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        margins = [list(margin) for margin in self.margins]
        content = {"format": _CERTIFICATES.number, **fields, "margins": margins, "instance": self.instance.to_json()}
        return content | {"digest": _digest(content)}

    @staticmethod
    def from_json(data: Any) -> "Certificate":
        """Rebuild the certificate that ``to_json`` gave.

        Raises
        ------
        ValueError, TypeError
            If it is malformed, or altered since.
        """
        return _restore(data)

    def __str__(self) -> str:
        lines = [f"{self.theorem}, k = {self.k}: {self.verdict}, {self.reason}"]
        lines += [f"  {name}  {side}" for name, side in (("lhs", self.lhs), ("rhs", self.rhs)) if side is not None]
        lines += [f"  {name}: margin {margin}" for name, margin in self.margins]
        return "\n".join([*lines, f"  at {self.precision} bits"])

    def __repr__(self) -> str:
        return f"Certificate({self.theorem}, k = {self.k}: {self.verdict})"


def _restore(data: Any) -> Certificate:
    """Build a certificate from JSON values, all of them checked."""
    if not isinstance(data, dict):
        raise ValueError(f"an object is needed, got {type(data).__name__}")
    _CERTIFICATES.check_format(data.get("format"))
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
    """Hash the content (SHA-256), to notice damage; who alters it on purpose is caught by ``check``."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _text(content: dict[str, Any], name: str) -> str:
    """Check that a field is a string."""
    if not isinstance(content[name], str):
        raise ValueError(f"{name}: a string is needed, got {content[name]!r}")
    return content[name]


def _one_of(name: str, value: Any, allowed: Any) -> str:
    """Check that a value is one of those allowed."""
    if value not in allowed:
        raise ValueError(f"{name}: one of {', '.join(allowed)} is needed, got {value!r}")
    return value


def _enclosure(name: str, text: Any) -> str:
    """Check that a string is an enclosure."""
    if not isinstance(text, str) or not _ENCLOSURE.fullmatch(text):
        raise ValueError(f"{name}: a fraction or a ball is needed, got {text!r}")
    return text


def _recheck(certificate: Certificate, theorem: Theorem) -> list[str]:
    """List what is wrong with a certificate; see ``Certificate.check``."""
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
    proof = proof_module()
    again = proof.prove(theorem, certificate.instance, certificate.k)
    if again.verdict != certificate.verdict:
        wrong.append(f"verdict: the certificate has {certificate.verdict!r}, found {again.verdict!r} ({again.reason})")
    stated = proof.Proof(*(getattr(certificate, name) for name in proof.Proof._fields))
    return wrong + proof.check_follows(stated, again, theorem.kind)
