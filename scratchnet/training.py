"""The loops over epochs and batches. They drive a plan, and know no model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from scratchnet.callbacks import Callback, Logs
from scratchnet.fusion import Plan
from scratchnet.layers import Draw, Run
from scratchnet.metrics import Metric
from scratchnet.optimizers import Optimizer
from scratchnet.typing import Array


class Samples(NamedTuple):
    """x: (N, …), t: (N, …) what is true of each, weight: (N,) by which its loss is multiplied; None: 1"""

    x: Array
    t: Array
    weight: Array | None = None

    def take(self, places: Array, dtype: np.dtype[Any]) -> "Samples":
        """These samples as the layers take them: of the parameters' dtype, rows one after the other in memory."""
        return Samples(*(None if part is None else np.ascontiguousarray(part[places], dtype) for part in self))  # type: ignore[arg-type]  # only the weight is None


@dataclass(frozen=True)
class Task:
    """What is trained, or measured, and on what.

    params: every parameter that is trained by "layer/variable", written in place
    dtype: to which a batch is cast at the door
    """

    plan: Plan
    params: dict[str, Array]
    metrics: Sequence[Metric]
    dtype: np.dtype[Any]
    kernels: ModuleType
    batch_size: int

    def batches(self, order: Array) -> Iterator[Array]:
        """`order` in pieces; the last one may be smaller."""
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]

    def measure(self, batch: Samples, answer: Array, penalty: float) -> dict[str, Array]:
        """Loss, with the penalty for the weights, and metrics of each sample, from the last step's answer."""
        if self.plan.loss is None:
            return {}
        y = self.plan.output.forward(self.kernels, answer)[0]
        loss = self.plan.loss(batch.t, answer)
        loss = loss if batch.weight is None else loss * batch.weight
        return {"loss": loss + penalty} | {metric.name: metric.value(batch.t, y) for metric in self.metrics}


class _Means:
    """Means over the samples so far, in float64."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.count = 0

    def add(self, values: dict[str, Array]) -> Logs:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.sum(dtype=np.float64))
            self.count += len(value) if name == "loss" else 0
        return {name: total / self.count for name, total in self.sums.items()}


def fit(
    task: Task,
    optimizer: Optimizer,
    data: Samples,
    validation: Samples | None,
    *,
    epochs: range,
    shuffle: bool,
    seed: int,
    callbacks: Sequence[Callback],
    stopped: Callable[[], bool],
) -> None:
    """Train: each epoch sees every sample once, in an order that depends on the seed and the updates made before it.

    A batch's loss is the mean over its own samples, the last, smaller one's too. What is reported are means over the
    epoch, taken while the weights change; the validation data is measured after it.

    stopped: asked after each batch and each epoch whether a callback wants no more
    """
    tell = _teller(callbacks)
    tell("on_train_begin")
    logs: Logs = {}
    for epoch in epochs:
        tell("on_epoch_begin", epoch)
        rng = np.random.default_rng((seed, optimizer.iterations))
        order = rng.permutation(len(data.x)) if shuffle else np.arange(len(data.x))
        means = _Means()
        for batch, places in enumerate(task.batches(order)):
            tell("on_train_batch_begin", batch)
            draw = Draw(seed, optimizer.iterations, places)
            logs = means.add(train_step(task, optimizer, data.take(places, task.dtype), draw))
            tell("on_train_batch_end", batch, logs)
            if stopped():
                break
        if validation is not None:
            measured = evaluate(task, validation, callbacks)
            logs |= {f"val_{name}": value for name, value in measured.items()}
        tell("on_epoch_end", epoch, logs)
        if stopped():
            break
    tell("on_train_end", logs)


def train_step(task: Task, optimizer: Optimizer, batch: Samples, draw: Draw) -> dict[str, Array]:
    """One update on one batch → the loss and metrics of each sample, before it."""
    run = Run(task.kernels, training=True, draw=draw)
    answer, caches = task.plan.forward(batch.x, run)
    values, moved = task.measure(batch, answer, task.plan.penalty()), task.plan.new_state(caches)
    grads = task.plan.backward(task.plan.loss_gradient(batch.t, answer, batch.weight), caches, run)
    optimizer.step(task.params, grads, task.kernels)
    for array, new in moved:
        array[...] = new
    return values


def evaluate(task: Task, data: Samples, callbacks: Sequence[Callback] = ()) -> Logs:
    """The mean loss and metrics, as in use: nothing drops, and what training moves stands still."""
    tell, run, penalty = _teller(callbacks), Run(task.kernels, backward=False), task.plan.penalty()
    tell("on_test_begin")
    means, logs = _Means(), {}
    for number, places in enumerate(task.batches(np.arange(len(data.x)))):
        tell("on_test_batch_begin", number)
        batch = data.take(places, task.dtype)
        answer, _ = task.plan.forward(batch.x, run)
        logs = means.add(task.measure(batch, answer, penalty))
        tell("on_test_batch_end", number, logs)
    tell("on_test_end", logs)
    return logs


def predict(task: Task, x: Array) -> Array:
    """The answers to every sample, as in use."""
    run = Run(task.kernels, backward=False)
    answers = []
    for places in task.batches(np.arange(len(x))):
        answer, _ = task.plan.forward(np.ascontiguousarray(x[places], task.dtype), run)
        answers.append(task.plan.output.forward(task.kernels, answer)[0])
    return np.concatenate(answers)


def _teller(callbacks: Sequence[Callback]) -> Callable[..., None]:
    def tell(event: str, *arguments: Any) -> None:
        for callback in callbacks:
            getattr(callback, event)(*arguments)

    return tell
