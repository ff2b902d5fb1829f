"""The configuration of supervisor, read back with supervisor's own parser."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from embedded import programs
from embedded.data_folder import DataFolder
from embedded.errors import EmbeddedError
from embedded.identity import LAUNCHER, Identity
from embedded.options import read_options


@pytest.fixture
def data(folder: Path) -> DataFolder:
    data = DataFolder(folder / "100% it's")
    data.make()
    return data


def _read_back(data: DataFolder, environment: dict[str, str]) -> list:
    options = read_options(environment)
    text = programs.configuration(
        [
            programs.server("postgres", ["/bin/true", "-D", str(data.postgres)], stop_signal="INT"),
            programs.server("redis", ["/bin/true"]),
            programs.web(options),
            *programs.workers(options, data),
        ],
        data,
    )
    path = data.root / "supervisord.conf"
    path.write_text(text)
    parsed = ServerOptions()
    parsed.realize(["-c", str(path)])
    return sorted(parsed.process_group_configs)


def test_servers_start_first_and_workers_last(data: DataFolder) -> None:
    groups = _read_back(data, {})

    assert [group.name for group in groups] == ["postgres", "redis", "web", "workers"]


@pytest.mark.parametrize(
    ("given", "believed"), [({}, False), ({"FORWARDED_ALLOW_IPS": "::1"}, True)]
)
def test_no_proxy_is_believed_that_was_not_named(
    data: DataFolder, given: dict, believed: bool
) -> None:
    [web] = _read_back(data, given)[2].process_configs

    assert ("--no-proxy-headers" not in shlex.split(web.command)) == believed


def test_every_queue_has_a_worker(data: DataFolder) -> None:
    workers = _read_back(data, {"LOUPE_TRAIN_WORKERS": "3"})[-1].process_configs
    commands = {worker.name: worker.command for worker in workers}

    assert set(commands) == {
        *(
            "worker-io",
            "worker-train",
            "worker-instant",
            "worker-notify",
            "worker-predict",
            "worker-beat",
            "beat",
        )
    }
    assert "--queues train" in commands["worker-train"]
    assert commands["worker-predict"].endswith("manage.py serve_predictions")
    assert "--concurrency=3" in commands["worker-train"]
    assert "--hostname train@%h" in commands["worker-train"]


def test_what_programs_write_is_for_their_user_alone(data: DataFolder) -> None:
    programs = [program for group in _read_back(data, {}) for program in group.process_configs]

    assert {program.umask for program in programs} == {0o077}


def test_a_program_below_port_1024_may_listen_and_nothing_else(data: DataFolder) -> None:
    """As root: the web server's user keeps that one right for a port such as 80."""
    identity = Identity(1234, 1234)
    low, high = (read_options({"LOUPE_PORT": port}) for port in ("80", "8000"))
    assert "--keep-bind" in programs.web(low, identity).command
    assert "--keep-bind" not in programs.web(high, identity).command
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    told = subprocess.run(
        [sys.executable, "-I", str(LAUNCHER), "--uid", "65534", "--gid", "65534", "--keep-bind",
         "--", "/bin/sh", "-c", "grep CapEff /proc/self/status; umask"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert told == ["CapEff:", f"{1 << 10:016x}", "0077"]


def test_a_training_gets_time_for_its_checkpoint(data: DataFolder) -> None:
    [train] = [p for p in _read_back(data, {})[-1].process_configs if p.name == "worker-train"]

    assert train.stopwaitsecs >= 60
    assert "REMAP_SIGTERM" not in train.environment


def test_odd_paths_arrive_as_they_are(data: DataFolder) -> None:
    [postgres] = _read_back(data, {})[0].process_configs

    assert shlex.split(postgres.command) == ["/bin/true", "-D", str(data.postgres)]


def test_a_path_that_the_format_cannot_express_is_refused(data: DataFolder) -> None:
    with pytest.raises(EmbeddedError, match="cannot be used"):
        programs.configuration([programs.server("redis", ["/a ;b"])], data)
