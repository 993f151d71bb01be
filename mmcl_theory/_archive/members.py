"""Read the arrays of a NumPy archive by their names, within limits."""

import math
import os
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO

import numpy as np

_ARRAYS_LIMIT = 2**34  # bytes that are read of a file: a joint of 2**29 cells takes 3 · 2**32, and labels
_MEMBERS_LIMIT = 10_000  # arrays of a file: far more than the leaves of any state of a training
_HEADER = 2**10  # bytes that an array takes besides its entries, at most
_DEFLATED = 1032  # bytes that a byte of compressed data can become, at most


class Members(Mapping[str, np.ndarray]):
    """Represent the arrays of a NumPy archive by their names; each is read when it is asked for, within limits.

    The others are neither decompressed nor allocated, whatever they are.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self._archive = zipfile.ZipFile(path)  # closed with the last reference to these arrays
        members = self._archive.infolist()
        if len(members) > _MEMBERS_LIMIT:
            raise ValueError(f"it holds {len(members)} arrays, more than {_MEMBERS_LIMIT}")
        self._members = {member.filename.removesuffix(".npy"): member for member in members}
        if len(self._members) < len(members):
            raise ValueError("it holds two arrays of one name")
        self._largest = _DEFLATED * os.path.getsize(path)
        self._left = _ARRAYS_LIMIT

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array, whose entries are not read."""
        member = self._members[name]
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.file_size > self._largest:
            raise ValueError(f"{name} is not stored as NumPy does it")
        with self._archive.open(member) as file:
            return checked_shape(name, member.file_size, file)

    def read(self, name: str, limit: int) -> np.ndarray:
        """Read an array of at most so many bytes, once its declared shape is known to be that of its entries."""
        self.shape(name)
        size = self._members[name].file_size
        if size > limit:
            raise ValueError(f"{name} takes more than {limit} bytes")
        self._left -= size
        if self._left < 0:
            raise ValueError(f"its arrays take more than {_ARRAYS_LIMIT} bytes")
        with self._archive.open(self._members[name]) as file:
            return np.lib.format.read_array(file, allow_pickle=False)

    def read_as(self, name: str, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
        """Read an array that must have this type and shape, or ``ValueError`` is raised before it takes more memory."""
        found = self.shape(name)
        if found != shape:
            raise ValueError(f"{name} has shape {found} in place of {shape}")
        array = self.read(name, math.prod(shape) * dtype.itemsize + _HEADER)
        if array.dtype != dtype:
            raise ValueError(f"{name} has type {array.dtype} in place of {dtype}")
        return array

    def __getitem__(self, name: str) -> np.ndarray:
        """Read an array that may take all that is left of the limit for all of them."""
        return self.read(name, _ARRAYS_LIMIT)


def checked_shape(name: str, size: int, file: IO[bytes]) -> tuple[int, ...]:
    """Read an array's shape; raise ``ValueError`` if it holds Python objects, or ``size`` is not what its shape says.

    NumPy allocates what a header declares before it reads the entries, however few there are.
    """
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"{name}: an array of NumPy's format {version}")
    shape, _, dtype = readers[version](file)
    if dtype.hasobject:
        raise ValueError(f"{name}: Python objects are not read")
    count = math.prod(shape)
    if count * dtype.itemsize != size - file.tell() or (count > 1 and dtype.itemsize == 0):
        raise ValueError(f"{name}: {shape} entries are declared, and not there")
    return shape
