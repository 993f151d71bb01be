"""Read and write every kind of file of the package: whole or not at all, without pickle, and of a limited size."""

from .file_kind import FileKind
from .members import Members
from .values import packed, parsed, unpacked
from .versions import other_versions, versions
from .writer import check_writable, write_text, writing

__all__ = [
    "FileKind",
    "Members",
    "check_writable",
    "other_versions",
    "packed",
    "parsed",
    "unpacked",
    "versions",
    "write_text",
    "writing",
]
