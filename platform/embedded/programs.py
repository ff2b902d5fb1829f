"""The programs of the platform, as a configuration of supervisor.

They start in the order of their priority and stop in the reverse. Each ends with supervisord, even
when that is killed (`--parent-death-signal`).
"""

import os
import shlex
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from embedded.data_folder import DataFolder
from embedded.errors import EmbeddedError
from embedded.identity import Identity
from embedded.options import REPOSITORY, Options

FIRST_OPEN_PORT = 1024
"""Below it, only who has the right may listen."""

SECONDS_FOR_A_CHECKPOINT = 75
"""A job has JOB_STOP_GRACE_SECONDS (30) to write its checkpoint; a margin on top."""


@dataclass(frozen=True)
class Program:
    """One program that supervisor keeps alive."""

    name: str
    command: list[str]
    group: str
    priority: int
    stop_signal: str = "TERM"
    stop_seconds: int = 20


def server(name: str, command: list[str], *, stop_signal: str = "TERM") -> Program:
    """Return a database server: first to start, last to stop."""
    priority = {"postgres": 100, "redis": 200, "redis-images": 210}[name]
    return Program(
        name, command, group=name, priority=priority, stop_signal=stop_signal, stop_seconds=60
    )


def web(options: Options, identity: Identity = Identity()) -> Program:  # noqa: B008
    """Return the web server, to run as `identity`."""
    command = _module(
        identity.launcher(
            parent_death_signal=signal.SIGTERM,
            keep_environment=True,
            keep_bind=options.port < FIRST_OPEN_PORT,
        ),
        *("uvicorn", "config.asgi:application", "--host", options.host),
        *("--port", str(options.port), "--no-server-header"),
        *("--http", "common.head_time:HeadTimeProtocol"),
        # Live event streams never end by themselves.
        *("--timeout-graceful-shutdown", "5"),
        # uvicorn would believe what any program of this machine writes into X-Forwarded-For; it
        # reads FORWARDED_ALLOW_IPS from the environment by itself.
        *(() if options.proxies else ("--no-proxy-headers",)),
    )
    return Program("web", command, group="web", priority=300)


def workers(
    options: Options,
    folder: DataFolder,
    identity: Identity = Identity(),  # noqa: B008
) -> list[Program]:
    """Return the workers and the clock (Celery beat), to run as `identity`."""
    launcher = identity.launcher(parent_death_signal=signal.SIGTERM, keep_environment=True)
    beat = _module(launcher, *_CELERY, "beat", "--schedule", str(folder.beat_schedule))
    return [
        _worker(launcher, "io", "--concurrency=2", stop_seconds=SECONDS_FOR_A_CHECKPOINT),
        _worker(
            launcher,
            "train",
            f"--concurrency={options.train_workers}",
            stop_seconds=SECONDS_FOR_A_CHECKPOINT,
        ),
        _worker(launcher, "instant", "--concurrency=2"),
        _worker(launcher, "notify", "--concurrency=2"),
        _predict_worker(launcher),
        _worker(launcher, "beat", "--pool=solo"),
        Program("beat", beat, group="workers", priority=400),
    ]


def configuration(programs: list[Program], folder: DataFolder) -> str:
    """Return the text of supervisord's configuration file."""
    run = folder.run
    groups: dict[str, list[Program]] = {}
    for program in programs:
        groups.setdefault(program.group, []).append(program)
    main = {
        "unix_http_server": {"file": _text(run / "supervisor.sock"), "chmod": "0600"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisord": {
            "nodaemon": "true",
            "silent": "true",
            "logfile": _text(folder.logs / "supervisord.log"),
            "logfile_maxbytes": "10MB",
            "logfile_backups": "3",
            "pidfile": _text(run / "supervisord.pid"),
            "childlogdir": _text(folder.logs),
        },
    }
    if os.geteuid() == 0:
        # Says that root is meant, which supervisord would warn of.
        main["supervisord"]["user"] = "0"
    sections = main | {f"program:{p.name}": _program(p) for p in programs}
    for name, members in groups.items():
        sections[f"group:{name}"] = {
            "programs": ",".join(program.name for program in members),
            "priority": str(members[0].priority),
        }
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
        for name, values in sections.items()
    )


# Quiet: a banner is no event of a log.
_CELERY = ("celery", "--app", "config.celery:app", "--quiet")


def _predict_worker(launcher: list[str]) -> Program:
    command = [*launcher, sys.executable, str(REPOSITORY / "manage.py"), "serve_predictions"]
    return Program("worker-predict", command, group="workers", priority=400)


def _worker(launcher: list[str], queue: str, *arguments: str, stop_seconds: int = 20) -> Program:
    command = _module(
        launcher,
        *(*_CELERY, "worker", "--queues", queue, "--hostname", f"{queue}@%h"),
        *("--loglevel=info", "--prefetch-multiplier=1", "--without-gossip", "--without-mingle"),
        *arguments,
    )
    return Program(
        f"worker-{queue}",
        command,
        group="workers",
        priority=400,
        # SIGTERM alone: docs/adr says why REMAP_SIGTERM is not set.
        stop_seconds=stop_seconds,
    )


def _module(launcher: list[str], *words: str) -> list[str]:
    return [*launcher, sys.executable, "-m", *words]


def _program(program: Program) -> dict[str, str]:
    return {
        "command": _text(shlex.join(program.command)),
        "directory": _text(REPOSITORY),
        # Started by name: supervisord's own start waits a second for nothing.
        "autostart": "false",
        "autorestart": "true",
        # supervisord itself would set it only as a daemon.
        "umask": "077",
        # Longer than the imports of Django take, so that one which fails is a start that failed.
        "startsecs": "10",
        "startretries": "3",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        "killasgroup": "true",
        "redirect_stderr": "true",
        # In supervisord's working folder: a path would have its "%" expanded twice.
        "stdout_logfile": f"{program.name}.log",
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }


def _text(value: str | Path) -> str:
    """Return a value as supervisor's configuration writes it.

    Raises:
        EmbeddedError: the path has what that format cannot express.
    """
    text = str(value)
    if " ;" in text or "\n" in text:
        raise EmbeddedError(f"A path with a line break or with ' ;' cannot be used: {text!r}")
    return text.replace("%", "%%")
