"""Read and write tidy tables, and derive reports from them."""

from .io import check_path, read, write

__all__ = ["check_path", "read", "write"]
