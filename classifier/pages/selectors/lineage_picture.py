"""A lineage as a picture: where the boxes and the lines between them are."""

import re
from collections import defaultdict
from dataclasses import dataclass

from classifier.lineage.selectors.graph import Graph, Node, NodeType

# In pixels of the picture.
WIDTH, HEIGHT = 168, 48
_ACROSS, _DOWN, _MARGIN = 26, 10, 3
# So many characters fit into a box; the whole text is in the list, and in the box's title.
_TITLE, _DETAIL = 22, 27
_NUMBER = re.compile(r"( version \d+| #\d+)$")

NAMES = {
    NodeType.IMPORT: "Import",
    NodeType.UPLOADS: "Images",
    NodeType.DATASET: "Dataset",
    NodeType.COPY: "Copied from",
    NodeType.MODEL_FILE: "Imported file",
    NodeType.DATASET_VERSION: "Dataset version",
    NodeType.TRAINING_RUN: "Run",
    NodeType.INSTANT_MODEL: "Instant model",
    NodeType.ENSEMBLE: "Ensemble",
    NodeType.MODEL_VERSION: "Model version",
    NodeType.ALIAS: "Alias",
    NodeType.EVALUATION: "Report",
    NodeType.PREDICTIONS: "Predictions",
    NodeType.EXPORT: "Export",
    NodeType.MORE: "",
}


@dataclass(frozen=True)
class Box:
    """A node and where its box is; `title` and `detail` as far as they fit."""

    node: Node
    x: int
    y: int
    title: str
    detail: str

    @property
    def kind(self) -> str:
        """What it is, for people."""
        return NAMES[self.node.type]

    @property
    def text_x(self) -> int:
        """Where its texts begin."""
        return self.x + 10

    @property
    def title_y(self) -> int:
        """The ground line of its title."""
        return self.y + 20

    @property
    def detail_y(self) -> int:
        """The ground line of its detail."""
        return self.y + 37


@dataclass(frozen=True)
class Row:
    """A node in the list behind the picture, with what it came from."""

    node: Node
    kind: str
    sources: list[Node]


@dataclass(frozen=True)
class Picture:
    """Boxes, lines as SVG paths, and the same as rows of a list."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[str]
    rows: list[Row]
    box_width: int = WIDTH
    box_height: int = HEIGHT

    @property
    def alone(self) -> bool:
        """Whether nothing was before or after."""
        return len(self.boxes) < 2


def picture_of(graph: Graph) -> Picture:
    """Lay a lineage out: a column for each step, a box as near as may be to what it came from."""
    ranks = graph.ranks()
    columns: defaultdict[int, list[Node]] = defaultdict(list)
    for node in graph.nodes.values():
        columns[ranks[node.key]].append(node)
    tallest = max(len(nodes) for nodes in columns.values())
    height = tallest * (HEIGHT + _DOWN) - _DOWN + 2 * _MARGIN
    places: dict[str, tuple[int, int]] = {}
    for rank in sorted(columns):
        nodes = _ordered(graph, columns[rank], places)
        used = len(nodes) * (HEIGHT + _DOWN) - _DOWN
        top = (height - used) // 2
        for number, node in enumerate(nodes):
            x = _MARGIN + rank * (WIDTH + _ACROSS)
            places[node.key] = (x, top + number * (HEIGHT + _DOWN))
    return Picture(
        width=len(columns) * (WIDTH + _ACROSS) - _ACROSS + 2 * _MARGIN,
        height=height,
        boxes=[_box(graph.nodes[key], x, y) for key, (x, y) in places.items()],
        lines=[_line(places[start], places[end]) for start, end in graph.edges],
        rows=_rows(graph),
    )


def _ordered(graph: Graph, nodes: list[Node], places: dict[str, tuple[int, int]]) -> list[Node]:
    """Return the nodes of a column by the height of what they came from; folded ones last."""

    def height(node: Node) -> tuple[float, bool]:
        above = [places[start][1] for start, end in graph.edges if end == node.key]
        return (sum(above) / len(above) if above else 0.0, node.type is NodeType.MORE)

    return sorted(nodes, key=height)


def _rows(graph: Graph) -> list[Row]:
    return [
        Row(
            node,
            NAMES[node.type],
            [graph.nodes[start] for start, end in graph.edges if end == node.key],
        )
        for node in graph.list()
    ]


def _box(node: Node, x: int, y: int) -> Box:
    return Box(node, x, y, _fitting(node.title, _TITLE), _fitting(_below(node), _DETAIL))


def _below(node: Node) -> str:
    """Return the second line of a box: what it is, and its detail."""
    name = NAMES[node.type]
    said = name.lower() in node.title.lower()
    parts = [part for part in ("" if said else name, node.detail) if part]
    return " · ".join(parts)


def _fitting(text: str, most: int) -> str:
    """Return a text as far as it fits; of versions and runs the number stays, the name is cut."""
    if len(text) <= most:
        return text
    number = _NUMBER.search(text)
    tail = number[0] if number is not None else ""
    return f"{text[: most - 1 - len(tail)].rstrip()}…{tail}"


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return a curve from the right side of a box to the left side of another."""
    x1, y1 = start[0] + WIDTH, start[1] + HEIGHT // 2
    x2, y2 = end[0], end[1] + HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
