"""The worker's model process: right answers, and what it survives."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classifier.serving.model_process import ModelProcess, ProcessDied
from classifier.serving.server import ModelFile, ModelServer, Overdue
from tests.classifier.conftest import BLUE, GREEN, RED

FAULTY = (sys.executable, str(Path(__file__).with_name("crashing_child.py")))


def ask(server, trained, *files, seconds=30.0, top_k=3, sha256=None):
    model = ModelFile(trained.onnx, sha256 or trained.sha256)
    return server.answer(model, files, top_k=top_k, deadline=time.time() + seconds)


def best(answer):
    return [image.get("classes", [{"class_name": image.get("code")}])[0]["class_name"]
            for image in answer["images"]]  # fmt: skip


@pytest.fixture
def server():
    server = ModelServer()
    yield server
    end(server)


@pytest.fixture
def faulty():
    server = ModelServer(FAULTY)
    yield server
    end(server)


def end(server):
    if server.pid:
        os.kill(server.pid, signal.SIGKILL)


def test_it_answers_each_image_in_order(server, trained):
    answer = ask(server, trained, RED, BLUE, GREEN, RED)
    assert best(answer) == ["red", "blue", "green", "red"]
    classes = answer["images"][0]["classes"]
    assert len(classes) == 3
    assert sum(each["probability"] for each in classes) == pytest.approx(1, abs=1e-5)
    assert [each["probability"] for each in classes] == sorted(
        (each["probability"] for each in classes), reverse=True
    )
    assert answer["inference_ms"] > 0
    assert len(ask(server, trained, RED, top_k=1)["images"][0]["classes"]) == 1


def test_a_bad_image_costs_only_its_own_answer(server, trained):
    answer = ask(server, trained, RED, b"", b"not an image", RED[:60], BLUE)
    codes = ["red", "empty_file", "not_an_image", "truncated", "blue"]
    assert best(answer) in (codes, [*codes[:3], "damaged", "blue"])
    assert "accepted" in answer["images"][2]["detail"]


def test_a_changed_file_is_refused(server, trained, tmp_path):
    content = bytearray(trained.onnx.read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "model.onnx"
    changed.write_bytes(content)
    model = ModelFile(changed, trained.sha256)
    answer = server.answer(model, [RED], top_k=1, deadline=time.time() + 30)
    assert answer["error"]["code"] == "bad_model_file"
    assert best(ask(server, trained, RED)) == ["red"]


def test_a_missing_file_is_named(server, trained, tmp_path):
    model = ModelFile(tmp_path / "model.onnx", trained.sha256)
    answer = server.answer(model, [RED], top_k=1, deadline=time.time() + 30)
    assert answer["error"]["code"] == "bad_model_file"
    assert answer["error"]["detail"] == "The model file is missing."
    assert str(tmp_path) not in str(answer)


def test_a_killed_process_is_started_again(server, trained):
    assert best(ask(server, trained, RED)) == ["red"]
    first = server.pid
    os.kill(first, signal.SIGKILL)
    assert best(ask(server, trained, BLUE)) == ["blue"]
    assert server.pid != first


def test_a_dying_process_is_not_used_again():
    """Its pipe breaks before it is gone: whoever asks again must be given another one."""
    process = ModelProcess((sys.executable, "-c", "import os, time; os.close(0); time.sleep(1)"))
    closed, deadline = Path(f"/proc/{process.pid}/fd/0"), time.monotonic() + 10
    while closed.is_symlink() and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(ProcessDied):
        process.ask({"path": ""}, [], 10)
    assert not process.alive


def test_a_killed_process_is_of_no_use_from_that_moment():
    process = ModelProcess((sys.executable, "-c", "import time; time.sleep(60)"))
    assert process.alive
    process.kill()
    assert not process.alive
    with pytest.raises(ProcessDied):
        process.ask({"path": ""}, [], 10)


def test_an_image_that_kills_the_process_answers_for_itself_alone(faulty, trained):
    """Requests in flight when it dies get their answers; only the deadly image gets an error."""
    with ThreadPoolExecutor(6) as pool:
        others = [pool.submit(ask, faulty, trained, RED, BLUE) for _ in range(4)]
        deadly = pool.submit(ask, faulty, trained, GREEN, RED + b"KILL", BLUE)
        others += [pool.submit(ask, faulty, trained, GREEN, RED) for _ in range(4)]
    assert best(deadly.result()) == ["green", "decoder_crashed", "blue"]
    assert [best(other.result()) for other in others[:4]] == [["red", "blue"]] * 4
    assert [best(other.result()) for other in others[4:]] == [["green", "red"]] * 4
    assert best(ask(faulty, trained, RED)) == ["red"]


def test_an_image_that_hangs_does_not_hold_the_next_one(faulty, trained):
    assert best(ask(faulty, trained, RED)) == ["red"]
    with pytest.raises(Overdue):
        ask(faulty, trained, RED + b"HANG", seconds=1)
    assert best(ask(faulty, trained, BLUE)) == ["blue"]


def test_past_its_deadline_a_request_is_not_answered(server, trained):
    with pytest.raises(Overdue):
        ask(server, trained, RED, seconds=-1)


def test_the_process_knows_no_secret_and_is_limited(server, trained):
    ask(server, trained, RED)
    environment = Path(f"/proc/{server.pid}/environ").read_bytes()
    assert b"SECRET" not in environment
    assert b"DATABASE" not in environment
    assert b"REDIS" not in environment
    limits = Path(f"/proc/{server.pid}/limits").read_text()
    address_space = next(line for line in limits.splitlines() if "address space" in line)
    assert "unlimited" not in address_space.split("  ")[1:3]
    assert str(6 << 30) in address_space


def test_the_process_ends_with_its_worker(tmp_path):
    program = (
        "import django, time; django.setup()\n"
        "from classifier.serving.server import ModelServer\n"
        "server = ModelServer(); server.warm(); print(server.pid, flush=True); time.sleep(60)"
    )
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": f"{root / 'platform'}:{root}",
    }
    worker = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    )
    pid = int(worker.stdout.readline())
    worker.kill()
    worker.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"
