"""Make joints of real pairs: the bundled emoji, and the user's own."""

import importlib
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

from .. import _archive, _checks
from ..joints.joint import Joint
from ..joints.names import Names

LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh")
STYLES = ("google", "twitter")
TILE = 32  # side of a drawing in pixels
TILES_PER_ROW = 44  # drawings in a row of the bundled pictures


# What is made of pairs as they are made here, so imported from there on first use.
_FURTHER = {
    **dict.fromkeys(("from_captions", "reworded"), "captions"),
    **dict.fromkeys(
        ("from_embeddings", "imperfections", "prompt_error", "with_best_texts", "with_embeddings"), "embeddings"
    ),
}


def __getattr__(name: str) -> Any:
    """Load a name of ``_FURTHER`` on first use."""
    if name not in _FURTHER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_FURTHER[name]}", __package__), name)


def emoji(language: str = "en", labels: str = "group") -> Joint:
    """Make the joint of emoji and their keyword tags: all (emoji, tag) pairs of one language are equally likely.

    In English there are 1,906 images, 3,605 texts and 10,122 pairs, in 39 connected components, so that
    σ_1 = … = σ_39 = 1.  Tags have their Bayes label.  Names and tags are from emojibase-data (MIT), derived from
    Unicode CLDR (Unicode License v3).

    Parameters
    ----------
    language
        One of en, de, es, fr, it, ja, ko, pt, ru, zh.
    labels
        "group" (9 classes) or "subgroup" (about a hundred).

    Raises
    ------
    ValueError
        If an argument is not one of these.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> joint = mt.datasets.emoji()
    >>> joint, round(float(joint.labeling_error), 4)
    (Joint(1906 images × 3605 texts, 9 classes), 0.1569)
    """
    if language not in LANGUAGES:
        raise ValueError(f"language: must be one of {', '.join(LANGUAGES)}, got {_checks.quoted(language)}")
    if labels not in ("group", "subgroup"):
        raise ValueError(f"labels: must be 'group' or 'subgroup', got {_checks.quoted(labels)}")
    rows = _annotations()
    pairs = rows.assign(tag=rows[f"tags_{language}"].str.split("|")).explode("tag")
    pairs = pairs[pairs.tag != ""]
    return from_pairs(list(pairs.name), list(pairs.tag), list(pairs[labels]))


def drawings(style: str = "google") -> np.ndarray:
    """Read the drawings of the bundled emoji, in the order of the images of ``emoji``.

    Google's are Noto Emoji (Apache License 2.0), Twitter's are Twemoji (Copyright Twitter, Inc and other contributors,
    CC BY 4.0), both by way of emoji-datasource (MIT).  Some emoji share a drawing: flags, and pictograms of families.

    Parameters
    ----------
    style
        "google" or "twitter".

    Returns
    -------
    np.ndarray
        Red, green and blue on white, a byte each, shape (1906, 32, 32, 3).

    Raises
    ------
    ValueError
        If the style is not one of these, or Pillow is not installed.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> mt.datasets.drawings().shape, mt.datasets.emoji().names.images[3]
    ((1906, 32, 32, 3), 'beaming face with smiling eyes')
    """
    if style not in STYLES:
        raise ValueError(f"style: must be 'google' or 'twitter', got {_checks.quoted(style)}")
    try:
        from PIL import Image
    except ImportError as error:
        raise ValueError("style: the drawings need Pillow: pip install 'mmcl-theory[images]'") from error
    with _bundled(f"images_{style}_{TILE}px.png").open("rb") as file:
        atlas = np.asarray(Image.open(file))
    tiles = atlas.reshape(-1, TILE, TILES_PER_ROW, TILE, 3).swapaxes(1, 2).reshape(-1, TILE, TILE, 3)
    return tiles[: len(_annotations())]


def from_pairs(
    images: Sequence[Any] | pd.Series,
    texts: Sequence[Any] | pd.Series,
    labels: Sequence[Any] | pd.Series | Mapping[Any, Any],
    *,
    text_labels: Sequence[Any] | pd.Series | Mapping[Any, Any] | None = None,
    counts: Sequence[float] | np.ndarray | None = None,
) -> Joint:
    """Make the joint of a list of pairs: equal things are one image, text or class, numbered in order of appearance.

    Parameters
    ----------
    images, texts
        The two halves of each pair, any hashable things; their ``str`` becomes their name.
    labels
        The class of each pair's image, or a mapping from image to class.
    text_labels
        The class of each pair's text, or a mapping; by default texts have their Bayes label.
    counts
        Weight of each pair, by default 1; repeated pairs add up.

    Raises
    ------
    ValueError, TypeError
        If lengths differ, something is missing, or one image (or text) has two classes; the message names it.

    Examples
    --------
    >>> import mmcl_theory as mt
    >>> images, texts = ["1.png", "2.png", "2.png"], ["a pet", "a pet", "a dog"]
    >>> joint = mt.datasets.from_pairs(images, texts, labels=["cat", "dog", "dog"])
    >>> joint.names.texts, joint.matrix.tolist()[0]
    (('a pet', 'a dog'), [0.3333333333333333, 0.0])
    """
    image_codes, image_things = _codes("images", images)
    text_codes, text_things = _codes("texts", texts)
    if len(image_codes) != len(text_codes):
        raise ValueError(f"texts: one for each of the {len(image_codes)} images is needed, got {len(text_codes)}")
    image_classes = _class_of_each("labels", labels, image_codes, image_things)
    text_classes = None if text_labels is None else _class_of_each("text_labels", text_labels, text_codes, text_things)
    class_codes, classes = pd.factorize(pd.Series(image_classes + (text_classes or []), dtype=object))
    weights = np.ones(len(image_codes)) if counts is None else _checks.weights("counts", counts, 1)
    if weights.shape != (len(image_codes),):
        raise ValueError(f"counts: one for each of the {len(image_codes)} pairs is needed, got shape {weights.shape}")
    shape = (len(image_things), len(text_things))
    return Joint(
        scipy.sparse.coo_array((weights, (image_codes, text_codes)), shape=shape),
        class_codes[: shape[0]],
        None if text_classes is None else class_codes[shape[0] :],
        n_classes=len(classes),
        names=Names(*(tuple(str(thing) for thing in things) for things in (image_things, text_things, classes))),
    )


def from_file(
    path: str | os.PathLike[str],
    *,
    image: str = "image",
    text: str = "text",
    label: str = "label",
    text_label: str | None = None,
    count: str | None = None,
) -> Joint:
    r"""Make the joint of the pairs in a CSV, TSV or Parquet file, one pair a row.

    Parameters
    ----------
    path
        Name of the file, which ends in .csv, .tsv or .parquet.
    image, text, label, text_label, count
        Names of the columns, the last two if there are any; see ``from_pairs``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be read in the format that its name says, or lacks a column; the message says which.

    Examples
    --------
    >>> import pathlib, tempfile, mmcl_theory as mt
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pairs.csv"
    >>> _ = path.write_text("image,text,label\n1.png,a cat,cat\n2.png,a dog,dog\n")
    >>> mt.datasets.from_file(path)
    Joint(2 images × 2 texts, 2 classes)
    """
    optional = {"text_label": text_label, "count": count}
    wanted = {"image": image, "text": text, "label": label}
    wanted |= {argument: column for argument, column in optional.items() if column is not None}
    if image == text:
        raise ValueError(f"text: images and texts are needed in two columns, got {_checks.quoted(text)} for both")
    columns = _read(path, wanted)
    for argument, things in columns.items():
        missing = next((row for row, thing in enumerate(things, 1) if _is_missing(thing)), None)
        if missing is not None and argument != "count":
            raise ValueError(f"{argument}: the cell in row {missing} is missing")
    return from_pairs(
        columns["image"],
        columns["text"],
        columns["label"],
        text_labels=columns.get("text_label"),
        counts=None if count is None else _counts(columns["count"]),
    )


def _bundled(name: str) -> Traversable:
    """Find a file in the folder of the bundled emoji."""
    return resources.files(__package__).joinpath("data/emoji", name)


def _annotations() -> pd.DataFrame:
    """Read the names, classes and tags of the bundled emoji, a row each."""
    with _bundled("annotations.tsv").open(encoding="utf-8") as file:
        # The file is plain tab-separated text: a quotation mark is a tag like any other, and so is "null".
        return pd.read_csv(file, sep="\t", quoting=3, dtype=str, keep_default_na=False)


def _read(path: str | os.PathLike[str], wanted: Mapping[str, str]) -> dict[str, Any]:
    """Read columns of a CSV, TSV or Parquet file, by the arguments that name them, and no others."""
    given = _archive.existing_file("path", path)
    suffix = os.path.splitext(given)[1].lower()
    if suffix not in (".csv", ".tsv", ".parquet"):
        raise ValueError(f"path: must end in .csv, .tsv or .parquet, got {_checks.quoted(given)}")
    refusing = f"cannot be read as {suffix[1:]}"
    # Cells are read as written: "NA" and "null" are words that a caption may consist of.
    rows = _archive.rows_of(given, "\t" if suffix == ".tsv" else ",")
    with _archive.refusing("path", given, refusing):
        names = _archive.parquet_columns(given) if suffix == ".parquet" else next(rows, [])
        if not names:
            raise ValueError("it has no columns")
    for argument, column in wanted.items():
        if names.count(column) != 1:
            number = "several columns" if column in names else "no column"
            have = _checks.quoted(", ".join(names))[1:-1]
            raise ValueError(
                f"{argument}: {_checks.quoted(given)} has {number} {_checks.quoted(column)}; it has {have}"
            )
    with _archive.refusing("path", given, refusing):
        if suffix == ".parquet":
            table = _archive.read_parquet(given, list(dict.fromkeys(wanted.values())))
            columns = {argument: table[column].tolist() for argument, column in wanted.items()}
        else:
            places = [names.index(column) for column in wanted.values()]
            cells = [[row[place] for place in places] for row in rows]
            columns = {argument: [row[i] for row in cells] for i, argument in enumerate(wanted)}
        if not columns["image"]:
            raise ValueError("it has no rows")
    return columns


def _counts(column: Sequence[Any]) -> np.ndarray:
    """Read the weights of pairs from the cells of a column."""
    counts = pd.to_numeric(pd.Series(column, dtype=object), errors="coerce").to_numpy(dtype=float)
    wrong = np.flatnonzero(~(counts >= 0) | ~np.isfinite(counts))
    if wrong.size:
        cell = _checks.quoted(column[wrong[0]])
        raise ValueError(f"count: a finite number ≥ 0 is needed, got {cell} in row {wrong[0] + 1}")
    return counts


def _codes(name: str, things: Any) -> tuple[np.ndarray, list]:
    """Index the distinct things: return the index of each thing, and the distinct things in order of appearance."""
    if isinstance(things, str | bytes) or not isinstance(things, Sequence | np.ndarray | pd.Series):
        raise TypeError(f"{name}: a sequence is needed, got {type(things).__name__}")
    if len(things) == 0:
        raise ValueError(f"{name}: must not be empty")
    column = pd.Series(things if isinstance(things, pd.Series) else list(things), dtype=object).reset_index(drop=True)
    try:
        codes, distinct = pd.factorize(column)
        first = np.unique(codes, return_index=True)[1]
        suspects = np.append(first, np.flatnonzero(codes < 0)[:1])  # one of each distinct thing, and a missing one
    except TypeError:
        suspects = np.arange(len(column))
    for place in np.sort(suspects):
        _check_thing(f"{name}: entry {place}", column[place])
    return codes, list(distinct)


def _check_thing(place: str, thing: Any) -> None:
    """Refuse a thing that cannot be compared with others (unhashable) or is missing: None, NaN, the empty string."""
    try:
        hash(thing)
    except TypeError as error:
        raise TypeError(f"{place} is not hashable, got {type(thing).__name__}") from error
    if _is_missing(thing):
        raise ValueError(f"{place} is missing")


def _is_missing(thing: Any) -> bool:
    """Say whether a thing is None, not a number, or of no letter."""
    return pd.isna(thing) is True or (isinstance(thing, str | bytes) and not thing)


def _class_of_each(name: str, labels: Any, codes: np.ndarray, things: list) -> list:
    """Find the class of each distinct thing, from a mapping or from a class for each pair."""
    if isinstance(labels, Mapping):
        unknown = [thing for thing in things if thing not in labels]
        if unknown:
            raise ValueError(f"{name}: {_checks.quoted(unknown[0])} has no class")
        for thing in things:
            _check_thing(f"{name}: the class of {_checks.quoted(thing)}", labels[thing])
        return [labels[thing] for thing in things]
    label_codes, classes = _codes(name, labels)
    if len(label_codes) != len(codes):
        raise ValueError(f"{name}: one for each of the {len(codes)} pairs is needed, got {len(label_codes)}")
    of_thing = np.full(len(things), -1)
    of_thing[codes] = label_codes
    conflict = np.flatnonzero(of_thing[codes] != label_codes)
    if conflict.size:
        thing = codes[conflict[0]]
        shown = [things[thing], classes[label_codes[conflict[0]]], classes[of_thing[thing]]]
        raise ValueError("{}: {} has two classes, {} and {}".format(name, *map(_checks.quoted, shown)))
    return [classes[code] for code in of_thing]
