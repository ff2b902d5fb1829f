"""`loupe datasets`, `loupe push`."""

from __future__ import annotations

import argparse
import shlex
from itertools import islice
from pathlib import Path

from loupe.cli.arguments import Commands, command, connected
from loupe.cli.output import in_words, remark, say, say_json, say_table
from loupe.cli.readings import choose
from loupe.client import Loupe
from loupe.datasets import Dataset, Import
from loupe.errors import JobFailed, NeedsConfirmation, Refused, UnusableInput
from loupe.folders import files_below
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
    push.add_argument("source", type=Path, nargs="?", help="a folder or a zip")
    push.add_argument(
        "--to", metavar="DATASET", help="an existing dataset; without it a new one is made"
    )
    push.add_argument("--name", help="of the new dataset; by default that of the folder")
    push.add_argument("--organization", metavar="SLUG", help="whose the new dataset is")
    push.add_argument("--layout", help="how it is to be read, where that is not clear")
    push.add_argument(
        "--encoding", metavar="PAGE", help="the code page of names not in UTF-8, such as cp932"
    )
    push.add_argument(
        "--confirm",
        metavar="IMPORT",
        help="answer an import that waits, by --layout (and --encoding), without another upload",
    )
    push.add_argument("--duplicates", choices=("skip", "keep"), help="copies (skip)")


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
    _require_one_way(args)
    with connected(args) as client:
        dataset, source = _begun(client, args)
        try:
            _wait(client, source)
        except NeedsConfirmation:
            raise
        except JobFailed:
            if args.confirm:
                _tell_empty(dataset)
            elif not args.to:
                _remove_empty(dataset)
            raise
        source.reload()
        if args.json:
            say_json({**source.counts, "dataset": dataset.id, "import": source.id})
            return 0
        say(f"{dataset.name}: {in_words(source.counts)}")
        for item in islice(source.items(), _MOST_NAMED):
            remark(f"  {item['outcome']}: {item['name']}: {item['detail']}")
        say(f"{client.api.url}/datasets/{dataset.id}/")
    return 0


def _require_one_way(args: argparse.Namespace) -> None:
    """Refuse a folder beside --confirm, or options that an answer would leave out."""
    if bool(args.source) == bool(args.confirm):
        raise UnusableInput("Say a folder or a zip, or --confirm IMPORT.")
    if args.confirm and (args.to or args.name or args.organization or args.duplicates):
        raise UnusableInput(
            "--confirm takes --layout and --encoding alone: all else was said before."
        )


def _tell_hidden(source: Path) -> None:
    """Say what of a folder stays out of its upload."""
    hidden: list[Path] = []
    if source.is_dir():
        for _ in files_below(source, hidden=hidden):
            pass
    if hidden:
        named = ", ".join(str(path.relative_to(source)) for path in hidden[:_MOST_NAMED])
        more = len(hidden) - _MOST_NAMED
        remark(f"Hidden, left out: {named}{f' and {more:,} more' if more > 0 else ''}")


def _begun(client: Loupe, args: argparse.Namespace) -> tuple[Dataset, Import]:
    """Start an import, or let one go on that waits for an answer."""
    if args.confirm:
        source = client.import_(args.confirm)
        if args.layout:
            source.confirm(args.layout, encoding=args.encoding or "", wait=False)
        elif args.encoding:
            raise UnusableInput("--confirm takes --encoding beside --layout.")
        return client.dataset(source["dataset"]), source
    _tell_hidden(args.source)
    if not args.to:
        return _import_as_new(client, args)
    dataset = client.dataset(args.to)
    with uploaded(client.api, args.source, progress=True) as upload_id:
        return dataset, _import(dataset, upload_id, args)


def _import(dataset: Dataset, upload_id: str, args: argparse.Namespace) -> Import:
    return dataset.import_upload(
        upload_id,
        layout=args.layout,
        encoding=args.encoding,
        duplicates=args.duplicates or "skip",
    )


def _import_as_new(client: Loupe, args: argparse.Namespace) -> tuple[Dataset, Import]:
    """Make a dataset once the upload is whole: none is left by one that is broken off."""
    name = args.name or args.source.resolve().stem
    for each in client.datasets():
        if each.name == name:
            raise _taken(each)
    with uploaded(client.api, args.source, progress=True) as upload_id:
        dataset = client.create_dataset(name, organization=args.organization)
        try:
            return dataset, _import(dataset, upload_id, args)
        except Refused:
            dataset.delete()
            raise


def _taken(dataset: Dataset) -> UnusableInput:
    said = (
        f"There is a dataset {dataset.name} already: say --to to add to it, or --name for a new "
        "one."
    )
    waiting = (each for each in dataset.imports() if each.status == "needs_confirmation")
    for source in islice(waiting, 1):
        said += (
            f" An import into it waits for an answer: `loupe push --confirm {source.id}` shows "
            "how it can be read."
        )
    return UnusableInput(said)


def _wait(client: Loupe, source: Import) -> None:
    try:
        source.wait()
    except NeedsConfirmation as error:
        choose(client, error)


def _remove_empty(dataset: Dataset) -> None:
    """Move a new dataset to the trash that its first import has left empty."""
    dataset.reload()
    if dataset.image_count == 0:
        dataset.delete()
        remark(f"The new dataset {dataset.name} is in the trash: nothing came into it.")


def _tell_empty(dataset: Dataset) -> None:
    """Say that a dataset is empty: whether it was made for this import, an answer cannot know."""
    dataset.reload()
    if dataset.image_count == 0:
        again = shlex.join(["loupe", "push", "FOLDER", "--to", dataset.name])
        remark(f"{dataset.name} is still there, and empty: `{again}` fills it.")


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
