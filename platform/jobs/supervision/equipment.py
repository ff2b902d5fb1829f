"""What a child works with: one GPU of the machine to itself, or none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from django.conf import settings

from jobs.kinds import Needs
from programs.gpus import NVIDIA_SMI_ORDER, gpus_of_machine, variables_for
from programs.places import Place, take_place
from storage import scratch


class Equipment(NamedTuple):
    """The variables of a child's environment, and the place that it holds, if any."""

    variables: dict[str, str]
    place: Place | None = None

    @contextmanager
    def given_away(self) -> Iterator[list[int]]:
        """Yield the file descriptors for the child to keep; after the block only it has them."""
        try:
            yield [self.place.fd] if self.place else []
        finally:
            if self.place:
                os.close(self.place.fd)


def equip(needs: Needs) -> Equipment | None:
    """Return what a child with these needs works with; None while all GPUs are held.

    Where no GPU is found nothing is said about any, and libraries look for themselves.
    """
    if not needs.gpu or settings.GPUS == []:
        return Equipment(variables_for(None))
    names = _gpus()
    if not names:
        return Equipment({})
    place = take_place(scratch.gpus_dir(), names)
    if place is None:
        return None
    order = {} if settings.GPUS is None else NVIDIA_SMI_ORDER
    return Equipment({**variables_for(place.name), **order}, place)


@cache
def _gpus() -> list[str]:
    return gpus_of_machine(settings.GPUS)
