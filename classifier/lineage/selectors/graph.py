"""What came from what: nodes and edges around a dataset version, a run or a model version."""

import uuid
from dataclasses import dataclass, field
from enum import StrEnum


class NodeType(StrEnum):
    """What a node stands for; `more` for nodes that are not shown one by one."""

    IMPORT = "import"
    UPLOADS = "uploads"
    DATASET = "dataset"
    COPY = "copy"
    MODEL_FILE = "model_file"
    DATASET_VERSION = "dataset_version"
    TRAINING_RUN = "training_run"
    INSTANT_MODEL = "instant_model"
    ENSEMBLE = "ensemble"
    MODEL_VERSION = "model_version"
    ALIAS = "alias"
    EVALUATION = "evaluation"
    PREDICTIONS = "predictions"
    EXPORT = "export"
    MORE = "more"


@dataclass(frozen=True)
class Node:
    """One thing; `key` is unique in a graph, `id` its own (None for what is counted together).

    `page` is where people see it, `api` where programs do; both may be empty. `count`: of how many
    it speaks, where it is not one.
    """

    key: str
    type: NodeType
    title: str
    detail: str = ""
    id: uuid.UUID | None = None
    page: str = ""
    api: str = ""
    count: int | None = None
    here: bool = False


@dataclass
class Graph:
    """Nodes in the order of their finding, edges (from, to) by their keys; nothing stands twice."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], None] = field(default_factory=dict)

    def add(self, node: Node, *, after: str = "", before: str = "") -> str:
        """Add a node, unless it is there, and what it came from or went into; return its key."""
        self.nodes.setdefault(node.key, node)
        if after:
            self.edges[after, node.key] = None
        if before:
            self.edges[node.key, before] = None
        return node.key

    def list(self) -> list[Node]:
        """Return the nodes, each behind what it came from."""
        ranks = self.ranks()
        return sorted(self.nodes.values(), key=lambda node: ranks[node.key])

    def ranks(self) -> dict[str, int]:
        """Return for each node how many steps there are before it, at most."""
        ranks = dict.fromkeys(self.nodes, 0)
        for _ in self.nodes:
            moved = False
            for start, end in self.edges:
                if ranks[end] <= ranks[start]:
                    ranks[end], moved = ranks[start] + 1, True
            if not moved:
                break
        return ranks
