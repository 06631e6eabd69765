"""What every callback promises."""

from typing import Any

Logs = dict[str, float]


class Callback:
    """Override what you want to hear of; the names are Keras's, but for `on_compile`.

    model: the one in training; `self.model.stop_training = True` ends it after the batch, or the epoch, that is running
    params: {"epochs": …, "steps": batches an epoch, "samples": images an epoch}

    All callbacks of a run are given the same `logs`, in their order: what one adds, those behind it see.
    """

    model: Any = None
    params: dict[str, int]

    def set_model(self, model: Any) -> None:
        self.model = model

    def set_params(self, params: dict[str, int]) -> None:
        self.params = params

    def on_compile(self, kernel: str) -> None:
        """Numba begins to compile a kernel, which happens once on a machine."""

    def on_train_begin(self, logs: Logs | None = None) -> None: ...

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None: ...

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """logs: the epoch's means so far"""

    def on_test_begin(self, logs: Logs | None = None) -> None: ...

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """logs: the means so far"""

    def on_test_end(self, logs: Logs | None = None) -> None: ...

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """logs: the epoch's means, those of the validation data with `val_` before their names"""

    def on_train_end(self, logs: Logs | None = None) -> None: ...
