"""``python -m mmcl_theory`` is ``mmcl-theory``."""

from .cli import main

main()
