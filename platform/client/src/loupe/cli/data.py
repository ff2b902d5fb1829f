"""`loupe datasets`, `loupe push`."""

from __future__ import annotations

import argparse
import sys
from itertools import islice
from pathlib import Path

from loupe.cli.arguments import Commands, command, connected
from loupe.cli.output import in_words, remark, say, say_json, say_table
from loupe.client import Loupe
from loupe.datasets import Dataset, Import
from loupe.errors import NeedsConfirmation, Refused, UnusableInput
from loupe.uploads import uploaded

_MOST_NAMED = 10


def add_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add them."""
    datasets = command(
        commands, common, "datasets", show_datasets, "list datasets, or show one with its versions"
    )
    datasets.add_argument("dataset", nargs="?", help="a name or an id")
    push = command(
        commands,
        common,
        "push",
        push_images,
        "upload a folder or a zip of images",
        "Upload a folder or a zip: class/file, train/class/file, or with a labels.csv. An upload "
        "that was broken off goes on when the same command is run again.",
    )
    push.add_argument("source", type=Path, help="a folder or a zip")
    push.add_argument(
        "--to", metavar="DATASET", help="an existing dataset; without it a new one is made"
    )
    push.add_argument("--name", help="of the new dataset; by default that of the folder")
    push.add_argument("--organization", metavar="SLUG", help="whose the new dataset is")
    push.add_argument("--layout", help="how it is to be read, where that is not clear")
    push.add_argument(
        "--duplicates", choices=("skip", "keep"), default="skip", help="copies (skip)"
    )


def show_datasets(args: argparse.Namespace) -> int:
    """List all, or tell of one."""
    with connected(args) as client:
        if args.dataset:
            return _show_dataset(client.dataset(args.dataset), as_json=args.json)
        found = list(client.datasets())
    if args.json:
        for each in found:
            say_json(each.data)
        return 0
    say_table(
        ("name", "images", "classes", "organization", "id"),
        [
            (d.name, f"{d.image_count:,}", len(d.class_names), d["organization"], d.id)
            for d in found
        ],
    )
    return 0


def push_images(args: argparse.Namespace) -> int:
    """Upload and import; ask how it is meant where a person can answer."""
    with connected(args) as client:
        if args.to:
            dataset = client.dataset(args.to)
            with uploaded(client.api, args.source, progress=True) as upload_id:
                source = _import(dataset, upload_id, args)
        else:
            dataset, source = _import_as_new(client, args)
        try:
            source.wait()
        except NeedsConfirmation as error:
            source = _asked(client, error)
        if args.json:
            say_json({**source.counts, "dataset": dataset.id, "import": source.id})
            return 0
        say(f"{dataset.name}: {in_words(source.counts)}")
        for item in islice(source.items(), _MOST_NAMED):
            remark(f"  {item['outcome']}: {item['name']}: {item['detail']}")
        say(f"{client.api.url}/datasets/{dataset.id}/")
    return 0


def _import(dataset: Dataset, upload_id: str, args: argparse.Namespace) -> Import:
    return dataset.import_upload(upload_id, layout=args.layout, duplicates=args.duplicates)


def _import_as_new(client: Loupe, args: argparse.Namespace) -> tuple[Dataset, Import]:
    """Make a dataset once the upload is whole: none is left by one that is broken off."""
    name = args.name or args.source.resolve().stem
    if any(each.name == name for each in client.datasets()):
        raise UnusableInput(
            f"There is a dataset {name} already: say --to to add to it, or --name for a new one."
        )
    with uploaded(client.api, args.source, progress=True) as upload_id:
        dataset = client.create_dataset(name, organization=args.organization)
        try:
            return dataset, _import(dataset, upload_id, args)
        except Refused:
            dataset.delete()
            raise


def _asked(client: Loupe, error: NeedsConfirmation) -> Import:
    """Let the person choose one of the readings; without a terminal the error goes on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise error
    remark("This archive can be read in several ways:")
    for number, reading in enumerate(error.readings, 1):
        remark(f"  {number}  {reading['title']}: {reading['images']:,} images")
    most = len(error.readings)
    answer = "0"
    while not (answer.isdigit() and 1 <= int(answer) <= most):
        print(f"Which one (1 to {most})? ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise error
        answer = line.strip()
    source = client.import_(error.import_id)
    source.confirm(error.readings[int(answer) - 1]["layout"])
    return source


def _show_dataset(dataset: Dataset, *, as_json: bool) -> int:
    versions = list(dataset.versions())
    if as_json:
        say_json({**dataset.data, "versions": [each.data for each in versions]})
        return 0
    say(f"{dataset.name}: {dataset.image_count:,} images, {dataset.id}")
    say_table(
        ("class", "images"),
        [(each["name"], f"{each['image_count']:,}") for each in dataset["classes"]],
    )
    if versions:
        say("")
        rows = []
        for each in versions:
            counts = [
                sum(each["sample_counts"][s].values()) for s in ("train", "validation", "test")
            ]
            rows.append((each.number, *counts, each["digest"][:12], each.id))
        say_table(("version", "train", "validation", "test", "digest", "id"), rows)
    return 0
