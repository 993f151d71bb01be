"""Forge and damage certificates at random, and find those that are confirmed although they say something else.

``PYTHONPATH=.:tests python tests/certification/forgeries.py 2000`` tries so many; with ``--command`` through the
command line, and with ``--from FOLDER`` certificates from a folder.
"""

import argparse
import copy
import hashlib
import json
import random
import re
import resource
import tempfile
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import jax
from exact_instances import exact, scaled
from mutations import ODD, mutated_bytes, mutated_json

import mmcl_theory as mt
from mmcl_theory.certification.certificate import certify_exact

SECONDS = 10  # that one file may take


def sealed(data):
    """With a new digest, as a forger writes it."""
    if not isinstance(data, dict):
        return data
    content = {key: value for key, value in data.items() if key != "digest"}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    return content | {"digest": digest} if "digest" in data else content


def originals():
    """Certificates of every verdict, with rational sides and with balls, with all parts and without."""
    isotropic = mt.generators.isotropic_noise(4, 0.25)
    drawn = mt.generators.random_dirichlet(4, 5, 2, 0.5, bayes_labels=False, key=jax.random.key(7))
    whole = mt.Instance.with_random_parts(drawn, dimension=2, n_pairs=1000, key=jax.random.key(8))
    proofs = [mt.certify(slug, isotropic, 1) for slug in ("probe-mmcl", "zero-shot-sharp", "probe-mmcl-paper")]
    proofs += [mt.certify(slug, whole, 2) for slug in ("zero-shot", "caption-garbling", "linear-mmcl", "scl-amf")]
    proofs += [mt.certify("cooccurrence-concentration", whole, 1)]
    violated = certify_exact(scaled(mt.theorems["probe-mmcl"], 0), exact([[2, 1], [1, 2]], [0, 1], [0, 1]), 1)
    return [proof.to_json() for proof in proofs] + [sealed(violated.to_json())]


def forged(draw, data):
    """A certificate in which one field says something else, as one would write it who knows the format."""
    data = copy.deepcopy(data)
    field = draw.choice(
        ["lhs", "rhs", "margins", "reason", "precision", "verdict", "k", "instance", "statement", "kind"]
    )
    value = data[field]
    if field in ("lhs", "rhs"):
        names = ["lhs", "rhs"]
        data["margins"] += [[name, data[name]] for name in names if data[name] is not None and draw.random() < 0.5]
        data[field] = draw.choice([moved(draw, value), data[draw.choice(names)], "999999", "[+/- 1]", None, "nan"])
    elif field == "margins":
        action = draw.randrange(4)
        if value and action == 0:
            value.insert(0, [value[0][0], "999"])
        elif value and action == 1:
            value[draw.randrange(len(value))][1] = moved(draw, value[0][1])
        elif value and action == 2:
            value[draw.randrange(len(value))][0] = draw.choice(["lhs", "σ_1 > 0", "x\rconfirmed"])
        else:
            value.append(["lhs", "1/2"])
    elif field == "instance":
        rows = value[draw.choice(["matrix", "matrix", *(name for name in ("channel", "sample") if name in value)])]
        row = draw.choice(rows)
        row[draw.randrange(len(row))] = draw.choice(["1/3", "7", "1/99999999999999999999", *row])
    elif field == "verdict":
        data["verdict"] = draw.choice(["holds", "violated", "exceeded", "consistent", "not applicable", "undecided"])
    elif field in ("precision", "k"):
        data[field] = draw.choice([1, 2, 3, value + 1, 2 * value])
    else:
        data[field] = draw.choice(
            [moved(draw, value), value + " ", f"x\r{value}", f"{value}\nconfirmed", "by at least 9"]
        )
    return data


def moved(draw, text):
    """Another number, or another text, that is written alike."""
    digits = [place for place, character in enumerate(text or "") if character.isdigit()]
    if not digits:
        return "1"
    place = draw.choice(digits)
    return text[:place] + draw.choice("0123456789") + text[place + 1 :]


def file_of(draw, data):
    """The bytes of a damaged or forged file."""
    kind = draw.randrange(4)
    if kind == 0:
        return mutated_bytes(draw, json.dumps(data, ensure_ascii=False, indent=1).encode())
    if kind == 1:
        data = sealed(mutated_json(draw, data))
    elif kind == 2:
        data = sealed(forged(draw, data))
    else:
        changed = dict(data)
        changed[draw.choice(list(data))] = draw.choice(ODD)
        data = sealed(changed)
    return json.dumps(data, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def says_the_same(one, other):
    """Whether two certificates are equal, but for balls and radii that differ as those of two machines may."""
    fields = ("theorem", "statement", "kind", "k", "verdict", "precision", "instance")
    if any(getattr(one, name) != getattr(other, name) for name in fields):
        return False
    pairs = [
        (one.lhs, other.lhs),
        (one.rhs, other.rhs),
        *zip(sum(one.margins, ()), sum(other.margins, ()), strict=False),
    ]
    pairs += zip(one.reason.split(), other.reason.split(), strict=False)
    return len(one.margins) == len(other.margins) and all(
        first == second or near(first, second) for first, second in pairs
    )


def near(one, other):
    """Whether two strings are balls that meet and are about as wide, or such radii."""
    found = [re.findall(r"-?\d[\d.]*(?:e[+-]?\d+)?", text or "") for text in (one, other)]
    if not all(1 <= len(numbers) <= 2 for numbers in found) or "/" in one.replace("+/-", ""):
        return False
    (first, wide), (second, narrow) = (
        (Fraction(numbers[0]) if numbers[1:] else 0, Fraction(numbers[-1])) for numbers in found
    )
    return abs(first - second) <= 1.001 * (wide + narrow) and wide <= 1025 * narrow and narrow <= 1025 * wide


def check(path, said):
    """Load and check one file through the library: what came of it; an AssertionError says what is wrong."""
    try:
        certificate = mt.Certificate.load(path)
    except ValueError:
        return "refused"
    if certificate.check():
        return "not confirmed"
    if certificate == said:
        return "unchanged"
    honest = certify_exact(mt.theorems[certificate.theorem], certificate.instance, certificate.k)
    assert says_the_same(certificate, honest), (certificate, honest)
    return "true of another instance" if certificate.instance != said.instance else "unchanged but for radii"


def command(path, said):
    """Check one file through the command: its exit code; what it prints is what it found, and nothing of the file."""
    import io
    import sys
    from contextlib import redirect_stdout

    from mmcl_theory.cli.certify import certify

    printed = io.StringIO()
    with redirect_stdout(printed):
        code = certify(check=str(path))
    assert code in (0, 3)
    assert (printed.getvalue().splitlines()[-1] == "confirmed") == (code == 0)
    assert all(character.isprintable() or character == "\n" for character in printed.getvalue()), sys.stdout
    if code == 0:
        assert "refused" != check(path, said) != "not confirmed"
    return code


def run(count, seed=0, sources=None, action=check):
    """Try so many files; count what came of them."""
    draw, outcomes, slowest = random.Random(seed), Counter(), 0.0
    sources = originals() if sources is None else sources
    said = [mt.Certificate.from_json(data) for data in sources]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forged.json"
        for _ in range(count):
            index = draw.randrange(len(sources))
            path.write_bytes(file_of(draw, sources[index]))
            began = time.perf_counter()
            outcomes[action(path, said[index])] += 1
            slowest = max(slowest, time.perf_counter() - began)
    assert slowest < SECONDS
    return outcomes, slowest


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--command", action="store_true")
    parser.add_argument("--from", dest="folder", type=Path)
    given = parser.parse_args()
    files = sorted(given.folder.glob("*.json")) if given.folder else ()
    read = [json.loads(file.read_text()) for file in files] or None
    print(*run(given.count, given.seed, read, command if given.command else check))
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB at most")
