"""The text of `model.summary()`, as Keras prints it."""

import shutil
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scratchnet.errors import ScratchnetError
from scratchnet.typing import Array

MAX_LINE_LENGTH = 88
COLUMN_ENDS = (0.45, 0.80, 1.0)  # of the line's length


class Row(NamedTuple):
    """What the table says of a layer."""

    name: str
    type: str
    output_shape: tuple[int | None, ...] | None  # (None, …), None being N; None as a whole: not known yet
    params: int | None  # how many numbers its parameters hold; None: not built


def print_summary(
    name: str,
    rows: Iterable[Row],
    *,
    trainable: Iterable[Array],
    non_trainable: Iterable[Array] = (),
    optimizer: Iterable[Array] | None = None,
    line_length: int | None = None,
    print_fn: Callable[[str], object] | None = None,
) -> None:
    """Prints a model's layers and how many parameters it has, in the very characters of Keras 3.15.

    name: the model's
    trainable, non_trainable: the parameter arrays, which are counted and whose bytes are told
    optimizer: its variables, counted in the total; None: not built, so that it has no line
    line_length: of the table; the terminal's width − 4 if not given, at most 88
    print_fn: takes the whole text, plain, in one call; if not given, it is printed, coloured where the output is a terminal

    Raises ScratchnetError for a line too short for three columns.
    Source: keras/src/utils/summary_utils.py
    """
    line_length = line_length or min(MAX_LINE_LENGTH, shutil.get_terminal_size().columns - 4)
    ends = [0, *(int(end * line_length) for end in COLUMN_ENDS)]
    widths = [end - start for start, end in pairwise(ends)]
    if min(widths) < 4:
        raise ScratchnetError(
            came=f"lines of {line_length} characters",
            expected="room for three columns of at least 4",
            do="Widen the terminal, or give a larger line_length.",
        )
    table = Table(width=line_length, show_lines=True)
    for header, width in zip(("Layer (type)", "Output Shape", "Param #"), widths, strict=True):
        table.add_column(header, width=width, justify="right" if header == "Param #" else "left")
    for row in rows:
        shape = "?" if row.output_shape is None else f"({', '.join(map(_number, row.output_shape))})"
        params = f"{_number(0)} (unbuilt)" if row.params is None else _number(f"{row.params:,}")
        table.add_row(f"{escape(row.name)} ([color(33)]{escape(row.type)}[/])", shape, params)

    parts = {"Trainable": list(trainable), "Non-trainable": list(non_trainable)}
    if optimizer is not None:
        parts["Optimizer"] = list(optimizer)
    parts = {"Total": [array for arrays in parts.values() for array in arrays], **parts}

    console = (
        Console(highlight=False, force_terminal=False, color_system=None) if print_fn else Console(highlight=False)
    )
    if print_fn:
        console.begin_capture()
    console.print(f'[bold]Model: "{escape(name)}"[/]')
    console.print(table)
    for part, arrays in parts.items():
        count = sum(array.size for array in arrays)
        size = _readable_size(sum(array.nbytes for array in arrays))
        console.print(f"[bold] {part} params: [/]{_number(f'{count:,}')} ({size})")
    if print_fn:
        print_fn(console.end_capture())


def _number(x: object) -> str:
    return f"[color({45 if x is None else 34})]{x}[/]"


def _readable_size(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"
