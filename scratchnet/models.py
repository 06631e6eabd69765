"""A stack of layers as one thing: made, trained, asked, shown, saved."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from scratchnet import fusion, kernels, layers, losses, optimizers, saving, training
from scratchnet import metrics as _metrics
from scratchnet.callbacks import Callback, History
from scratchnet.errors import DataError, ScratchnetError, ShapeError
from scratchnet.layers import Draw, Input, Layer, Run
from scratchnet.layers.base import check_positive
from scratchnet.losses import Loss
from scratchnet.naming import unique_name
from scratchnet.optimizers import Adadelta
from scratchnet.progress import ProgressBar
from scratchnet.saving import ModelData
from scratchnet.summary import Row, print_summary
from scratchnet.tracing import Trace, trace
from scratchnet.typing import Array, Shape

Pair = tuple[Array, Array]


class Sequential:
    """Layers, each of which takes the answer of the one before, by the names and defaults of `keras.Sequential`.

    layers: an Input first lets the model be built at once; without one, it is built when it first sees data
    dtype: "float32", or "float64" for exact comparisons
    kernels: "compiled", or "plain" for the NumPy text;  threads: of the compiled ones, None for one a core
    seed: of the first weights, the order of samples and what dropout drops: the same seed gives the same bits
    """

    def __init__(
        self,
        layers: Iterable[Layer | Input] = (),
        name: str | None = None,
        *,
        dtype: str = "float32",
        kernels: str = "compiled",
        threads: int | None = None,
        seed: int = 0,
    ) -> None:
        if dtype not in ("float32", "float64"):
            raise ScratchnetError(came=f"dtype={dtype!r}", expected="'float32' or 'float64'", do="Choose one of these.")
        if seed < 0:
            raise ScratchnetError(came=f"seed={seed}", expected="0 or more", do="Choose another seed.")
        self.name = name or unique_name(type(self).__name__)
        self.dtype = np.dtype(dtype)
        self.kernels, self.threads, self.seed = kernels, threads, seed
        self.layers: list[Layer] = []
        self.input_shape: Shape | None = None
        self.optimizer: Adadelta | None = None
        self.loss: Loss | None = None
        self.metrics: list[str] = []
        for layer in layers:
            self.add(layer)

    # ---------- made
    def add(self, layer: Layer | Input) -> None:
        """Put a layer on top of the stack."""
        if isinstance(layer, Input):
            if self.layers or self.input_shape:
                raise ScratchnetError(came="An Input on other layers", expected="it below them", do="Add it first.")
            self.input_shape = layer.shape
            return
        if any(layer.name == other.name for other in self.layers):
            raise ScratchnetError(
                came=f"A second layer named {layer.name!r}", expected="different names", do="Give one of them a name=."
            )
        layer.place = len(self.layers)
        if self.input_shape:
            self._build_layer(layer, self.layers[-1].output_shape if self.layers else self.input_shape)
        self.layers.append(layer)

    def build(self, input_shape: Shape) -> None:
        """Make the parameters, for samples of this shape; a model that starts with an Input is built already."""
        if self.input_shape is not None:
            return
        shape = tuple(input_shape)
        for layer in self.layers:
            shape = self._build_layer(layer, shape)
        self.input_shape = tuple(input_shape)

    def _build_layer(self, layer: Layer, input_shape: Shape) -> Shape:
        """Each layer draws from a stream of its own, so that its first weights don't depend on the other layers."""
        rng = np.random.default_rng((self.seed, layer.place))
        layer.output_shape = layer.build(input_shape, rng=rng, dtype=self.dtype)
        layer.input_shape = input_shape
        return layer.output_shape

    @property
    def built(self) -> bool:
        return self.input_shape is not None and bool(self.layers)

    def compile(
        self, optimizer: Adadelta | str = "adadelta", loss: Loss | str | None = None, *, metrics: Sequence[str] = ()
    ) -> None:
        """Choose how the model is trained and measured, by object or by Keras's names."""
        chosen = (
            optimizers.get(optimizer),
            losses.get(loss) if loss else None,
            [_metrics.check(name) for name in metrics],
        )
        self.optimizer, self.loss, self.metrics = chosen

    # ---------- trained and asked
    def fit(
        self,
        x: Array,
        y: Array,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        callbacks: Sequence[Callback] = (),
        *,
        validation_data: Pair | None = None,
        shuffle: bool = True,
        initial_epoch: int = 0,
    ) -> History:
        """Train on x: (N, …) and y: (N, …) until `epochs` are done → losses and metrics, epoch by epoch.

        verbose: 0 for silence, 1 for progress
        validation_data: x and y, measured after each epoch
        initial_epoch: how many epochs are done already
        """
        x, y = self._check_pair(x, y, "x", "y")
        validation = self._check_pair(*validation_data, "x of validation_data", "y of it") if validation_data else None
        check_positive("batch_size", batch_size)
        check_positive("epochs", epochs)
        optimizer = self._check_optimizer()
        history, progress = History(), ProgressBar() if verbose else None
        watching = [history, *([progress] if progress else []), *callbacks]
        for callback in watching:
            callback.set_model(self)
            callback.set_params({"epochs": epochs, "steps": -(-len(x) // batch_size), "samples": len(x)})

        def on_compile(kernel: str) -> None:
            for callback in watching:
                callback.on_compile(kernel)

        with (
            kernels.use(self.kernels, threads=self.threads, on_compile=on_compile) as arithmetic,
            progress or nullcontext(),
        ):
            training.fit(
                self._task(arithmetic, batch_size),
                optimizer,
                (x, y),
                validation,
                epochs=range(initial_epoch, epochs),
                shuffle=shuffle,
                seed=self.seed,
                callbacks=watching,
            )
        return history

    def evaluate(self, x: Array, y: Array, batch_size: int = 32, verbose: int = 0) -> list[float]:
        """The mean loss over x, then the mean of each metric."""
        x, y = self._check_pair(x, y, "x", "y")
        check_positive("batch_size", batch_size)
        self._check_loss("be measured")
        with kernels.use(self.kernels, threads=self.threads) as arithmetic:
            logs = training.evaluate(self._task(arithmetic, batch_size), x, y)
        if verbose:
            print(" - ".join(f"{name}: {value:.4f}" for name, value in logs.items()))  # noqa: T201
        return list(logs.values())

    def predict(self, x: Array, batch_size: int = 32) -> Array:
        """The model's answers, (N, …)."""
        x = self._check_samples(x, "x")
        check_positive("batch_size", batch_size)
        with kernels.use(self.kernels, threads=self.threads) as arithmetic:
            return training.predict(self._task(arithmetic, batch_size), x)

    def trace(self, x: Array, y: Array | None = None, *, training: bool = False, step: int = 0) -> Trace:
        """What each layer took and gave for x, and, given y, the gradients too: see `tracing`.

        training: with dropout, as in the update number `step`, x being the first samples of the training set
        """
        x = self._check_samples(x, "x")
        if y is not None:
            x, y = self._check_pair(x, y, "x", "y")
            self._check_loss("go backward")
            y = y.astype(self.dtype)
        with kernels.use(self.kernels, threads=self.threads) as arithmetic:
            draw = Draw(self.seed, step, np.arange(len(x))) if training else None
            run = Run(arithmetic, training=training, draw=draw)
            return trace(fusion.plan(self.layers, self.loss), x.astype(self.dtype), y, run)

    def _task(self, arithmetic: ModuleType, batch_size: int) -> training.Task:
        return training.Task(
            plan=fusion.plan(self.layers, self.loss),
            params=self.params,
            metrics={name: _metrics.METRICS[name] for name in self.metrics},
            dtype=self.dtype,
            kernels=arithmetic,
            batch_size=batch_size,
        )

    # ---------- looked into
    @property
    def params(self) -> dict[str, Array]:
        """Every parameter by "layer/variable", bottom up: the arrays themselves."""
        return {f"{layer.name}/{name}": array for layer in self.layers for name, array in layer.params.items()}

    @property
    def output_shape(self) -> Shape:
        """Of one answer."""
        self._check_built("have an output shape")
        return self.layers[-1].output_shape

    def count_params(self) -> int:
        self._check_built("count its parameters")
        return sum(array.size for array in self.params.values())

    def get_weights(self) -> list[Array]:
        """Copies of every parameter, bottom up."""
        return [array.copy() for array in self.params.values()]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Overwrite every parameter, bottom up."""
        self._check_built("take weights")
        came, own = [np.shape(array) for array in weights], [array.shape for array in self.params.values()]
        if came != own:
            raise ShapeError(came=f"Weights of shapes {came}", expected=str(own), do="Take them from a like model.")
        for array, values in zip(self.params.values(), weights, strict=True):
            array[...] = values

    def summary(self, line_length: int | None = None, print_fn: Callable[[str], object] | None = None) -> None:
        """Print layers, shapes and numbers of parameters, as Keras prints them."""
        rows = [
            Row(
                layer.name,
                type(layer).__name__,
                (None, *layer.output_shape) if self.built else None,
                sum(array.size for array in layer.params.values()) if self.built else None,
            )
            for layer in self.layers
        ]
        stepped = self.optimizer is not None and self.optimizer.slots
        print_summary(
            self.name,
            rows,
            trainable=self.params.values(),
            optimizer=self.optimizer.variables.values() if self.optimizer and stepped else None,
            line_length=line_length,
            print_fn=print_fn,
        )

    # ---------- saved
    def save(self, path: str | Path) -> None:
        """Write everything, the optimizer's state too, as Keras does: `.keras` or `.h5`, by the name's end."""
        saving.save(self.to_data(), path)

    def to_data(self) -> ModelData:
        """The model without its code: what `saving` writes."""
        self._check_built("be saved")
        return ModelData(
            config=self.get_config(),
            weights={layer.name: layer.params for layer in self.layers},
            compile=self._compile_config(),
            optimizer=self.optimizer.variables if self.optimizer else None,
        )

    def get_config(self) -> dict[str, Any]:
        """Name, dtype, input shape and layers, as JSON."""
        return {
            "name": self.name,
            "dtype": self.dtype.name,
            "input_shape": list(self.input_shape) if self.input_shape else None,
            "layers": [{"class_name": type(layer).__name__, "config": layer.get_config()} for layer in self.layers],
        }

    def _compile_config(self) -> dict[str, Any] | None:
        if self.optimizer is None or self.loss is None:
            return None
        optimizer = {"class_name": type(self.optimizer).__name__, "config": self.optimizer.get_config()}
        return {"optimizer": optimizer, "loss": self.loss.name, "metrics": self.metrics}

    @classmethod
    def from_config(cls, config: dict[str, Any], **options: Any) -> "Sequential":
        """The model that `get_config` describes, with new weights;  options: kernels, threads, seed"""
        stack = [layers.from_config(layer["class_name"], layer["config"]) for layer in config["layers"]]
        shape = [Input(tuple(config["input_shape"]))] if config["input_shape"] else []
        return cls([*shape, *stack], config["name"], dtype=config["dtype"], **options)

    @classmethod
    def from_data(cls, data: ModelData, *, compile: bool = True, **options: Any) -> "Sequential":  # noqa: A002
        """The model that `to_data` gave, or that `saving` read, with its weights and the optimizer's state."""
        model = cls.from_config(data.config, **options)
        optimizer = None
        if compile and data.compile:
            config = data.compile
            optimizer = optimizers.from_config(config["optimizer"]) if config["optimizer"] else Adadelta()
            model.compile(optimizer, config["loss"], metrics=config["metrics"] or ())
            optimizer.build(model.params)
        named = data.named({layer.name: layer.params for layer in model.layers}, optimizer and optimizer.variables)
        model.set_weights([array for layer in named.weights.values() for array in layer.values()])
        if optimizer:
            optimizer.load(named.optimizer or {})
        return model

    # ---------- what may be wrong
    def _check_built(self, what: str) -> None:
        if not self.built:
            raise ScratchnetError(
                came=f"{self.name} is to {what} before it is built",
                expected="a model that knows the shape of its input",
                do="Begin it with Input(shape), or call build(shape).",
            )

    def _check_loss(self, what: str) -> None:
        if self.loss is None:
            raise ScratchnetError(
                came=f"{self.name} is to {what} without a loss",
                expected="one",
                do="Call compile(optimizer, loss) first.",
            )

    def _check_optimizer(self) -> Adadelta:
        """The optimizer, its state made or made sure to be this model's."""
        self._check_loss("be trained")
        assert self.optimizer is not None  # compile sets both
        params = self.params
        if not self.optimizer.slots:
            self.optimizer.build(params)
        elif {key.rpartition("/")[0]: slot.shape for key, slot in self.optimizer.slots.items()} != {
            key: array.shape for key, array in params.items()
        }:
            raise ScratchnetError(
                came="An optimizer with the state of another model",
                expected=f"a new one for {self.name}",
                do="Make one optimizer for each model.",
            )
        return self.optimizer

    def _check_samples(self, x: Array, name: str) -> Array:
        """x as an array of numbers, one sample or more, of the shape that the model takes; builds the model if need be."""
        x = np.asarray(x)
        if x.dtype.kind not in "buif" or x.ndim < 2 or not len(x):
            raise DataError(
                came=f"{name} has shape {x.shape} and dtype {x.dtype}",
                expected="an array of numbers with one sample or more along its first axis",
                do="Put a single sample into an array of one: x[np.newaxis].",
            )
        self.build(x.shape[1:])
        self._check_built("be used")
        if x.shape[1:] != self.input_shape:
            raise ShapeError(
                came=f"{name} has shape {x.shape}",
                expected=f"(N, {', '.join(map(str, self.input_shape or ()))})",
                do=f"Reshape it with {name}.reshape(-1, …), or load data that this model was made for.",
            )
        return x

    def _check_pair(self, x: Array, y: Array, x_name: str, y_name: str) -> Pair:
        """Samples and what is true of each."""
        x, y = self._check_samples(x, x_name), np.asarray(y)
        if y.shape != (len(x), *self.output_shape) or y.dtype.kind not in "buif":
            raise ShapeError(
                came=f"{y_name} has shape {y.shape} and dtype {y.dtype}",
                expected=f"numbers of shape {(len(x), *self.output_shape)}, a row for each of {x_name}",
                do="Make labels rows with utils.to_categorical(labels, num_classes).",
            )
        return x, y


def load_model(path: str | Path, *, compile: bool = True, **options: Any) -> Sequential:  # noqa: A002
    """The model in a `.keras` or `.h5` file, whichever library wrote it, with its optimizer's state.

    compile: False leaves out how it was trained;  options: kernels, threads and seed of `Sequential`
    Raises ModelFileError for a file that holds no such model.
    """
    return Sequential.from_data(saving.load(path), compile=compile, **options)
