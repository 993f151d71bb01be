"""Run ``mmcl-theory`` as ``python -m mmcl_theory``."""

from .cli import main

main()
