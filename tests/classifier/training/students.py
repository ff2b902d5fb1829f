"""Students that are trained within seconds."""

from classifier.training.services.start_training import start_training

CONFIG = {
    "epochs": 2, "image_size": 32, "batch_size": 8, "max_megabytes": 0.1, "augmentation": "none",
    "early_stopping_patience": 0,
}  # fmt: skip


def student_of(user, version, **config):
    """Queue a student's run on a version; `config` names its teacher."""
    return start_training(user=user, dataset_version=version, preset="distilled", config=config)
