"""Exported scripts run as a stranger runs them: a bare Python, a zip as a frozen version gives."""

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path


def write_version_zip(path: Path, parts, names) -> None:
    """Write (file, class index) of train, validation and test as a version's zip has them."""
    with zipfile.ZipFile(path, "w") as archive:
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["file", "class_name", "split"])
        for split, part in zip(("train", "validation", "test"), parts, strict=True):
            for file, label in part:
                name = f"{split}/{names[label]}/{Path(file).name}"
                archive.write(file, name)
                writer.writerow([name, names[label], split])
        archive.writestr("labels.csv", table.getvalue())


def run_script(script: Path, *arguments: Path) -> list[str]:
    """Return the lines that the script prints, in a Python that sees no other settings of ours."""
    text = script.read_text()
    assert not {"import classifier", "import common", "from classifier", "from common"} & {
        line[: len("from classifier")].strip() for line in text.splitlines()
    }
    command = [sys.executable, "-I", script, *arguments]
    # The threads of several tests would wait for each other with full force.
    env = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    folder = script.parent
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def accuracy_of(lines: list[str]) -> float:
    """Return the test accuracy that a script's last line says."""
    assert lines[-1].startswith("test accuracy ")
    return float(lines[-1].split()[2])
