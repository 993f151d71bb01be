"""Tidy tables: on disk, and what is read off them."""

from .io import check_path, read, write

__all__ = ["check_path", "read", "write"]
