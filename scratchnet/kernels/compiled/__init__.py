"""The names and signatures of `plain`, compiled by Numba: a group of images, or of numbers, a task.

Work is cut into tasks that depend on the arrays' shapes alone, and what tasks have summed is added in their order: the bits
are the same for any number of threads. (`kernels.use` holds BLAS to one thread a product.)

A function without an underscore makes the arrays that it returns; its twin with one, compiled, fills them.
"""

import scipy.linalg.cython_blas  # noqa: F401  # where Numba finds BLAS: loaded now, so that `use` holds it too

from scratchnet.kernels.compiled.convolution import conv2d, conv2d_dw, conv2d_dx
from scratchnet.kernels.compiled.dense import dense, dense_dw, dense_dx
from scratchnet.kernels.compiled.depthwise import depthwise_conv2d, depthwise_conv2d_dw, depthwise_conv2d_dx
from scratchnet.kernels.compiled.elementwise import adadelta, dropout, dropout_keep, relu, relu_dz
from scratchnet.kernels.compiled.pooling import max_pool2d, max_pool2d_dx, sum_pool2d, sum_pool2d_dx
from scratchnet.kernels.plain import bias_db, crop2d, pad2d

__all__ = [
    "adadelta", "bias_db", "conv2d", "conv2d_dw", "conv2d_dx", "crop2d", "dense", "dense_dw", "dense_dx",
    "depthwise_conv2d", "depthwise_conv2d_dw", "depthwise_conv2d_dx", "dropout", "dropout_keep", "max_pool2d",
    "max_pool2d_dx", "pad2d", "relu", "relu_dz", "sum_pool2d", "sum_pool2d_dx",
]  # fmt: skip
