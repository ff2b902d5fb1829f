"""What a program cannot reach: checked by a program that tries, with the decoders' own limits."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.prediction.serving import image_reader, model_process
from datasets.decoding import decoder
from embedded.identity import LAUNCHER
from programs import isolation
from programs.launch import ROOT, Program

PROBE = "tests.programs.probe"
DECODERS = {"imports": decoder.PROGRAM, "predictions": image_reader.PROGRAM}


@pytest.fixture
def port() -> Iterator[int]:
    """A server of ours on loopback, as Postgres and Redis are."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def answer_of(program: Program, port: int, folder: Path) -> dict:
    finished = program.run(str(port), str(os.getpid()), str(folder), timeout=60)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_that_was_taken_over_gets_nothing(name, port, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for decoders")
    program = DECODERS[name]
    got = answer_of(replace(program, module=PROBE), port, tmp_path)
    known = {"PATH", "PYTHONPATH", "LC_CTYPE", "CUDA_VISIBLE_DEVICES", *program.variables}
    assert set(got["environment"]) <= known
    assert got["memory"] == [program.memory_bytes] * 2
    assert got["core"] == [0, 0]
    # It is who it was, and may write where it could.
    assert got["user"] == os.geteuid()
    assert (tmp_path / "written").read_text() == "by the program"
    if not isolation.is_available():
        pytest.skip("this kernel lets no process leave the network: the rest cannot hold here")
    assert not got["network"]
    assert not got["parents_secrets"]


def test_the_model_process_has_no_network(port, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    got = answer_of(replace(model_process.PROGRAM, module=PROBE), port, tmp_path)
    assert "DATABASE_URL" not in got["environment"]
    assert got["network"] is not isolation.is_available()


def test_a_program_with_secrets_and_network_has_both(port, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "for jobs")
    got = answer_of(Program(module=PROBE, secrets=True, network=True), port, tmp_path)
    assert "SECRET_KEY" in got["environment"]
    assert got["network"]
    assert got["memory"] == [-1, -1]


def test_where_only_a_right_of_root_opens_folders_programs_still_start(tmp_path):
    """As `make run` does with Python or the data inside `/root`: isolated, they found neither."""
    if os.geteuid() != 0:
        pytest.skip("only root can give another user that right")
    tmp_path.chmod(0o700)
    (tmp_path / "hidden.py").write_text("print('found')")
    path = f"{tmp_path}:{ROOT / 'platform'}"
    words = (
        "from programs.isolation import is_available; from programs.launch import Program\n"
        f"hidden = Program(module='hidden', variables={{'PYTHONPATH': {path!r}}})\n"
        "print(is_available(), hidden.run(timeout=60).stdout)"
    )
    become = [sys.executable, "-I", "-S", str(LAUNCHER), "--uid", "65534", "--gid", "65534"]
    said = subprocess.run(
        [*become, "--keep-dac", "--keep-environment", "--", sys.executable, "-c", words],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["False", "found"]


def test_a_program_ends_with_its_parent():
    words = (
        "import sys; from programs.launch import Program\n"
        "child = Program(module='tests.classifier.prediction.odd_child', arguments=('sleep',))\n"
        "print(child.start().pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=Program(module="").environment(),
    )
    pid = int(parent.stdout.readline())
    parent.kill()  # the stub may not even have begun; the program would sleep for a minute
    wait_until(lambda: "State:\tZ" in status(pid) or not status(pid))
    parent.communicate()


def status(pid: int) -> str:
    path = Path(f"/proc/{pid}/status")
    return path.read_text() if path.exists() else ""


def wait_until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
