"""What an operator is told instead of a traceback."""


class Refused(Exception):
    """The command cannot be carried out as things stand; the sentence says what is wrong."""
