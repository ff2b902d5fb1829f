"""Fetches the ImageNet weights of pretrained networks."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from classifier.engine.backbones.keras_application import KerasApplication
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.errors import WeightsUnavailable

APPLICATIONS = {
    name: each for name, each in BACKBONES.items() if isinstance(each, KerasApplication)
}


class Command(BaseCommand):
    """Download files of weights into LOUPE_WEIGHTS_DIR, each compared with its published hash."""

    help = (
        "Download the weights of pretrained networks into the folder that LOUPE_WEIGHTS_DIR names, "
        "or else Keras's cache. Without a name: say which are here."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the presets' names."""
        parser.add_argument("presets", nargs="*", metavar="preset")

    def handle(self, *args: Any, presets: list[str], **options: Any) -> None:
        """Fetch what is not here yet; the first that cannot be fetched ends it."""
        if unknown := [name for name in presets if name not in APPLICATIONS]:
            names = ", ".join(APPLICATIONS)
            raise CommandError(f"The names are {names}; received {', '.join(unknown)}.")
        for name in presets or APPLICATIONS:
            weights = APPLICATIONS[name].weights
            try:
                path = weights.fetched(settings.WEIGHTS_DIR) if presets else None
            except WeightsUnavailable as error:
                raise CommandError(f"{error.detail} {error.hint}") from error
            path = path or weights.at_hand(settings.WEIGHTS_DIR)
            self.stdout.write(f"{name}: {path or f'not here ({weights.folder}/{weights.name})'}")
