"""Images alone: what another library computed of each, out of training, at the first weights, every tensor whole.

In a recording they are
    images/0/x, images/0/t   a batch of one
    images/0/trace/…         what `Side.trace` gave of it; then images/1/x and so on
"""

from typing import NamedTuple

from scratchnet.models import Sequential
from scratchnet.parity import npz
from scratchnet.parity.sides import Tensors
from scratchnet.typing import Array, Shape

PLACE = "images/"


class Image(NamedTuple):
    """x: (1, …);  t: what is true of it, a row;  tensors: by the names of `Side`, none of them a digest"""

    x: Array
    t: Array
    tensors: Tensors


def read(arrays: Tensors, count: object, model: Sequential, file: str) -> list[Image]:
    """So many images, whose tensors are those of the model; `file` is what errors call it. Raises DataError."""
    found: dict[str, Tensors] = {}
    for name, array in arrays.items():
        if name.startswith(PLACE):
            number, _, rest = name.removeprefix(PLACE).partition("/")
            found.setdefault(number, {})[rest] = array
    if type(count) is not int or count != len(found) or any(str(i) not in found for i in range(count)):
        raise npz.refusal(file, f"tells of {count!r} images alone, and holds {len(found)}")
    shapes = _shapes(model)
    return [_image(i, found[str(i)], model, shapes, file) for i in range(count)]


def _image(i: int, own: Tensors, model: Sequential, shapes: dict[str, Shape], file: str) -> Image:
    tensors = {name.removeprefix("trace/"): array for name, array in own.items() if name not in ("x", "t")}
    needed = {"loss", *(f"{layer.name}/y" for layer in model.layers)}
    if missing := sorted({"x", "t"} - own.keys()) + sorted(needed - tensors.keys()):
        raise npz.refusal(file, f"has no {missing[0]} of image {i}")
    if own["x"].shape != (1, *(model.input_shape or ())) or own["t"].shape[:1] != (1,):
        raise npz.refusal(file, f"has x of {own['x'].shape} and t of {own['t'].shape} for image {i}")
    for name, array in tensors.items():
        if array.shape != shapes.get(name) or array.dtype.kind != "f":
            raise npz.refusal(
                file, f"has {name} of {array.shape} in {array.dtype} for image {i}, which the model has not"
            )
    return Image(own["x"], own["t"], tensors)


def _shapes(model: Sequential) -> dict[str, Shape]:
    """Of every tensor that a trace of one image may have."""
    shapes: dict[str, Shape] = {"loss": (1,)}
    taken = (1, *(model.input_shape or ()))
    for layer in model.layers:
        given = (1, *layer.output_shape)
        shapes |= {f"{layer.name}/dx": taken, f"{layer.name}/y": given}
        shapes |= {f"{layer.name}/d{variable}": array.shape for variable, array in layer.params.items()}
        taken = given
    return shapes | {f"{model.layers[-1].name}/{kind}": taken for kind in ("z", "dy", "dz")}
