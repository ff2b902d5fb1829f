"""Situations of the registry, each with its sentence."""

from typing import Any

from common.errors import Conflict


class NothingServed(Conflict):
    """The model has no version under the alias or number asked for (409)."""

    title = "No such version"
    code = "no_version"


class GateRefused(Conflict):
    """The gate does not let the version with this number go live (409).

    `errors` has an entry for each rule that refuses it.
    """

    title = "This version may not go live"
    code = "gate_refused"

    def __init__(self, detail: str, *, number: int, **more: Any) -> None:
        super().__init__(detail, **more)
        self.number = number
