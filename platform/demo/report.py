"""What the demo prints: progress on one line, the evaluation report as a table."""

import sys
from typing import Any

BAR_WIDTH = 24


def show_progress(job: dict[str, Any]) -> None:
    """Draw one job's progress, over the line before on a terminal, sparingly in a log."""
    progress = job["progress"] or {}
    done, total = progress.get("done") or 0, progress.get("total") or 0
    share = 1.0 if job["status"] == "succeeded" else (done / total if total else 0.0)
    filled = round(share * BAR_WIDTH)
    bar = "█" * filled + "░" * (BAR_WIDTH - filled)
    message = progress.get("message") or job["status"]
    line = f"  {bar} {share:4.0%}  {message}"
    if sys.stdout.isatty():
        end = "\n" if job["status"] == "succeeded" else ""
        sys.stdout.write(f"\r\033[K{line}{end}")
        sys.stdout.flush()
    elif job["status"] == "succeeded":
        print(line, flush=True)


def print_step(title: str) -> None:
    """Announce the next step."""
    print(f"\n▸ {title}", flush=True)


def print_report(report: dict[str, Any]) -> None:
    """Print accuracy, averages and the per-class table of an evaluation report."""
    low, high = report["accuracy_interval"]
    print(
        f"\n  Accuracy on the {report['split']} split: {report['accuracy']:.4f} "
        f"(95 %: {low:.4f} to {high:.4f})"
    )
    print(f"  {report['verdict']}\n")
    print(f"  {'class':<14}{'precision':>10}{'recall':>10}{'f1':>10}{'support':>10}")
    for row in report["per_class"]:
        print(
            f"  {row['class_name']:<14}{row['precision']:>10.3f}{row['recall']:>10.3f}"
            f"{row['f1']:>10.3f}{row['support']:>10}"
        )
    for name in ("macro", "weighted"):
        mean = report[name]
        print(f"  {name:<14}{mean['precision']:>10.3f}{mean['recall']:>10.3f}{mean['f1']:>10.3f}")


def print_predictions(predictions: list[dict[str, Any]], truths: list[str]) -> None:
    """Print the top answer for each image beside its true class."""
    print(f"\n  {'image':<26}{'true':>6}{'predicted':>11}{'probability':>13}")
    for prediction, truth in zip(predictions, truths, strict=True):
        best = prediction["classes"][0]
        print(
            f"  {prediction['name']:<26}{truth:>6}{best['class_name']:>11}"
            f"{best['probability']:>13.3f}"
        )


def print_answer(model: str, prediction: dict[str, Any]) -> None:
    """Print what a model says of one image, best first."""
    best = ", ".join(
        f"{each['class_name']} {each['probability']:.0%}" for each in prediction["classes"]
    )
    print(f"  {model} on {prediction['name']}: {best}")
