"""The graphs of several model files as one, in which what they have in common is computed once."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import helper, numpy_helper

from classifier.engine.errors import BadModelFile
from classifier.engine.formats.facts import ONNX_METADATA, ModelFacts
from classifier.engine.runtime.views import View, Views

# Between these nothing changed in how a node is read that stands in a file of before, so that nodes
# of all of them may stand in one graph, under the highest of their numbers.
_OPSETS = range(13, 18)


class Merged:
    """Nodes and constants of several files, with names by their order.

    A node that an earlier file has too, of the same inputs and attributes, is not added again: so
    members on one backbone share it, byte for byte equal weights are there once, and each member
    answers exactly as its own file does. The same files give the same graph.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.answers: list[str] = []
        self.class_names: tuple[str, ...] = ()
        self.nodes_of_members = 0
        self._inputs: dict[View, str] = {}
        self._constants: dict[Any, str] = {}
        self._nodes: dict[Any, list[str]] = {}
        self._opsets: dict[str, int] = {}
        self._version = 0
        self._names = 0

    @property
    def views(self) -> Views:
        """The squares of an image that go in, one for each input."""
        return tuple(self._inputs)

    @property
    def inputs(self) -> list[onnx.ValueInfoProto]:
        """The graph's inputs: uint8, one for each view."""
        uint8 = onnx.TensorProto.UINT8
        return [
            helper.make_tensor_value_info(name, uint8, ["n", *view.shape])
            for view, name in self._inputs.items()
        ]

    def add(self, content: bytes) -> None:
        """Add a model file; its answers are the next of ``answers``, in the first file's order.

        Raises BadModelFile for one that cannot be read, or that Loupe did not write, and ValueError
        where its classes are others than the first file's.
        """
        proto, facts = _read(content)
        self._add_opsets(proto)
        names = {"": ""}
        for given, view in zip(proto.graph.input, facts.views, strict=True):
            names[given.name] = self._input(view)
        for constant in proto.graph.initializer:
            names[constant.name] = self._constant(constant)
        for node in proto.graph.node:
            self._node(node, names)
        self.nodes_of_members += len(proto.graph.node)
        self.answers.append(self._in_order(names[proto.graph.output[0].name], facts.class_names))

    def model(self, graph: onnx.GraphProto) -> onnx.ModelProto:
        """Return a graph of these nodes, and others of opset 15, as a model."""
        opsets = {**self._opsets, "": max(15, self._opsets[""])}
        return helper.make_model(
            graph,
            producer_name="loupe",
            opset_imports=[helper.make_opsetid(*each) for each in sorted(opsets.items())],
            ir_version=self._version,
        )

    def _add_opsets(self, proto: onnx.ModelProto) -> None:
        self._version = max(self._version, proto.ir_version)
        # Converters also name domains that no node of theirs is of.
        used = {"", *(node.domain for node in proto.graph.node)}
        for each in proto.opset_import:
            domain = "" if each.domain == "ai.onnx" else each.domain
            if domain not in used:
                continue
            if not domain and each.version not in _OPSETS:
                raise BadModelFile(
                    f"A member's file is written with ONNX's opset {each.version}; those that can "
                    f"be combined have {_OPSETS[0]} to {_OPSETS[-1]}.",
                    "Train it again with this version of Loupe.",
                )
            if domain and self._opsets.get(domain, each.version) != each.version:
                raise BadModelFile(f"The members' files have different versions of {domain}.")
            self._opsets[domain] = max(self._opsets.get(domain, 0), each.version)

    def _input(self, view: View) -> str:
        number = len(self._inputs) + 1
        return self._inputs.setdefault(view, "image" if number == 1 else f"image{number}")

    def _constant(self, tensor: onnx.TensorProto) -> str:
        values = numpy_helper.to_array(tensor)
        digest = hashlib.sha256(values.tobytes()).digest()
        key = (tensor.data_type, tuple(tensor.dims), digest)
        if key not in self._constants:
            self._constants[key] = self._name()
            self.constants.append(numpy_helper.from_array(values, self._constants[key]))
        return self._constants[key]

    def _node(self, node: onnx.NodeProto, names: dict[str, str]) -> None:
        if any(each.HasField("g") or each.graphs for each in node.attribute):
            raise BadModelFile(f"A member's file has a graph within a graph ({node.op_type}).")
        inputs = [names[name] for name in node.input]
        attributes = sorted(each.SerializeToString(deterministic=True) for each in node.attribute)
        given = tuple(map(bool, node.output))
        key = (node.domain, node.op_type, tuple(inputs), tuple(attributes), given)
        if key not in self._nodes:
            self._nodes[key] = [self._name() if name else "" for name in node.output]
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.name = f"node{len(self.nodes)}"
            copy.input[:], copy.output[:] = inputs, self._nodes[key]
            self.nodes.append(copy)
        names.update(zip(node.output, self._nodes[key], strict=True))
        names[""] = ""

    def _in_order(self, answers: str, class_names: Sequence[str]) -> str:
        """Return answers in the order of the first file's classes."""
        self.class_names = self.class_names or tuple(class_names)
        if set(class_names) != set(self.class_names):
            raise ValueError(f"The members must have the same classes; {class_names} are others.")
        if tuple(class_names) == self.class_names:
            return answers
        order = np.array([list(class_names).index(name) for name in self.class_names], np.int64)
        places = self._constant(numpy_helper.from_array(order))
        node = helper.make_node("Gather", [answers, places], ["moved"], axis=1)
        names = {answers: answers, places: places}
        self._node(node, names)
        return names["moved"]

    def _name(self) -> str:
        self._names += 1
        return f"m{self._names - 1}"


def _read(content: bytes) -> tuple[onnx.ModelProto, ModelFacts]:
    try:
        proto = onnx.load_from_string(content)
    except DecodeError as error:
        raise BadModelFile("A member's file is damaged or not an ONNX model.") from error
    facts = [each.value for each in proto.metadata_props if each.key == ONNX_METADATA]
    if not facts:
        raise BadModelFile("A member's file carries no class names: Loupe did not write it.")
    return proto, ModelFacts.from_json(facts[0])
