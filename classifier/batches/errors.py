"""Refusals of batch predictions, each with its sentence."""

from common.errors import Conflict


class CannotPredict(Conflict):
    """This model version cannot be asked about these images (409)."""

    title = "No batch prediction is possible"
    code = "cannot_predict"
