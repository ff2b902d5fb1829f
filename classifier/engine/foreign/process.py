"""The process that opens foreign models: `python -m classifier.engine.foreign.process`.

The file comes open on stdin; a request in JSON is the last argument. Answers are lines of JSON on
stdout: `{"step": …}` while it works, then `{"done": …}` or `{"refused": {code, detail, hint}}`.
Before a byte of the file is looked at, all that the work needs is loaded; then the process gives up
files, network, other programs and its rights (`programs.isolation`, `programs.seccomp`).
"""

import codecs
import json
import sys
from collections.abc import Callable
from typing import Any

from classifier.engine.errors import EngineError
from classifier.engine.foreign import limits
from classifier.engine.foreign.checking import check
from classifier.engine.foreign.errors import ForeignRefused
from classifier.engine.foreign.wire import content_of, say
from programs.isolation import empty_proc, leave_files
from programs.limits import allow_seconds
from programs.seccomp import forbid_effects

# Python loads them from files when they are first used, by zipfile and json for two.
_ENCODINGS = ("cp437", "utf-8", "latin-1", "ascii", "base64", "unicode_escape", "utf-16", "utf-32")
Request = dict[str, Any]
Open = Callable[[bytes, Request], dict[str, Any]]


def main(open_file: Open | None = None) -> None:
    """Answer the one request; ``open_file`` takes the file's content."""
    request = json.loads(sys.argv[-1])
    if request["scan"]:
        act: Open = scan
    else:
        say({"step": "Loading TensorFlow"})
        act = open_file or _loaded()
    for name in _ENCODINGS:
        codecs.lookup(name)
    # Where the kernel allows no namespaces, the filter of system calls is what there is.
    if empty_proc():
        leave_files()
    if not forbid_effects():
        say({"refused": _NO_SANDBOX.to_dict()})
        return
    allow_seconds(limits.PROCESSOR_SECONDS)
    try:
        content = content_of(0, request["bytes"])
        say({"done": act(content, request)})
    except EngineError as error:
        say({"refused": error.to_dict()})
    except MemoryError:
        say({"refused": _TOO_MUCH_MEMORY.to_dict()})


def _loaded() -> Open:
    """Load all that opening takes, TensorFlow first of all; return what opens."""
    from classifier.engine.foreign.conversion import warm_up
    from classifier.engine.foreign.opening import open_checked

    warm_up()
    return open_checked


def scan(content: bytes, request: Request) -> dict[str, Any]:
    """Check a file whole without Keras: so that what is refused is refused within a second."""
    say({"step": "Checking the file"})
    return {"numbers": check(content, request).numbers}


_NO_SANDBOX = ForeignRefused(
    "no_sandbox",
    "This machine cannot open foreign models: its kernel has no seccomp filters.",
    "Run a worker on Linux (x86-64 or arm64) with seccomp.",
)
_TOO_MUCH_MEMORY = ForeignRefused(
    "out_of_memory", "Opening the network needs more memory than is allowed."
)

if __name__ == "__main__":
    main()
