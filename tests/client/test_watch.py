"""`loupe predict --watch`: each file once, whatever happens in between."""

import json
import os
import re

import pytest

from loupe.cli.main import main
from tests.client.conftest import TOKEN, Asked, Told, problem

MODEL = "0190a000-0000-7000-8000-000000000001"


def asked_names(asked: Asked) -> list[str]:
    return [name.decode() for name in re.findall(rb'filename="([^"]+)"', asked.body)]


def model_server(asked: Asked) -> Told:
    """Say the name of each file as its class; refuse what is called broken."""
    if asked.path == f"/api/v1/models/{MODEL}/":
        return Told(200, {"id": MODEL, "name": "Zoo", "aliases": {"champion": 1}})
    entries = [
        {"name": name, "status": 422, "code": "unreadable", "detail": "This is no image."}
        if "broken" in name
        else {
            "name": name, "status": 200, "id": f"id of {name}", "decision": None,
            "classes": [{"class_name": name.partition(".")[0], "probability": 0.75}],
        }
        for name in asked_names(asked)
    ]  # fmt: skip
    return Told(200, {"model": MODEL, "version": 1, "predictions": entries})


@pytest.fixture
def folder(server, monkeypatch, tmp_path):
    server.answer = model_server
    monkeypatch.setenv("LOUPE_URL", server.url)
    monkeypatch.setenv("LOUPE_TOKEN", TOKEN)
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for name in ("cat.png", "deep/dog.jpg", "broken.png", "notes.txt"):
        (folder / name).write_bytes(name.encode())
    return folder


def predicted(server) -> list[str]:
    posts = [asked for asked in server.asked if asked.method == "POST"]
    return [name for asked in posts for name in asked_names(asked)]


def lines(path) -> dict[str, dict]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert len({each["file"] for each in found}) == len(found)
    return {each["file"]: each for each in found}


def test_each_file_is_asked_about_once(folder, server, capsys):
    watch = ["predict", MODEL, "--watch", str(folder), "--once"]
    assert main(watch) == 0
    output = folder / "predictions.jsonl"
    said = lines(output)
    assert sorted(said) == ["broken.png", "cat.png", "deep/dog.jpg"]
    assert said["cat.png"] | {"class_name": "cat", "probability": 0.75} == said["cat.png"]
    assert said["broken.png"]["error"] == "This is no image."
    assert sorted(predicted(server)) == ["broken.png", "cat.png", "dog.jpg"]
    assert "deep/dog.jpg  dog 75.0%" in capsys.readouterr().out

    assert main(watch) == 0
    assert len(predicted(server)) == 3
    # The machine ended in the middle of a line; another file has come.
    whole = output.read_text().splitlines(keepends=True)
    cut = next(line for line in whole if '"cat.png"' in line)
    output.write_text("".join(line for line in whole if line != cut) + cut[:30])
    (folder / "emu.webp").write_bytes(b"emu")
    assert main(watch) == 0
    assert sorted(predicted(server)[3:]) == ["cat.png", "emu.webp"]
    assert sorted(lines(output)) == ["broken.png", "cat.png", "deep/dog.jpg", "emu.webp"]

    # Another picture under an old name.
    (folder / "cat.png").write_bytes(b"another cat")
    assert main(watch) == 0
    assert predicted(server)[5:] == ["cat.png"]


def test_a_file_that_cannot_be_read_is_remarked_and_not_sent(folder, server, capsys):
    # No process may read its own first byte, not even root's; its size and time can be asked for.
    (folder / "locked.png").symlink_to("/proc/self/mem")
    latin = folder / os.fsdecode("é.png".encode("latin-1"))
    latin.write_bytes(b"x")
    (folder / "deep" / "loop").symlink_to(folder)
    watch = ["predict", MODEL, "--watch", str(folder), "--once"]
    assert main(watch) == 1
    said = capsys.readouterr().err
    assert said.count(f"{folder / 'locked.png'} cannot be read: Input/output error") == 1
    assert said.count("The name \N{REPLACEMENT CHARACTER}.png is not in UTF-8") == 1
    assert said.count(f"{folder / 'deep/loop'} is a link to a folder that it lies in") == 1
    assert sorted(predicted(server)) == ["broken.png", "cat.png", "dog.jpg"]
    assert "locked.png" not in lines(folder / "predictions.jsonl")
    assert main(watch) == 1
    assert len(predicted(server)) == 3
    for path in (folder / "locked.png", latin, folder / "deep" / "loop"):
        path.unlink()
    (folder / "locked.png").write_bytes(b"readable now")
    assert main(watch) == 0
    assert predicted(server)[3:] == ["locked.png"]


def test_a_file_of_something_else_is_not_written_to(folder, capsys):
    output = folder / "notes.txt"
    output.write_text("My notes\n")
    assert main(["predict", MODEL, "--watch", str(folder), "--output", str(output)]) == 2
    assert "did not write: name another file" in capsys.readouterr().err
    assert output.read_text() == "My notes\n"


def test_many_images_go_in_calls_of_32_and_keep_their_order(folder, server, capsys):
    names = [f"{n:03}.png" for n in range(100)]
    for name in names:
        (folder / "deep" / name).write_bytes(name.encode())
    (folder / "deep" / "dog.jpg").unlink()
    assert main(["predict", MODEL, "--json", str(folder / "deep")]) == 0
    printed = [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()]
    assert printed == names
    posts = [len(asked_names(asked)) for asked in server.asked if asked.method == "POST"]
    assert sorted(posts) == [4, 32, 32, 32]


def test_too_many_pixels_together_are_asked_about_in_parts(folder, server, capsys):
    def most_two(asked: Asked) -> Told:
        if len(asked_names(asked)) > 2 or "broken.png" in asked_names(asked):
            return problem(413, "too_many_pixels", "Too many pixels.")
        return model_server(asked)

    server.answer = most_two
    assert main(["predict", MODEL, "--json", str(folder)]) == 1
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["name"] for each in said] == ["broken.png", "cat.png", "dog.jpg"]
    assert [each.get("detail", "") for each in said] == ["Too many pixels.", "", ""]
