"""Pictures of small tensors as SVG: numbers in grids, side by side, with arrows between them.

What stands in a row is a Grid, an Arrow, a Text or a Curve: each knows its width and height and draws itself with its upper
left corner at (x, y). The picture is light or dark as the reader's screen is, on a ground of its own.
"""

from dataclasses import dataclass, field
from html import escape
from math import ceil

import numpy as np

CELL, GAP, LINE = 34, 16, 18  # of a grid, between neighbours, of text, in pixels
LETTER = 7.3  # the width of one, in monospace of 12 pixels

STYLE = """
  text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; text-anchor: middle; fill: #1f2328 }
  .ground { fill: #ffffff; stroke: #d0d7de }  .name { font-weight: bold }  .dim, .start { fill: #59636e }
  .start { text-anchor: start }
  .cell { fill: none; stroke: #8c959f }  .line { fill: none; stroke: #59636e; stroke-width: 1.5 }  .head { fill: #59636e }
  .curve { fill: none; stroke: #0969da; stroke-width: 2 }
  .a { fill: #b6d7ff }  .b { fill: #ffd8a8 }  .c { fill: #b5e8b9 }  .d { fill: #e3c8f7 }  .x { fill: #e4e7ea }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }  .ground { fill: #161b22; stroke: #3d444d }  .dim, .start { fill: #9198a1 }
    .cell { stroke: #656c76 }  .line { stroke: #9198a1 }  .head { fill: #9198a1 }  .curve { stroke: #58a6ff }
    .a { fill: #1b4b82 }  .b { fill: #7a4a12 }  .c { fill: #1f5c2b }  .d { fill: #573178 }  .x { fill: #2d333b }
  }"""


def number(value):
    """Short: 3, −0.25, 0.376"""
    return f"{round(float(value), 3) + 0.0:g}".replace("-", "−")


def text(x, y, words, kind="number"):
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(words)}</text>'


@dataclass
class Grid:
    """A matrix (or a row) with its name above and its shape below; `marks` has a letter for each cell, "." for none."""

    name: str
    values: np.ndarray
    shape: str = ""
    marks: str = ""
    cell: int = field(default=CELL, kw_only=True)

    def __post_init__(self):
        self.values = np.atleast_2d(self.values)
        self.rows = self.marks.split() or ["." * self.values.shape[1]] * len(self.values)
        longest = max(len(number(value)) for value in self.values.flat)
        self.pitch = max(self.cell, longest * LETTER + 8)
        self.wide = self.pitch * self.values.shape[1]
        self.width = max(self.wide, LETTER * len(self.name), LETTER * len(self.shape))
        self.height = self.cell * len(self.values) + LINE * (2 if self.shape else 1)

    def draw(self, x, y):
        middle, left, top = x + self.width / 2, x + (self.width - self.wide) / 2, y + LINE
        yield text(middle, y + 11, self.name, "name")
        for (i, j), value in np.ndenumerate(self.values):
            a, b, mark = left + j * self.pitch, top + i * self.cell, self.rows[i][j]
            kind = "cell" if mark == "." else f"cell {mark}"
            yield f'<rect class="{kind}" x="{a:g}" y="{b:g}" width="{self.pitch:g}" height="{self.cell}"/>'
            yield text(a + self.pitch / 2, b + self.cell / 2 + 4, number(value))
        if self.shape:
            yield text(middle, y + self.height - 3, self.shape, "dim")


@dataclass
class Arrow:
    """→ what it stands for, written above it, line by line; backward it points to the left."""

    words: str
    back: bool = False

    def __post_init__(self):
        self.lines = self.words.split("\n")
        self.width = max(40, LETTER * max(map(len, self.lines)) + 8)
        self.height = 2 * LINE * len(self.lines) + 12

    def draw(self, x, y):
        level, end = y + self.height / 2, x + self.width
        for k, line in enumerate(self.lines):
            yield text(x + self.width / 2, level - 8 - LINE * (len(self.lines) - 1 - k), line, "dim")
        yield f'<path class="line" d="M{x:g} {level:g}H{end:g}"/>'
        tip, base = (x, x + 8) if self.back else (end, end - 8)
        yield f'<path class="head" d="M{tip:g} {level:g}L{base:g} {level - 5:g}V{level + 5:g}Z"/>'


@dataclass
class Text:
    """A sign between two grids, such as ·"""

    words: str

    def __post_init__(self):
        self.width, self.height = LETTER * len(self.words), LINE

    def draw(self, x, y):
        yield text(x + self.width / 2, y + 13, self.words, "name")


@dataclass
class Curve:
    """A function over [−3, 3], with its axes; answers from −1.5 to 3 have room."""

    name: str
    function: object

    def __post_init__(self):
        self.width, self.height = 108, 81 + LINE

    def draw(self, x, y):
        across, down = x + 54, y + LINE + 54  # where 0 is, 18 pixels a unit
        yield text(across, y + 11, self.name, "name")
        yield f'<path class="cell" d="M{x:g} {down:g}h108M{across:g} {y + LINE:g}v81"/>'
        inputs = np.linspace(-3, 3, 241)
        points = zip(across + 18 * inputs, down - 18 * np.asarray(self.function(inputs)), strict=True)
        yield f'<polyline class="curve" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>'


def picture(title, *rows, foot=""):
    """The SVG of rows, each a name such as "forward" and what stands in it, from left to right."""
    margin, label = 16, LETTER * max(len(name) for name, *_ in rows) + 14
    widths = columns([parts for _, *parts in rows])
    width = ceil(margin * 2 + max(label + max(sum(row) + GAP * (len(row) - 1) for row in widths), LETTER * len(foot)))
    drawn, y = [], margin
    for (name, *parts), row in zip(rows, widths, strict=True):
        height, x = max(part.height for part in parts), margin + label
        drawn.append(text(margin, y + height / 2 + 4, name, "start"))
        for part, room in zip(parts, row, strict=True):
            if isinstance(part, Arrow):
                part.width = room
            drawn += part.draw(x + (room - part.width) / 2, y + (height - part.height) / 2)
            x += room + GAP
        y += height + GAP
    if foot:
        drawn.append(text(margin, y + 10, foot, "start"))
        y += LINE + 4
    size = f'width="{width}" height="{ceil(y)}" viewBox="0 0 {width} {ceil(y)}"'
    ground = f'<rect class="ground" x="0.5" y="0.5" width="{width - 1}" height="{ceil(y) - 1}" rx="6"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{escape(title)}</title>'
    return "\n".join([head, f"<style>{STYLE}\n</style>", ground, *drawn, "</svg>\n"])


def columns(rows):
    """How wide each part's room is: rows of the same kinds of parts stand below each other."""
    kinds = [[type(part) for part in row] for row in rows]
    alike = [[row for row, these in zip(rows, kinds, strict=True) if these == mine] for mine in kinds]
    return [[max(part.width for part in column) for column in zip(*group, strict=True)] for group in alike]
