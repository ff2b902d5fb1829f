"""The configuration of supervisor, read back with supervisor's own parser."""

import shlex
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from embedded import programs
from embedded.data_folder import DataFolder
from embedded.errors import EmbeddedError
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

    assert set(commands) == {"worker-io", "worker-train", "worker-predict", "worker-beat", "beat"}
    assert "--queues train" in commands["worker-train"]
    assert "--concurrency=3" in commands["worker-train"]
    assert "--hostname train@%h" in commands["worker-train"]


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
