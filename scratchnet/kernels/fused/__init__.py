"""Every name of `plain`, and steps for several layers, in the words of `lanes`; what needs no better is `compiled`'s."""

from scratchnet.kernels.compiled import (
    crop2d,
    depthwise_conv2d,
    depthwise_conv2d_dw,
    depthwise_conv2d_dx,
    dropout,
    max_pool2d_dx,
    relu,
    relu_dz,
    sum_pool2d,
    sum_pool2d_dx,
)
from scratchnet.kernels.fused.batch_normalization import batch_moments, batch_normalize, batch_normalize_back
from scratchnet.kernels.fused.conv2d_dw import conv2d_dw
from scratchnet.kernels.fused.conv2d_dx import conv2d_dx
from scratchnet.kernels.fused.conv_back import conv_back
from scratchnet.kernels.fused.conv_norm import settle
from scratchnet.kernels.fused.conv_pool_back import conv_pool_back
from scratchnet.kernels.fused.convolution import conv2d, conv_in_doubt, conv_relu
from scratchnet.kernels.fused.dense import dense, dense_back, dense_dw, dense_dx, dense_relu
from scratchnet.kernels.fused.elementwise import adadelta, bias_db, dropout_keep, pad2d
from scratchnet.kernels.fused.pooling import max_pool2d

__all__ = [
    "adadelta", "batch_moments", "batch_normalize", "batch_normalize_back", "bias_db", "conv2d", "conv2d_dw", "conv2d_dx",
    "conv_back", "conv_in_doubt", "conv_pool_back", "conv_relu", "crop2d", "dense", "dense_back", "dense_dw", "dense_dx",
    "dense_relu", "depthwise_conv2d", "depthwise_conv2d_dw", "depthwise_conv2d_dx", "dropout", "dropout_keep", "max_pool2d",
    "max_pool2d_dx", "pad2d", "relu", "relu_dz", "settle", "sum_pool2d", "sum_pool2d_dx",
]  # fmt: skip
