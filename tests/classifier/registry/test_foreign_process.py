"""The process that opens foreign models keeps whatever runs in it to itself."""

import json
import os
import socket
from dataclasses import replace

import pytest

from classifier.registry.work.foreign_process import PROGRAM, opened_apart
from jobs.errors import JobFailed
from tests.classifier.engine.foreign.attacks import lambda_config, with_layer
from tests.classifier.engine.foreign.crafted import keras_file

CARELESS = "tests.classifier.engine.foreign.careless_opener"


def code():
    source = "def run(x):\n    import careless\n    return careless.payload(x)"
    whole = compile(source, "<payload>", "exec")
    return next(each for each in whole.co_consts if hasattr(each, "co_code"))


def test_a_payload_that_runs_writes_no_file_and_reaches_no_network(tmp_path, monkeypatch):
    """The checks are switched off: Keras runs a Lambda's program, and nothing comes of it."""
    monkeypatch.setenv("SECRET_KEY", "not for foreign models")
    file, canary, secret = (tmp_path / name for name in ("lambda.keras", "canary", "secret"))
    file.write_bytes(keras_file(with_layer(lambda_config(code()))))
    secret.write_text("the key of another")
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = {
            "canary": str(canary),
            "secret": str(secret),
            "port": server.getsockname()[1],
            "parent": os.getpid(),
        }
        # Without namespaces, which a container's profile may forbid: the filter holds alone.
        careless = replace(PROGRAM, module=CARELESS, arguments=(json.dumps(target),), network=True)
        found = opened_apart(file, {}, None, tmp_path / "out", lambda step: None, careless)
    attempts = found["attempts"]
    assert attempts.keys() >= {"write", "read", "own", "connect", "run", "fork", "kill", "signal"}
    assert "done" not in attempts.values()
    assert not canary.exists()
    assert (tmp_path / "out").read_bytes() == b""
    assert "SECRET_KEY" not in found["environment"]


def test_what_is_refused_or_dies_ends_the_job_with_a_sentence(tmp_path):
    file = tmp_path / "x.keras"
    file.write_bytes(keras_file())
    stopped = iter(["Starting"])
    with pytest.raises(StopIteration):
        opened_apart(file, {}, None, tmp_path / "out", lambda step: next(stopped))
    dies = replace(PROGRAM, module="this")
    with pytest.raises(JobFailed) as caught:
        opened_apart(file, {}, None, tmp_path / "out", lambda step: None, dies)
    assert caught.value.code == "bad_data"
