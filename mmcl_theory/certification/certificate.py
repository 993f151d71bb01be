"""Represent proven verdicts with everything that is needed to prove them again, and keep them in files."""

import dataclasses
import hashlib
import json
import math
import os
import re
from typing import Any, NamedTuple

from .. import _archive, _checks
from ..joints.shown import Fact, Shown, shown_number
from ..theory.registry import theorems
from ..theory.theorem import Kind, Theorem
from ..theory.verdicts import CONSISTENT, EXCEEDED, HOLDS, NOT_APPLICABLE, UNDECIDED, VIOLATED
from . import limits
from .arithmetic.exact import BALL, DECIMAL, ExactInstance, read_integer, read_list
from .optional import proof_module

_CERTIFICATES = _archive.FileKind("certificate", 1, "path", "is not a certificate as it was written")
# A rational, or a ball as Arb writes it; ``check`` alone knows whether it is the right one.
_ENCLOSURE = re.compile(rf"-?\d+(/\d+)?|{DECIMAL}|{BALL}|nan|[+-]?inf|\[(nan )?\+/- inf\]", re.ASCII)
_VERDICTS = (HOLDS, VIOLATED, EXCEEDED, CONSISTENT, NOT_APPLICABLE, UNDECIDED)
_LONGEST = 10_000  # characters of a name, a statement or a reason
_MARGINS = 100  # assumptions of a theorem


@dataclasses.dataclass(frozen=True)
class Certificate(Shown):
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

    def check(self, theorem: Theorem | None = None, seconds: float = limits.SECONDS) -> list[str]:
        """Prove the verdict again, from the exact instance and the theorem's formulas alone.

        Parameters
        ----------
        theorem
            By default the one of this slug in the registry; a theorem of your own must be given again.
        seconds
            Give up after so long, once the quantity that is being enclosed is finished.

        Returns
        -------
        list of str
            What is not confirmed, a sentence each, in which nothing of the certificate is repeated.  Empty where
            everything in it is what is proven now: statement, kind, verdict, reason, precision, both sides and each
            margin; of a ball, that it meets the one found now and is about as wide.

        Raises
        ------
        ValueError, TypeError
            If an argument is of the wrong type, or python-flint is not installed.
        """
        if theorem is not None and not isinstance(theorem, Theorem):
            raise TypeError(f"theorem: a Theorem object is needed, got {theorem!r}")
        if theorem is not None:
            theorem.check_formulas()
        return prove_again(self, theorem, seconds).wrong

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

    def to_bytes(self) -> bytes:
        """Return the very file that ``save`` writes."""
        return _archive.values.written(self.to_json())

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
        sides = "".join(f", {fact.words} {fact.value}" for fact in self._facts()[:-1])
        return f"Certificate({self.theorem}, k = {self.k}: {self.verdict}{sides})"

    def _facts(self) -> list[Fact]:
        """List the two sides, where they are enclosed, and the reason."""
        sides = {name: side for name, side in (("lhs", self.lhs), ("rhs", self.rhs)) if side is not None}
        facts = [Fact(rf"\mathrm{{{name}}}", name, shown_number(side)) for name, side in sides.items()]
        return [*facts, Fact("", self.verdict, self.reason)]


def certify_exact(theorem: Theorem, exact: ExactInstance, k: int, seconds: float = math.inf) -> Certificate:
    """Certify a theorem on an exact instance, the one that a certificate carries; see ``certify``.

    Raises
    ------
    TimeoutError
        If it takes longer than so many seconds.
    """
    proof = proof_module().prove(theorem, exact, k, seconds)
    return Certificate(
        theorem=theorem.slug,
        statement=theorem.statement,
        kind=theorem.kind.value,
        k=k,
        instance=exact,
        **proof._asdict(),
    )


class SecondProof(NamedTuple):
    """Hold what is proven now of a certificate's theorem and instance, if anything, and what it does not confirm."""

    certificate: Certificate | None
    wrong: list[str]


def prove_again(stated: Certificate, theorem: Theorem | None, seconds: float) -> SecondProof:
    """Prove a certificate's theorem on its instance again, and list what the certificate says otherwise."""
    seconds = _checks.real("seconds", seconds, 0, math.inf, open_low=True)
    theorem = theorem or theorems.get(stated.theorem)
    if theorem is None:
        return SecondProof(None, ["theorem: there is none of this name; one of your own must be given again"])
    if stated.theorem != theorem.slug:
        return SecondProof(None, ["theorem: it is another one"])
    # A second proof takes nothing from the first.
    proof_module().shared_enclosures.cache_clear()
    try:
        found = certify_exact(theorem, stated.instance, stated.k, seconds)
    except TimeoutError as error:
        return SecondProof(None, [str(error)])
    return SecondProof(found, _differences(stated, found))


def _differences(stated: Certificate, found: Certificate) -> list[str]:
    """List the fields in which a certificate differs from the one proven now, without repeating what it says."""
    proof = proof_module()
    wrong = [
        f"{name}: found {_checks.quoted(getattr(found, name))}"
        for name, same in {
            "statement": _equal,
            "kind": _equal,
            "verdict": _equal,
            "reason": proof.same_reason,
            "lhs": proof.same_number,
            "rhs": proof.same_number,
            "precision": _equal,
        }.items()
        if not same(getattr(stated, name), getattr(found, name))
    ]
    if [name for name, _ in stated.margins] != [name for name, _ in found.margins]:
        names = ", ".join(name for name, _ in found.margins) or "none"
        return [*wrong, f"margins: found {len(found.margins)} of them ({names})"]
    return wrong + [
        f"margins: of {name} found {_checks.quoted(now)}"
        for (name, now), (_, then) in zip(found.margins, stated.margins, strict=True)
        if not proof.same_number(then, now)
    ]


def _equal(stated: Any, found: Any) -> bool:
    """Say whether a stated value is the one found."""
    return stated == found


def _restore(data: Any) -> Certificate:
    """Build a certificate from JSON values: those that it would be written as, and no others."""
    names = [field.name for field in dataclasses.fields(Certificate)]
    if not isinstance(data, dict) or data.keys() != {"format", *names, "digest"}:
        raise ValueError(f"an object with the fields format, {', '.join(names)} and digest is needed")
    _CERTIFICATES.check_format(read_integer("format", data["format"], 0, 10**6))
    instance = ExactInstance.from_json(data["instance"])
    rank = min(len(instance.matrix), len(instance.matrix[0]))
    found = Certificate(
        theorem=_text("theorem", data["theorem"]),
        statement=_text("statement", data["statement"], breaks="\n\t"),
        kind=_one_of("kind", data["kind"], [kind.value for kind in Kind]),
        k=read_integer("k", data["k"], 1, rank),
        verdict=_one_of("verdict", data["verdict"], _VERDICTS),
        reason=_text("reason", data["reason"]),
        lhs=None if data["lhs"] is None else _enclosure("lhs", data["lhs"]),
        rhs=None if data["rhs"] is None else _enclosure("rhs", data["rhs"]),
        margins=tuple(_margin(margin) for margin in read_list("margins", data["margins"], _MARGINS)),
        precision=read_integer("precision", data["precision"], 2, 2**20),
        instance=instance,
    )
    if found.to_json() != data:
        raise ValueError("its digest is not that of its content: it was altered")
    return found


def _digest(content: dict[str, Any]) -> str:
    """Hash the content (SHA-256), to notice damage; who alters it on purpose is caught by ``check``."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _text(name: str, value: Any, breaks: str = "") -> str:
    """Check that a value is a string of limited length, without characters that a terminal would obey but breaks."""
    if not isinstance(value, str) or len(value) > _LONGEST or not all(c.isprintable() or c in breaks for c in value):
        raise ValueError(f"{name}: a string of at most {_LONGEST} printable characters is needed")
    return value


def _one_of(name: str, value: Any, allowed: Any) -> str:
    """Check that a value is one of those allowed."""
    if value not in allowed:
        raise ValueError(f"{name}: one of {', '.join(allowed)} is needed")
    return value


def _enclosure(name: str, text: Any) -> str:
    """Check that a string is an enclosure."""
    if not isinstance(text, str) or not _ENCLOSURE.fullmatch(text):
        raise ValueError(f"{name}: a fraction or a ball is needed")
    return text


def _margin(pair: Any) -> tuple[str, str]:
    """Check that a value is the name of a condition and an enclosure of its margin."""
    if len(read_list("margins", pair, 2)) != 2:
        raise ValueError("margins: pairs of a name and an enclosure are needed")
    return _text("margins", pair[0]), _enclosure("margins", pair[1])
