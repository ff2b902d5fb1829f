"""What the demo prints: the evaluation report and the predictions as tables."""

from collections.abc import Sequence

from loupe import Prediction
from loupe.training import EvaluationReport


def print_step(title: str) -> None:
    """Announce the next step."""
    print(f"\n▸ {title}", flush=True)


def print_report(report: EvaluationReport) -> None:
    """Print accuracy, averages and the per-class table of an evaluation report."""
    low, high = report["accuracy_interval"]
    print(
        f"\n  Accuracy on the {report['split']} split: {report['accuracy']:.4f} "
        f"(95 %: {low:.4f} to {high:.4f})"
    )
    print(f"  {report['verdict']}\n")
    print(f"  {'class':<14}{'precision':>10}{'recall':>10}{'f1':>10}{'support':>10}")
    for row in report.per_class:
        print(
            f"  {row['class_name']:<14}{row['precision']:>10.3f}{row['recall']:>10.3f}"
            f"{row['f1']:>10.3f}{row['support']:>10}"
        )
    for name in ("macro", "weighted"):
        mean = report[name]
        print(f"  {name:<14}{mean['precision']:>10.3f}{mean['recall']:>10.3f}{mean['f1']:>10.3f}")


def print_predictions(predictions: Sequence[Prediction], truths: Sequence[str]) -> None:
    """Print the top answer for each image beside its true class."""
    print(f"\n  {'image':<26}{'true':>6}{'predicted':>11}{'probability':>13}")
    for prediction, truth in zip(predictions, truths, strict=True):
        best = prediction.classes[0]
        print(f"  {prediction.name:<26}{truth:>6}{best.class_name:>11}{best.probability:>13.3f}")


def print_answer(model: str, prediction: Prediction) -> None:
    """Print what a model says of one image, best first."""
    best = ", ".join(f"{name} {probability:.0%}" for name, probability in prediction.classes)
    print(f"  {model} on {prediction.name}: {best}")
