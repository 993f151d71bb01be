"""Read and write every kind of file of the package: whole or not at all, without pickle, and of a limited size."""

from .cells import QuotationError, parquet_columns, read_parquet, rows_of
from .file_kind import FileKind
from .members import Members
from .refusals import existing_file, refusing
from .values import packed, unpacked
from .vectors import read_features
from .versions import other_versions, versions
from .writer import check_writable, write_text, writing

__all__ = [
    "FileKind",
    "Members",
    "QuotationError",
    "check_writable",
    "existing_file",
    "other_versions",
    "packed",
    "parquet_columns",
    "read_features",
    "read_parquet",
    "refusing",
    "rows_of",
    "unpacked",
    "versions",
    "write_text",
    "writing",
]
