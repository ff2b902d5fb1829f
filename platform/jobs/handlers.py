"""What `<app>/work/` modules import: the registry of handlers, and what a handler is given.

    @handles(kinds.IMPORT_ARCHIVE)
    def import_archive(context: JobContext) -> None: ...

A handler runs in a child process of its own. It stores its result in `with context.finish(...)`,
calls `context.check()` now and then, and raises `JobFailed` for failures that have a name.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TypeVar

from django.apps import apps

from jobs.child.context import JobContext
from jobs.errors import JobFailed
from jobs.kinds import Kind
from jobs.models import Job

__all__ = [
    "JobContext",
    "JobFailed",
    "cleans_up",
    "cleanup_of",
    "handler_of",
    "handles",
    "load_handlers",
]

Handler = Callable[[JobContext], None]
Cleanup = Callable[[Job], None]
Function = TypeVar("Function", Handler, Cleanup)
_handlers: dict[str, Handler] = {}
_cleanups: dict[str, Cleanup] = {}


def handles(kind: Kind) -> Callable[[Handler], Handler]:
    """Make the decorated function the one that does the work of `kind`."""
    return _register(_handlers, kind)


def cleans_up(kind: Kind) -> Callable[[Cleanup], Cleanup]:
    """Make the decorated function remove what an ended job of `kind` left behind.

    It is called at least once after the end (succeeded, failed, cancelled; for a job that can be
    retried, when that time is over), also for jobs that never ran: it must be idempotent.
    """
    return _register(_cleanups, kind)


def handler_of(kind_name: str) -> Handler:
    """Return the handler of a kind; `KeyError` when `load_handlers()` found none."""
    return _handlers[kind_name]


def cleanup_of(kind_name: str) -> Cleanup | None:
    """Return what cleans up after a kind, if anything does."""
    return _cleanups.get(kind_name)


def load_handlers() -> None:
    """Import the `work` package of every app. Only processes that run jobs may do this."""
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.work"):
            import_module(f"{app.name}.work")


def _register(registry: dict[str, Function], kind: Kind) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        if registry.setdefault(kind.name, function) is not function:
            raise ValueError(f"{kind.name!r} has two of these: {registry[kind.name]}, {function}")
        return function

    return decorate
