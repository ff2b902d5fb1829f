"""Numbers as code."""


def number(value: float) -> str:
    """Return exactly this number, in as few letters as a person would take."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
