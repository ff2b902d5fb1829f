"""What the kit page shows: plausible figures that always come out the same."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django import forms

WAITING_ID = "77b3c0de-58b1-4c0e-8c6b-0d0f9a4b2c11"
JOB_ID = "5f0c6a52-3f0e-4a2e-9a67-5a3a0c1b7e11"


class TrainingForm(forms.Form):
    """One of each widget, with an error on two fields when it is bound to bad data."""

    name = forms.CharField(help_text="Shown in lists. Up to 80 characters.", max_length=80)
    preset = forms.ChoiceField(choices=[("cnn_tiny", "Small CNN"), ("mobilenet_v2", "MobileNetV2")])
    epochs = forms.IntegerField(min_value=1, max_value=500)
    learning_rate = forms.FloatField(required=False)
    augment = forms.BooleanField(label="Augment the images", required=False)
    strategy = forms.ChoiceField(
        choices=[("stratified", "Stratified"), ("folder", "The archive's folders")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)


def epochs(count: int, seed: int = 0) -> list[dict[str, float]]:
    """Plausible EpochMetrics that always come out the same."""
    rows = []
    for epoch in range(1, count + 1):
        wobble = ((epoch * 7919 + seed * 104729) % 97) / 97 - 0.5
        loss = 1.9 / (1 + 0.55 * epoch) + 0.03
        accuracy = 1 - 0.62 / (1 + 0.6 * epoch)
        rows.append(
            {
                "epoch": epoch,
                "loss": loss,
                "accuracy": accuracy,
                "val_loss": loss * 1.18 + 0.09 * wobble / epoch + seed * 0.02,
                "val_accuracy": min(0.995, accuracy - 0.02 + 0.02 * wobble - seed * 0.012),
                "learning_rate": 1e-3,
                "seconds": 4.2,
            }
        )
    return rows


def confusion() -> list[list[int]]:
    """Counts of ten classes, 36 images each, with a few mistakes."""
    counts = [[0] * 10 for _ in range(10)]
    for row in range(10):
        mistakes = {(row * 3 + 5) % 10: (row * 7) % 4, (row + 7) % 10: row % 2}
        for column, count in mistakes.items():
            if column != row:
                counts[row][column] += count
        counts[row][row] = 36 - sum(counts[row])
    return counts


def kit_context() -> dict[str, Any]:
    """Everything the kit page shows."""
    counts = [182, 178, 181, 177, 183, 182, 181, 179, 174, 180]
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    now = datetime.now(UTC)
    return {
        "crumbs": [("Datasets", "/datasets/"), ("Digits", "/datasets/digits/")],
        "statuses": [
            "pending",
            "queued",
            "running",
            "retry_wait",
            "succeeded",
            "failed",
            "cancelled",
        ],
        "times": [now - timedelta(seconds=s) for s in (8, 190, 7300, 90_000, 1e6, 4e7)],
        "tabs": [
            {"label": "Images", "url": "?tab=images", "active": True, "count": "1,797"},
            {"label": "Classes", "url": "?tab=classes", "count": 10},
            {"label": "Versions", "url": "?tab=versions", "count": 2},
            {"label": "Imports", "url": "?tab=imports"},
        ],
        "job": {"id": JOB_ID, "status": "queued", "progress": {"message": "2 jobs are before it"}},
        "waiting_job": {"id": WAITING_ID, "status": "queued", "progress": {}},
        "failed_job": {
            "id": "0b9d",
            "status": "failed",
            "progress": {"done": 1204, "total": 3009, "unit": "images", "message": ""},
            "error": {
                "title": "The disk of this Loupe is full",
                "detail": "Storing image 1,205 of 3,009 needed 2.1 MB; 0 B were free.",
                "hint": "Ask the operator to free space, then start the import again.",
            },
        },
        "form": TrainingForm({"name": "Digits, small CNN", "preset": "cnn_tiny", "epochs": "900"}),
        "loss": {"metric": "loss", "epochs": epochs(14), "best_epoch": 12, "total_epochs": 20},
        "accuracy": {"metric": "accuracy", "epochs": epochs(14), "best_epoch": 12},
        "compared": {
            "metric": "val_accuracy",
            "runs": [
                {"name": name, "epochs": epochs(20, seed)}
                for seed, name in enumerate(["mobilenet_v2", "cnn_small", "cnn_tiny"])
            ],
        },
        "live": {"metric": "loss", "epochs": [], "total_epochs": 12},
        "confusion": {
            "class_names": names,
            "counts": confusion(),
            "split": "test",
            "cell_url": "/?true={true}&predicted={predicted}",
        },
        "bars": [
            {"label": n, "value": c, "url": f"?class={n}", "active": n == "three"}
            for n, c in zip(names, counts, strict=True)
        ],
        "bars_max": max(counts),
        "classes": [
            {"class_name": "tabby cat", "probability": 0.9137},
            {"class_name": "tiger cat", "probability": 0.0612},
            {"class_name": "Egyptian cat", "probability": 0.0188},
            {"class_name": "<img src=x onerror=alert(1)>", "probability": 0.0049},
            {"class_name": "lynx", "probability": 0.0003},
        ],
        "images": tiles(0),
        "next_url": "/tiles/?page=1",
        "curl": 'curl -H "Authorization: Bearer $LOUPE_TOKEN" \\\n'
        "  -F images=@cat.jpg http://127.0.0.1:8000/api/v1/models/0d3e/predict/",
        "empty": "",
    }


@cache
def digits() -> Any:
    """scikit-learn's handwritten digits."""
    from sklearn.datasets import load_digits

    return load_digits()


def tiles(page: int, count: int = 48) -> list[dict[str, Any]]:
    """One page of the gallery: `count` images."""
    start = page * count
    return [
        {
            "id": f"image-{number}",
            "name": f"{number:04}.png",
            "class_name": str(digits().target[number % 1797]),
            "split": "test" if number % 10 == 0 else "",
            "thumbnail_url": f"/thumbnails/{number % 1797}.png",
            "width": 8,
        }
        for number in range(start, start + count)
    ]
