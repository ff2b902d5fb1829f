"""Numbers of a card as people read them."""

from classifier.evaluation.selectors.figures import Figure as ReportFigure
from classifier.templatetags import figures
from common.documents.parts import Figure


def count(number: int) -> Figure:
    """Return a number of things."""
    return Figure(f"{number:,}", number)


def share(value: float | None) -> Figure:
    """Return a share from 0 to 1 in percent; a dash for None."""
    return Figure(figures.percent(value), value)


def small(value: float) -> Figure:
    """Return a number near 0 with two digits, such as 1.2e-07."""
    return Figure(f"{value:.2g}", value)


def interval(ends: tuple[float, float] | None) -> str:
    """Return the ends of an interval of shares; empty for None."""
    if ends is None:
        return ""
    low, high = map(figures.percent, ends)
    return f"{low.removesuffix(' %')} to {high}"


def points(difference: float) -> Figure:
    """Return a difference of shares in percentage points, with its sign."""
    return Figure(figures.gap(difference), difference)


def of_report(row: ReportFigure) -> Figure:
    """Return the value of a report's figure."""
    return Figure(figures.figure(row), row.value)


def ends_of_report(row: ReportFigure) -> str:
    """Return the ends of its interval."""
    return figures.figure_ends(row)


def hours(seconds: float | None) -> Figure:
    """Return seconds in hours."""
    if seconds is None:
        return Figure("not measured")
    return Figure(figures.hours(seconds), round(seconds / 3600, 6))
