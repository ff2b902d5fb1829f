"""Lineages as the API shows them."""

from rest_framework import serializers

from classifier.lineage.selectors.graph import Graph, Node, NodeType
from classifier.lineage.selectors.lineage import MOST_OF_API
from common.inputs import InputSerializer


class LineageQuery(InputSerializer):
    most = serializers.IntegerField(
        default=MOST_OF_API,
        min_value=1,
        max_value=MOST_OF_API,
        help_text="How many nodes of one kind stand around a node; what is more is one node `more` "
        "with its `count`.",
    )


class NodeSerializer(serializers.Serializer):
    key = serializers.CharField(help_text="Unique in the answer; edges speak of it.")
    type = serializers.ChoiceField(choices=[each.value for each in NodeType])
    id = serializers.UUIDField(allow_null=True, help_text="Null of what is counted together.")
    title = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField(
        allow_null=True,
        help_text="Of how many it speaks, where it is not one; predictions are counted up to "
        "10,000.",
    )
    url = serializers.CharField(
        source="api", allow_blank=True, help_text="Where the API has it; of `more`: a list."
    )
    here = serializers.BooleanField(help_text="Whether it is what was asked about.")


class EdgeSerializer(serializers.Serializer):
    before = serializers.CharField(help_text="The key of what went in.")
    after = serializers.CharField(help_text="The key of what came of it.")


class LineageSerializer(serializers.Serializer):
    """What came from what. Each node stands behind what it came from."""

    nodes = NodeSerializer(many=True)
    edges = EdgeSerializer(many=True)
    most = serializers.IntegerField(
        help_text="At most so many nodes of one kind stand around a node."
    )

    @classmethod
    def of(cls, graph: Graph, most: int) -> dict:
        """Return the answer."""
        nodes: list[Node] = graph.list()
        edges = [{"before": start, "after": end} for start, end in graph.edges]
        return cls({"nodes": nodes, "edges": edges, "most": most}).data
