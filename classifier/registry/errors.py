"""Situations of the registry, each with its sentence."""

from common.errors import Conflict


class NothingServed(Conflict):
    """The model has no version under the alias or number asked for (409)."""

    title = "No such version"
    code = "no_version"


class GateRefused(Conflict):
    """The gate does not let the version go live (409); `errors` has an entry for each rule."""

    title = "This version may not go live"
    code = "gate_refused"
