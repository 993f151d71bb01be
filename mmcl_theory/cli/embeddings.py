"""Take the embeddings of the user's model as the encoders of a joint, and say how good they are."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from .mistakes import naming_options

if TYPE_CHECKING:
    from ..joints.instance import Instance
    from ..joints.joint import Joint

_OPTIONS = {
    "image_features": "--image-features",
    "text_features": "--text-features",
    "prompts": "--prompts",
    "joint": "--image-features",
}


@dataclasses.dataclass(frozen=True)
class Embeddings:
    """Hold the options that give the vectors of a model, found by the names of images, texts and classes."""

    panel: ClassVar[str] = "Encoders of yours, in place of random ones"

    image_features: Annotated[
        str | None, typer.Option(help="Read the vectors of images: an .npz, .npy, .parquet or .safetensors file.")
    ] = None
    text_features: Annotated[str | None, typer.Option(help="Read the vectors of texts likewise.")] = None
    prompts: Annotated[
        str | None, typer.Option(help="Read likewise the vector of a prompt for each class, by the name of the class.")
    ] = None
    raw: Annotated[
        bool, typer.Option("--raw", help="Take vectors as they are.  By default they are divided by their length.")
    ] = False

    @property
    def files(self) -> tuple[str | None, ...]:
        """Return the files that are read."""
        return self.image_features, self.text_features, self.prompts

    def attached(self, instances: Sequence["Instance"]) -> list["Instance"]:
        """Give an instance the user's encoders at their best scale, in place of those that it has."""
        import equinox as eqx

        if self.image_features is None:
            return list(instances)
        given = self._encoded(instances[0].joint, None).encoders
        return [eqx.tree_at(lambda one: one.encoders, instances[0], given, is_leaf=lambda leaf: leaf is None)]

    def report(self, joints: Sequence["Joint"], ks: Sequence[int]) -> list[str]:
        """Measure the user's encoders: say in lines their errors, their best scale, and what their loss is due to."""
        from ..verification.verify import verify
        from ..worlds.embeddings import imperfections, prompt_error, with_best_texts

        if self.image_features is None or self.text_features is None:
            if self != Embeddings():
                raise ValueError("--image-features, --text-features: both are needed for encoders of yours")
            return []
        if len(joints) != 1:
            raise ValueError(f"--image-features: one joint is needed, got {len(joints)}")
        encoded = self._encoded(joints[0], 1.0)
        found = imperfections(encoded)
        with naming_options(k="--k"):
            bounds = verify(with_best_texts(encoded), ks, "suboptimal-encoder")
        least = bounds.sort_values("rhs").iloc[0]  # those that are not applicable are last
        lines = [
            f"encoders: d = {found.dimension}; probe error {found.probe_error:.4g} (residual {found.probe_residual:.4g}"
            f"), zero-shot error {found.zero_shot_error:.4g}",
            f"ε = {found.excess_loss:.4g}: scale {found.of_scale:.4g}, alignment {found.of_alignment:.4g}, texts "
            f"{found.of_texts:.4g}, images {found.of_images:.4g}",
            f"best scale of inner products: {found.best_scale:.4g}, which the statements above take, so that ε = "
            f"{found.excess_loss - found.of_scale:.4g} there",
        ]
        if least.rhs < float("inf"):
            lines.append(
                f"with the best texts beside these images, ε = {found.of_images:.4g} and suboptimal-encoder says at "
                f"k = {least.k}: {least.lhs:.4g} ≤ {least.rhs:.4g}"
            )
        if self.prompts is not None:
            with naming_options(**_OPTIONS):
                error = prompt_error(joints[0], self.image_features, self.prompts, cosine=not self.raw)
            lines[0] += f", with prompts {error:.4g}"
        return lines

    def _encoded(self, joint: "Joint", scale: float | None) -> "Instance":
        """Give a joint the user's encoders, their inner products multiplied by ``scale``."""
        from ..worlds.embeddings import with_embeddings

        with naming_options(**_OPTIONS):
            return with_embeddings(joint, self.image_features, self.text_features, cosine=not self.raw, scale=scale)
