"""What a foreign model may be: sizes in bytes, counts, seconds."""

CONFIG_BYTES = 4 << 20
METADATA_BYTES = 64 << 10
# Float32 numbers compress little: what expands further is no honest file of weights.
EXPANSION = 20
EXPANSION_FLOOR = 1 << 20

LAYERS = 3_000
MODEL_DEPTH = 8
VALUE_DEPTH = 30
VALUES = 500_000
LIST_LENGTH = 20_000
NUMBER = 1e9

PARAMETERS = 200_000_000
MOST_CLASSES = 10_000
SMALLEST_SIDE, LARGEST_SIDE = 8, 1024

OBJECTS = 50_000
GROUP_DEPTH = 64
ATTRIBUTES = 32
ATTRIBUTE_BYTES = 64 << 10
RANK = 8
CHUNK_BYTES = 64 << 20

# Of the process that opens it.
MEMORY_BYTES = 16 << 30
# Once its file has been scanned: a network declares no more than its weights make plausible.
MEMORY_BASE_BYTES, MEMORY_BYTES_PER_NUMBER = 6 << 30, 200
PROCESSOR_SECONDS = 900
# The served file: float32 and a graph.
SERVED_BYTES = 4 * PARAMETERS + (64 << 20)
# What one image may cost where it is served beside others' models, on one core.
SERVING_SECONDS = 3.0
SERVING_BYTES = 1 << 30
