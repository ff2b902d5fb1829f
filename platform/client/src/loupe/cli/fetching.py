"""`loupe export`."""

from __future__ import annotations

import argparse
from pathlib import Path

from loupe.cli.arguments import Commands, command, connected
from loupe.cli.output import remark, say, say_json, say_table
from loupe.models import ModelVersion


def add_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add it."""
    export = command(
        commands,
        common,
        "export",
        export_version,
        "download a model as a file, or list its files",
        "Download a version of a model in a format; a file that is not there yet is made first. "
        "Without --format: list what is there and what can be made.",
    )
    export.add_argument("model", help="a name or an id")
    export.add_argument("--version", type=int, metavar="N", help="by default the live one")
    export.add_argument("--format", help="such as onnx or keras")
    export.add_argument(
        "--output", "-o", type=Path, default=Path(), help="a file or a folder (this folder)"
    )
    export.add_argument(
        "--confirmed",
        action="store_true",
        help="also a file that does not answer as the served one does",
    )


def export_version(args: argparse.Namespace) -> int:
    """Make the file where it is not there, and write it."""
    with connected(args) as client:
        version = client.model(args.model).version(args.version)
        if args.format is None:
            return _list_files(version, as_json=args.json)
        trained = f"model.{args.format}"
        if trained in version.file_names:
            path = version.download(trained, args.output, confirmed=args.confirmed)
            parity = version["parity"] if trained == "model.onnx" else None
        else:
            export = version.export(args.format)
            path = export.download(args.output, confirmed=args.confirmed)
            parity = export.parity
        if args.json:
            say_json({"file": str(path), "bytes": path.stat().st_size, "parity": parity})
        else:
            say(f"{path}  {path.stat().st_size:,} bytes")
            for name, value in (parity or {}).items():
                remark(f"  {name}: {value}")
    return 0


def _list_files(version: ModelVersion, *, as_json: bool) -> int:
    files, makeable = version.data.get("files", {}), version.data.get("made_on_request", [])
    if as_json:
        say_json({"files": files, "made_on_request": makeable})
        return 0
    rows = [(name, f"{facts['bytes']:,}", "there") for name, facts in files.items()]
    rows += [(name, "–", "made on request: --format") for name in makeable]
    say_table(("file or format", "bytes", ""), rows)
    return 0
