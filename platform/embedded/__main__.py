"""The command line: `python -m embedded run [--then COMMAND [--once]]`, or `manage COMMAND …`."""

import argparse
import sys

from embedded.stop_signal import StopSignal


def main() -> int:
    """Read the command line, run the platform, and return the exit status."""
    # First of all, so that an early Ctrl-C is not a traceback.
    stop = StopSignal()
    parser = argparse.ArgumentParser(prog="python -m embedded")
    commands = parser.add_subparsers(dest="command", required=True)
    run_parser = commands.add_parser("run", help="serve in the foreground until Ctrl-C")
    run_parser.add_argument("--then", metavar="COMMAND", help="run a client once it is ready")
    run_parser.add_argument("--once", action="store_true", help="stop when that client has ended")
    manage_parser = commands.add_parser(
        "manage", help="run one command of manage.py on the databases alone, as their owner"
    )
    manage_parser.add_argument("words", metavar="COMMAND", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.command == "manage" and not arguments.words:
        parser.error("manage needs a command, such as `manage restore FOLDER`")
    if arguments.command == "run" and arguments.once and arguments.then is None:
        parser.error("--once needs --then")

    from embedded.errors import EmbeddedError
    from embedded.manage import manage
    from embedded.options import read_options
    from embedded.run import run

    try:
        if arguments.command == "manage":
            return manage(read_options(), stop, arguments.words)
        return run(read_options(), stop, then=arguments.then, once=arguments.once)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
