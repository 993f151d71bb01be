"""Read and write tidy tables as files."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write(table: "pd.DataFrame", path: str | os.PathLike[str]) -> None:
    """Write a table as Parquet or CSV, by the ending of the name; create the folders of the path.

    Raises
    ------
    ValueError
        If the name ends in neither .parquet nor .csv.
    TypeError
        If the table is not a DataFrame.

    Examples
    --------
    >>> import pathlib, tempfile, mmcl_theory as mt
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "table.parquet"
    >>> table = mt.verify(mt.generators.isotropic_noise(4, 0.25), k=[1, 2])
    >>> mt.tables.write(table, path)
    >>> mt.tables.read(path).equals(table)
    True
    """
    import pandas as pd

    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table: a DataFrame is needed, got {type(table).__name__}")
    suffix = check_path(path)
    os.makedirs(os.path.dirname(os.fspath(path)) or ".", exist_ok=True)
    if suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        # A missing number is written "nan", unlike an empty string: a column without a number stays one of numbers.
        table.to_csv(path, index=False, na_rep="nan")


def read(path: str | os.PathLike[str]) -> "pd.DataFrame":
    """Read a table that ``write`` wrote, with its column types.

    Raises
    ------
    ValueError
        If the name ends in neither .parquet nor .csv, or the file is not in the format that its name says.
    FileNotFoundError
        If there is no such file.
    """
    import pandas as pd

    suffix = check_path(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"path: there is no file {os.fspath(path)!r}")
    try:
        if suffix == ".parquet":
            return pd.read_parquet(path)
        # An empty cell among numbers is a missing number; among strings it is an empty string, such as no reason.
        table = pd.read_csv(path, keep_default_na=False, dtype=str)
        return table.apply(_numbers).astype({"k": "Int64"} if "k" in table else {})
    except ImportError as error:
        raise ValueError("path: Parquet files need pyarrow: pip install 'mmcl-theory[parquet]'") from error
    except Exception as error:  # readers raise many kinds; all mean that the file is not what its name says
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"path: {os.fspath(path)!r} cannot be read as {suffix[1:]} ({reason})") from error


def _numbers(column: "pd.Series") -> "pd.Series":
    """Convert a column to numbers, exact to the last bit, if all its cells are numbers or empty, and not all empty."""
    cells = column[column != ""]
    try:
        if cells.empty:
            raise ValueError
        exact = [int(cell) if cell.lstrip("-").isdigit() else float(cell) for cell in cells]
    except ValueError:
        return column
    import pandas as pd

    return pd.Series(exact, index=cells.index).reindex(column.index)


def check_path(path: str | os.PathLike[str]) -> str:
    """Check that a table's name ends in .parquet or .csv, and return the ending."""
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in (".parquet", ".csv"):
        raise ValueError(f"path: a table's name must end in .parquet or .csv, got {os.fspath(path)!r}")
    return suffix
