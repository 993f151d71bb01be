"""Take the embeddings of the user's model as the encoders of a joint, and say how good they are."""

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

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

    def measured(self, joints: Sequence["Joint"], ks: Sequence[int]) -> tuple[list[str], Any]:
        """Say in lines how good the user's encoders are, and what their loss is due to; return them at the best scale.

        Where no scale is better than none at all, they are returned as they are.
        """
        from ..worlds.embeddings import imperfections, with_embeddings

        if self.image_features is None or self.text_features is None:
            if self != Embeddings():
                raise ValueError("--image-features, --text-features: both are needed for encoders of yours")
            return [], None
        if len(joints) != 1:
            raise ValueError(f"--image-features: one joint is needed, got {len(joints)}")
        with naming_options(**_OPTIONS):
            given = with_embeddings(joints[0], self.image_features, self.text_features, cosine=not self.raw, scale=1.0)
        assert given.encoders is not None
        found = imperfections(given)
        lines = [
            f"encoders: d = {found.dimension}; probe error {found.probe_error:.4g} (residual {found.probe_residual:.4g}"
            f"), zero-shot error {found.zero_shot_error:.4g}{self._of_prompts(joints[0])}",
            f"ε = {found.excess_loss:.4g}: scale {found.of_scale:.4g}, alignment {found.of_alignment:.4g}, texts "
            f"{found.of_texts:.4g}, images {found.of_images:.4g}",
            f"best scale of inner products: {found.best_scale:.4g}, which the statements above take, so that ε = "
            f"{found.excess_loss - found.of_scale:.4g} there"
            if found.best_scale > 0
            else "no scale of inner products is better than none: those of pairs are not positive on average",
            *_bound_with_best_texts(given, ks),
        ]
        root = math.sqrt(found.best_scale or 1.0)
        return lines, tuple(root * features for features in given.encoders)

    def _of_prompts(self, joint: "Joint") -> str:
        """Say what error the user's prompts have, if there are any."""
        from ..worlds.embeddings import prompt_error

        if self.prompts is None:
            return ""
        with naming_options(**_OPTIONS):
            return f", with prompts {prompt_error(joint, self.image_features, self.prompts, cosine=not self.raw):.4g}"


def with_encoders(instances: list["Instance"], encoders: Any) -> list["Instance"]:
    """Give instances these encoders, if there are any, in place of those that they have."""
    import equinox as eqx

    if encoders is None:
        return instances
    return [
        eqx.tree_at(lambda one: one.encoders, instance, encoders, is_leaf=lambda leaf: leaf is None)
        for instance in instances
    ]


def _bound_with_best_texts(given: "Instance", ks: Sequence[int]) -> list[str]:
    """Say what `suboptimal-encoder` bounds the probe by, beside the best text encoder, where it applies."""
    from ..verification.verify import verify
    from ..worlds.embeddings import imperfections, with_best_texts

    best = with_best_texts(given)
    with naming_options(k="--k"):
        least = verify(best, ks, "suboptimal-encoder").sort_values("rhs").iloc[0]  # where it does not apply, last
    if not least.rhs < float("inf"):
        return []
    excess = imperfections(best).excess_loss
    return [
        f"with the best texts beside these images, ε = {excess:.4g}, and suboptimal-encoder says at k = {least.k}: "
        f"{least.lhs:.4g} ≤ {least.rhs:.4g}"
    ]
