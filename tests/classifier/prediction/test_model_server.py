"""The worker's model process: right answers, and what it survives."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from classifier.prediction.serving.image_reader import ImageReader
from classifier.prediction.serving.model_process import ModelProcess, ProcessDied
from classifier.prediction.serving.server import ModelFile, ModelServer, Overdue
from classifier.prediction.serving.turns import Turns
from common.fit import FITS
from datasets.decoding.pixels.decoders import PixelDecoders
from programs import isolation
from programs.launch import Program
from tests.classifier.conftest import BLUE, GREEN, RED

FAULTY = Program(module="tests.classifier.prediction.crashing_child")


def odd_child(thing: str) -> Program:
    return Program(module="tests.classifier.prediction.odd_child", arguments=(thing,))


def ask(server, trained, *files, seconds=30.0, top_k=3, sha256=None, payers=()):
    model = ModelFile(trained.onnx, sha256 or trained.sha256)
    return server.answer(model, files, top_k=top_k, deadline=time.time() + seconds, payers=payers)


def best(answer):
    return [image.fault.code if image.fault else image.answer.classes[0].class_name
            for image in answer.images]  # fmt: skip


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
    classes = answer.images[0].answer.classes
    assert len(classes) == 3
    assert sum(each.probability for each in classes) == pytest.approx(1, abs=1e-5)
    assert [each.probability for each in classes] == sorted(
        (each.probability for each in classes), reverse=True
    )
    assert answer.inference_ms > 0
    assert len(ask(server, trained, RED, top_k=1).images[0].answer.classes) == 1


def test_a_bad_image_costs_only_its_own_answer(server, trained):
    answer = ask(server, trained, RED, b"", b"not an image", RED[:60], BLUE)
    codes = ["red", "empty_file", "not_an_image", "truncated", "blue"]
    assert best(answer) in (codes, [*codes[:3], "damaged", "blue"])
    assert "accepted" in answer.images[2].fault.detail


def test_an_image_that_takes_its_decoder_over_finds_no_file(faulty, trained):
    [image] = ask(faulty, trained, RED + b"LOOK").images
    assert image.fault.code == "looked"
    if not isolation.is_available():
        pytest.skip("this kernel lets no process leave the network: the rest cannot hold here")
    assert json.loads(image.fault.detail) == []
    assert best(ask(faulty, trained, RED)) == ["red"]


def test_a_changed_file_is_refused(server, trained, tmp_path):
    content = bytearray(trained.onnx.read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "model.onnx"
    changed.write_bytes(content)
    model = ModelFile(changed, trained.sha256)
    answer = server.answer(model, [RED], top_k=1, deadline=time.time() + 30)
    assert answer.error.code == "bad_model_file"
    assert best(ask(server, trained, RED)) == ["red"]


def test_a_missing_file_is_named(server, trained, tmp_path):
    model = ModelFile(tmp_path / "model.onnx", trained.sha256)
    answer = server.answer(model, [RED], top_k=1, deadline=time.time() + 30)
    assert answer.error.code == "bad_model_file"
    assert answer.error.detail == "The model file is missing."
    assert str(tmp_path) not in str(answer)


def test_a_killed_process_is_started_again(server, trained):
    assert best(ask(server, trained, RED)) == ["red"]
    first = server.pid
    os.kill(first, signal.SIGKILL)
    assert best(ask(server, trained, BLUE)) == ["blue"]
    assert server.pid != first


def test_a_dying_process_is_not_used_again():
    """Its pipe breaks before it is gone: the next request must get another one."""
    process = ModelProcess(odd_child("close"))
    closed, deadline = Path(f"/proc/{process.pid}/fd/0"), time.monotonic() + 10
    while closed.is_symlink() and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(ProcessDied):
        process.ask({"path": ""}, [], 10)
    assert not process.alive


def test_a_killed_process_is_of_no_use_from_that_moment():
    process = ModelProcess(odd_child("sleep"))
    assert process.alive
    process.kill()
    assert not process.alive
    with pytest.raises(ProcessDied):
        process.ask({"path": ""}, [], 10)


def test_an_image_that_kills_the_process_answers_for_itself_alone(faulty, trained):
    """Requests in flight when it dies get their answers; only the deadly image gets an error."""
    with ThreadPoolExecutor(6) as pool:
        others = [pool.submit(ask, faulty, trained, RED, BLUE) for _ in range(4)]
        deadly = pool.submit(ask, faulty, trained, GREEN, RED + b"BOOM", BLUE)
        others += [pool.submit(ask, faulty, trained, GREEN, RED) for _ in range(4)]
    assert best(deadly.result()) == ["green", "decoder_crashed", "blue"]
    assert [best(other.result()) for other in others[:4]] == [["red", "blue"]] * 4
    assert [best(other.result()) for other in others[4:]] == [["green", "red"]] * 4
    assert best(ask(faulty, trained, RED)) == ["red"]


def test_an_image_that_ends_its_decoder_leaves_the_model_process_alone(faulty, trained):
    assert best(ask(faulty, trained, RED)) == ["red"]
    pid = faulty.pid
    deadly = RED + b"KILL"
    assert best(ask(faulty, trained, GREEN, deadly, deadly, deadly, BLUE)) == [
        "green", *["decoder_crashed"] * 3, "blue",
    ]  # fmt: skip
    assert faulty.pid == pid


def test_images_that_hang_hold_nobody_up_past_their_deadline(faulty, trained):
    """However many: the request is given up, its decoders end, the model process goes on."""
    assert best(ask(faulty, trained, RED)) == ["red"]
    pid = faulty.pid
    with pytest.raises(Overdue):
        ask(faulty, trained, *[RED + b"HANG"] * 8, seconds=1)
    assert best(ask(faulty, trained, BLUE, RED)) == ["blue", "red"]
    assert faulty.pid == pid


def test_a_process_without_a_sign_of_life_is_started_again(trained):
    server = ModelServer(odd_child("sleep"), grace=0.2)
    with pytest.raises(Overdue):
        ask(server, trained, RED, seconds=0.2)
    assert not server._process.alive


def test_an_image_that_takes_too_long_has_its_own_answer():
    """The kernel counts the seconds of a processor that an image takes."""
    reader = ImageReader(odd_child("spin"))
    assert reader.read(RED, 24, "stretch", time.time() + 60).code == "decoder_crashed"


def test_a_prediction_sees_the_pixels_of_a_training_whatever_the_fit(tmp_path):
    """The same array, bit for bit, so that answers differ by the graph alone."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 90, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "wide", "JPEG")
    reader, file = ImageReader(), (tmp_path / "wide").read_bytes()
    with PixelDecoders(tmp_path.joinpath) as decoders:
        for fit in FITS:
            [block] = decoders.blocks(["wide"], 24, fit)
            assert np.array_equal(reader.read(file, 24, fit, time.time() + 60), block.pixels[0])


def test_the_pixels_of_a_request_are_counted_before_any_is_decoded(server, trained, settings):
    """32 black pictures of 50 megapixels, 5 MB in all, would keep two processors for 30 seconds."""
    assert best(ask(server, trained, RED)) == ["red"]
    pid = server.pid
    bomb = io.BytesIO()
    Image.new("1", (7000, 7000)).save(bomb, "PNG")
    started = time.monotonic()
    answer = ask(server, trained, *[bomb.getvalue()] * 32)
    assert answer.error.code == "too_many_pixels"
    assert answer.error.detail == (
        "All images of a request together may have up to 400 million pixels; these 32 have 1,568 "
        "million. Send fewer at once, or scale them down."
    )
    assert time.monotonic() - started < 3
    assert best(ask(server, trained, RED, b"no image", *[GREEN] * 30))[:3] == [
        "red", "not_an_image", "green",
    ]  # fmt: skip
    settings.PREDICT_MAX_PIXELS = 24 * 24
    assert ask(server, trained, RED, GREEN).error.code == "too_many_pixels"
    assert best(ask(server, trained, RED)) == ["red"]
    assert server.pid == pid


def test_turns_share_time_by_person_and_by_organization(monkeypatch):
    """Neither four organizations of one person nor many requests get more than another person."""
    now = [0.0]
    monkeypatch.setattr("classifier.prediction.serving.turns.time.monotonic", lambda: now[0])
    turns = Turns(each=2)
    for number in range(4):
        turns.add([f"eve {number}"] * 8, ("eve", f"organization {number}"))
    for seconds in (1.0, 1.0):
        turn = turns.take()
        now[0] += seconds
        turns.done(turn)
    turns.add(["ann"] * 4, ("ann", "organization of ann"))
    order = []
    for _ in range(8):
        turn = turns.take()
        order.append(turn.payers[0])
        now[0] += 1.0 if turn.payers[0] == "eve" else 0.5
        turns.done(turn)
    # Two of hers for each of the other's, as they take half as long, from the moment she comes.
    assert order.index("ann") <= 1
    assert order[:7].count("ann") == 4


def test_a_newcomer_begins_at_once_whatever_another_is_busy_with():
    """Of three threads a person has two: the third is there for the next to come."""
    turns = Turns(each=2)
    turns.add(["eve"] * 4, ("eve", "organization of eve"))
    busy = [turns.take(), turns.take()]
    with ThreadPoolExecutor(1) as pool:
        third = pool.submit(turns.take)
        with pytest.raises(TimeoutError):
            third.result(timeout=0.2)
        turns.add(["ann"], ("ann", "organization of ann"))
        newcomer = third.result(timeout=5)
        assert newcomer.task == "ann"
        turns.done(newcomer)
        fourth = pool.submit(turns.take)
        turns.done(busy[0])
        assert fourth.result(timeout=5).task == "eve"


def test_past_its_deadline_a_request_is_not_answered(server, trained):
    with pytest.raises(Overdue):
        ask(server, trained, RED, seconds=-1)


def test_the_process_knows_no_secret_and_is_limited(server, trained):
    ask(server, trained, RED)
    environment = Path(f"/proc/{server.pid}/environ").read_bytes()
    assert b"SECRET" not in environment
    assert b"DATABASE" not in environment
    assert b"REDIS" not in environment
    decoders = [
        child for child in psutil.Process(server.pid).children() if "pixels" in str(child.cmdline())
    ]
    assert decoders
    bounds = {server.pid: 6 << 30} | {decoder.pid: 2 << 30 for decoder in decoders}
    for pid, most in bounds.items():
        process = psutil.Process(pid)
        assert process.rlimit(psutil.RLIMIT_AS) == (most, most)
        assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)


def test_the_process_ends_with_its_worker(tmp_path):
    program = (
        "import django, time; django.setup()\n"
        "from classifier.prediction.serving.server import ModelServer\n"
        "server = ModelServer(); server.warm(); print(server.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
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
