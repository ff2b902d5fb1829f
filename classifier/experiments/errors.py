"""Situations of experiments, each with its sentence."""

from common.errors import Conflict


class TooManyExperiments(Conflict):
    """A person has as many experiments under way as one person may have (409)."""

    title = "Too many experiments at once"
    code = "too_many_experiments"
