"""The loops over epochs and batches. They drive a plan, and know no model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from scratchnet.callbacks import Callback, Logs
from scratchnet.fusion import Plan
from scratchnet.layers import Draw, Run
from scratchnet.optimizers import Adadelta
from scratchnet.typing import Array


@dataclass(frozen=True)
class Task:
    """What is trained, or measured, and on what.

    params: every parameter by "layer/variable", written in place
    metrics: functions (y_true, y_pred) → (N,), by name
    dtype: to which a batch is cast at the door
    """

    plan: Plan
    params: dict[str, Array]
    metrics: dict[str, Callable[[Array, Array], Array]]
    dtype: np.dtype[Any]
    kernels: ModuleType
    batch_size: int

    def door(self, array: Array) -> Array:
        """A batch as the layers take it: of the parameters' dtype, rows one after the other in memory."""
        return np.ascontiguousarray(array, self.dtype)

    def batches(self, order: Array) -> Iterator[Array]:
        """`order` in pieces; the last one may be smaller."""
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]

    def measure(self, t: Array, answer: Array) -> dict[str, Array]:
        """Loss and metrics of each sample, from the last step's answer."""
        if self.plan.loss is None:
            return {}
        y = self.plan.output.forward(self.kernels, answer)
        return {"loss": self.plan.loss(t, answer)} | {name: metric(t, y) for name, metric in self.metrics.items()}


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
    optimizer: Adadelta,
    data: tuple[Array, Array],
    validation: tuple[Array, Array] | None,
    *,
    epochs: range,
    shuffle: bool,
    seed: int,
    callbacks: Sequence[Callback],
) -> None:
    """Train: each epoch sees every sample once, in an order that depends on the seed and the updates made before it.

    A batch's loss is the mean over its own samples, the last, smaller one's too. What is reported are means over the
    epoch, taken while the weights change; the validation data is measured after it.
    """
    x, t = data
    for callback in callbacks:
        callback.on_train_begin()
    logs: Logs = {}
    for epoch in epochs:
        for callback in callbacks:
            callback.on_epoch_begin(epoch)
        rng = np.random.default_rng((seed, optimizer.iterations))
        order = rng.permutation(len(x)) if shuffle else np.arange(len(x))
        means = _Means()
        for batch, samples in enumerate(task.batches(order)):
            values = train_step(task, optimizer, x[samples], t[samples], Draw(seed, optimizer.iterations, samples))
            logs = means.add(values)
            for callback in callbacks:
                callback.on_train_batch_end(batch, logs)
        if validation is not None:
            for callback in callbacks:
                callback.on_test_begin()
            measured = evaluate(task, *validation)
            for callback in callbacks:
                callback.on_test_end(measured)
            logs |= {f"val_{name}": value for name, value in measured.items()}
        for callback in callbacks:
            callback.on_epoch_end(epoch, logs)
    for callback in callbacks:
        callback.on_train_end(logs)


def train_step(task: Task, optimizer: Adadelta, x: Array, t: Array, draw: Draw) -> dict[str, Array]:
    """One update on one batch → the loss and metrics of each sample, before it."""
    run = Run(task.kernels, training=True, draw=draw)
    x, t = task.door(x), task.door(t)
    answer, caches = task.plan.forward(x, run)
    values = task.measure(t, answer)
    assert task.plan.loss is not None  # `Sequential.fit` asks for one
    grads = task.plan.backward(task.plan.loss.gradient(t, answer) / len(t), caches, run)
    optimizer.step(task.params, grads, task.kernels)
    return values


def evaluate(task: Task, x: Array, t: Array) -> Logs:
    """The mean loss and metrics, without dropout."""
    run = Run(task.kernels, backward=False)
    means, logs = _Means(), {}
    for samples in task.batches(np.arange(len(x))):
        answer, _ = task.plan.forward(task.door(x[samples]), run)
        logs = means.add(task.measure(task.door(t[samples]), answer))
    return logs


def predict(task: Task, x: Array) -> Array:
    """The answers to every sample, without dropout."""
    run = Run(task.kernels, backward=False)
    answers = []
    for samples in task.batches(np.arange(len(x))):
        answer, _ = task.plan.forward(task.door(x[samples]), run)
        answers.append(task.plan.output.forward(task.kernels, answer))
    return np.concatenate(answers)
