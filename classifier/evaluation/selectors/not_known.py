"""Why it is not known from which images a model learned."""

from classifier.models import ModelVersion


def is_from_elsewhere(version: ModelVersion) -> bool:
    """Whether it, or what it was made of, was trained where Loupe did not see it."""
    return version.learned_from is None and not version.instant_models


def instant_behind(version: ModelVersion) -> str:
    """Return what is an instant model, or was made of one, as a sentence begins; else nothing.

    Which images taught it was not written down, so reports of others count only on what it is known
    to have left out.
    """
    if not version.instant_models:
        return ""
    if version.instant_model is not None:
        return "It"
    if version.distilled is not None:
        return "Its teacher"
    return "A member of it" if version.ensemble is not None else "Its source"
