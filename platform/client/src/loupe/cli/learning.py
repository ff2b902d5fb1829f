"""`loupe train`, `loupe evaluate`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from loupe.cli.arguments import Commands, command, connected
from loupe.cli.output import percent, remark, say, say_json, say_table
from loupe.client import Loupe
from loupe.datasets import Dataset, DatasetVersion
from loupe.errors import UnusableInput
from loupe.jobs import Event
from loupe.training import EvaluationReport, TrainingRun

_STRATEGIES = {
    "stratified": "at random, each class by the same shares",
    "grouped": "at random, copies and look-alikes together in one split",
    "folder": "the archive's own splits",
}


def add_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add them."""
    train = command(
        commands,
        common,
        "train",
        start_training,
        "train a model on a dataset",
        "Train a model on a frozen version of a dataset: on the newest one; where there is none, "
        "one is frozen (80 % train, 10 % validation, 10 % test).",
    )
    train.add_argument("dataset", nargs="?", help="a name or an id")
    train.add_argument("--preset", help="the recipe (--presets lists them)")
    train.add_argument("--presets", action="store_true", help="list the recipes and end")
    which = train.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, metavar="N", help="that version of the dataset")
    which.add_argument("--freeze", action="store_true", help="freeze a new version first")
    train.add_argument(
        "--split",
        choices=tuple(_STRATEGIES),
        help=f"how a version is frozen: {_ways()}",
    )
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a setting that differs from the recipe's, such as epochs=5; may be repeated",
    )
    train.add_argument("--model", help="the model that the new version joins; else a new one")
    train.add_argument("--name", help="of the run")
    train.add_argument("--follow", action="store_true", help="wait for the end and show the report")
    evaluate = command(
        commands,
        common,
        "evaluate",
        evaluate_version,
        "measure a model on a dataset, or show its report",
        "Measure a model on a split of a dataset. Without --on: show the newest report, which its "
        "training made on test images that it never saw.",
    )
    evaluate.add_argument("model", help="a name or an id")
    evaluate.add_argument("--version", type=int, metavar="N", help="by default the live one")
    evaluate.add_argument("--on", metavar="DATASET", help="a name or an id")
    evaluate.add_argument(
        "--on-version", type=int, metavar="N", help="of that dataset; by default the newest"
    )
    evaluate.add_argument("--split", choices=("train", "validation", "test"), default="test")


def start_training(args: argparse.Namespace) -> int:
    """Start a run; with --follow stay until its report."""
    with connected(args) as client:
        if args.presets:
            return _list_presets(client, as_json=args.json)
        if not (args.dataset and args.preset):
            raise UnusableInput("Say a dataset and --preset NAME; `loupe train --presets` lists.")
        version = _version(client.dataset(args.dataset), args)
        run = version.train(
            args.preset,
            config=_settings(args.settings),
            name=args.name,
            model=client.model(args.model) if args.model else None,
            wait=False,
        )
        if not args.follow:
            return _tell_started(client, run, as_json=args.json)
        run.wait(on_event=None if args.json else _tell_epoch)
        report = run.report()
        if args.json:
            say_json({"run": run.data, "report": report.data})
            return 0
        _tell_report(report)
        say(f"{client.api.url}/training/{run.id}/")
    return 0


def evaluate_version(args: argparse.Namespace) -> int:
    """Measure, or show what was measured."""
    with connected(args) as client:
        version = client.model(args.model).version(args.version)
        if args.on is None:
            report = version.report()
        else:
            measured_on = client.dataset(args.on).version(args.on_version)
            remark(f"On version {measured_on.number} of {args.on}, {args.split} split")
            report = version.evaluate(measured_on, split=args.split)
        if args.json:
            say_json(report.data)
        else:
            _tell_report(report)
            say(f"{client.api.url}/evaluations/{report.id}/")
    return 0


def _version(dataset: Dataset, args: argparse.Namespace) -> DatasetVersion:
    if args.version is not None:
        if args.split is not None:
            raise UnusableInput("--split takes --freeze: a version that is there has its splits.")
        return dataset.version(args.version)
    newest = None if args.freeze else next(dataset.versions(), None)
    if newest is not None:
        if args.split is not None:
            raise UnusableInput(
                f"{dataset.name} has a version already: --split takes --freeze, which makes one."
            )
        remark(f"On version {newest.number} of {dataset.name}, the newest (--freeze makes one)")
        return newest
    if args.split is None and next(dataset.images(split="train"), None) is not None:
        raise UnusableInput(
            f"Images of {dataset.name} came in splits. Say --split NAME ({_ways()})."
        )
    return _frozen(dataset, args.split)


def _ways() -> str:
    return "; ".join(f"{name}: {means}" for name, means in _STRATEGIES.items())


def _frozen(dataset: Dataset, split: str | None) -> DatasetVersion:
    """Freeze a version and say how."""
    strategy = split or "stratified"
    version = dataset.freeze(strategy=strategy)
    sizes = ", ".join(
        f"{sum(counts.values()):,} {name}" for name, counts in version["sample_counts"].items()
    )
    other = "" if split else "; --split says another way"
    remark(
        f"Version {version.number} of {dataset.name} is frozen: {sizes} "
        f"({strategy}: {_STRATEGIES[strategy]}{other})"
    )
    return version


def _settings(given: list[str]) -> dict[str, Any]:
    """Read NAME=VALUE; a value that is JSON (5, 0.1, true) is taken so, another one as text."""
    settings: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise UnusableInput(f"--set takes NAME=VALUE; received {pair!r}.")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    return settings


def _list_presets(client: Loupe, *, as_json: bool) -> int:
    presets = client.presets()
    if as_json:
        for each in presets:
            say_json(each)
    else:
        rows = [
            (each["name"], each["title"], "" if each["at_hand"] else each["missing"])
            for each in presets
        ]
        say_table(("preset", "title", "missing here"), rows)
    return 0


def _tell_started(client: Loupe, run: TrainingRun, *, as_json: bool) -> int:
    if as_json:
        say_json(run.data)
    else:
        say(f"Started {run['name']}: {client.api.url}/training/{run.id}/")
        say(f"Follow it: loupe jobs {run.job.id} --wait")
    return 0


def _tell_epoch(event: Event) -> None:
    if event.name == "epoch":
        said = event.data
        figures = "  ".join(
            f"{name} {said[name]:.4f}"
            for name in ("loss", "accuracy", "val_loss", "val_accuracy")
            if said.get(name) is not None
        )
        if sys.stderr.isatty():
            # Over the bar, which is drawn again below.
            sys.stderr.write("\r\033[K")
        remark(f"epoch {said.get('epoch', '?'):>3}  {figures}")


def _tell_report(report: EvaluationReport) -> None:
    say(str(report["verdict"]))
    low, high = report.accuracy_interval or (None, None)
    say(
        f"Accuracy {percent(report.accuracy)} on {report['sample_count']:,} images of the "
        f"{report['split']} split (95 %: {percent(low)} to {percent(high)})"
    )
    say_table(
        ("class", "precision", "recall", "f1", "images"),
        [
            (
                each["class_name"],
                *(_figure(each[name]) for name in ("precision", "recall", "f1")),
                each["support"],
            )
            for each in report.per_class
        ],
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
