"""A recording, compared."""

from pathlib import Path

from scratchnet.parity.compare import compare
from scratchnet.parity.ours import Ours
from scratchnet.parity.recording import Recording
from scratchnet.parity.report import Report


def replay(path: str | Path, *, kernels: str = "fused") -> Report:
    """This library beside a recording of another.

    Raises ScratchnetError for a file that can't be read, or whose model this library doesn't have.
    """
    recording = Recording(path, kernels=kernels)
    ours = Ours(recording.model)
    return compare(recording, ours, recording.batches(), recording.steps, images=recording.alone())
