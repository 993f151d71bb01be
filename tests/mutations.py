"""Damage and forge files at random, as tests of everything that reads a file need it."""

import copy
import io
import json
import random
import zipfile

import numpy as np

# Values that a forger would try in place of a number, a string, a list or an object.
ODD = (None, True, -1, 0, 2, 10**6, 10**30, 0.5, 1e300, "", "0", "1/0", "9" * 5000, "nan", "inf", "[nan]", "\x1b[8m")
ODD += ("a\nconfirmed", "\u202e", [], [[]], {}, [0], ["1/3", "1/3"], {"a": 1})


def mutated_bytes(draw: random.Random, content: bytes) -> bytes:
    """Flip, drop, repeat or insert bytes, or cut the file off."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(data) + 1)
        span = draw.randint(1, 64)
        action = draw.randrange(5)
        if action == 0 and place < len(data):
            data[place] ^= 1 << draw.randrange(8)
        elif action == 1:
            del data[place : place + span]
        elif action == 2:
            data[place:place] = data[place : place + span]
        elif action == 3:
            data[place:place] = draw.randbytes(span)
        elif action == 4:
            del data[place:]
    return bytes(data)


def mutated_json(draw: random.Random, content: object) -> object:
    """Change one to three places of JSON values: put an odd value, drop, repeat, rename or exchange."""
    root = [copy.deepcopy(content)]
    for _ in range(draw.randint(1, 3)):
        parent: list | dict = draw.choice([node for node in _containers(root) if node] or [root])
        key = draw.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
        action = draw.randrange(6)
        if action == 0 and parent is not root:
            del parent[key]
        elif action == 1 and isinstance(parent, list) and parent is not root:
            parent.insert(key, copy.deepcopy(parent[key]))
        elif action == 2 and isinstance(parent, dict):
            parent[draw.choice(["", "lhs", "digest", key + " "])] = parent[key]
        elif action == 3 and isinstance(parent[key], str | int):
            parent[key] = _near(draw, parent[key])
        elif action == 4 and len(parent) > 1:
            other = draw.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
            parent[key], parent[other] = parent[other], parent[key]
        else:
            parent[key] = copy.deepcopy(draw.choice(ODD))
    return root[0]


def _containers(value: object) -> list:
    """List a list or an object and all that are in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(found for item in inner for found in _containers(item))] if isinstance(value, dict | list) else []


def _near(draw: random.Random, value: str | int) -> str | int:
    """Return a number that is off by one, or a string with one character changed."""
    if isinstance(value, int):
        return value + draw.choice([-1, 1])
    place = draw.randrange(len(value) + 1)
    return value[:place] + draw.choice("0123456789/-[]+. e\x07é") + value[place + draw.randrange(2) :]


def mutated_arrays(draw: random.Random, content: bytes) -> bytes:
    """Change one to three members of a NumPy archive: shape, type, entries, name, or a text of JSON; or add one."""
    with np.load(io.BytesIO(content), allow_pickle=False) as opened:
        arrays = {name: opened[name] for name in opened.files}
    for _ in range(draw.randint(1, 3)):
        name = draw.choice(sorted(arrays))
        array = arrays[name]
        action = draw.randrange(7)
        if action == 0 and len(arrays) > 1:
            del arrays[name]
        elif action == 1:
            arrays[name] = array.ravel()[: draw.randint(0, array.size)]
        elif action == 2 and array.dtype.kind != "U":
            arrays[name] = array.astype(draw.choice(["f4", "i2", "?", "c16", "U7"]), casting="unsafe", copy=True)
        elif action == 3 and array.size and array.dtype.kind in "fiu":
            changed = array.copy().ravel()
            changed[draw.randrange(array.size)] = draw.choice([0, 1, 2, 7, 99])
            arrays[name] = changed.reshape(array.shape)
        elif action == 4:
            arrays[draw.choice(["x", "matrix", "facts", name + "2"])] = array
        elif action == 5:
            arrays[name] = np.array(draw.choice([0.5, -1, 2**40, float("nan"), "\x1b[8m"]))
        elif array.dtype == np.uint8:
            try:
                text = json.dumps(mutated_json(draw, json.loads(array.tobytes())))
            except ValueError:
                continue
            arrays[name] = np.frombuffer(text.encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def with_bomb(content: bytes, size: int = 2**32, name: str = "bomb") -> bytes:
    """Add a member of so many zeros to a NumPy archive, which takes a thousandth of that on disk."""
    buffer = io.BytesIO(content)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
    with (
        zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{name}.npy", "w", force_zip64=True) as member,
    ):
        member.write(header.getvalue())
        block = bytes(2**20)
        for _ in range(size // len(block)):
            member.write(block)
    return buffer.getvalue()
