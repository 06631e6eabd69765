"""Both libraries through the same steps, every tensor beside its like.

Weights are carried over and back. Then both go through the same batches: in each step every activation, the loss and every
gradient are compared, and after it every weight and the optimizer's state; at the end, what both answer and measure out of
training. Nothing is carried over a second time: what is compared in the last step has been trained apart since the first.
Before the first step there may be images, each of which is traced alone and out of training.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from scratchnet.parity.decisions import undecided
from scratchnet.parity.measure import EXACT, Tolerance, difference, usual
from scratchnet.parity.ours import Ours
from scratchnet.parity.report import Line, Pair, Report
from scratchnet.parity.shadow import cancelled, shadow, silent, terms
from scratchnet.parity.sides import Batch, Side, Tensors
from scratchnet.typing import Shape

TRIES = 10  # batches for each step, should some be left out
GIVEN = ("iteration", "learning_rate")  # of the optimizer: what nothing is computed of


def compare(
    reference: Side,
    ours: Ours,
    batches: Iterable[Batch],
    steps: int,
    *,
    images: Iterable[Batch] = (),
    tolerance: Tolerance | None = None,
) -> Report:
    """Both sides through so many steps, which leave them trained.

    batches: more than there are steps, should some be left out; those with masks (a recording's) have them compared, too
    images: batches of one, whose tensors are called alone/…
    tolerance: of all that is computed; the dtype's usual one, if None
    """
    report = Report(steps)
    _compare_layers(report, reference, ours)
    if report.failures:
        return report  # no weights could be carried
    start = _carry(report, reference, ours)
    tolerance = tolerance or usual(ours.model.dtype.name)
    sides = _Sides(reference, ours, shadow(ours, start), reference.seen(start), tolerance, set(start))
    for image in images:
        _compare_alone(report, sides, ours.masked(image))
    batch = None
    for tried, given in enumerate(batches):
        if len(report.losses) == steps or tried == TRIES * steps:
            break
        batch = ours.masked(given)
        _compare_step(report, sides, batch, given.masks)
    if batch is not None and report.losses:
        for found in sides.found(*(side.measure(batch) for side in sides.all)):
            _tell(report, found, steps)
    return report


class _Found(NamedTuple):
    """A tensor of the reference's, and how far ours is apart from it."""

    name: str
    shape: Shape
    difference: float
    tolerance: Tolerance


class _Sides(NamedTuple):
    """start: the first weights;  silent: those whose gradient never was more than rounding"""

    reference: Side
    ours: Ours
    shadow: Ours
    start: Tensors
    tolerance: Tolerance
    silent: set[str]

    @property
    def eps(self) -> float:
        return float(np.finfo(self.ours.model.dtype).eps)

    @property
    def all(self) -> tuple[Side, Ours, Ours]:
        return self.reference, self.ours, self.shadow

    def found(self, expected: Tensors, came: Tensors, moved: Tensors, *, alone: bool = False) -> Iterator[_Found]:
        """What these three gave, tensor by tensor.

        alone: of one image, of which a reference has whole tensors, whatever it keeps of others
        """
        shapes = {name: array.shape for name, array in came.items()}
        if not alone:
            came, moved = self.reference.seen(came), self.reference.seen(moved)
        sizes = terms(came, moved, self.eps, self.tolerance.difference)
        if alone:
            more = cancelled(expected, self.ours.model.layers[-1].name)
            sizes = {name: max(size, more.get(name, 0.0)) for name, size in sizes.items()}
        for name in (name for name in came if name not in expected):
            yield _Found(name, shapes[name], np.inf, self.tolerance)
        sizes |= {name: np.inf for name in came if name.rpartition("/")[0] in self.silent}
        for name, array in expected.items():
            apart = difference(came.get(name), array, start=self.start.get(name), terms=sizes.get(name, 0.0))
            yield _Found(name, shapes.get(name, array.shape), apart, EXACT if name in GIVEN else self.tolerance)


def _compare_layers(report: Report, reference: Side, ours: Ours) -> None:
    layers, own = reference.layers(), ours.layers()
    for name in layers | own:
        (shape, count), (own_shape, own_count) = layers.get(name, ((), 0)), own.get(name, ((), 0))
        apart = abs(count - own_count) if shape == own_shape else np.inf
        report.layers.append(Pair(count, own_count, Line(name, shape, EXACT).add(0, apart)))


def _carry(report: Report, reference: Side, ours: Ours) -> Tensors:
    """The reference's weights to ours and back, its own wiped out in between → those weights."""
    weights = reference.weights()
    ours.carry(weights)
    reference.carry({name: np.zeros_like(array) for name, array in weights.items()})
    reference.carry(ours.weights())
    back = reference.weights()
    for name, array in weights.items():
        same = array.dtype == back[name].dtype and array.tobytes() == back[name].tobytes()
        report.carried.append(Line(name, array.shape, EXACT).add(0, 0 if same else np.inf))
    return weights


def _compare_alone(report: Report, sides: _Sides, batch: Batch) -> None:
    """One image, traced on all sides out of training."""
    traces = [side.trace(batch, training=False) for side in sides.all]
    traced = list(sides.found(*traces, alone=True))
    if _is_undecided(sides, batch, traces, traced):
        report.left_out += 1
        return
    report.images += 1
    for found in traced:
        _tell(report, found._replace(name=f"alone/{found.name}"), 0)


def _is_undecided(sides: _Sides, batch: Batch, traces: list[Tensors], traced: list[_Found]) -> bool:
    forward = [found.difference for found in traced if found.name.endswith(("/y", "/z"))]
    alike = max(forward, default=0.0) <= sides.tolerance.difference
    return alike and undecided(sides.ours.model.layers, batch.x, traces[1], traces[0]) > 0


def _compare_step(report: Report, sides: _Sides, batch: Batch, masks: Tensors) -> None:
    """One batch: traced on all sides, then trained on, unless it must be left out."""
    step = len(report.losses) + 1
    traces = [side.trace(batch) for side in sides.all]
    traced = list(sides.found(*traces))
    if _is_undecided(sides, batch, traces, traced):
        report.left_out += 1
        return

    for name, mask in masks.items():
        apart = 0 if name in batch.masks and np.array_equal(mask, batch.masks[name]) else np.inf
        _tell(report, _Found(f"{name}/mask", mask.shape, apart, EXACT), step)
    sides.silent.intersection_update(*(silent(trace, sides.eps) for trace in traces[:2]))
    losses = [side.step(batch) for side in sides.all]
    for found in [*traced, *sides.found(*(side.state() for side in sides.all))]:
        _tell(report, found, step)
    name = f"loss of step {step}"
    for found in sides.found(*({name: np.array(loss)} for loss in losses)):
        line = Line(name, (), found.tolerance).add(step, found.difference)
        report.losses.append(Pair(losses[0], losses[1], line))


def _tell(report: Report, found: _Found, step: int) -> None:
    line = report.tensors.setdefault(found.name, Line(found.name, found.shape, found.tolerance))
    line.add(step, found.difference)
