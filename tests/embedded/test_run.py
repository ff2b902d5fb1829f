"""`make run` as a person meets it: real servers, real Django, real workers, real signals."""

import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from embedded.data_folder import FOR_SERVICES, DataFolder, read_env
from embedded.options import REPOSITORY
from embedded.postgres import PostgresServer
from embedded.processes import command_lines, is_alive, pids_with_environment, wait_until
from embedded.redis import RedisServer

pytestmark = pytest.mark.long

MARK = "LOUPE_TEST_MARK"


@dataclass
class Place:
    """A data folder and a port, and the runs on them."""

    data_dir: Path
    port: int
    mark: str
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **changes: str) -> dict[str, str]:
        given = ("DATABASE_URL", "REDIS_URL", "LOUPE_IMAGES_REDIS_URL", "SECRET_KEY")
        inherited = {name: value for name, value in os.environ.items() if name not in given}
        ours = {
            "LOUPE_DATA_DIR": str(self.data_dir),
            "LOUPE_PORT": str(self.port),
            "LOUPE_PUBLIC_URL": self.url,
            MARK: self.mark,
        }
        return inherited | ours | changes

    def start(self, *arguments: str, **changes: str) -> "subprocess.Popen[bytes]":
        with self.output.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "embedded", "run", *arguments],
                cwd=REPOSITORY,
                env=self.environment(**changes),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *arguments: str, **changes: str) -> tuple[int, str]:
        process = self.start(*arguments, **changes)
        try:
            return process.wait(240), self.output.read_text()
        finally:
            process.kill()

    def wait_ready(self) -> None:
        """Wait for the line that a person waits for."""
        ready = wait_until(lambda: "Loupe is ready" in self.output.read_text(), 180)
        assert ready, self.output.read_text()

    def left(self) -> dict[int, str]:
        """Return every process of a run on this place that still lives."""
        marked = pids_with_environment(MARK, self.mark)
        folder = os.fsencode(self.data_dir)
        servers = [p for p, line in command_lines("postgres").items() if folder in line]
        return {
            pid: Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            for pid in {*marked, *servers}
            if is_alive(pid)
        }


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """One data folder for all tests of this module, in this order, as a person keeps one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = Path(tempfile.mkdtemp(prefix="le-"))
    base.chmod(0o755)
    place = Place(base / "data", port, uuid.uuid4().hex, base / "output")
    yield place
    for pid in place.left():
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(base, ignore_errors=True)


def test_it_serves_keeps_its_secrets_and_leaves_nothing_running(place: Place) -> None:
    process = place.start()
    place.wait_ready()
    with urllib.request.urlopen(f"{place.url}/healthz/ready", timeout=5) as answer:
        assert answer.status == 200

    # A management command works by hand, without further settings.
    check = subprocess.run(
        [sys.executable, "manage.py", "check", "--database", "default"],
        cwd=REPOSITORY,
        env=place.environment(),
        capture_output=True,
        text=True,
    )
    assert check.returncode == 0, check.stderr

    # A second run says where the first is, and does it no harm.
    second = Place(place.data_dir, place.port, place.mark, place.output.with_name("second"))
    status, said = second.run()
    assert status == 1
    assert f"Loupe already runs on the data folder {place.data_dir}: look at {place.url}." in said
    # So does one on another folder and the same port.
    third = Place(place.data_dir.with_name("other"), place.port, place.mark, second.output)
    status, said = third.run()
    assert status == 1
    assert f"127.0.0.1:{place.port} cannot be used: Address already in use" in said
    assert urllib.request.urlopen(f"{place.url}/healthz/ready", timeout=5).status == 200

    programs = place.left()
    if os.geteuid() == 0:
        _runs_as_its_own_user(place, programs)
    # What programs write is for their own user alone (umask 077).
    written = [place.data_dir / name for name in (*FOR_SERVICES, "logs", "redis")]
    for path in (found for folder in written for found in [folder, *folder.rglob("*")]):
        assert path.is_symlink() or path.stat().st_mode & 0o077 == 0, path

    # Ctrl-C in a terminal reaches the whole process group.
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 0, place.output.read_text()
    assert len(programs) > 8
    assert place.left() == {}
    for name in ("embedded.env", "supervisord.conf", "run-id"):
        assert stat.S_IMODE((place.data_dir / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(place.data_dir.stat().st_mode) & 0o067 == 0


def _runs_as_its_own_user(place: Place, programs: dict[int, str]) -> None:
    """Nothing but what starts and watches is root; what root reads is not the user's to write."""
    root = {pid for pid in programs if Path(f"/proc/{pid}").stat().st_uid == 0}
    watching = [programs[pid] for pid in root]
    assert all("embedded run" in line or "supervisor.supervisord" in line for line in watching)
    others = {Path(f"/proc/{pid}").stat().st_uid for pid in set(programs) - root}
    assert others == {pwd.getpwnam("loupe").pw_uid}
    for pid in set(programs) - root:
        status = Path(f"/proc/{pid}/status").read_text()
        capabilities = int(re.search(r"CapEff:\s+(\w+)", status)[1], 16)
        # CAP_DAC_OVERRIDE alone, where Python or Loupe lie in a folder that others may not enter.
        assert capabilities in (0, 1 << 1)
    for name in (".", "logs", "run", "supervisord.conf", "embedded.env", "postgres/owner-password"):
        assert (place.data_dir / name).stat().st_uid == 0, name


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(0.4, marks=pytest.mark.slow), 1.2, pytest.param(4.0, marks=pytest.mark.slow)],
)
def test_sigterm_while_it_starts_leaves_nothing(place: Place, seconds: float) -> None:
    process = place.start()
    time.sleep(seconds)
    process.terminate()

    assert process.wait(60) == 0, place.output.read_text()
    assert place.left() == {}


# Prints the answer; its status tells a run that lasts only as long as its client.
CLIENT = (
    "import os, requests;"
    "login = os.environ['LOUPE_ADMIN_USERNAME'], os.environ['LOUPE_ADMIN_PASSWORD'];"
    "url = os.environ['LOUPE_URL'] + '/api/v1/auth/tokens/';"
    "answer = requests.post(url, json={'name': 'test'}, auth=login, timeout=60);"
    "print(answer.status_code, answer.text); raise SystemExit(answer.status_code == 201 and 7)"
)


def test_what_a_killed_run_leaves_is_cleared_by_the_next_with_its_client(place: Place) -> None:
    secrets = read_env(place.data_dir / "embedded.env")
    process = place.start()
    wait_until(lambda: "Starting the web server" in place.output.read_text(), 60)
    supervisord = int((place.data_dir / "run" / "supervisord.pid").read_text())
    # Stopped first, so that it cannot tidy up when its parent dies.
    os.kill(supervisord, signal.SIGSTOP)
    process.kill()
    process.wait()
    os.kill(supervisord, signal.SIGKILL)

    status, said = place.run("--once", "--then", f'{sys.executable} -c "{CLIENT}"')
    # The client got an address and a login.
    assert status == 7, said
    assert place.left() == {}
    assert read_env(place.data_dir / "embedded.env") == secrets
    assert stat.S_IMODE((place.data_dir / "demo.env").stat().st_mode) == 0o600


def test_a_killed_parent_ends_all_in_order(place: Place) -> None:
    process = place.start()
    wait_until(lambda: "Starting the web server" in place.output.read_text(), 60)
    process.kill()
    process.wait()

    assert wait_until(lambda: place.left() == {}, 60), place.left()
    log = (place.data_dir / "logs" / "postgres.log").read_text()
    assert "database system is shut down" in log.splitlines()[-1]


def test_servers_of_ones_own_need_a_key_of_ones_own(place: Place) -> None:
    status, said = place.run(DATABASE_URL="postgres://example.invalid/loupe")

    assert status == 1
    assert "SECRET_KEY must be set" in said


def test_given_servers_are_used_and_none_is_started(place: Place) -> None:
    there = Place(place.data_dir.with_name("elsewhere"), place.port, place.mark, place.output)
    # What the earlier runs have made, so that there is nothing to migrate or collect.
    shutil.copytree(place.data_dir / "static", there.data_dir / "static")
    with (
        PostgresServer(place.data_dir / "postgres") as postgres,
        RedisServer(
            place.data_dir / "redis", identity=DataFolder(place.data_dir).give_to_services()
        ) as redis,
    ):
        status, said = there.run(
            "--once",
            "--then",
            f"{sys.executable} -c \"import os; print(os.environ['DATABASE_URL'])\"",
            DATABASE_URL=postgres.url,
            REDIS_URL=redis.url,
            SECRET_KEY="x" * 50,
        )

    assert status == 0, said
    assert postgres.url in said
    assert not (there.data_dir / "postgres").exists()
    assert not (there.data_dir / "redis").exists()
    assert not (there.data_dir / "redis-images").exists()
    assert "LOUPE_IMAGES_REDIS_URL" in said
    assert set(read_env(there.data_dir / "embedded.env")) == {"SECRET_KEY"}
