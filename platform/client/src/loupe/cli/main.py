"""The command `loupe`: reads the arguments, runs a command, and turns errors into sentences."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path
from typing import NoReturn

from loupe.api import VERSION
from loupe.cli import asking, data, fetching, learning, signing, working
from loupe.cli.output import remark
from loupe.cli.readings import tell_choices
from loupe.errors import (
    CannotConnect,
    LoupeError,
    NeedsConfirmation,
    NotSignedIn,
    SignedOut,
    Unavailable,
    UnexpectedAnswer,
    UnusableInput,
)

REFUSED, UNUSABLE, SIGN_IN, ASKS, UNREACHABLE, INTERRUPTED = 1, 2, 3, 4, 5, 130
EXIT_CODES = """\
exit codes:
  0  done
  1  Loupe refused it, a job failed, or a file could not be read
  2  the command cannot be understood, or a file cannot be sent
  3  not signed in: run `loupe login`
  4  an archive can be read in several ways: the command for each is printed
  5  the server does not answer

environment:
  LOUPE_URL, LOUPE_TOKEN  the server and an API token, in place of `loupe login`
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--url", help="the address of Loupe; by default that of the last login")
    common.add_argument("--json", action="store_true", help="print results as lines of JSON")
    top = argparse.ArgumentParser(
        prog="loupe",
        description="Datasets, training and predictions of a Loupe, from the command line.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"loupe {VERSION}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for module in (signing, data, learning, asking, fetching, working):
        module.add_commands(commands, common)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = _parsed(arguments)
    try:
        return int(args.do(args))
    except KeyboardInterrupt:
        remark("\nInterrupted. What the server has begun goes on: `loupe jobs` shows it.")
        return INTERRUPTED
    except NeedsConfirmation as error:
        tell_choices(error, args.url)
        return ASKS
    except LoupeError as error:
        remark(f"loupe: {error}")
        return _exit_code(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        remark(f"loupe: {error}")
        return UNUSABLE


def run() -> NoReturn:
    """Be the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal cannot show shall not end the program.
            stream.reconfigure(errors="replace")
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # As in `loupe jobs | head`: nothing reads on, and Python would say so at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = REFUSED
    sys.exit(code)


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    """Read the arguments; images may also stand behind options, where argparse leaves them over."""
    top = parser()
    args, left = top.parse_known_args(arguments)
    if left and (not hasattr(args, "images") or any(each.startswith("-") for each in left)):
        top.error(f"unrecognized arguments: {' '.join(left)}")
    if left:
        args.images += map(Path, left)
    return args


def _exit_code(error: LoupeError) -> int:
    if isinstance(error, NotSignedIn | SignedOut):
        return SIGN_IN
    if isinstance(error, UnusableInput):
        return UNUSABLE
    if isinstance(error, CannotConnect | Unavailable | UnexpectedAnswer):
        return UNREACHABLE
    return REFUSED
