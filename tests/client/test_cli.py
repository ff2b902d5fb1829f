"""The command: exit codes, what goes where, and no traceback for what is a person's."""

import io
import json
import subprocess
import sys

import pytest

from loupe.cli.main import main, parser
from loupe.files import SignIns
from tests.client.conftest import TOKEN, Told, problem

PAGE = {"next": None, "previous": None}
COMMANDS = (
    *("login", "logout", "datasets", "push", "train", "evaluate", "predict", "export"),
    "jobs",
)


@pytest.fixture
def signed_in(server, monkeypatch):
    monkeypatch.setenv("LOUPE_URL", server.url)
    monkeypatch.setenv("LOUPE_TOKEN", TOKEN)
    return server


def row(**fields) -> dict:
    job = {"id": "1", "title": "Import", "kind": "import", "status": "running", "error": None}
    return {**job, "progress": {"done": 1, "total": 4}, **fields}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "--json" in said
    assert said.count("\n") > 5


def test_the_help_names_every_command():
    assert all(f"  {command} " in parser().format_help() for command in COMMANDS)


@pytest.mark.parametrize(
    ("told", "code", "sentence"),
    [
        (problem(401, "not_authenticated", "This token is over."), 3, "This token is over."),
        (problem(403, "forbidden", "You need the role editor."), 1, "You need the role editor."),
        (problem(500, "internal", "It has been logged."), 1, "It has been logged."),
        (Told(302, b"", {"Location": "/login"}), 5, "leads on to /login"),
    ],
)
def test_a_refusal_is_a_sentence_and_an_exit_code(signed_in, capsys, told, code, sentence):
    signed_in.in_turn(told)
    assert main(["jobs"]) == code
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    assert TOKEN not in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["datasets", "--url", "ftp://a"], 1, "The address of Loupe"),
        (["push", "nowhere"], 2, "nowhere is no file and no folder"),
        (["train", "Birds"], 2, "--preset NAME"),
        (["predict", "Birds"], 2, "Say images, or --watch FOLDER"),
        (["predict", "Birds", "a.png", "--once"], 2, "with --watch alone"),
        (["predict", "Birds", "--watch", "nowhere"], 2, "nowhere is no folder"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(signed_in, capsys, arguments, code, sentence):
    model = {"id": "1", "name": "Birds", "aliases": {}}
    signed_in.in_turn(Told(200, {**PAGE, "results": [model]}))
    assert main(arguments) == code
    assert sentence in capsys.readouterr().err


def test_without_a_login_it_says_how_to(capsys):
    assert main(["datasets"]) == 3
    assert "loupe login URL" in capsys.readouterr().err


def test_jobs_as_a_table_and_as_lines(signed_in, capsys):
    rows = [row(), row(id="2", title="Evil \x1b[2Jname", status="failed")]
    signed_in.in_turn(Told(200, {**PAGE, "results": rows}))
    assert main(["jobs"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["status", "done", "kind", "title", "id"]
    assert first.split() == ["running", "25.0%", "import", "Import", "1"]
    assert "\x1b" not in second
    assert main(["jobs", "--json", "--limit", "1"]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["1"]


def test_a_failed_job_says_why(signed_in, capsys):
    error = {"code": "bad_data", "title": "No", "detail": "A class is empty.", "hint": "Fill it."}
    signed_in.in_turn(Told(200, row(status="failed", error=error)))
    assert main(["jobs", "1"]) == 1
    assert capsys.readouterr().out.splitlines() == ["Import: failed", "A class is empty. Fill it."]
    assert main(["jobs", "1", "--wait"]) == 1
    assert capsys.readouterr().err == "loupe: Import: A class is empty. Fill it.\n"


def test_a_version_is_frozen_as_is_said(signed_in, capsys):
    dataset = {"id": "d", "name": "Birds", "image_count": 4, "classes": []}
    came_in_splits = True

    def answer(asked):
        path = asked.path.removeprefix("/api/v1/").partition("?")[0]
        if asked.method == "POST" and path == "training-runs/":
            return Told(202, {"id": "r", "name": "Birds 1", "job": row()})
        if asked.method == "POST":
            return Told(201, {"id": "v", "number": 1, "sample_counts": {"train": {"owl": 4}}})
        there = {"datasets/": [dataset], "datasets/d/images/": [{"id": "i"}] * came_in_splits}
        return Told(200, {**PAGE, "results": there.get(path, [])})

    def strategies():
        posts = [each for each in signed_in.asked if each.path.endswith("/d/versions/")]
        return [json.loads(each.body)["split"]["strategy"] for each in posts if each.body]

    signed_in.answer = answer
    command = ["train", "Birds", "--preset", "cnn_tiny"]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in ("stratified:", "grouped:", "folder:"))
    assert main([*command, "--split", "grouped"]) == 0
    assert "is frozen: 4 train (grouped: at random, copies" in capsys.readouterr().err
    came_in_splits = False
    assert main(command) == 0
    assert "(stratified: at random, each class" in capsys.readouterr().err
    assert strategies() == ["grouped", "stratified"]
    assert main([*command, "--version", "1", "--split", "folder"]) == 2


def test_a_name_that_two_have_is_refused(signed_in, capsys):
    rows = [{"id": each, "name": "Birds", "aliases": {}} for each in ("one", "two")]
    signed_in.in_turn(Told(200, {**PAGE, "results": rows}))
    assert main(["export", "Birds"]) == 2
    assert "2 models are called 'Birds'" in capsys.readouterr().err
    assert main(["export", "Cats"]) == 2
    assert "no model with the name 'Cats'" in capsys.readouterr().err


def test_a_file_that_answers_differently_needs_a_word(signed_in, capsys, tmp_path):
    model, version = "1" * 8 + "-0000-7000-8000-" + "1" * 12, {"number": 1, "id": "v", "files": {}}
    refused = problem(409, "parity_failed", "3 of 100 images get another class.")

    def answer(asked):
        if asked.path.startswith(f"/api/v1/models/{model}/versions/"):
            return Told(200, {**PAGE, "results": [version]})
        if asked.path.startswith("/api/v1/models/"):
            return Told(200, {"id": model, "name": "Birds", "aliases": {"champion": 1}})
        if asked.method == "POST":
            export = {"id": "e", "status": "succeeded", "parity": {"passed": False}}
            return Told(200, {**export, "download_url": "/api/v1/files/model.tflite/"})
        return Told(200, b"tflite") if asked.path.endswith("?confirmed=true") else refused

    signed_in.answer = answer
    command = ["export", model, "--format", "tflite_int8", "--output", str(tmp_path / "a.tflite")]
    assert main(command) == 1
    assert "3 of 100 images get another class." in capsys.readouterr().err
    assert not (tmp_path / "a.tflite").exists()
    assert main([*command, "--confirmed"]) == 0
    assert (tmp_path / "a.tflite").read_bytes() == b"tflite"
    assert "passed: False" in capsys.readouterr().err


def test_a_login_with_a_token_is_kept_and_a_logout_forgets_it(server, monkeypatch, capsys):
    server.in_turn(Told(200, {"username": "ada", "organizations": []}))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    assert main(["login", server.url, "--token-stdin"]) == 0
    said = capsys.readouterr()
    assert said.out == f"Signed in at {server.url} as ada.\n"
    assert TOKEN not in said.out + said.err
    assert SignIns().of(server.url)["token"] == TOKEN
    assert main(["logout"]) == 0
    assert "stays valid" in capsys.readouterr().err
    assert SignIns().addresses() == []
    assert main(["logout"]) == 3


def test_a_wrong_token_is_not_kept(server, monkeypatch):
    server.in_turn(problem(401, "not_authenticated", "This token is not known."))
    monkeypatch.setattr("sys.stdin", io.StringIO("loupe_wrong\n"))
    assert main(["login", server.url, "--token-stdin"]) == 3
    assert SignIns().addresses() == []


def test_a_reader_that_goes_ends_it_quietly(signed_in):
    signed_in.in_turn(Told(200, {**PAGE, "results": [row() for _ in range(20)]}))
    program = subprocess.Popen(
        [sys.executable, "-m", "loupe", "jobs", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    program.stdout.close()
    assert program.wait(20) == 1
    assert program.stderr.read() == b""
    program.stderr.close()
