"""Read and write every kind of file of the package: whole or not at all, without pickle, and of a limited size."""

from .cells import parquet_columns, read_parquet, rows_of
from .file_kind import FileKind
from .members import Members
from .refusals import existing_file, refusing
from .values import packed, unpacked
from .writer import check_writable, write_text, writing

__all__ = [
    "FileKind",
    "Members",
    "check_writable",
    "existing_file",
    "packed",
    "parquet_columns",
    "read_parquet",
    "refusing",
    "rows_of",
    "unpacked",
    "write_text",
    "writing",
]
