"""Give an environment the packages of requirements.txt and no other, by links to those installed beside this Python.

    python .ci/link_requirements.py dist/venv/bin/python

It is what pip would install there from the same file, in a second instead of half a minute.
"""

import pathlib
import re
import subprocess
import sys
from importlib import metadata

REQUIREMENTS = pathlib.Path(__file__).parents[1] / "requirements.txt"


def main(python: str) -> None:
    """Link into the packages of that Python; a package that is not installed, as none of Linux's is, has no link."""
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    folder = pathlib.Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    listed = re.findall(r"^([\w.-]+)==", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
    for package in (found for name in listed for found in metadata.distributions(name=name)):
        for entry in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            if not (folder / entry).exists():
                (folder / entry).symlink_to(package.locate_file(entry))


if __name__ == "__main__":
    main(sys.argv[1])
