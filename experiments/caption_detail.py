"""Compare captions of different length: longer ones lower the labeling error and raise the singular values.

    python experiments/caption_detail.py [FOLDER]

An image has seven of fourteen attributes, and a caption names some of these.  A shorter caption is a random function of
a longer one (a garbling), so with less detail the singular values can only fall (theorem `caption-garbling`) and the
labeling error can only grow.

The script writes caption_detail.parquet (every bound on the probe, for each caption length),
caption_detail_spectrum.parquet and the figures caption_detail_spectrum and caption_detail_bound (PDF, PNG) into FOLDER
(by default results/).  It takes half a minute.
"""

import pathlib
import sys

import jax
import pandas as pd

import mmcl_theory as mt

K = 4  # the number of classes
THEOREMS = ["probe-text-induced", "probe-mmcl", "probe-mmcl-lower", "probe-error"]


def main(folder: pathlib.Path, n_images: int = 160, longest: int = 7) -> None:
    lengths = range(1, longest + 1)
    # With one key these are the same images with the same attributes, described in more and more detail.
    joints = [
        mt.generators.caption_model(n_images, 14, K, 7, length, affinity=0.75, key=jax.random.key(0))
        for length in lengths
    ]
    table = mt.verify(joints, [2, K, 8], THEOREMS)
    lengths_of = pd.Series(lengths, name="caption_length")
    table = table.join(lengths_of, on="joint")
    spectra = {length: mt.class_spectrum(joint) for length, joint in zip(lengths, joints, strict=True)}
    spectrum = pd.concat(spectra, names=["caption_length"]).reset_index(level="caption_length")
    mt.tables.write(table, folder / "caption_detail.parquet")
    mt.tables.write(spectrum, folder / "caption_detail_spectrum.parquet")
    mt.plotting.save(mt.plotting.spectra(spectrum, "caption_length"), folder / "caption_detail_spectrum.pdf")
    bound = mt.plotting.against(table, "caption_length", theorem="probe-text-induced", k=K)
    mt.plotting.save(bound, folder / "caption_detail_bound.pdf")
    at_k = table[(table.k == K) & (table.theorem == "probe-text-induced")]
    columns = ["caption_length", "labeling_error", "sigma_next", "lhs", "rhs", "verdict"]
    print(f"linear probe on encoders of dimension {K}: residual and bound, by caption length")
    print(at_k[columns].round(4).to_string(index=False))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
