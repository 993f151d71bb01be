"""Make joints of the words of the user's captions, and say where captions as they are have nothing in common."""

import dataclasses
import sys
import warnings
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from .mistakes import naming_options, one_line
from .source import Source

if TYPE_CHECKING:
    from jaxtyping import PRNGKeyArray

    from ..joints.joint import Joint
    from ..worlds.world import World


@dataclasses.dataclass(frozen=True)
class Captions:
    """Hold the options that say what the texts are where the texts of a file are captions."""

    panel: ClassVar[str] = "Captions, in place of --data, --pairs and --joint"

    captions: Annotated[
        str | None,
        typer.Option(help="Read a file like that of --pairs, and take the words of its texts as the texts."),
    ] = None
    texts_are: Annotated[
        str, typer.Option(help="Take these as the texts: words, captions as they are, or clusters of captions.")
    ] = "words"
    ngrams: Annotated[int, typer.Option(help="Take up to so many words in a row as a text, too.")] = 1
    least_images: Annotated[int, typer.Option(help="Leave out texts that occur with fewer images.")] = 1
    stop_words: Annotated[
        str, typer.Option(help="Leave out these words, separated by commas, or those of English: english.")
    ] = ""
    clusters: Annotated[int, typer.Option(help="Make this many clusters of captions, with --seed.")] = 100

    def title(self, source: Source) -> str:
        """Return the name of the world or of the file."""
        return self.captions if self.captions is not None else source.title

    def make(self, source: Source, key: "PRNGKeyArray") -> list["Joint | World"]:
        """Make the joint of the captions, or where there are none, the joints or worlds that ``source`` names."""
        if sum(option is not None for option in (source.data, source.pairs, source.joint, self.captions)) != 1:
            raise ValueError("--data, --pairs, --joint, --captions: exactly one of them is needed")
        if self.captions is None:
            if self != Captions():
                names = "--texts-are, --ngrams, --least-images, --stop-words, --clusters"
                raise ValueError(f"{names}: only for captions that are read with --captions")
            return source.make(key)
        if source.text_label is not None:
            raise ValueError("--text-label: what is made of captions has its Bayes label")
        with naming_options(**{"--pairs": "--captions"}):
            made = dataclasses.replace(source, pairs=self.captions).make(key)
        return [self._reworded(one, source.seed) for one in made]

    def _reworded(self, joint: "Joint | World", seed: int) -> "Joint":
        """Replace captions by what the options name, and say on standard error what was left out."""
        from ..worlds.captions import reworded

        words = [word.strip() for word in self.stop_words.lower().split(",")]
        options = {name: f"--{name.replace('_', '-')}" for name in ("ngrams", "least_images", "stop_words", "captions")}
        with (
            naming_options(texts="--texts-are", n_clusters="--clusters", seed="--seed", **options),
            warnings.catch_warnings(record=True) as told,
        ):
            warnings.simplefilter("always")
            made = reworded(
                joint,  # type: ignore[arg-type]  # a file is of a joint
                self.texts_are,
                ngrams=self.ngrams,
                least_images=self.least_images,
                stop_words="english" if words == ["english"] else words,
                n_clusters=self.clusters,
                seed=seed,
            )
        for one in told:
            if issubclass(one.category, UserWarning):
                print(f"mmcl-theory: {one_line(str(one.message))}", file=sys.stderr)
        return made

    def warn_of_unshared(self, source: Source, joints: list["Joint"]) -> None:
        """Say in a line where no two images of the user's file share a text, and what to do."""
        from ..worlds.captions import shares_no_text

        if (source.pairs is None and self.captions is None) or not shares_no_text(joints[0]):
            return
        instead = (
            "take their words, --captions FILE in place of --pairs FILE"
            if self.captions is None
            else "take --texts-are words, or fewer --clusters"
        )
        print(
            f"No two images share a text, as all {joints[0].n_texts} texts differ from image to image: every singular "
            f"value is 1, and the statements say nothing.  What to do: {instead}."
        )
