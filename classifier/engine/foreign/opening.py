"""All that is done with a foreign file once nothing can leave the process that opens it."""

from typing import Any

from classifier.engine.foreign import conversion, limits
from classifier.engine.foreign.checking import check
from classifier.engine.foreign.scaling import Input
from classifier.engine.foreign.stating import check_classes
from classifier.engine.foreign.wire import read_images, say, write_out
from programs.limits import allow_memory

Request = dict[str, Any]


def open_checked(content: bytes, request: Request) -> dict[str, Any]:
    """Check a file whole, open it, write it for ONNX Runtime; return what was found.

    ``request`` has ``class_names``, ``input`` (fields of Input), ``fit``, ``out`` (a descriptor),
    and ``images`` (descriptor and shape) where there is a trial. Raises EngineError.
    """
    say({"step": "Checking the file"})
    checked = check(content, request)
    given = Input(**request["input"])
    say({"step": "Opening the network"})
    allow_memory(limits.MEMORY_BASE_BYTES + limits.MEMORY_BYTES_PER_NUMBER * checked.numbers)
    opened = conversion.open_network(checked.network, checked.weights)
    check_classes(opened.outputs, request["class_names"])
    say({"step": "Converting it"})
    made = conversion.convert(
        opened,
        request["class_names"],
        checked.size,
        given,
        checked.stated.answers,
        request["fit"],
    )
    write_out(request["out"], made.content)
    found: dict[str, Any] = {
        "answers": made.answers,
        "outputs": opened.outputs,
        "parameters": made.parameters,
        "numbers": checked.numbers,
        "parity": made.parity,
        "trial": {},
    }
    if request["images"] is not None:
        say({"step": "Trying it on your images"})
        images = read_images(**request["images"])
        tried = conversion.trial(opened, images, given, made.answers)
        found["trial"] = {
            name: [answers.argmax(axis=1).tolist(), answers.max(axis=1).round(4).tolist()]
            for name, answers in tried.items()
        }
    return found
