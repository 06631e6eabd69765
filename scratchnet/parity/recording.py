"""Another library's side of a comparison, in a file: replayed, it is compared with ours as if that library were here.

An .npz of
    header              JSON: the model and how it was compiled, who computed this, how many steps, how weights are drawn
    weights/…           the first weights; none, where the header tells how to draw them (`weights`)
    1/x, 1/t, 1/…       of the first step: its batch, its masks, and
    1/trace/…           what `Side.trace` gave, large tensors as their `digest`
    1/state/…, 1/loss   the same of `Side.state` and `Side.step`; then 2/x and so on
    measure/…           what `Side.measure` gave on the last batch
    images/…            images alone, with whole tensors, if it was recorded with --whole: see `images`

Such a file is hostile until shown otherwise: nothing in it is unpickled or imported, its model is made of this library's
layers alone, and no size in it is believed before it is checked.
"""

import json
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from scratchnet.errors import DataError, ScratchnetError
from scratchnet.models import Sequential
from scratchnet.models.stack import Stack
from scratchnet.parity import images, npz
from scratchnet.parity.digest import digest
from scratchnet.parity.images import Image
from scratchnet.parity.sides import Batch, Tensors
from scratchnet.parity.weights import draw
from scratchnet.saving import ModelData
from scratchnet.typing import Shape

FORMATS = 1, 2  # 2: with images alone, and maybe no steps
LARGEST = 2**25  # numbers that a model may ask for at once, 256 MB in float64

_HEADER = {"version": str, "config": dict, "compile": dict, "seed": int, "steps": int, "layers": dict}


class Recording:
    """The side that was recorded. It does nothing but answer, step by step.

    model: this library's, as the file describes it
    images: how many images alone it has, with whole tensors; 0 where it was recorded without --whole
    """

    def __init__(self, path: str | Path, *, kernels: str = "fused") -> None:
        """Raises ScratchnetError for a file that can't be read, or whose model this library doesn't have."""
        self._file = repr(str(path))
        try:
            self._arrays = npz.from_bytes(Path(path).read_bytes(), self._file)
        except OSError as error:
            raise npz.refusal(self._file, f"can't be read ({error})") from error
        for name in self._arrays:
            if not name.isprintable():
                raise npz.refusal(self._file, f"names an array {name!r}")
        self._header = self._read_header()
        self.version: str = self._header["version"]
        self.steps: int = self._header["steps"]
        self._done = 0
        self._looked = 0
        self.model = self._read_model(kernels)
        self._images = images.read(self._arrays, self._header.get("images", 0), self.model, self._file)
        self.images = len(self._images)

    def _read_header(self) -> dict[str, Any]:
        try:
            header = json.loads(self._arrays.pop("header").tobytes())
        except (KeyError, ValueError, RecursionError) as error:
            raise npz.refusal(self._file, f"has no header in JSON ({error})") from error
        if not isinstance(header, dict) or header.get("format") not in FORMATS:
            raise npz.refusal(self._file, f"is of another format than {' and '.join(map(str, FORMATS))}")
        for name, kind in _HEADER.items():
            if not isinstance(header.get(name), kind):
                raise npz.refusal(self._file, f"has no {name} in its header")
        if not all(map(_is_layer, header["layers"].values())):
            raise npz.refusal(self._file, "has other layers in its header than shapes and counts")
        return header

    def _read_model(self, kernels: str) -> Sequential:
        header = self._header
        try:
            shapes = Stack.from_config(header["config"], seed=None)  # which takes no memory yet
            self._check_sizes(shapes)
            self._weights = self._read_weights(shapes.weights)
            layers: dict[str, Tensors] = {layer.name: {} for layer in shapes.layers}
            for name, array in self._weights.items():
                layer, _, variable = name.rpartition("/")
                layers[layer][variable] = array
            data = ModelData(header["config"], layers, header["compile"])
            return Sequential.from_data(data, kernels=kernels, seed=header["seed"])
        except ScratchnetError:
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise npz.refusal(self._file, f"describes no model ({type(error).__name__}: {error})") from error

    def _check_sizes(self, model: Stack) -> None:
        """Nothing in a file backs what a layer gives, or weights that are drawn."""
        images = max((len(x) for name, x in self._arrays.items() if name.endswith("/x") and x.ndim), default=0)
        numbers = [images * prod(layer.output_shape) for layer in model.layers]
        if self._header.get("spreads") is not None:
            numbers.append(sum(array.size for array in model.weights.values()))
        if max(numbers, default=0) > LARGEST:
            raise npz.refusal(self._file, f"asks for {max(numbers)} numbers at once, more than {LARGEST}")

    def _read_weights(self, weights: Tensors) -> Tensors:
        spreads = self._header.get("spreads")
        if spreads is None:
            held = self._under("weights/")
        elif isinstance(spreads, dict) and all(_is_spread(spreads.get(name)) for name in weights):
            seed = self._header["seed"]
            held = {name: draw(name, w.shape, spreads[name], w.dtype, seed) for name, w in weights.items()}
        else:
            raise npz.refusal(self._file, "doesn't tell how its weights are drawn")
        for name, own in weights.items():
            if name not in held or held[name].shape != own.shape or held[name].dtype != own.dtype:
                raise npz.refusal(self._file, f"has no {name} of shape {own.shape} in {own.dtype}")
        return {name: held[name] for name in weights}

    def _under(self, place: str) -> Tensors:
        return {name.removeprefix(place): array for name, array in self._arrays.items() if name.startswith(place)}

    def batches(self) -> Iterator[Batch]:
        """Of each step, with the masks that the other library was given."""
        for step in range(1, self.steps + 1):
            own = self._under(f"{step}/")
            if missing := {"x", "t", "size", "loss"} - own.keys():
                raise npz.refusal(self._file, f"has no {missing.pop()} of step {step}")
            yield Batch(own["x"], own["t"], own.get("sample_weight"), self._under(f"{step}/masks/"), int(own["size"]))

    def whole(self, i: int) -> Image:
        """The image number i, from 0 on, and every tensor of it. Raises DataError where it isn't there."""
        if not 0 <= i < self.images:
            holds = f"holds {self.images} images alone" if self.images else "holds digests, and no whole tensors"
            raise DataError(
                came=f"{self._file} {holds}",
                expected=f"whole tensors of image {i}",
                do="Record anew, with --whole: python -m reference.dump MODEL --whole --images N --output FILE.",
            )
        return self._images[i]

    def alone(self) -> Iterator[Batch]:
        """Each of the images, as a batch."""
        for image in self._images:
            yield Batch(image.x, image.t, size=1)

    def differs_in(self, model: Sequential) -> str | None:
        """The first weight that isn't the same in this model, or that only one of both has; None, if there is none.

        They are compared as numbers of the recording's dtype.
        """
        own = model.weights
        for name in own | self._weights:
            if name not in own or name not in self._weights:
                return name
            came, held = own[name], self._weights[name]
            if came.shape != held.shape or came.astype(held.dtype).tobytes() != held.tobytes():
                return name
        return None

    def layers(self) -> dict[str, tuple[Shape, int]]:
        return {name: (tuple(shape), count) for name, (shape, count) in self._header["layers"].items()}

    def weights(self) -> Tensors:
        return {name: array.copy() for name, array in self._weights.items()}

    def carry(self, weights: Tensors) -> None:
        self._weights = weights

    def trace(self, batch: Batch, *, training: bool = True) -> Tensors:  # noqa: ARG002
        if not training:
            self._looked += 1
            return self.whole(self._looked - 1).tensors
        return self._under(f"{self._done + 1}/trace/")

    def step(self, batch: Batch) -> float:  # noqa: ARG002
        self._done += 1
        return float(self._arrays[f"{self._done}/loss"])

    def state(self) -> Tensors:
        return self._under(f"{self._done}/state/")

    def measure(self, batch: Batch) -> Tensors:  # noqa: ARG002
        return self._under("measure/")

    def seen(self, tensors: Tensors) -> Tensors:
        return {name: digest(array) for name, array in tensors.items()}


def _is_layer(value: object) -> bool:
    """A shape and a number of parameters."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], list)
        and all(isinstance(size, int) for size in (*value[0], value[1]))
    )


def _is_spread(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value)
