"""`loupe push` against the running platform: questions, and imports that fail."""

import io
import re
import shlex
import sys

import pytest

from accounts.models import APIToken
from datasets.models import Dataset, Image, Import
from loupe.cli.main import main
from tests import factories
from tests.datasets.conftest import png, zipped

SETS = {
    f"{split}_set/{name}/{n}.png": png(100 * i + 10 * j + n)
    for i, split in enumerate(("training", "test"))
    for j, name in enumerate(("red", "green"))
    for n in range(2)
}


@pytest.fixture
def signed_in(stack, monkeypatch) -> None:
    token = APIToken.objects.create(factories.make_user(), name="laptop", scopes=["read", "write"])
    monkeypatch.setenv("LOUPE_URL", stack.url)
    monkeypatch.setenv("LOUPE_TOKEN", token[1])


class Terminal(io.StringIO):
    """What a person types, or sees."""

    def isatty(self) -> bool:
        return True


def commands(said: str) -> dict[str, list[str]]:
    """Return the arguments of each command that was printed, by its layout."""
    found = [shlex.split(line)[1:] for line in re.findall(r"^  (loupe push .*)$", said, re.M)]
    return {each[each.index("--layout") + 1]: each for each in found}


@pytest.mark.usefixtures("signed_in")
def test_the_command_that_is_printed_goes_on_without_another_upload(tmp_path, capsys):
    archive = tmp_path / "sets.zip"
    archive.write_bytes(zipped(SETS))
    assert main(["push", str(archive)]) == 4
    told = capsys.readouterr().err
    assert "images: 8; splits: train 4, test 4" in told
    assert "classes: green 4, red 4" in told
    said = commands(told)
    assert said.keys() == {"split_folders", "class_folders"}

    source = Import.objects.get()
    assert main(["push", str(archive), "--layout", "split_folders"]) == 2
    assert f"`loupe push --confirm {source.pk}`" in capsys.readouterr().err
    assert main(["push", "--confirm", str(source.pk)]) == 4
    assert commands(capsys.readouterr().err) == said

    archive.unlink()
    assert main(said["split_folders"]) == 0
    assert "sets: 8 added, 0 duplicates" in capsys.readouterr().out
    assert set(Image.objects.values_list("split", "class_label__name")) == {
        (split, name) for split in ("train", "test") for name in ("red", "green")
    }


@pytest.mark.usefixtures("signed_in")
def test_names_in_a_code_page_are_shown_and_chosen(tmp_path, capsys, monkeypatch):
    files = {"a123/1.png": png(1), "b123/1.png": png(2), "b123/2.png": png(3), "notes.txt": b"x"}
    legacy = zipped(files)
    # Names of the same length in Shift JIS.
    for short, name in (("a123", "表示"), ("b123", "表面")):
        legacy = legacy.replace(short.encode(), name.encode("cp932"))
    archive = tmp_path / "japanese.zip"
    archive.write_bytes(legacy)
    assert main(["push", str(archive)]) == 4
    said = capsys.readouterr().err
    assert said.count("loupe push --confirm") == said.count("--encoding") > 1
    assert "classes: 表示 1, 表面 2" in said
    assert "images: 3; files left out: 1; names in: cp932" in said
    assert "names: 表示/1.png, 表面/1.png" in said

    import_id = str(Import.objects.get().pk)
    answer = ["push", "--confirm", import_id]
    assert main([*answer, "--layout", "class_folders"]) == 1
    assert "The encoding may be cp932" in capsys.readouterr().err
    assert main([*answer, "--encoding", "cp932"]) == 2
    assert main([*answer, "--layout", "class_folders", "--encoding", "cp932"]) == 0
    again = ["--name", "Again", "--layout", "class_folders", "--encoding", "cp932"]
    assert main(["push", str(archive), *again]) == 0
    monkeypatch.setattr("sys.stdin", Terminal("7\n1\n"))
    monkeypatch.setattr("sys.stderr", Terminal())
    assert main(["push", str(archive), "--name", "Asked"]) == 0
    assert sys.stderr.getvalue().count("Which one (1 to 5)?") == 2
    names = Image.objects.values_list("dataset__name", "class_label__name")
    assert set(names) == {(d, c) for d in ("japanese", "Again", "Asked") for c in ("表示", "表面")}


@pytest.mark.usefixtures("signed_in")
def test_what_is_hidden_is_named(tmp_path, capsys):
    for n, name in enumerate(("cat/1.png", "dog/2.png", ".git/3.png", "dog/.4.png")):
        (tmp_path / "Zoo" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "Zoo" / name).write_bytes(png(n))
    assert main(["push", str(tmp_path / "Zoo")]) == 0
    said = capsys.readouterr()
    assert "Hidden, left out: .git, dog/.4.png\n" in said.err
    assert "Zoo: 2 added" in said.out


@pytest.mark.usefixtures("signed_in")
def test_a_new_dataset_that_stays_empty_goes(tmp_path, capsys):
    archive = tmp_path / "broken.zip"
    archive.write_bytes(zipped({"cat/1.png": b"no image", "dog/2.png": b"none either"}))
    assert main(["push", str(archive)]) == 1
    said = capsys.readouterr().err
    assert "None of the 2 files in the archive is an image" in said
    assert "The new dataset broken is in the trash" in said
    assert not Dataset.objects.alive().exists()
    # Its name is free, and one that was there before stays.
    dataset = factories.make_dataset(user=APIToken.objects.get().user)
    assert main(["push", str(archive), "--to", str(dataset.pk)]) == 1
    assert Dataset.objects.alive().get() == dataset


@pytest.mark.usefixtures("signed_in")
def test_an_answered_import_that_fails_names_the_empty_dataset(tmp_path, capsys):
    archive = tmp_path / "two ways.zip"
    archive.write_bytes(zipped(dict.fromkeys(SETS, b"no image")))
    assert main(["push", str(archive)]) == 4
    answer = commands(capsys.readouterr().err)["split_folders"]
    assert main(answer) == 1
    said = capsys.readouterr().err
    assert "is an image" in said
    assert "two ways is still there, and empty" in said
    assert "`loupe push FOLDER --to 'two ways'` fills it" in said
    assert Dataset.objects.alive().get().name == "two ways"


@pytest.mark.parametrize(
    "arguments", [[], ["a.zip", "--confirm", "1"], ["--confirm", "1", "--to", "Birds"]]
)
def test_an_answer_takes_nothing_that_it_would_leave_out(arguments, capsys):
    assert main(["push", *arguments]) == 2
    assert "--confirm" in capsys.readouterr().err
