"""`scratchnet train` up to the end of its first training step: `python -m benchmarks.first_step OPTION …`."""

import os
import sys

from scratchnet.__main__ import main
from scratchnet.callbacks import Logs
from scratchnet.progress import ProgressBar


def _end(self: ProgressBar, batch: int, logs: Logs | None = None) -> None:  # noqa: ARG001
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    ProgressBar.on_train_batch_end = _end  # type: ignore[method-assign]
    sys.argv[1:1] = ["train"]
    main()
    sys.exit("There was no training step.")
