"""The client's whole story against the running platform: by commands, then from Python."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.test import Client as Browser
from PIL import Image as Picture

import loupe
from accounts.models import APIToken, DeviceRequest
from accounts.services.device_requests import decide
from classifier.models import RegisteredModel
from loupe.cli.main import main
from loupe.errors import GateRefused, JobCancelled, StillRunning, UnusableInput
from tests import factories
from tests.classifier.conftest import COLORS

pytestmark = [pytest.mark.long, pytest.mark.timeout(280)]

FAST = ("epochs=1", "batch_size=8", "augmentation=none", "deterministic=false")


def picture(color: str, shade: int = 0) -> Picture.Image:
    tint = tuple(max(0, part - shade) for part in COLORS[color])
    return Picture.new("RGB", (16 + shade, 16), tint)


@pytest.fixture
def colours(tmp_path) -> Path:
    """A folder of squares, a folder for each class."""
    folder = tmp_path / "Colours"
    for color in COLORS:
        (folder / color).mkdir(parents=True)
        for n in range(10):
            picture(color, n).save(folder / color / f"{n}.png")
    return folder


class Terminal:
    """Runs commands as a person does; whatever they say is without the token."""

    def __init__(self, capsys) -> None:
        self.token = ""
        self.err = ""
        self._capsys = capsys

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Return what a command prints; a process of its own for each would take half the time."""
        assert main(list(arguments)) == code
        return self._checked(*self._capsys.readouterr())

    def alone(self, *arguments: str) -> str:
        """The same, as a process of its own."""
        command = [sys.executable, "-m", "loupe", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return self._checked(done.stdout, done.stderr)

    def rows(self, *arguments: str, code: int = 0) -> list[dict]:
        """Return the lines of `--json`."""
        return [json.loads(line) for line in self(*arguments, "--json", code=code).splitlines()]

    def _checked(self, out: str, err: str) -> str:
        self.err = err
        assert "Traceback" not in err
        assert not self.token or self.token not in out + err
        return out


def log_in(terminal: Terminal, url: str, person) -> None:
    """Ask for a token; its person approves it, as if in the browser."""
    command = [sys.executable, "-m", "loupe", "login", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        asked = program.stderr.readline().decode()
        code = re.search(r"enter the code ([A-Z]{4}-[A-Z]{4})", asked)[1]
        assert f"{url}/" in asked
        wish = DeviceRequest.objects.get()
        assert wish.name.startswith("loupe on ")
        decide(user=person, user_code=code, approved=True)
        said, rest = program.communicate(timeout=30)
    assert (program.returncode, said.decode()) == (0, f"Signed in at {url} as {person}.\n"), rest
    terminal.token = loupe.files.SignIns().of(url)["token"]
    assert terminal.token.startswith("loupe_")


def by_commands(terminal: Terminal, colours: Path, tmp_path: Path) -> None:
    said = terminal.alone("push", str(colours))
    assert "Colours: 20 added, 0 duplicates, 0 skipped, 0 rejected" in said
    assert "20 duplicates" in terminal("push", str(colours), "--to", "Colours")
    [dataset] = terminal.rows("datasets")
    assert (dataset["name"], dataset["image_count"]) == ("Colours", 20)
    assert "cnn_tiny" in terminal("train", "--presets")

    settings = [part for each in FAST for part in ("--set", each)]
    said = terminal.alone("train", "Colours", "--preset", "cnn_tiny", "--follow", *settings)
    assert re.search(r"epoch +1 +loss \d", terminal.err)
    assert "Version 1 of Colours is frozen" in terminal.err
    assert re.search(r"Accuracy \d+\.\d% on 2 images of the test split", said)
    [model] = RegisteredModel.objects.exclude(organization=None)
    go_live(model.name)
    [report] = terminal.rows("evaluate", model.name, "--on", "Colours", "--split", "train")
    assert (report["split"], report["sample_count"]) == ("train", 16)
    assert "f1" in terminal("evaluate", model.name)

    (colours / "broken.png").write_bytes(b"no image")
    rows = terminal.rows("predict", model.name, str(colours), code=1)
    assert len(rows) == 21
    assert [Path(row["file"]).name for row in rows if row["status"] == 422] == ["broken.png"]
    output = tmp_path / "answers.jsonl"
    watch = ["predict", model.name, "--watch", str(colours), "--once", "--output", str(output)]
    terminal.alone(*watch)
    terminal(*watch)
    assert len(output.read_text().splitlines()) == 21

    [file] = terminal.rows("export", model.name, "--format", "onnx", "--output", str(tmp_path))
    assert Path(file["file"]).stat().st_size == file["bytes"] > 1000
    assert "model.onnx" in terminal("export", model.name)
    assert {row["status"] for row in terminal.rows("jobs", "--status", "succeeded")} == {
        "succeeded"
    }


def go_live(name: str) -> None:
    """Make the version live: two test images show too little for the gate."""
    with loupe.connect() as client:
        model = client.model(name)
        with pytest.raises(GateRefused) as refused:
            model.set_alias("champion", 1)
        assert refused.value.errors
        model.set_alias("champion", 1, reason="A test", override=True)
        assert model.aliases == {"champion": 1}


def from_python(client: loupe.Loupe, colours: Path, tmp_path: Path) -> None:
    dataset = client.dataset("Colours")
    assert "Colours" in repr(dataset)
    assert "<table>" in dataset._repr_html_()
    version = dataset.version()
    with pytest.raises(UnusableInput, match="has no version 9; its versions: 1"):
        dataset.version(9)
    run = next(client.training_runs())
    model = next(each for each in client.models() if each["organization"] is not None)
    assert run.model_version.model == model
    assert run.report()._repr_html_().count("<tr>") >= len(COLORS)

    red = picture("red")
    stream = io.BytesIO()
    red.save(stream, "PNG")
    forms = [colours / "red" / "0.png", stream.getvalue(), red, np.asarray(red)]
    answers = model.predict(forms, top_k=2)
    assert len({each.class_name for each in answers}) == 1
    shares = [each.probability for each in answers]
    assert shares == pytest.approx([shares[0]] * 4, abs=1e-5)
    assert sum(share for _, share in answers[0].classes) == pytest.approx(1, abs=1e-3)
    assert "red" in answers._repr_html_()
    assert model.version(1).predict(forms[0])[0].class_name == answers[0].class_name
    together = model.predict_together(forms)
    assert together.data["images"] == [each.name for each in answers]

    batch = model.predict_batch(version, split="test")
    assert (batch["answered"], len(list(batch.results()))) == (2, 2)
    batch = model.predict_batch(colours)
    [broken] = [each for each in batch.results() if each.error]
    assert broken.name == "broken.png"
    for file_format, begins in {"csv": b"index,", "parquet": b"PAR1", "jsonl": b"{"}.items():
        path = batch.download(tmp_path / f"batch.{file_format}", file_format=file_format)
        assert path.read_bytes().startswith(begins)

    later = version.train("cnn_tiny", config={"epochs": 500}, wait=False)
    with pytest.raises(StillRunning):
        later.wait(timeout=0.5, progress=False)
    later.cancel()
    with pytest.raises(JobCancelled):
        later.wait(progress=False)
    assert later.status == "cancelled"
    with pytest.raises(UnusableInput, match="it is cancelled"):
        later.report()


def test_the_whole_story(stack, colours, tmp_path, monkeypatch, capsys):
    person, terminal = factories.make_user(), Terminal(capsys)
    log_in(terminal, stack.url, person)
    by_commands(terminal, colours, tmp_path)
    with loupe.connect() as client:
        assert client.me()["username"] == person.username
        from_python(client, colours, tmp_path)

    # What the Playground shows for a program.
    browser = Browser()
    factories.sign_in(browser, person)
    model = RegisteredModel.objects.exclude(organization=None).get()
    snippet = browser.get(f"/playground/?model={model.pk}").context["python"]
    address = re.search(r'connect\("([^"]+)"\)', snippet)[1]
    monkeypatch.chdir(colours / "red")
    (colours / "red" / "0.png").rename(colours / "red" / "picture.jpg")
    monkeypatch.setenv("LOUPE_TOKEN", terminal.token)
    capsys.readouterr()
    exec(snippet.replace(address, stack.url), {})
    assert re.search(r"^(red|blue): \d+\.\d%$", capsys.readouterr().out, re.MULTILINE)

    monkeypatch.delenv("LOUPE_TOKEN")
    terminal("logout")
    assert APIToken.objects.count() == 0
    terminal("jobs", code=3)
    assert "loupe login" in terminal.err
