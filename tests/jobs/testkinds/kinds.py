"""Kinds of work for tests: what a job does stands in its payload."""

from jobs.kinds import Kind, Needs, Queue

STEPS = Kind(name="test_steps", title="Steps", queue=Queue.IO)
TRAIN_STEPS = Kind(
    name="test_train_steps",
    title="Training steps",
    queue=Queue.TRAIN,
    needs=Needs(preload=("json",), title="steps", gpu=True),
    resumable=True,
)
HUNGRY = Kind(name="test_hungry", title="Hungry", queue=Queue.IO, memory_limit_bytes=512 << 20)
TRAIN_LIGHT = Kind(name="test_train_light", title="Steps without a GPU", queue=Queue.TRAIN)
# For torture: kills alone never use up its attempts.
STUBBORN = Kind(name="test_stubborn", title="Stubborn steps", queue=Queue.IO, max_attempts=1000)
IMPATIENT = Kind(name="test_impatient", title="Impatient", queue=Queue.IO, stall_seconds=2)
HURRIED = Kind(name="test_hurried", title="Hurried", queue=Queue.IO, time_limit_seconds=2)
PATIENT = Kind(name="test_patient", title="Parked once", queue=Queue.IO)
IN_TURN = Kind(name="test_in_turn", title="In its turn", queue=Queue.TRAIN, has_turns=True)
ALL = (PATIENT, IN_TURN, STEPS, TRAIN_STEPS, TRAIN_LIGHT, HUNGRY, STUBBORN, IMPATIENT, HURRIED)
