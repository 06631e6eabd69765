"""Rows judged: what a ratio is, whether it reaches its bar, and how that is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from benchmarks.contest import Result
from benchmarks.peers import OWN
from benchmarks.rows import FASTEST, Row

PASS, SHORT, KNOWN, MISSING = "pass", "falls short", "", "not measured"


@dataclass(frozen=True)
class Verdict:
    """A row with its figures, all None where there are none.

    ours, theirs: in `unit`;  ratio: of both, or ours where there is no other
    against: who the other is;  best_ratio: scratchnet's median over the other's best time
    """

    row: Row
    ours: float | None = None
    theirs: float | None = None
    unit: str = ""
    against: str = ""
    best_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours if self.ours is None or self.theirs is None else self.ours / self.theirs

    @property
    def says(self) -> str:
        if self.ratio is None:
            return MISSING
        if self.row.bar is None:
            return KNOWN
        return PASS if self.ratio <= self.row.bar else SHORT  # NaN falls short

    def as_json(self) -> dict[str, Any]:
        figures = {name: getattr(self, name) for name in ("ours", "theirs", "unit", "against", "ratio", "best_ratio")}
        return asdict(self.row) | figures | {"verdict": self.says}


def judge(row: Row, result: Result | None) -> Verdict:
    """The row's verdict by its trial's result; None: there is none."""
    if result is None or OWN not in result.times:
        return Verdict(row)
    ours, unit = result.median[OWN], result.unit
    if row.figure == "seconds":
        return Verdict(row, ours, unit=unit)
    if row.figure == "floor":
        return Verdict(row, ours, result.floor, unit, "dense floor")
    others = {name: value for name, value in result.median.items() if name != OWN}
    against = min(others, key=others.__getitem__, default="") if row.against == FASTEST else row.against
    if against not in others:
        return Verdict(row)
    if row.figure == "peak_mb":
        return Verdict(row, result.peak_mb[OWN], result.peak_mb[against], "MB", against)
    theirs = getattr(result, row.figure)[against]
    return Verdict(row, ours, theirs, unit, against, ours / result.best[against])


def table(verdicts: Sequence[Verdict]) -> Table:
    """For people: it fits into 100 columns, and no label is cut."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("scratchnet's : the other's", overflow="fold", min_width=30)
    for heading in ("ours", "theirs", "ratio", "of best", "bar"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("")
    for verdict in verdicts:
        row = verdict.row
        judged = f"{verdict.ratio:.2f}" if verdict.theirs is not None else ""
        best = f"{verdict.best_ratio:.2f}" if verdict.best_ratio is not None else ""
        bar = "" if row.bar is None else f"≤ {row.bar:.2f}" if row.figure != "seconds" else f"≤ {row.bar:.0f} s"
        name = row.name if row.against != FASTEST or not verdict.against else f"{row.name}, {verdict.against}"
        style = {PASS: "green", SHORT: "red"}.get(verdict.says, "yellow")
        shown.add_row(
            name,
            _figure(verdict.ours, verdict.unit),
            _figure(verdict.theirs, verdict.unit),
            judged,
            best,
            bar,
            f"[{style}]{verdict.says}[/]",
        )
    return shown


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}"


def as_json(verdicts: Sequence[Verdict], results: Mapping[str, Result]) -> dict[str, Any]:
    """Rows as judged, and of each trial all times."""
    trials = {name: result.as_json() | {"times": result.times} for name, result in results.items()}
    return {"rows": [verdict.as_json() for verdict in verdicts], "trials": trials}
