"""`loupe predict`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from loupe.cli.arguments import Commands, command, connected
from loupe.cli.output import percent, remark, say_json, say_table
from loupe.cli.watching import watch
from loupe.errors import UnusableInput
from loupe.images import image_paths
from loupe.models import Model, ModelVersion
from loupe.predictions import Prediction


def add_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add it."""
    predict = command(
        commands,
        common,
        "predict",
        ask,
        "ask a model about images",
        "Ask a model about images. With --watch it asks about each image file that comes into a "
        "folder, once, and writes the answers as lines of JSON; after an end it goes on where it "
        "was. Write or copy a file under another ending and rename it, so that none is read half.",
    )
    predict.add_argument("model", help="a name or an id")
    predict.add_argument("images", nargs="*", type=Path, help="image files, or folders of them")
    predict.add_argument("--version", type=int, metavar="N", help="by default the live one")
    predict.add_argument("--top", type=int, default=3, metavar="N", help="classes for each (3)")
    predict.add_argument("--watch", type=Path, metavar="FOLDER", help="what comes into it")
    predict.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="with --watch: where the lines go (FOLDER/predictions.jsonl)",
    )
    predict.add_argument(
        "--once", action="store_true", help="with --watch: end when all that is there is answered"
    )


def ask(args: argparse.Namespace) -> int:
    """Ask about files, or watch a folder."""
    if bool(args.images) == bool(args.watch):
        raise UnusableInput("Say images, or --watch FOLDER.")
    if (args.output or args.once) and not args.watch:
        raise UnusableInput("--output and --once are understood with --watch alone.")
    with connected(args) as client:
        model = client.model(args.model)
        asked: Model | ModelVersion = model if args.version is None else model.version(args.version)
        if args.watch:
            output = args.output or args.watch / "predictions.jsonl"
            return watch(asked, args.watch, output, top_k=args.top, once=args.once)
        return _tell(asked.predict_each(_files(args.images), top_k=args.top), args)


def _files(given: list[Path]) -> Iterator[Path]:
    for path in given:
        if path.is_dir():
            yield from image_paths(path)
        else:
            yield path


def _tell(answers: Iterator[Prediction], args: argparse.Namespace) -> int:
    """Print the answers as they come; return 1 where a file could not be read as an image."""
    first = next(answers, None)
    if first is None:
        raise UnusableInput("There are no image files.")
    errors: list[str] = []

    def noted() -> Iterator[Prediction]:
        for each in chain([first], answers):
            errors.extend(filter(None, [each.error]))
            yield each

    if args.json:
        for each in noted():
            say_json({**each.data, "file": str(each.source)})
    else:
        say_table(("image", "class", "probability", ""), map(_row, noted()))
    if errors:
        remark(f"{len(errors):,} of these could not be read as images.")
    return int(bool(errors))


def _row(each: Prediction) -> tuple[Any, ...]:
    if each.error:
        return each.source, "–", "–", each.error
    others = ", ".join(f"{name} {percent(share)}" for name, share in each.classes[1:])
    return each.source, each.class_name, percent(each.probability), each.decision or others
