"""The folder of a run: made in one step, held by one process at a time, its files either the old ones or the new."""

import json
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Any

from scratchnet import durable
from scratchnet.errors import RunError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

Json = dict[str, Any]

RECORD = "run.json"  # what the run is to do: a folder holds a run from when this file is there
CHECKPOINT = "checkpoint.keras"  # how far it has come
METRICS = "metrics.json"  # written last: the run is finished
RESULTS = (
    METRICS, "model.keras", "model.h5", "history.json", "training_curves.png", "confusion_matrix.png",
    "confusion_matrix_normalized.png", "misclassified.png", "samples.png",
)  # fmt: skip
EPOCHS = "epochs"  # the weights after each epoch, if they are kept
EPOCH = re.compile(r"epoch-([0-9]{4,})\.weights\.h5")
LOCK = ".lock"
WRITTEN = "|".join((*map(re.escape, (RECORD, CHECKPOINT, *RESULTS)), EPOCH.pattern))
HALF_WRITTEN = re.compile(rf"\.({WRITTEN})\.\w+\.(tmp|part)")


class RunFolder:
    """A folder, or the place for one; `create` and `lock` hold it until `release`, or until the process ends.

    path: None for `runs/<model>-<number>`, the first number that is free when the folder is made
    """

    def __init__(self, path: Path | None) -> None:
        self._named = path is not None
        self.path = path or Path("runs")
        self._lock: IO[bytes] | None = None

    def __str__(self) -> str:
        return str(self.path)

    # ---------- what is there
    def record(self) -> Json | None:
        """What the run here is to do; None if there is no run."""
        try:
            record = json.loads((self.path / RECORD).read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return record if isinstance(record, dict) and "scratchnet" in record else None

    @property
    def data(self) -> str | None:
        """Where the run's data were; None for MNIST, and where no run says it."""
        settings = (self.record() or {}).get("settings")
        data = settings.get("data") if isinstance(settings, dict) else None
        return data if isinstance(data, str) else None

    @property
    def finished(self) -> bool:
        return (self.path / METRICS).exists()

    def epoch(self, number: int) -> Path:
        """Where the weights after so many epochs are kept."""
        return self.path / EPOCHS / f"epoch-{number:04}.weights.h5"

    def epochs(self) -> dict[int, Path]:
        """The weights that are kept, by the number of epochs before them, in its order."""
        try:
            names = [file.name for file in (self.path / EPOCHS).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return {}
        numbers = sorted(int(found[1]) for found in map(EPOCH.fullmatch, names) if found)
        return {number: path for number in numbers if (path := self.epoch(number)).is_file()}

    def check_free(self, *, overwrite: bool) -> None:
        """Raises RunError unless a run may begin here. Changes nothing."""
        with self.writing():
            if not self._named or not self.path.exists():
                return
            if not self.path.is_dir():
                came, do = "is no folder", "Choose another with --output."
            elif self.record() is not None:
                if overwrite:
                    return
                came = "holds a finished run" if self.finished else "holds a run that can be resumed"
                do = "Choose another with --output, or give --overwrite to lose that run."
            elif foreign := sorted(file.name for file in self.path.iterdir() if not _is_ours(file)):
                came, do = f"holds {', '.join(foreign[:3])}, and no run", "Choose another with --output."
            else:
                return
        raise RunError(came=f"The output {self} {came}", expected="a new or an empty folder", do=do)

    # ---------- made and held
    def create(self, record: Json, *, model: str, overwrite: bool) -> None:
        """Begin a run here, and hold the folder, which has a record from its first moment on.

        A run that is replaced loses its results before its record, so that nobody takes them for the new one's; files
        that aren't a run's stay. Raises RunError.
        """
        content = _as_json(record)
        if self._named:
            self.check_free(overwrite=overwrite)
            return self._create(content)
        names = (Path("runs") / f"{model}-{number}" for number in count(1))
        while True:
            self.path = next(path for path in names if not path.exists())
            try:
                return self._create(content)
            except RunError:
                if not self.path.exists():  # if it does now, somebody else was faster: on to the next number
                    raise

    def _create(self, content: bytes) -> None:
        with self.writing():
            if self.path.exists():
                self.lock()
                for file in (*(self.path / name for name in (*RESULTS, CHECKPOINT)), *self.epochs().values()):
                    file.unlink(missing_ok=True)
                self.tidy()
                with suppress(OSError):  # none there, or one with something else in it
                    (self.path / EPOCHS).rmdir()
                durable.write(self.path / RECORD, content)
                return
            new = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.tmp")
            new.mkdir(parents=True)
            try:
                durable.write(new / RECORD, content)
                new.rename(self.path)
            except OSError:
                self.check_free(overwrite=False)  # somebody else was faster, which it tells
                raise
            finally:
                shutil.rmtree(new, ignore_errors=True)
            self.lock()

    def lock(self) -> None:
        """Hold the folder. The lock is the system's: a process that is killed leaves none. Raises RunError."""
        with self.writing():
            self._lock = (self.path / LOCK).open("ab")
            try:
                if sys.platform == "win32":
                    msvcrt.locking(self._lock.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError) as error:
                self.release()
                raise RunError(
                    came=f"Another process is training into {self}",
                    expected="one process for a folder",
                    do="Wait until that one has ended, or choose another folder with --output.",
                ) from error

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()

    # ---------- its files
    def write(self, name: str, values: Json) -> None:
        """Put a JSON file into its place in one step. Raises RunError."""
        with self.writing():
            durable.write(self.path / name, _as_json(values))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What goes wrong with the folder within is a RunError."""
        try:
            yield
        except OSError as error:
            raise RunError(
                came=f"{self} can't be written to ({error.strerror or error})",
                expected="a folder that exists or can be made, may be written to and has room",
                do="Make room or allow it, or choose another with --output.",
            ) from error

    def tidy(self) -> None:
        """Remove what a killed process was writing and, of a finished run, the checkpoint."""
        with self.writing():
            for folder in self.path, self.path / EPOCHS:
                for file in folder.iterdir() if folder.is_dir() else ():
                    if HALF_WRITTEN.fullmatch(file.name):
                        file.unlink()
            if self.finished:
                (self.path / CHECKPOINT).unlink(missing_ok=True)


def _is_ours(file: Path) -> bool:
    return file.name == LOCK or HALF_WRITTEN.fullmatch(file.name) is not None


def _as_json(values: Json) -> bytes:
    """One line for each value, whatever is in it."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
    return f"{{\n{lines}\n}}\n".encode()
