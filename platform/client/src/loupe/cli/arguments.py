"""What several commands read alike."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from loupe.client import Loupe, connect

Commands = Any
"""What argparse's `add_subparsers` returns; its type has no public name."""


def command(
    commands: Commands,
    common: argparse.ArgumentParser,
    name: str,
    do: Callable[[argparse.Namespace], int],
    summary: str,
    description: str = "",
) -> argparse.ArgumentParser:
    """Add a command and return its parser."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=description or f"{summary[0].upper()}{summary[1:]}.",
        parents=[common],
    )
    made.set_defaults(do=do)
    return made


def connected(args: argparse.Namespace) -> Loupe:
    """Return the client that a command works with."""
    return connect(args.url)
