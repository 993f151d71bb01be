"""Write the gallery: every figure of the documents, with the command that made it and its code."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]

# Figures whose file has another name than the script that draws them; with the arguments that it takes.
COMMANDS = {
    "coloured_digits_one_layer": "experiments/coloured_digits.py results one-layer",
    "emoji_gap": "experiments/emoji_gap.py",
    "resampling_cold": "experiments/resampling.py",
    "resampling_gains": "experiments/resampling.py",
    "scarce_modality_kappa": "experiments/scarce_modality.py",
    "scarce_modality_labels": "experiments/scarce_modality.py",
    "shortcut_class_or_colour": "experiments/shortcut_phases.py",
    "shortcut_content_threshold": "experiments/shortcut_phases.py",
    "shortcut_digit_against_style": "experiments/shortcut_phases.py",
    "shortcut_two_stages": "experiments/shortcut_phases.py",
    "signal_noise_training": "experiments/signal_noise_dynamics.py",
    "training_rates": "experiments/training_finds_the_svd.py",
    "worst_alpha": "experiments/tightness.py",
    "worst_sigma": "experiments/tightness.py",
}
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([\w/]*?)(\w+)\.png\)")


def gallery_pages(source: pathlib.Path) -> dict[str, str]:
    """Return the page of the gallery, by its file name below the tree's root."""
    pictures = _pictures()
    cards = [
        "# Gallery",
        "",
        "Each figure with what it shows, the page that discusses it, the command and the code.",
        "",
    ]
    for name, (words, page) in sorted(pictures.items()):
        command = COMMANDS.get(name, f"experiments/{name}.py")
        script = command.split()[0]
        cards += [
            f"## {_title(name)}\n",
            f"![{words}](docs/{name}.png)\n",
            f"{words}. Discussed in [{page}]({page}).\n",
            f"    python {command}\n",
            f":::{{dropdown}} Code: {script}\n```{{literalinclude}} {script}\n:language: python\n```\n:::\n",
        ]
    return {"gallery.md": "\n".join(cards)}


def _title(name: str) -> str:
    """Write the name of a figure as a heading."""
    return name.replace("_", " ").replace("svd", "SVD").capitalize()


def _pictures() -> dict[str, tuple[str, str]]:
    """Find the pictures of the documents: what each shows, in words, and the page that it stands on."""
    found = {}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for words, _, name in _PICTURE.findall(page.read_text(encoding="utf-8")):
            found[name] = (words, page.relative_to(ROOT).as_posix())
    return found
