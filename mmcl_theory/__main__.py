"""``python -m mmcl_theory`` is ``mmcl-theory``."""

from .cli.app import main

main()
