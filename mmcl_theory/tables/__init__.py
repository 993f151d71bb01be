"""Read and write tidy tables, and derive reports from them."""

from .differences import differences
from .io import check_path, read, write
from .markup import to_html, to_latex, to_markdown

__all__ = ["check_path", "differences", "read", "to_html", "to_latex", "to_markdown", "write"]
