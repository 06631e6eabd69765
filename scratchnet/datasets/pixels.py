"""Images kept as bytes until a batch is wanted."""

from typing import Any, overload

import numpy as np

from scratchnet.datasets.arrays import check_images, scale_images
from scratchnet.errors import DataError
from scratchnet.typing import Array, Shape


class Pixels:
    """(N, H, W) or (N, H, W, C) uint8 that looks like `scale_images` of it, in a quarter of the memory

    A slice is Pixels again; images chosen by number, and np.asarray, are float32 from 0 to 1, the same to the last bit.
    `Sequential` takes it wherever it takes an array of samples.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, images: Array) -> None:
        if images.dtype != np.uint8:
            raise DataError(came=f"Pixels of {images.dtype}", expected="uint8", do="Scale them with scale_images.")
        check_images("images", images)
        self.images = images

    @property
    def shape(self) -> Shape:
        """(N, H, W, C)"""
        return self.images.shape if self.images.ndim == 4 else (*self.images.shape, 1)

    @property
    def ndim(self) -> int:
        return 4

    def __len__(self) -> int:
        return len(self.images)

    @overload
    def __getitem__(self, places: slice) -> "Pixels": ...
    @overload
    def __getitem__(self, places: Any) -> Array: ...
    def __getitem__(self, places: Any) -> Any:
        if isinstance(places, slice):
            return Pixels(self.images[places])
        chosen = np.asarray(places)
        return scale_images(self.images[np.atleast_1d(chosen)]).reshape(*chosen.shape, *self.shape[1:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(scale_images(self.images), dtype)
