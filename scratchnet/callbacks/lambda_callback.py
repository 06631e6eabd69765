"""A callback made of functions."""

from collections.abc import Callable
from typing import Any, final

from scratchnet.callbacks.callback import Callback
from scratchnet.errors import ScratchnetError

Hook = Callable[..., Any]


@final
class LambdaCallback(Callback):
    """Calls each function where a callback's method of that name would be called, with what the method would be given.

    Source: keras/src/callbacks/lambda_callback.py.
    """

    def __init__(
        self,
        on_epoch_begin: Hook | None = None,
        on_epoch_end: Hook | None = None,
        on_train_begin: Hook | None = None,
        on_train_end: Hook | None = None,
        on_train_batch_begin: Hook | None = None,
        on_train_batch_end: Hook | None = None,
        **others: Hook,
    ) -> None:
        first = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        known = [name for name in vars(Callback) if name.startswith("on_")]
        for name, hook in (first | others).items():
            if name not in known:
                raise ScratchnetError(
                    came=f"A function named {name}", expected=f"one of {', '.join(known)}", do="Choose one of these."
                )
            if hook is not None:
                setattr(self, name, hook)
