"""A stack of layers that is compiled, trained, asked, shown and saved."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from scratchnet import fusion, kernels, losses, objects, optimizers, saving, training
from scratchnet import metrics as _metrics
from scratchnet.callbacks import Callback, History
from scratchnet.errors import ModelFileError, ScratchnetError, of_a_file
from scratchnet.fusion.explain import Explanation, explain
from scratchnet.layers import Draw, Input, Layer, Run
from scratchnet.losses import Loss
from scratchnet.metrics import Metric
from scratchnet.models import samples
from scratchnet.models.stack import Stack
from scratchnet.optimizers import Optimizer
from scratchnet.profiling import Profile, profile
from scratchnet.progress import ProgressBar
from scratchnet.saving import ModelData
from scratchnet.summary import Row, print_summary
from scratchnet.tracing import Trace, trace
from scratchnet.training import Samples, Task
from scratchnet.typing import Array


class Sequential(Stack):
    """Layers, each of which takes the answer of the one before, by the names and defaults of `keras.Sequential`.

    layers: an Input first lets the model be built at once; without one, it is built when it first sees data
    dtype: "float32", or "float64" for exact comparisons
    kernels: "fused", "compiled" layer by layer, or "plain" for the NumPy text;  threads: None for one a core
    seed: of the first weights, the order of samples and what dropout drops: the same seed gives the same bits
    """

    seed: int

    def __init__(
        self,
        layers: Iterable[Layer | Input] = (),
        name: str | None = None,
        *,
        dtype: str = "float32",
        kernels: str = "fused",
        threads: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(layers, name, dtype=dtype, seed=seed)
        self.kernels, self.threads = kernels, threads
        self.optimizer: Optimizer | None = None
        self.loss: Loss | None = None
        self.metrics: list[Metric] = []
        self.stop_training = False  # what a callback sets to end `fit`

    def compile(
        self,
        optimizer: Optimizer | str = "adadelta",
        loss: Loss | str | None = None,
        *,
        metrics: Sequence[Metric | str] = (),
    ) -> None:
        """Choose how the model is trained and measured, by object or by Keras's names."""
        chosen = (
            optimizers.get(optimizer),
            losses.get(loss) if loss else None,
            [_metrics.get(metric) for metric in metrics],
        )
        self.optimizer, self.loss, self.metrics = chosen
        self.optimizer.dtype = self.dtype

    # ---------- trained
    def fit(
        self,
        x: Array,
        y: Array,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        callbacks: Sequence[Callback] = (),
        validation_split: float = 0.0,
        validation_data: tuple[Array, ...] | None = None,
        shuffle: bool = True,  # Keras's order
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Array | None = None,
        initial_epoch: int = 0,
    ) -> History:
        """Train on x: (N, …) and y until `epochs` are done → losses and metrics, epoch by epoch.

        verbose: 0 for silence, 1 for progress, 2 for a line an epoch
        validation_split: the share of samples, the last ones, that isn't trained on but measured after each epoch
        validation_data: x and y, and weights if you like, to be measured instead
        class_weight: by which the loss of a class's samples is multiplied;  sample_weight: (N,) the same for each sample
        initial_epoch: how many epochs are done already
        """
        data = self._check_data(x, y, sample_weight, class_weight)
        validation = None if validation_data is None else self._check_validation(validation_data)
        if validation_split and validation is None:
            data, validation = samples.split(data, validation_split)
        objects.whole("batch_size", batch_size, least=1)
        objects.whole("epochs", epochs, least=1)
        optimizer = self._check_optimizer()
        history, progress = History(), ProgressBar(live=verbose == 1)
        watching = [
            *callbacks,
            history,
            *([progress] if verbose else []),
        ]  # who comes later sees what others add to the logs
        for callback in watching:
            callback.set_model(self)
            callback.set_params({"epochs": epochs, "steps": -(-len(data.x) // batch_size), "samples": len(data.x)})

        def on_compile(kernel: str) -> None:
            for callback in watching:
                callback.on_compile(kernel)

        self.stop_training = False
        with self._at_work(batch_size, on_compile) as task, progress:
            training.fit(
                task,
                optimizer,
                data,
                validation,
                epochs=range(initial_epoch, epochs),
                shuffle=shuffle,
                seed=self.seed,
                callbacks=watching,
                stopped=lambda: self.stop_training,
            )
        return history

    def train_on_batch(
        self,
        x: Array,
        y: Array,
        sample_weight: Array | None = None,
        class_weight: Mapping[int, float] | None = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """One update on all of x → the loss and the metrics before it, as a list or by name."""
        data, optimizer = self._check_data(x, y, sample_weight, class_weight), self._check_optimizer()
        with self._at_work(len(data.x)) as task:
            places = np.arange(len(data.x))
            draw = Draw(self.seed, optimizer.iterations, places)
            values = training.train_step(task, optimizer, data.take(places, self.dtype), draw)
        means = {name: float(value.mean(dtype=np.float64)) for name, value in values.items()}
        return means if return_dict else list(means.values())

    # ---------- asked
    def evaluate(
        self,
        x: Array,
        y: Array,
        batch_size: int = 32,
        verbose: int = 0,
        sample_weight: Array | None = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """The mean loss over x, then the mean of each metric, as a list or by name."""
        data = self._check_data(x, y, sample_weight)
        objects.whole("batch_size", batch_size, least=1)
        with self._at_work(batch_size) as task:
            logs = training.evaluate(task, data)
        if verbose:
            print(" - ".join(f"{name}: {value:.4f}" for name, value in logs.items()))  # noqa: T201
        return logs if return_dict else list(logs.values())

    def predict(self, x: Array, batch_size: int = 32) -> Array:
        """The model's answers, (N, …)."""
        x = self._check_samples(x, "x")
        objects.whole("batch_size", batch_size, least=1)
        with self._at_work(batch_size) as task:
            return training.predict(task, x)

    def predict_on_batch(self, x: Array) -> Array:
        """The model's answers, all at once."""
        return self.predict(x, batch_size=max(1, len(x)))

    def trace(
        self,
        x: Array,
        y: Array | None = None,
        sample_weight: Array | None = None,
        *,
        logit: int | None = None,
        training: bool = False,
        step: int = 0,
    ) -> Trace:
        """What each layer took, gave and decided for x, and, given y, the gradients of the loss: see `tracing`.

        logit: the gradients of this number of the last layer's instead, before its activation; no loss is needed
        training: with dropout, as in the update number `step`, x being the first samples of the training set
        """
        x, places = self._check_samples(x, "x"), np.arange(len(x))
        data = Samples(x, np.empty(0))
        if logit is not None:
            self._check_logit(logit, y)
        elif y is not None:
            data = self._check_data(x, y, sample_weight).take(places, self.dtype)
        with self._at_work(len(x), fused=False) as task:
            draw = Draw(self.seed, step, places) if training else None
            run = Run(task.kernels, training=training, draw=draw)
            t = None if y is None else data.t
            return trace(task.plan, np.ascontiguousarray(x, self.dtype), run, t, data.weight, logit)

    def profile(self, x: Array, y: Array, batch_size: int = 128, steps: int = 20) -> Profile:
        """Where the time of a training step on x and y goes: see `profiling`. The model itself stays as it is."""
        objects.whole("batch_size", batch_size, least=1)
        objects.whole("steps", steps, least=1)
        twin = deepcopy(self)
        data, optimizer = twin._check_data(x, y), twin._check_optimizer()  # noqa: SLF001  # the twin is one of us
        with twin._at_work(batch_size) as task:  # noqa: SLF001
            threads = 1 if self.kernels == "plain" else self.threads
            return profile(task, optimizer, data, seed=self.seed, steps=steps, threads=threads)

    def explain(self) -> list[Explanation]:
        """Which kernels run each layer, and why."""
        self.check_built("be explained")
        arithmetic = kernels.load(self.kernels)
        return explain(self._task(arithmetic, 1, fused=True).plan, arithmetic, self.dtype)

    @contextmanager
    def _at_work(
        self, batch_size: int, on_compile: Callable[[str], None] | None = None, *, fused: bool = True
    ) -> Iterator[Task]:
        """Everything that the loops drive, while the kernels are set up."""
        with kernels.use(self.kernels, threads=self.threads, on_compile=on_compile) as arithmetic:
            yield self._task(arithmetic, batch_size, fused=fused)

    def _task(self, arithmetic: ModuleType, batch_size: int, *, fused: bool) -> Task:
        return Task(
            plan=fusion.plan(self.layers, self.loss, fused=fused and kernels.fuses(arithmetic)),
            params=self.params,
            metrics=self.metrics,
            dtype=self.dtype,
            kernels=arithmetic,
            batch_size=batch_size,
        )

    # ---------- shown
    def summary(self, line_length: int | None = None, print_fn: Callable[[str], object] | None = None) -> None:
        """Print layers, shapes and numbers of parameters, as Keras prints them."""
        rows = [
            Row(
                layer.name,
                type(layer).__name__,
                (None, *layer.output_shape) if self.built else None,
                sum(array.size for array in layer.weights.values()) if self.built else None,
            )
            for layer in self.layers
        ]
        trained = self.params
        stepped = self.optimizer is not None and self.optimizer.built
        print_summary(
            self.name,
            rows,
            trainable=trained.values(),
            non_trainable=[array for path, array in self.weights.items() if path not in trained],
            optimizer=self.optimizer.variables.values() if self.optimizer and stepped else None,
            line_length=line_length,
            print_fn=print_fn,
        )

    # ---------- saved
    def save(self, path: str | Path) -> None:
        """Write everything, the optimizer's state too, as Keras does: `.keras` or `.h5`, by the name's end."""
        saving.save(self.to_data(), path)

    def save_weights(self, path: str | Path) -> None:
        """Write the weights, and the optimizer's state, without the model, as Keras does: a `.weights.h5`."""
        saving.save_weights(self.to_data(), path)

    def load_weights(self, path: str | Path) -> None:
        """Take over the weights in a `.weights.h5`, `.keras` or `.h5` file, and the optimizer's state, if it has one.

        Layers go by their order, not by name. Raises ModelFileError, before anything is changed, if they don't fit.
        """
        if self.optimizer and self.built and not self.optimizer.built:
            self.optimizer.build(self.params)
        self._take(saving.load_weights(path, self.to_data()))

    def to_data(self) -> ModelData:
        """The model without its code: what `saving` writes."""
        self.check_built("be saved")
        return ModelData(
            config=self.get_config(),
            weights={layer.name: layer.weights for layer in self.layers},
            compile=self._compile_config(),
            optimizer=self.optimizer.variables if self.optimizer else None,
        )

    def _compile_config(self) -> dict[str, Any] | None:
        if self.optimizer is None or self.loss is None:
            return None
        return {
            "optimizer": optimizers.serialize(self.optimizer),
            "loss": losses.serialize(self.loss),
            "metrics": [_metrics.serialize(metric) for metric in self.metrics],
        }

    @classmethod
    def from_data(cls, data: ModelData, *, compile: bool = True, **options: Any) -> "Sequential":  # noqa: A002
        """The model that `to_data` gave, or that `saving` read, with its weights and the optimizer's state."""
        with of_a_file():  # before memory is taken for what isn't there
            shapes = Stack.from_config(data.config, seed=None)
            data.named({layer.name: layer.weights for layer in shapes.layers})
        model = cls.from_config(data.config, **options)
        with of_a_file():
            if compile and data.compile:
                model._compile_as(data.compile)  # noqa: SLF001
            state = model.optimizer.variables if model.optimizer else None
            named = data.named({layer.name: layer.weights for layer in model.layers}, state)
        model._take(named)  # noqa: SLF001
        return model

    def _compile_as(self, config: dict[str, Any]) -> None:
        """As a file says."""
        for option in ("loss_weights", "weighted_metrics"):
            if config.get(option):
                raise ModelFileError(
                    came=f"The model was compiled with {option}={config[option]!r:.200}",
                    expected="none",
                    do="scratchnet doesn't have this option: load the model with compile=False and compile it anew.",
                )
        optimizer = optimizers.from_config(config["optimizer"]) if config["optimizer"] else optimizers.Adadelta()
        self.compile(optimizer, config["loss"], metrics=config["metrics"] or ())
        optimizer.build(self.params)

    def _take(self, data: ModelData) -> None:
        self.set_weights([array for layer in data.weights.values() for array in layer.values()])
        if self.optimizer and data.optimizer is not None:
            self.optimizer.load(data.optimizer)

    # ---------- what may be wrong
    def _check_loss(self) -> Loss:
        if self.loss is None:
            raise ScratchnetError(
                came=f"{self.name} is to be trained or measured without a loss",
                expected="one",
                do="Call compile(optimizer, loss) first.",
            )
        return self.loss

    def _check_optimizer(self) -> Optimizer:
        """The optimizer, its state made or made sure to be this model's."""
        self._check_loss()
        assert self.optimizer is not None  # compile sets both
        params = self.params
        if not self.optimizer.built:
            self.optimizer.build(params)
        elif {path: array.shape for path, array in params.items()} != self.optimizer.shapes:
            raise ScratchnetError(
                came="An optimizer with the state of other parameters",
                expected=f"one that was made for those of {self.name} that are trainable",
                do="Make one optimizer for each model, and call compile anew after changing what is trainable.",
            )
        return self.optimizer

    def _check_logit(self, logit: int, y: Array | None) -> None:
        if y is not None:
            raise ScratchnetError(
                came="y and logit", expected="one of them", do="Go backward from the loss or from a logit."
            )
        K = self.output_shape[-1]
        if objects.whole("logit", logit, least=0) >= K:
            raise ScratchnetError(
                came=f"logit={logit}", expected=f"below {K}, what the last layer gives", do="Choose another."
            )

    def _check_samples(self, x: Array, name: str) -> Array:
        """x as the model takes it, which is built if need be."""
        x = samples.numbers(x, name)
        self.build(x.shape[1:])
        self.check_built("be used")
        samples.check_shape(x, self.input_shape or (), name)
        return x

    def _check_data(
        self,
        x: Array,
        y: Array,
        sample_weight: Array | None = None,
        class_weight: Mapping[int, float] | None = None,
        of: str = "",
    ) -> Samples:
        """Samples, what is true of each, and its weight."""
        x = self._check_samples(x, f"x{of}")
        t = samples.targets(y, x, self._check_loss(), self.output_shape, f"y{of}")
        return Samples(x, t, samples.weights(sample_weight, class_weight, t))

    def _check_validation(self, data: tuple[Array, ...]) -> Samples:
        if not isinstance(data, tuple | list) or len(data) not in (2, 3):
            raise ScratchnetError(
                came=f"validation_data of {type(data)}",
                expected="(x, y) or (x, y, sample_weight)",
                do="Put the arrays in a tuple.",
            )
        weight = data[2] if len(data) > 2 else None
        return self._check_data(data[0], data[1], weight, of=" of validation_data")
