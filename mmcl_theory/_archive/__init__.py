"""Read and write every kind of file of the package: whole or not at all, without pickle, and of a limited size."""

from .file_kind import FileKind
from .members import Members
from .values import packed, parsed, unpacked
from .writer import check_writable, write_text, writing

__all__ = ["FileKind", "Members", "check_writable", "packed", "parsed", "unpacked", "write_text", "writing"]
