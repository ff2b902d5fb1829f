"""The process that opens foreign models: `python -m classifier.engine.foreign.process`.

The file comes open on stdin; a request in JSON is the last argument. Answers are lines of JSON on
stdout: `{"step": …}` while it works, then `{"done": …}` or `{"refused": {code, detail, hint}}`.
A request's `mode` is scan (checks alone), open (with Keras) or ask (the served file that came out
of it). Before a byte of the file is looked at, all that the work needs is loaded; then the process
gives up files, network, other programs and its rights (`programs.isolation`, `programs.seccomp`).
"""

import codecs
import json
import sys
from collections.abc import Callable
from typing import Any

from classifier.engine.errors import EngineError
from classifier.engine.foreign import limits
from classifier.engine.foreign.errors import ForeignRefused
from classifier.engine.foreign.wire import content_of, say
from programs.isolation import empty_proc, leave_files
from programs.limits import allow_file, allow_seconds
from programs.seccomp import forbid_effects

# Python loads them from files when they are first used, by zipfile and json for two.
_ENCODINGS = ("cp437", "utf-8", "latin-1", "ascii", "base64", "unicode_escape", "utf-16", "utf-32")
Request = dict[str, Any]
Open = Callable[[bytes, Request], dict[str, Any]]


def main(open_file: Open | None = None) -> None:
    """Answer the one request; ``open_file`` takes the file's content."""
    request = json.loads(sys.argv[-1])
    act = open_file or _LOAD[request["mode"]]()
    for name in _ENCODINGS:
        codecs.lookup(name)
    # Where the kernel allows no namespaces, the filter of system calls is what there is.
    hidden = empty_proc() and leave_files()
    allow_file(limits.SERVED_BYTES)
    if not forbid_effects():
        say({"refused": _NO_SANDBOX.to_dict()})
        return
    allow_seconds(limits.PROCESSOR_SECONDS)
    say({"step": request.get("step", ""), "hidden": hidden})
    try:
        content = content_of(0, request["bytes"])
        say({"done": act(content, request)})
    except EngineError as error:
        say({"refused": error.to_dict()})
    except MemoryError:
        say({"refused": _TOO_MUCH_MEMORY.to_dict()})


def _opens() -> Open:
    """Load all that opening takes, TensorFlow first of all; return what opens."""
    say({"step": "Loading TensorFlow"})
    from classifier.engine.foreign.conversion import warm_up
    from classifier.engine.foreign.opening import open_checked

    warm_up()
    return open_checked


def _scans() -> Open:
    """Load what checks a file whole without Keras: what is refused is so within a second."""
    from classifier.engine.foreign.checking import check

    return lambda content, request: {"numbers": check(content, request).numbers}


def _asks() -> Open:
    """Load ONNX Runtime; return what asks a served file."""
    from classifier.engine.foreign.drawn import drawn_images
    from classifier.engine.foreign.served import check_content

    # NumPy loads what draws at its first use.
    drawn_images(limits.SMALLEST_SIDE)
    return check_content


_LOAD: dict[str, Callable[[], Open]] = {"scan": _scans, "open": _opens, "ask": _asks}
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
