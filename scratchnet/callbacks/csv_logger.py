"""The epochs' numbers in a file."""

import csv
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import final

from scratchnet.callbacks.callback import Callback, Logs


@final
@dataclass(eq=False)
class CSVLogger(Callback):
    """Writes a line an epoch: its number, from 0, and its logs by name, "NA" for what the first epoch had and it has not.

    append: go on at the end of the file, if there is one
    Without validation the columns of validation are there all the same, and "NA": a later run with it can go on.

    Source: keras/src/callbacks/csv_logger.py.
    """

    filename: str | PathLike[str]
    separator: str = ","
    append: bool = False

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: ARG002
        path = Path(self.filename)
        path.open("a" if self.append else "w").close()
        self.columns: list[str] = []
        self.has_header = path.stat().st_size > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if not self.columns:
            names = sorted(logs)
            if not any(name.startswith("val_") for name in names):
                names += [f"val_{name}" for name in names]
            self.columns = ["epoch", *names]
        with Path(self.filename).open("a", newline="") as file:
            lines = csv.DictWriter(file, self.columns, "NA", "ignore", delimiter=self.separator)
            if not self.has_header:
                lines.writeheader()
            lines.writerow({"epoch": epoch, **logs})
        self.has_header = True
