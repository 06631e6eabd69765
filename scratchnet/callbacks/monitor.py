"""What watches one number of the logs, and knows which way is better."""

from warnings import warn

import numpy as np

from scratchnet.callbacks.callback import Callback, Logs
from scratchnet.errors import ScratchnetError


class Monitor(Callback):
    """Judges `logs[monitor]`: better is smaller in mode "min", larger in "max".

    In mode "auto" the loss is better smaller, and a metric as its `direction` says: "up" or "down".
    Raises ScratchnetError before training for a monitor that "auto" can't judge.

    Source: keras/src/callbacks/monitor_callback.py.
    """

    monitor: str
    mode: str
    min_delta: float = 0.0

    best: float | None = None
    _sign = 1  # 1 where larger is better, -1 where smaller

    def __post_init__(self) -> None:
        if self.mode not in ("auto", "min", "max"):
            raise ScratchnetError(
                came=f"mode={self.mode!r}", expected="'auto', 'min' or 'max'", do="Choose one of these."
            )

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        name = self.monitor.removeprefix("val_")
        directions = {"loss": "down"} | {metric.name: metric.direction for metric in self.model.metrics}
        mode = {"up": "max", "down": "min"}.get(directions.get(name, "")) if self.mode == "auto" else self.mode
        if mode is None:
            raise ScratchnetError(
                came=f"{type(self).__name__} is to judge {self.monitor!r}",
                expected="the loss or a metric that the model was compiled with, if mode is 'auto'",
                do="Say mode='max' if larger is better, or mode='min'.",
            )
        self._sign = 1 if mode == "max" else -1

    def watched(self, logs: Logs | None, so: str) -> float | None:
        """The monitored number; where it is missing, a warning of what follows from that."""
        logs = logs or {}
        if self.monitor not in logs:
            warn(f"{so} `{self.monitor}`, which is not in the logs: {', '.join(logs)}.", stacklevel=3)
        return logs.get(self.monitor)

    def improves(self, current: float, best: float | None) -> bool:
        """Whether it is better than the best by more than min_delta; the first one is.

        Both are rounded to float32 first, as Keras does: 0.7 is not better than 0.8 by more than 0.1, as it would be in
        float64.
        """
        if best is None:
            return True
        reached = np.float32(current - self._sign * abs(self.min_delta))
        return bool(reached > np.float32(best) if self._sign > 0 else reached < np.float32(best))
