"""Write the figures of a verification."""

import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..factorization.class_spectrum import class_spectrum
from ..joints.joint import Joint

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def write_verification_figures(table: "pd.DataFrame", joints: Sequence[Joint], stem: str) -> list[pathlib.Path]:
    """Draw the figures of a verification and write them as files; return the paths.

    One joint gives the gap between bounds and measured values over k, and the spectrum.  Several give both sides of
    `probe-mmcl` over the labeling error α and over the singular value σ_{k+1}.  A figure that cannot be drawn, as the
    table lacks its theorems or the complete spectrum is out of reach, is left out, with a line on standard error.

    Parameters
    ----------
    table
        Table that ``verify`` returned for these joints.
    joints
        Joints that were verified.
    stem
        Beginning of the files' names: the name of the figure and the ending are appended.
    """
    import matplotlib

    matplotlib.use("Agg")
    from .. import plotting

    figures: dict[str, Callable[[], Axes]]
    if len(joints) == 1:
        figures = {
            "gap": lambda: plotting.gap(table),
            "spectrum": lambda: plotting.spectrum(class_spectrum(joints[0])),
        }
    else:
        ks = sorted(table.k.dropna().unique())
        figures = {
            "alpha": lambda: plotting.against(table, "labeling_error", k=int(ks[len(ks) // 2])),
            "sigma": lambda: plotting.against(table, "sigma_next"),
        }
    paths = []
    for name, draw in figures.items():
        try:
            ax = draw()
        except ValueError as error:
            print(f"no {name} figure: {error}", file=sys.stderr)
            continue
        paths += plotting.save(ax, f"{stem}_{name}.pdf")
    return paths
