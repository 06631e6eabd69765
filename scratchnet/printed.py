"""What the command line prints: tables as wide as the terminal, and what is compiled."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from scratchnet import kernels
from scratchnet.figures.answers import confused_pairs
from scratchnet.fusion.explain import Explanation
from scratchnet.progress import COMPILING
from scratchnet.runs import Mistake
from scratchnet.typing import Array

MISTAKES = 10  # shown after training
CONFUSIONS = 10  # shown where a matrix is too wide
WIDEST = 40  # classes whose matrix is printed, where a terminal isn't narrower

PLAN_NOTE = """
y: forward;  dw: the gradients of its parameters;  dx: of its input"""


@contextmanager
def compilation_told(name: str) -> Iterator[None]:
    """The kernels of that name at work; a line says that they are being compiled, if they are."""
    told: list[str] = []

    def on_compile(kernel: str) -> None:
        if not told:
            click.echo(COMPILING)
        told.append(kernel)

    with kernels.use(name, on_compile=on_compile):
        yield


def measured(loss: float, accuracy: float) -> None:
    """Both, of the test images."""
    click.echo(f"Test loss: {loss:.6g}\nTest accuracy: {accuracy:.4f}")


def confusion(matrix: Array) -> None:
    """Both matrices or, where they have no room, what is confused most often."""
    observed = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, observed, out=np.zeros(matrix.shape), where=observed > 0)
    console = Console(highlight=False)
    if len(matrix) <= WIDEST:
        counts = _matrix_table([[f"{value}" if value else "." for value in row] for row in matrix])
        normalized = _matrix_table([[f"{value:.3f}" if value else "." for value in row] for row in shares])
        widest = console.options.update_width(100 * WIDEST)  # more than any needs
        width = max(console.measure(table, options=widest).maximum for table in (counts, normalized))
        if width <= console.width or not console.is_terminal:
            console.width = max(width, console.width)
            for title, table in ("counts", counts), ("shares of each row", normalized):
                console.print(f"\nConfusion matrix, {title}: observed down, predicted across")
                console.print(table)
            return
    table = _table("observed", "predicted", "images", "share")
    for i, j, count in confused_pairs(matrix, CONFUSIONS):
        table.add_row(str(i), str(j), str(count), f"{shares[i, j]:.3f}")
    console.print(f"\nThe confusion matrix of {len(matrix)} classes has no room here. Most often confused:")
    console.print(table)


def _matrix_table(rows: list[list[str]]) -> Table:
    table = _table("", *map(str, range(len(rows))))
    for i, row in enumerate(rows):
        table.add_row(f"[bold]{i}[/]", *row[:i], f"[bold]{row[i]}[/]", *row[i + 1 :])
    return table


def mistakes(found: list[Mistake], total: int) -> None:
    """The most confident ones, which come first;  total: of how many images"""
    console = Console(highlight=False)
    if not found:
        console.print(f"\nNo mistake in {total:,} test images")
        return
    table = _table("image", "label", "answer", "probability")
    for mistake in found[:MISTAKES]:
        table.add_row(str(mistake.index), str(mistake.label), str(mistake.answer), f"{mistake.probability:.4f}")
    console.print(f"\nMistaken with the greatest confidence, of {len(found):,} in {total:,} test images")
    console.print(table)


def plan(steps: list[Explanation]) -> None:
    """Which kernels run each layer, and why."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for header in ("layers", "run as", "makes", "by"):
        table.add_column(header, no_wrap=True)
    table.add_column("because, or where", overflow="fold")
    for layers, runs_as, choices in steps:
        lines = [(", ".join(product for product in choices if choices[product] == choice), *choice)
                 for choice in dict.fromkeys(choices.values())]  # fmt: skip
        columns = layers, [runs_as], *zip(*lines, strict=True)
        for row in zip_longest(*columns, fillvalue=""):
            table.add_row(*row)
    Console(highlight=False).print(table)
    click.echo(PLAN_NOTE)


def probabilities(answer: Array) -> None:
    """A bar for each class."""
    table = _table("class", "probability", "")
    table.columns[2].justify = "left"
    for k, p in enumerate(answer):
        style = "bold" if k == answer.argmax() else None
        table.add_row(str(k), f"{p:.4f}", "█" * round(20 * float(p)), style=style)
    Console(highlight=False).print(table)


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    return table
