"""The stub that runs first in every program (`python -m programs.child OPTIONS MODULE …`).

Limits hold before the program imports anything. Linux lets only a process with one thread leave
its user namespace, so this cannot be done later, nor by the parent.
"""

import argparse
import resource
import runpy
import sys

from programs.isolation import leave_network
from programs.parent_death import die_with_parent


def main() -> None:
    """Take away what the options say, then become the program."""
    parser = argparse.ArgumentParser(prog="python -m programs.child", allow_abbrev=False)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--memory-bytes", type=int)
    parser.add_argument("--no-network", action="store_true")
    parser.add_argument("--no-processes", action="store_true")
    parser.add_argument("--processes-until-hidden", action="store_true")
    parser.add_argument("module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    die_with_parent(options.parent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if options.memory_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (options.memory_bytes, options.memory_bytes))
    if options.no_network:
        leave_network(
            hide_processes=options.no_processes, hide_later=options.processes_until_hidden
        )
    sys.argv = [options.module, *options.arguments]
    runpy.run_module(options.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
