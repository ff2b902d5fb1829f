"""A trained model that waits for a choice: its files lie with those of its run, until it is
registered or dropped.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from classifier.engine.outcome import TrainingOutcome
from classifier.models import TrainingRun
from storage import durable
from storage.names import run_file_name

_FACTS = "held.json"


def hold_model(*, run: TrainingRun, outcome: TrainingOutcome, files_dir: Path) -> None:
    """Keep what a training left in `files_dir`; the facts come last, so they speak of whole files.

    In the transaction that ends the job, or before it: an attempt that is lost is written over.
    """
    for name in outcome.files:
        durable.take_over(files_dir / name, _name(run, name))
    durable.write(run_file_name(run.pk, _FACTS), [json.dumps(asdict(outcome)).encode()])


def held_model(run: TrainingRun, folder: Path) -> TrainingOutcome | None:
    """Return what a run holds, its files copied into `folder`; None where it holds nothing."""
    facts = run_file_name(run.pk, _FACTS)
    if not durable.exists(facts):
        return None
    outcome = TrainingOutcome(**json.loads(durable.read(facts)))
    for name in outcome.files:
        shutil.copyfile(durable.local(_name(run, name)), folder / name)
    return outcome


def drop_held(*, run: TrainingRun) -> None:
    """Delete what a run holds; where it holds nothing, nothing happens."""
    facts = run_file_name(run.pk, _FACTS)
    if not durable.exists(facts):
        return
    names = json.loads(durable.read(facts))["files"]
    durable.delete_files([facts, *(_name(run, name) for name in names)])


def _name(run: TrainingRun, name: str) -> str:
    return run_file_name(run.pk, f"held-{name}")
