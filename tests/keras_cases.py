"""What Keras 3.15's own tests expect, as numbers: `test_keras_cases.py` asks the same of this library.

A row begins with the test that it is from: its file below keras/src and its name (one row a parameter set, of those
that both libraries have). Keras is under the Apache License 2.0; nothing of its code is here, only what its tests hand
in and what they expect. Where they draw numbers at random, there are fixed ones of the same kind here; where they
compute what they expect by a NumPy function of their own (np_conv2d, np_maxpool2d, _ref_sigmoid, …), that function was
run once on these inputs, and here is what it gave.
A last column of tolerances says how far the answer may be from the number, which is never more than Keras's test
allows; 0 stands for rounding, where the number is given in full.
"""

from math import inf, prod
from typing import Any

import numpy as np

from scratchnet.typing import Array


def counted(*shape: int) -> Array:
    """0, 1, 2, …: what Keras hands to its pooling layers."""
    return np.arange(prod(shape), dtype=np.float64).reshape(shape)


def spread(*shape: int, by: int = 7) -> Array:
    """Whole numbers from -5 to 5 in place of the normally distributed ones that Keras draws: their sums are exact."""
    return (np.arange(prod(shape)) * by % 11 - 5.0).reshape(shape)


def filled(shape: tuple[int, ...], numbers: str) -> Array:
    return np.array(numbers.split(), np.float64).reshape(shape)


# fmt: off
CONV = "layers/convolutional/conv_test.py"
DEPTHWISE = "layers/convolutional/depthwise_conv_test.py"
MAX = "layers/pooling/max_pooling_test.py"
AVERAGE = "layers/pooling/average_pooling_test.py"
DENSE = "layers/core/dense_test.py"
PADDING = "layers/reshaping/zero_padding2d_test.py"
RELU = "layers/activations/relu_test.py"
LEAKY = "layers/activations/leaky_relu_test.py"
SOFTMAX = "layers/activations/softmax_test.py"
RESHAPE = "layers/reshaping/reshape_test.py"
RESCALING = "layers/preprocessing/rescaling_test.py"
BATCH = "layers/normalization/batch_normalization_test.py"
ACT = "activations/activations_test.py"
LOSS = "losses/losses_test.py"
METRIC = "metrics/accuracy_metrics_test.py"
SCHEDULE = "optimizers/schedules/learning_rate_schedule_test.py"
RANDOM = "initializers/random_initializers_test.py"
CONSTANT = "initializers/constant_initializers_test.py"
REGULARIZER = "regularizers/regularizers_test.py"
TRAINER = "trainers/trainer_test.py"
OPTIMIZER = "optimizers/optimizer_test.py"

FIVE = [[-10.0, -5.0, 0.0, 5.0, 10.0]]
ONE_TWO_ONE = [[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]
SMALL_KERNEL = {"kernel": [[1.0, -2.0], [3.0, -4.0]]}
PIXELS = counted(1, 2, 3, 4) + 1

# Test, layer, its options, its weights, x, y, tolerance
LAYERS: list[tuple[str, str, dict[str, Any], dict[str, Any], Any, Any, float]] = [
    (f"{CONV}::test_conv2d", "Conv2D",
        {"filters": 5, "kernel_size": 2, "strides": 1, "padding": "valid", "dilation_rate": 1},
        {"kernel": spread(2, 2, 2, 5, by=3), "bias": spread(5)}, spread(1, 5, 6, 2),
        filled((1, 4, 5, 5), """
            -30 39 20 -32 -18 32 41 -38 -29 46 17 -67 3 40 22 -75 23 33 10 -68 42 47 -36 -31 40 12 -70 2 41 25 -80 20
            32 11 -65 37 44 -37 -30 43 22 -64 4 39 19 -70 26 34 9 -71 32 41 -38 -29 46 17 -67 3 40 22 -75 23 33 10 -68
            42 47 -36 -31 40 38 -17 -39 27 38 -80 20 32 11 -65 37 44 -37 -30 43 22 -64 4 39 19 -70 26 34 9 -71 -30 39
            20 -32 -18"""), 0),
    (f"{CONV}::test_conv2d", "Conv2D",
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "dilation_rate": 1},
        {"kernel": spread(3, 3, 2, 4, by=3), "bias": spread(4)}, spread(1, 5, 6, 2),
        filled((1, 3, 3, 4), """
            19 -3 30 8 -30 -23 -27 -20 -27 22 5 32 -27 3 11 8 32 34 3 16 -5 -19 22 -14 -61 -42 32 40 8 23 -28 -24 25
            -16 -2 -10"""), 0),
    (f"{CONV}::test_conv2d", "Conv2D",  # groups=1 for its 2
        {"filters": 6, "kernel_size": 2, "strides": 1, "padding": "same", "dilation_rate": (2, 2)},
        {"kernel": spread(2, 2, 2, 6, by=3), "bias": spread(6)}, spread(1, 5, 6, 2),
        filled((1, 5, 6, 6), """
            15 -15 -12 13 27 -14 -9 34 -33 -1 -2 30 -3 10 1 3 5 7 -8 -25 24 -4 1 -27 -13 28 -19 11 -14 16 1 14 -17 7 9
            11 28 -28 4 36 -20 -32 6 8 10 -43 47 -17 1 64 -27 -19 11 8 7 -23 2 38 -25 0 -53 -22 31 7 5 -30 35 21 -26
            15 34 -24 -22 28 1 -26 -20 30 9 -19 -3 35 -26 1 -51 -18 26 4 4 -29 -1 60 -22 -16 12 7 5 6 -48 19 -13 43
            -33 -29 30 12 -28 -24 -6 -4 -2 0 35 -7 1 64 -27 -19 11 8 7 -23 2 38 -25 0 -53 -22 31 7 5 -30 41 12 -28 9
            68 -27 -2 -13 -2 9 -2 31 21 -13 -14 29 -16 -17 -48 9 0 13 4 -5 7 34 -5 -22 27 -12 7 -29 -10 31 -16 3 7 -26
            -4 40 -37 -15 24 22 -13 -15 27 -8"""), 0),
    (f"{CONV}::test_conv2d", "Conv2D",  # groups=1 for its 2
        {"filters": 6, "kernel_size": 2, "strides": 1, "padding": "same", "dilation_rate": (2, 3)},
        {"kernel": spread(2, 2, 2, 6, by=3), "bias": spread(6)}, spread(1, 5, 6, 2),
        filled((1, 5, 6, 6), """
            -17 26 -19 -9 -10 22 3 -2 4 21 5 -11 9 7 -17 3 23 10 -40 16 17 -26 -36 9 7 2 -14 25 9 -7 1 14 -17 7 9 11
            -6 -4 -2 0 35 -7 -17 43 15 -68 -8 19 44 11 -22 44 11 -55 -27 1 -4 2 30 25 -38 -22 27 10 -29 -24 35 21 -26
            15 34 -24 21 -25 6 37 -20 -33 -25 5 -9 -1 29 26 -74 17 31 -21 -51 7 42 40 -72 25 23 -12 -7 -6 -5 7 -3 31
            -33 -29 30 12 -28 -24 -29 31 3 -25 -20 29 44 11 -22 44 11 -55 -27 1 -4 2 30 25 -32 -31 25 4 5 -27 35 21
            -26 15 34 -24 -2 -13 -2 9 -2 31 -25 14 -2 -7 21 5 -39 3 12 10 -14 -5 38 17 -37 19 20 -34 16 -35 2 28 -34 3
            -22 -9 4 17 -14 -1 24 22 -13 -15 27 -8"""), 0),
    (f"{CONV}::test_conv2d", "Conv2D",  # groups=1 for its 2
        {"filters": 6, "kernel_size": (4, 3), "strides": (2, 1), "padding": "valid", "dilation_rate": (1, 1)},
        {"kernel": spread(4, 3, 2, 6, by=3), "bias": spread(6)}, spread(1, 5, 6, 2),
        filled((1, 1, 4, 6), """
            -12 -32 36 27 -59 20 89 -23 -80 61 92 -75 -30 96 2 -103 12 50 -39 -5 18 63 -68 -34"""), 0),
    (f"{DEPTHWISE}::test_depthwise_conv2d", "DepthwiseConv2D",
        {"depth_multiplier": 5, "kernel_size": 2, "strides": 1, "padding": "valid", "dilation_rate": 1},
        {"kernel": spread(2, 2, 2, 5, by=3), "bias": spread(10)}, spread(1, 5, 6, 2),
        filled((1, 4, 5, 10), """
            -1 28 2 -46 5 -32 15 18 10 -20 17 16 -40 3 24 12 29 2 -36 25 2 -29 6 19 10 12 -34 -3 17 15 -46 14 19 2 -37
            -32 13 14 4 -28 27 24 -34 7 26 12 27 -2 -42 17 -3 -33 3 17 9 12 -33 -1 20 19 -51 10 16 0 -38 -32 14 16 7
            -24 22 20 -37 5 25 12 28 0 -39 21 7 -25 9 21 11 12 -35 -5 14 11 -41 18 22 4 -36 -32 12 12 1 -32 17 16 -40
            3 24 12 29 2 -36 25 2 -29 6 19 10 12 -34 -3 17 15 -46 14 19 2 -37 -32 13 14 4 -28 27 24 -34 7 26 12 27 -2
            -42 17 12 -21 12 23 12 23 8 -51 0 29 -51 10 16 0 -38 -32 14 16 7 -24 22 20 -37 5 25 12 28 0 -39 21 7 -25 9
            21 11 12 -35 -5 14 11 -41 18 22 4 -36 -32 12 12 1 -32 -1 28 2 -46 5 -32 15 18 10 -20"""), 0),
    (f"{DEPTHWISE}::test_depthwise_conv2d", "DepthwiseConv2D",
        {"depth_multiplier": 6, "kernel_size": 2, "strides": 1, "padding": "same", "dilation_rate": (2, 2)},
        {"kernel": spread(2, 2, 2, 6, by=3), "bias": spread(12)}, spread(1, 5, 6, 2),
        filled((1, 5, 6, 12), """
            15 -18 -7 15 26 -18 4 3 -9 1 0 -1 -15 22 -7 -3 -10 16 10 12 -30 5 7 9 0 22 -22 0 11 22 1 -12 19 6 -7 -20 4
            -22 7 14 10 -27 -8 -3 13 -15 -10 -5 -25 22 3 -5 -24 12 16 6 -26 19 9 -1 -2 14 -14 2 7 12 7 0 -7 8 1 -6 3
            -4 -11 15 8 -10 29 -24 11 24 -29 -27 32 -11 1 -9 36 -18 -22 19 5 -31 10 -4 -18 30 12 -28 -13 24 23 34 -43
            12 23 -21 -2 16 -32 19 4 11 13 -39 30 22 -30 -16 -19 -31 12 33 -12 -35 -30 9 15 -23 16 0 14 6 -2 -10 15 -4
            25 15 -28 28 18 -25 -27 19 21 -21 -19 16 9 9 -24 -2 -2 9 -4 15 -32 20 6 14 17 -34 25 18 -33 -18 -21 -32 12
            34 -10 -32 -26 14 10 -27 13 -2 -16 31 12 -29 -15 21 19 29 -38 16 26 -19 0 17 -32 18 2 8 9 -11 -20 4 -16 30
            -25 -24 21 22 -21 -31 -4 -5 5 -7 -8 2 9 -13 -2 9 20 -13 -11 9 -4 -6 14 1 -18 30 12 -28 -13 24 23 34 -43 12
            23 -21 -2 16 -32 19 4 11 13 -39 30 22 -30 -16 -19 -31 12 33 -12 -35 -30 9 15 -23 16 0 30 -12 1 -8 38 -15
            15 24 -33 20 29 -17 2 12 -11 -1 9 8 0 -25 5 13 -12 18 1 -1 -14 17 4 -9 24 -12 -4 15 -21 -13 -30 -8 3 25
            -19 -8 -14 17 -7 -9 22 -2 4 11 7 -19 10 6 7 23 -16 0 16 -23 5 -3 -22 25 6 -13 6 -26 8 9 -23 11 -16 -6 -7
            25 -9 -10 27 -20 -1 18 -29 -10 20 12 -7 -15 21 2 8 10 -10 3 5 -15"""), 0),
    (f"{DEPTHWISE}::test_depthwise_conv2d", "DepthwiseConv2D",
        {"depth_multiplier": 6, "kernel_size": (2, 2), "strides": (2, 2), "padding": "valid", "dilation_rate": (1, 1)},
        {"kernel": spread(2, 2, 2, 6, by=3), "bias": spread(12)}, spread(1, 5, 6, 2),
        filled((1, 2, 3, 12), """
            46 -2 -28 1 52 -7 39 -2 -21 26 -15 -23 -21 -8 27 -4 -13 -11 -14 -27 37 -9 -22 -2 0 41 -17 -20 -1 29 -12 36
            -26 -11 37 -3 -4 39 -17 -18 3 35 -4 46 -36 -19 31 -7 -5 -22 -17 43 4 -24 31 -12 -11 34 -9 -19 -17 -6 27 -6
            -17 -17 -22 -4 -8 -23 -5 46"""), 0),
    (f"{MAX}::test_max_pooling2d", "MaxPooling2D", {"pool_size": 2, "strides": 1, "padding": "valid"}, {},
        counted(1, 5, 5, 4),
        filled((1, 4, 4, 4), """
            24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 64 65 66
            67 68 69 70 71 72 73 74 75 76 77 78 79 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99"""), 0),
    (f"{MAX}::test_max_pooling2d", "MaxPooling2D", {"pool_size": (2, 2), "strides": (2, 2), "padding": "same"}, {},
        counted(1, 5, 5, 4),
        filled((1, 3, 3, 4), """
            24 25 26 27 32 33 34 35 36 37 38 39 64 65 66 67 72 73 74 75 76 77 78 79 84 85 86 87 92 93 94 95 96 97 98
            99"""), 0),
    (f"{MAX}::test_max_pooling2d", "MaxPooling2D", {"pool_size": (2, 3), "strides": (3, 3), "padding": "same"}, {},
        counted(1, 5, 5, 4),
        filled((1, 2, 2, 4), "28 29 30 31 36 37 38 39 88 89 90 91 96 97 98 99"), 0),
    (f"{AVERAGE}::test_average_pooling2d", "AveragePooling2D",
        {"pool_size": 2, "strides": 1, "padding": "valid"}, {}, counted(1, 4, 4, 1),
        filled((1, 3, 3, 1), "2.5 3.5 4.5 6.5 7.5 8.5 10.5 11.5 12.5"), 0),
    (f"{AVERAGE}::test_average_pooling2d", "AveragePooling2D",
        {"pool_size": (2, 3), "strides": (2, 2), "padding": "valid"}, {}, counted(1, 4, 4, 1),
        filled((1, 2, 1, 1), "3 11"), 0),
    (f"{AVERAGE}::test_average_pooling2d_same_padding", "AveragePooling2D",
        {"pool_size": 2, "strides": (2, 1), "padding": "same"}, {}, counted(1, 4, 4, 1),
        filled((1, 2, 4, 1), "2.5 3.5 4.5 5 10.5 11.5 12.5 13"), 0),
    (f"{AVERAGE}::test_average_pooling2d_same_padding", "AveragePooling2D",
        {"pool_size": (2, 2), "strides": (2, 2), "padding": "same"}, {}, counted(1, 4, 4, 1),
        filled((1, 2, 2, 1), "2.5 4.5 10.5 12.5"), 0),
    ("layers/pooling/global_average_pooling_test.py::test_global_average_pooling2d", "GlobalAveragePooling2D",
        {"keepdims": False}, {}, counted(2, 3, 4, 4), filled((2, 4), "22 23 24 25 70 71 72 73"), 0),
    ("layers/pooling/global_average_pooling_test.py::test_global_average_pooling2d", "GlobalAveragePooling2D",
        {"keepdims": True}, {}, counted(2, 3, 4, 4), filled((2, 1, 1, 4), "22 23 24 25 70 71 72 73"), 0),
    ("layers/pooling/global_max_pooling_test.py::test_global_max_pooling2d", "GlobalMaxPooling2D",
        {"keepdims": False}, {}, counted(2, 3, 4, 4), filled((2, 4), "44 45 46 47 92 93 94 95"), 0),
    ("layers/pooling/global_max_pooling_test.py::test_global_max_pooling2d", "GlobalMaxPooling2D",
        {"keepdims": True}, {}, counted(2, 3, 4, 4), filled((2, 1, 1, 4), "44 45 46 47 92 93 94 95"), 0),
    (f"{DENSE}::test_dense_correctness", "Dense", {"units": 2, "activation": "relu"},
        SMALL_KERNEL | {"bias": [5.0, -6.0]}, [[-1.0, 2.0]], [[10.0, 0.0]], 0),
    (f"{DENSE}::test_dense_correctness", "Dense", {"units": 2, "use_bias": False},
        SMALL_KERNEL, [[-1.0, 2.0]], [[5.0, -6.0]], 0),
    (f"{DENSE}::test_dense_no_activation", "Dense", {"units": 2, "use_bias": False, "activation": None},
        SMALL_KERNEL, [[-1.0, 2.0]], [[5.0, -6.0]], 0),
    (f"{DENSE}::test_dense_with_activation", "Dense", {"units": 2, "use_bias": False, "activation": "relu"},
        SMALL_KERNEL, [[-1.0, 2.0]], [[5.0, 0.0]], 0),
    (f"{PADDING}::test_zero_padding_2d", "ZeroPadding2D", {"padding": ((1, 2), (3, 4))}, {}, PIXELS,
        filled((1, 5, 10, 4), """
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1
            2 3 4 5 6 7 8 9 10 11 12 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 13 14 15 16 17 18 19 20
            21 22 23 24 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"""), 0),
    *[(f"{PADDING}::test_zero_padding_2d_with_same_padding", "ZeroPadding2D", {"padding": padding}, {}, PIXELS,
        filled((1, 6, 7, 4), """
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 1 2 3 4 5 6 7 8 9 10 11 12 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 13 14 15 16 17 18 19 20
            21 22 23 24 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"""), 0) for padding in (((2, 2), (2, 2)), (2, 2), 2)],
    ("layers/reshaping/flatten_test.py::test_flatten", "Flatten", {}, {}, counted(10, 3, 5, 5),
        counted(10, 75), 0),
    ("layers/reshaping/flatten_test.py::test_flatten_with_scalar_channels", "Flatten", {}, {}, counted(10, 1),
        counted(10, 1), 0),
    (f"{RELU}::test_normal_relu_correctness", "ReLU", {"max_value": 10, "negative_slope": 0.0, "threshold": 0}, {},
        FIVE, [[0.0, 0.0, 0.0, 5.0, 10.0]], 0),
    (f"{RELU}::test_leaky_relu_correctness", "ReLU", {"max_value": 10, "negative_slope": 0.5, "threshold": 0}, {},
        FIVE, [[-5.0, -2.5, 0.0, 5.0, 10.0]], 0),
    (f"{RELU}::test_threshold_relu_correctness", "ReLU", {"max_value": 8, "negative_slope": 0.0, "threshold": 5}, {},
        [[6.0, 7.0, 0.0, 5.0, 10.0]], [[6.0, 7.0, 0.0, 0.0, 8.0]], 0),
    (f"{RELU}::test_default_relu_no_args", "ReLU", {}, {},
        [[-3.0, -1.0, 0.0, 1.0, 3.0]], [[0.0, 0.0, 0.0, 1.0, 3.0]], 0),
    (f"{RELU}::test_relu_none_max_value_is_unlimited", "ReLU", {"max_value": None}, {},
        [[0.0, 100.0, 1000.0, 99999.0]], [[0.0, 100.0, 1000.0, 99999.0]], 0),
    (f"{RELU}::test_relu_all_zeros_input", "ReLU", {}, {}, np.zeros((3, 4)), np.zeros((3, 4)), 0),
    (f"{RELU}::test_relu_multidimensional_input", "ReLU", {}, {},
        [[-1.0, 2.0], [3.0, -4.0]], [[0.0, 2.0], [3.0, 0.0]], 0),
    (f"{RELU}::test_relu_multidimensional_input", "ReLU", {}, {}, -np.ones((2, 3, 4)), np.zeros((2, 3, 4)), 0),
    (f"{ACT}::test_relu_negative_slope", "ReLU", {"negative_slope": 0.5}, {}, FIVE, [[-5.0, -2.5, 0.0, 5.0, 10.0]], 0),
    (f"{ACT}::test_relu_max_value", "ReLU", {"max_value": 5.0}, {}, FIVE, [[0.0, 0.0, 0.0, 5.0, 5.0]], 0),
    (f"{ACT}::test_relu_threshold", "ReLU", {"threshold": 5.0}, {}, FIVE, [[0.0, 0.0, 0.0, 0.0, 10.0]], 0),
    (f"{ACT}::test_relu_combined_threshold_and_max_value", "ReLU", {"threshold": 5.0, "max_value": 5.0}, {},
        FIVE, [[0.0, 0.0, 0.0, 0.0, 5.0]], 0),
    (f"{ACT}::test_relu_combined_all_parameters", "ReLU",
        {"negative_slope": 0.5, "max_value": 5.0, "threshold": 5.0}, {}, FIVE, [[-7.5, -5.0, -2.5, 0.0, 5.0]], 0),
    (f"{ACT}::test_relu_to_trigger_relu6", "ReLU", {"max_value": 6.0}, {},
        [[-10.0, -5.0, 0.0, 5.0, 10.0, 12.0]], [[0.0, 0.0, 0.0, 5.0, 6.0, 6.0]], 0),
    (f"{ACT}::test_relu_to_trigger_leaky", "ReLU", {"negative_slope": 0.5}, {},
        FIVE, [[-5.0, -2.5, 0.0, 5.0, 10.0]], 0),
    (f"{LEAKY}::test_leaky_relu_correctness", "LeakyReLU", {"negative_slope": 0.5}, {},
        FIVE, [[-5.0, -2.5, 0.0, 5.0, 10.0]], 0),
    (f"{ACT}::test_leaky_relu", "LeakyReLU", {"negative_slope": 0.01}, {},
        filled((1, 5), "0.079 0.653 0.274 0.703 0.944"),
        filled((1, 5), "0.079 0.653 0.274 0.703 0.944"), 1e-8),
    (f"{ACT}::test_leaky_relu", "LeakyReLU", {"negative_slope": 0.01}, {},
        filled((1, 5), "-0.873 -0.135 -0.941 -0.619 -0.57"),
        filled((1, 5), "-0.00873 -0.00135 -0.00941 -0.00619 -0.0057"), 1e-8),
    (f"{ACT}::test_leaky_relu", "LeakyReLU", {"negative_slope": 0.3}, {},
        filled((1, 5), "0.489 0.976 0.776 0.309 0.27"),
        filled((1, 5), "0.489 0.976 0.776 0.309 0.27"), 1e-8),
    (f"{ACT}::test_leaky_relu", "LeakyReLU", {"negative_slope": 0.3}, {},
        filled((1, 5), "-0.137 -0.119 -0.489 -0.656 -0.005"),
        filled((1, 5), "-0.0411 -0.0357 -0.1467 -0.1968 -0.0015"), 1e-8),
    *[(f"{SOFTMAX}::test_softmax_correctness{test}", "Softmax", options, {},
        ONE_TWO_ONE, [[0.21194157, 0.5761169, 0.21194157]] * 2, 5e-8)
        for test, options in (("", {}), ("_with_axis", {"axis": 1}))],
    ("layers/preprocessing/rescaling_test.py::test_rescaling_correctness", "Rescaling",
        {"scale": 1 / 255, "offset": 0.5}, {},
        filled((1, 2, 2, 3), "80.6 46.6 224.4 207.1 170.3 244.4 236.1 190.8 219.5 63 36 170.9"),
        filled((1, 2, 2, 3), """
            0.816078431372549 0.6827450980392157 1.38 1.312156862745098 1.167843137254902 1.4584313725490197
            1.4258823529411764 1.248235294117647 1.3607843137254902 0.7470588235294118 0.6411764705882352
            1.1701960784313725"""), 1e-7),
]

# Test, layer, its options, x's shape, y's shape, how many variables it has with and without a gradient, penalties
SHAPES: list[tuple[str, str, dict[str, Any], tuple[int, ...], tuple[int, ...], int, int, int]] = [
    (f"{CONV}::test_conv2d_basic", "Conv2D",
        {"filters": 5, "kernel_size": 2, "strides": 1, "padding": "valid", "dilation_rate": 1},
        (3, 5, 5, 4), (3, 4, 4, 5), 2, 0, 0),
    (f"{CONV}::test_conv2d_basic", "Conv2D",  # groups=1 for its 2
        {"filters": 6, "kernel_size": 2, "strides": 1, "padding": "same", "dilation_rate": (2, 2)},
        (3, 4, 4, 4), (3, 4, 4, 6), 2, 0, 0),
    (f"{CONV}::test_conv2d_basic", "Conv2D",  # groups=1 for its 2
        {"filters": 6, "kernel_size": (2, 2), "strides": (2, 1), "padding": "valid", "dilation_rate": (1, 1)},
        (3, 5, 5, 4), (3, 2, 4, 6), 2, 0, 0),
    (f"{DEPTHWISE}::test_depthwise_conv2d_basic", "DepthwiseConv2D",
        {"depth_multiplier": 5, "kernel_size": 2, "strides": 1, "padding": "valid", "dilation_rate": 1},
        (3, 5, 5, 4), (3, 4, 4, 20), 2, 0, 0),
    (f"{DEPTHWISE}::test_depthwise_conv2d_basic", "DepthwiseConv2D",
        {"depth_multiplier": 6, "kernel_size": 2, "strides": 1, "padding": "same", "dilation_rate": (2, 2)},
        (3, 4, 4, 4), (3, 4, 4, 24), 2, 0, 0),
    (f"{DEPTHWISE}::test_depthwise_conv2d_basic", "DepthwiseConv2D",
        {"depth_multiplier": 6, "kernel_size": (2, 2), "strides": (2, 2), "padding": "valid", "dilation_rate": (1, 1)},
        (3, 5, 5, 4), (3, 2, 2, 24), 2, 0, 0),
    (f"{MAX}::test_max_pooling2d", "MaxPooling2D", {"pool_size": 2, "strides": 1, "padding": "valid"},
        (3, 5, 5, 4), (3, 4, 4, 4), 0, 0, 0),
    (f"{MAX}::test_max_pooling2d", "MaxPooling2D", {"pool_size": (2, 3), "strides": (2, 2), "padding": "valid"},
        (3, 5, 5, 4), (3, 2, 2, 4), 0, 0, 0),
    (f"{AVERAGE}::test_average_pooling2d", "AveragePooling2D", {"pool_size": 2, "strides": 1, "padding": "valid"},
        (3, 5, 5, 4), (3, 4, 4, 4), 0, 0, 0),
    (f"{AVERAGE}::test_average_pooling2d", "AveragePooling2D", {"pool_size": 2, "strides": 1, "padding": "same"},
        (3, 5, 5, 4), (3, 5, 5, 4), 0, 0, 0),
    (f"{AVERAGE}::test_average_pooling2d", "AveragePooling2D",
        {"pool_size": (2, 3), "strides": (2, 2), "padding": "valid"}, (3, 5, 5, 4), (3, 2, 2, 4), 0, 0, 0),
    (f"{AVERAGE}::test_average_pooling2d", "AveragePooling2D",
        {"pool_size": (2, 3), "strides": (2, 2), "padding": "same"}, (3, 5, 5, 4), (3, 3, 3, 4), 0, 0, 0),
    *[(f"layers/pooling/global_{kind.lower()}_pooling_test.py::test_global_{kind.lower()}_pooling2d",
        f"Global{kind}Pooling2D", {"keepdims": keepdims}, (3, 5, 6, 4), shape, 0, 0, 0)
        for kind in ("Average", "Max") for keepdims, shape in ((False, (3, 4)), (True, (3, 1, 1, 4)))],
    (f"{BATCH}::test_bn_basics", "BatchNormalization", {"center": True, "scale": True}, (2, 3), (2, 3), 2, 2, 0),
    (f"{BATCH}::test_bn_basics", "BatchNormalization", {"center": False, "scale": False}, (2, 3), (2, 3), 0, 2, 0),
    (f"{BATCH}::test_bn_basics", "BatchNormalization",
        {"center": True, "scale": True, "beta_regularizer": "l2", "gamma_regularizer": "l2"},
        (2, 4, 4, 3), (2, 4, 4, 3), 2, 2, 2),
    (f"{DENSE}::test_dense_basics", "Dense",
        {"units": 4, "activation": "relu", "kernel_initializer": "random_uniform", "bias_initializer": "ones",
         "use_bias": False}, (2, 3), (2, 4), 1, 0, 0),
    (f"{DENSE}::test_dense_basics", "Dense",
        {"units": 5, "activation": "sigmoid", "kernel_regularizer": "l2", "bias_regularizer": "l2"},
        (2, 3, 4), (2, 3, 5), 2, 0, 2),
    ("layers/activations/activation_test.py::test_activation_basics", "Activation", {"activation": "relu"},
        (2, 3), (2, 3), 0, 0, 0),
    ("layers/activations/activation_test.py::test_activation_basics", "Activation", {"activation": "gelu"},
        (2, 2), (2, 2), 0, 0, 0),
    (f"{LEAKY}::test_leaky_relu", "LeakyReLU", {"negative_slope": 1}, (2, 3, 4), (2, 3, 4), 0, 0, 0),
    (f"{RELU}::test_relu", "ReLU", {"max_value": 10, "negative_slope": 1, "threshold": 0.5},
        (2, 3, 4), (2, 3, 4), 0, 0, 0),
    *[(f"{RELU}::test_compute_output_shape", "ReLU", {}, shape, shape, 0, 0, 0) for shape in ((2, 3), (4, 5, 6))],
    (f"{SOFTMAX}::test_softmax", "Softmax", {}, (2, 3, 4), (2, 3, 4), 0, 0, 0),
    (f"{RESCALING}::test_rescaling_basics", "Rescaling", {"scale": 1 / 255, "offset": 0.5}, (2, 3), (2, 3), 0, 0, 0),
    *[(f"{RESCALING}::test_rescaling_dtypes", "Rescaling", options, (2, 3), (2, 3), 0, 0, 0)
        for options in ({"scale": 2, "offset": 0.5}, {"scale": 1.0, "offset": 2})],
    ("layers/regularization/dropout_test.py::test_dropout_basics", "Dropout", {"rate": 0.2}, (2, 3), (2, 3), 0, 0, 0),
    ("layers/regularization/spatial_dropout_test.py::test_spatial_dropout_2d", "SpatialDropout2D", {"rate": 0.5},
        (2, 3, 4, 5), (2, 3, 4, 5), 0, 0, 0),
    *[(f"{RESHAPE}::test_reshape", "Reshape", {"target_shape": target}, came, went, 0, 0, 0) for target, came, went in [
        ((8, 1), (3, 2, 4), (3, 8, 1)), ((8,), (3, 2, 4), (3, 8)), ((2, 4), (3, 8), (3, 2, 4)),
        ((-1, 1), (3, 2, 4), (3, 8, 1)), ((1, -1), (3, 2, 4), (3, 1, 8)), ((-1,), (3, 2, 4), (3, 8)),
        ((2, -1), (3, 2, 4), (3, 2, 4))]],
    (f"{RESHAPE}::test_reshape_with_dynamic_batch_size", "Reshape", {"target_shape": (8,)}, (1, 2, 4), (1, 8), 0, 0, 0),
    (f"{RESHAPE}::test_reshape_with_dynamic_batch_size_and_minus_one", "Reshape", {"target_shape": (-1, 8)},
        (1, 6, 4), (1, 3, 8), 0, 0, 0),
    *[(f"{RESHAPE}::test_reshape_layer_with_varying_input_size_and_minus_one", "Reshape", {"target_shape": (-1, 8)},
        came, went, 0, 0, 0) for came, went in [((1, 6, 4), (1, 3, 8)), ((1, 10, 4), (1, 5, 8))]],
    ("layers/reshaping/flatten_test.py::test_flatten_symbolic_with_dynamic_batch_size", "Flatten", {},
        (1, 2, 3), (1, 6), 0, 0, 0),
]

# batch_normalization_test.py::test_correctness, axis=-1: x's shape, moving_mean_initializer, moving_variance_initializer.
# Trained three times on its own answers with momentum 0, each channel of the answer has mean 0 and deviation 1, to 1e-3,
# and so have the moving statistics; inference then equals training
NORMALIZED = [
    (shape, mean, variance)
    for shape in ((5, 2, 3), (5, 3, 3, 2)) for mean in ("zeros", "ones") for variance in ("zeros", "ones")
]

# Test of activations_test.py, activation, z, y
ACTIVATIONS: list[tuple[str, str, Array, Array]] = [
    ("test_sigmoid", "sigmoid",
        filled((5,), "0.637 0.27 0.041 0.017 0.813"),
        filled((5,), """
            0.6540749920297991 0.5670929049654543 0.5102485643871594 0.5042498976487912 0.6927484174138304""")),
    ("test_sigmoid", "sigmoid",
        filled((5,), "8.255 2.133 4.59 0.872 8.701"),
        filled((5,), """
            0.9997401120345014 0.894069472160351 0.9899491861165264 0.7051616859142585 0.999833608382336""")),
    ("test_sigmoid", "sigmoid",
        filled((5,), "6.32e-08 -9.95e-08 7.15e-08 -9.33e-08 4.59e-08"),
        filled((5,), "0.5000000158 0.499999975125 0.500000017875 0.499999976675 0.500000011475")),
    ("test_sigmoid", "sigmoid",
        filled((5,), "25.809 87.686 58.732 36.974 48.042"),
        filled((5,), "0.9999999999938156 1 1 1 1")),
    ("test_sigmoid", "sigmoid",
        filled((5,), "-97.451 -88.815 -39.644 -41.753 -44.615"),
        filled((5,), """
            4.759577951894731e-43 2.6800049104211485e-39 6.064982602553108e-18 7.360418311202239e-19
            4.2067983013667566e-20""")),
    ("test_softmax", "softmax",
        filled((2, 5), "0.384 0.997 0.981 0.686 0.65 0.688 0.389 0.135 0.721 0.525"),
        filled((2, 5), """
            0.13661355402121494 0.2521832905004638 0.24818046584294484 0.18477819621207664 0.17824449342329968
            0.23809962073145965 0.1765650141363212 0.13696003399376452 0.24608799140015045 0.20228733973830404""")),
    ("test_softmax_1d", "softmax",
        filled((5,), "0.31 0.486 0.889 0.934 0.358"),
        filled((5,), """
            0.14509069714892306 0.17301166923653402 0.25887855301684615 0.2707941787884769 0.1522249018092199""")),
    ("test_softmax_negative_axis", "softmax",
        filled((2, 5), "0.572 0.322 0.594 0.338 0.392 0.89 0.227 0.623 0.084 0.833"),
        filled((2, 5), """
            0.2258520871112023 0.1758937823005155 0.23087589225910254 0.17873071778012867 0.18864752054905098
            0.2723154841642809 0.1403250142557938 0.20850463316764536 0.12162727707402676 0.2572275913382532""")),
    ("test_temporal_softmax", "softmax",
        filled((2, 2, 3), "7.871 2.394 8.765 0.586 3.361 1.503 4.503 7.963 2.306 0.52 4.046 1.985"),
        filled((2, 2, 3), """
            0.28993309947793994 0.0012124586072688101 0.7088544419147913 0.05117602297383099 0.8207931435983806
            0.12803083342778837 0.030369186740397534 0.9662557012887858 0.003375111970816759 0.025435398307417475
            0.8644918156829601 0.11007278600962225""")),
    ("test_relu", "relu",
        filled((5,), "0.998 5.845 3.057 6.753 2.075"),
        filled((5,), "0.998 5.845 3.057 6.753 2.075")),
    ("test_relu", "relu",
        filled((5,), "-0.673 -6.385 -8.956 -3.772 -0.821"),
        filled((5,), "0 0 0 0 0")),
    ("test_relu", "relu",
        filled((5,), "-1.192 9.092 -0.002 -1.495 2.404"),
        filled((5,), "0 9.092 0 0 2.404")),
    ("test_relu", "relu",
        filled((5,), "9.9e-08 8.98e-08 -8e-09 5.15e-08 -5e-10"),
        filled((5,), "9.9e-08 8.98e-08 0 5.15e-08 0")),
    ("test_relu", "relu",
        filled((5,), "57638.094 80720.713 47319.026 76103.521 74002.859"),
        filled((5,), "57638.094 80720.713 47319.026 76103.521 74002.859")),
    ("test_relu", "relu",
        filled((5,), "-16114.628 -89656.063 -34388.639 -16531.846 -12886.643"),
        filled((5,), "0 0 0 0 0")),
    ("test_silu", "silu",
        filled((5,), "0.087 5.095 5.789 5.648 0.878"),
        filled((5,), """
            0.045391057366009034 5.063971493866939 5.771333706927156 5.628163207567722 0.6202258733167759""")),
    ("test_silu", "silu",
        filled((5,), "0.945 0.78 0.645 -0.04 -0.535"),
        filled((5,), """
            0.6805025578264644 0.534830488871838 0.42304443257903984 -0.019600053324801383 -0.19760303877667518""")),
    ("test_silu", "silu",
        filled((5,), "-1.169 -0.451 -4.33 -2.72 -3.288"),
        filled((5,), """
            -0.2770948344605724 -0.1754944880693689 -0.05627448369550504 -0.16810542823696092 -0.11831921263123213""")),
    ("test_gelu", "gelu",
        filled((5,), "0.931 0.041 0.732 0.614 0.028"),
        filled((5,), """
            0.7672121658799929 0.0211704341347979 0.5621143041948379 0.4484608945480294 0.014312729883929384""")),
    ("test_elu", "elu",
        filled((5,), "0.719 0.016 0.758 0.513 0.929"),
        filled((5,), "0.719 0.016 0.758 0.513 0.929")),
    ("test_elu", "elu",
        filled((2,), "-1 -2"),
        filled((2,), "-0.6321205588285577 -0.8646647167633873")),
    ("test_tanh", "tanh",
        filled((5,), "0.066 0.841 0.067 0.344 0.43"),
        filled((5,), """
            0.06590433468379006 0.6863383649822 0.06689992535685549 0.3310437384241189 0.405321308689463""")),
    ("test_tanh", "tanh",
        filled((5,), "9.321 1.245 -4.823 -5.166 7.762"),
        filled((5,), """
            0.9999999839707847 0.8468756052963757 -0.9998706407966531 -0.9999348543739193 0.999999637721651""")),
    ("test_tanh", "tanh",
        filled((5,), "2.259 1.246 2.883 5.861 5.541"),
        filled((5,), """
            0.9784138753790413 0.8471581676162064 0.9937550377837562 0.9999837734364412 0.9999692268562993""")),
    ("test_tanh", "tanh",
        filled((5,), "-1.9028922409 -4.3952404799 -7.1157878557 -5.8710365732 -1.8187902903"),
        filled((5,), """
            -0.9564843790603409 -0.9996956967869893 -0.9999986807262874 -0.9999840959047327 -0.948717669944295""")),
    ("test_tanh", "tanh",
        filled((5,), "2.53e-08 9.18e-08 -2.61e-08 1.05e-08 1.88e-08"),
        filled((5,), """
            2.5299999999999995e-08 9.179999999999975e-08 -2.6099999999999992e-08 1.05e-08 1.8799999999999996e-08""")),
    ("test_tanh", "tanh",
        filled((5,), "86346.209 23092.618 46585.93 91896.307 13876.02"),
        filled((5,), "1 1 1 1 1")),
    ("test_linear", "linear",
        filled((5,), "6.454 -1.692 6.596 -9.801 -2.699"),
        filled((5,), "6.454 -1.692 6.596 -9.801 -2.699")),
]

# Test, loss, its options, t, y, weights of the samples, reduction, the loss, tolerance
ABC = ([[1, 9, 2], [-5, -2, 6]], [[4, 8, 12], [8, 1, 3]])
SIX = ([1, 9, 2, -5, -2, 6], [4, 8, 12, 8, 1, 3])
TWICE = ([[4, 8, 12], [8, 1, 3]], [[4, 8, 12], [8, 1, 3]])
HUBER = ([[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]], [[0.9, 0.2, 0.2], [0.8, 0.4, 0.6]])
EYE = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
TENS = [[10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 10.0]]
PAIR = ([[1, 0], [1, 0]], [[1.0, 1.0], [1.0, 0.0]])
BITS = ([[1, 0, 1], [0, 1, 1]], [[10.0, -10.0, 10.0], [10.0, 10.0, -10.0]])
GUESS = [[0.9, 0.05, 0.05], [0.5, 0.89, 0.6], [0.05, 0.01, 0.94]]
LOGITS = [[8.0, 1.0, 1.0], [0.0, 9.0, 1.0], [2.0, 3.0, 5.0]]
LABELS = [[0], [1], [2]]
ROAD = [[0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 0, 1]]
SEEN = np.eye(2)[ROAD]
BLURRED = SEEN.copy()
BLURRED[0, 3], BLURRED[3, 3] = (0.2, 0.8), (0.6, 0.4)
THREE_WAYS = [[0, 1, 2, 0], [1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 0, 1]]
SEEN_3 = np.eye(3)[THREE_WAYS]
BLURRED_3 = SEEN_3.copy()
BLURRED_3[0, 3], BLURRED_3[1, 0], BLURRED_3[3, 2] = (0.2, 0.0, 0.8), (0.7, 0.3, 0.0), (0.5, 0.5, 0.0)
MSE, MAE, BCE, CCE, SCCE = (
    f"{LOSS}::{name}Test" for name in (
        "MeanSquaredError", "MeanAbsoluteError", "BinaryCrossentropy", "CategoricalCrossentropy",
        "SparseCategoricalCrossentropy")
)
ON_LOGITS: dict[str, Any] = {"from_logits": True}
LOSSES: list[tuple[str, str, dict[str, Any], Any, Any, Any, str | None, Any, float]] = [
    (f"{MSE}::test_all_correct_unweighted", "MeanSquaredError", {}, *TWICE, None, "mean", 0, 0),
    (f"{MSE}::test_unweighted", "MeanSquaredError", {}, *ABC, None, "mean", 49.5, 0),
    (f"{MSE}::test_scalar_weighted", "MeanSquaredError", {}, *ABC, 2.3, "mean", 113.85, 0),
    (f"{MSE}::test_sample_weighted", "MeanSquaredError", {}, *ABC, [1.2, 3.4], "mean", 767.8 / 6, 0),
    (f"{MSE}::test_timestep_weighted", "MeanSquaredError", {}, *(np.reshape(a, (6, 1)) for a in SIX),
        [3, 6, 5, 0, 4, 2], "mean", 97.833336, 5e-6),  # six samples for two of three steps
    (f"{MSE}::test_zero_weighted", "MeanSquaredError", {}, *ABC, 0, "mean", 0, 0),
    (f"{MSE}::test_no_reduction", "MeanSquaredError", {}, *ABC, 2.3, None, [84.3333, 143.3666], 1e-4),
    (f"{MSE}::test_sum_reduction", "MeanSquaredError", {}, *ABC, 2.3, "sum", 227.69998, 3e-5),
    (f"{MSE}::test_mean_with_sample_weight_reduction", "MeanSquaredError", {}, *ABC, [1.2, 3.4], "weighted mean",
        (110 / 3 * 1.2 + 187 / 3 * 3.4) / (1.2 + 3.4), 0),
    (f"{MAE}::test_all_correct_unweighted", "MeanAbsoluteError", {}, *TWICE, None, "mean", 0, 0),
    (f"{MAE}::test_unweighted", "MeanAbsoluteError", {}, *ABC, None, "mean", 5.5, 0),
    (f"{MAE}::test_scalar_weighted", "MeanAbsoluteError", {}, *ABC, 2.3, "mean", 12.65, 0),
    (f"{MAE}::test_sample_weighted", "MeanAbsoluteError", {}, *ABC, [1.2, 3.4], "mean", 81.4 / 6, 0),
    (f"{MAE}::test_timestep_weighted", "MeanAbsoluteError", {}, *(np.reshape(a, (6, 1)) for a in SIX),
        [3, 6, 5, 0, 4, 2], "mean", 13.833333, 5e-7),  # six samples for two of three steps
    (f"{MAE}::test_zero_weighted", "MeanAbsoluteError", {}, *ABC, 0, "mean", 0, 0),
    (f"{MAE}::test_no_reduction", "MeanAbsoluteError", {}, *ABC, 2.3, None, [10.7333, 14.5666], 1e-4),
    (f"{MAE}::test_sum_reduction", "MeanAbsoluteError", {}, *ABC, 2.3, "sum", 25.29999, 2e-5),
    (f"{MAE}::test_mean_with_sample_weight_reduction", "MeanAbsoluteError", {}, *ABC, [1.2, 3.4], "weighted mean",
        (14 / 3 * 1.2 + 19 / 3 * 3.4) / (1.2 + 3.4), 0),
    (f"{LOSS}::HuberLossTest::test_all_correct", "Huber", {}, HUBER[0], HUBER[0], None, "mean", 0, 0),
    (f"{LOSS}::HuberLossTest::test_unweighted", "Huber", {}, *HUBER, None, "mean", 0.10416666666666669, 0),
    (f"{LOSS}::HuberLossTest::test_scalar_weighted", "Huber", {}, *HUBER, 2.3, "mean", 0.23958333333333337, 0),
    (f"{LOSS}::HuberLossTest::test_sample_weighted", "Huber", {}, *HUBER, [1.2, 3.4], "mean", 0.22766666666666668, 0),
    (f"{LOSS}::HuberLossTest::test_zero_weighted", "Huber", {}, *HUBER, 0, "mean", 0, 0),
    (f"{LOSS}::HuberLossTest::test_non_default_delta", "Huber", {"delta": 0.8},
        *HUBER, 2.3, "mean", 0.23958333333333337, 0),
    (f"{BCE}::test_all_correct_unweighted", "BinaryCrossentropy", {}, EYE, EYE, None, "mean", 0, 5e-7),
    (f"{BCE}::test_all_correct_unweighted", "BinaryCrossentropy", ON_LOGITS,
        EYE, [[10.0, -10.0, -10.0], [-10.0, 10.0, -10.0], [-10.0, -10.0, 10.0]], None, "mean", 0, 5e-5),
    (f"{BCE}::test_unweighted", "BinaryCrossentropy", {},
        EYE, [[0.9, 0.1, 0.2], [0.3, 0.8, 0.1], [0.1, 0.2, 0.7]], None, "mean", 0.20046903, 5e-8),
    (f"{BCE}::test_unweighted", "BinaryCrossentropy", {}, *PAIR, None, "mean", 3.98559, 1e-5),
    (f"{BCE}::test_unweighted", "BinaryCrossentropy", ON_LOGITS, *BITS, None, "mean", 3.3333, 1e-4),
    (f"{BCE}::test_scalar_weighted", "BinaryCrossentropy", {}, *PAIR, 2.3, "mean", 9.1668, 1e-4),
    (f"{BCE}::test_scalar_weighted", "BinaryCrossentropy", ON_LOGITS, *BITS, 2.3, "mean", 7.666, 1e-3),
    (f"{BCE}::test_sample_weighted", "BinaryCrossentropy", {}, *PAIR, [1.2, 3.4], "mean", 4.7827, 5e-5),
    (f"{BCE}::test_sample_weighted", "BinaryCrossentropy", ON_LOGITS, *BITS, [4, 3], "mean", 10.0, 2e-4),
    (f"{BCE}::test_no_reduction", "BinaryCrossentropy", ON_LOGITS, *BITS, None, None, [0.0, 6.666], 1e-3),
    (f"{BCE}::test_label_smoothing", "BinaryCrossentropy", ON_LOGITS | {"label_smoothing": 0.1},
        [[1, 0, 1]], [[10.0, -10.0, -10.0]], None, "mean", 3.5, 5e-5),
    (f"{CCE}::test_all_correct_unweighted", "CategoricalCrossentropy", {}, EYE, EYE, None, "mean", 0, 5e-7),
    (f"{CCE}::test_all_correct_unweighted", "CategoricalCrossentropy", ON_LOGITS, EYE, TENS, None, "mean", 0, 1e-4),
    (f"{CCE}::test_unweighted", "CategoricalCrossentropy", {}, EYE, GUESS, None, "mean", 0.3239, 1e-4),
    (f"{CCE}::test_unweighted", "CategoricalCrossentropy", ON_LOGITS, EYE, LOGITS, None, "mean", 0.0573, 1e-4),
    (f"{CCE}::test_scalar_weighted", "CategoricalCrossentropy", {}, EYE, GUESS, 2.3, "mean", 0.7449, 3e-4),
    (f"{CCE}::test_scalar_weighted", "CategoricalCrossentropy", ON_LOGITS, EYE, LOGITS, 2.3, "mean", 0.1317, 3e-4),
    (f"{CCE}::test_sample_weighted", "CategoricalCrossentropy", {}, EYE, GUESS, [1.2, 3.4, 5.6], "mean", 1.0696, 5e-5),
    (f"{CCE}::test_sample_weighted", "CategoricalCrossentropy", ON_LOGITS,
        EYE, LOGITS, [1.2, 3.4, 5.6], "mean", 0.31829, 1e-5),
    (f"{CCE}::test_no_reduction", "CategoricalCrossentropy", ON_LOGITS,
        EYE, LOGITS, None, None, [0.001822, 0.000459, 0.169846], 1e-6),
    *[(f"{CCE}::test_label_smoothing{test}", "CategoricalCrossentropy", ON_LOGITS | {"label_smoothing": 0.1},
        [[1, 0, 0]], [[100.0, -100.0, -100.0]], None, "mean", 40 / 3, 0) for test in ("", "_ndarray")],
    (f"{SCCE}::test_all_correct_unweighted", "SparseCategoricalCrossentropy", {}, LABELS, EYE, None, "mean", 0, 5e-7),
    (f"{SCCE}::test_all_correct_unweighted", "SparseCategoricalCrossentropy", ON_LOGITS,
        LABELS, TENS, None, "mean", 0, 1e-4),
    (f"{SCCE}::test_unweighted", "SparseCategoricalCrossentropy", {}, [0, 1, 2], GUESS, None, "mean", 0.3239, 1e-4),
    (f"{SCCE}::test_unweighted", "SparseCategoricalCrossentropy", ON_LOGITS,
        [0, 1, 2], LOGITS, None, "mean", 0.0573, 1e-4),
    (f"{SCCE}::test_scalar_weighted", "SparseCategoricalCrossentropy", {}, LABELS, GUESS, 2.3, "mean", 0.7449, 3e-4),
    (f"{SCCE}::test_scalar_weighted", "SparseCategoricalCrossentropy", ON_LOGITS,
        LABELS, LOGITS, 2.3, "mean", 0.1317, 3e-4),
    (f"{SCCE}::test_sample_weighted", "SparseCategoricalCrossentropy", {},
        LABELS, GUESS, [1.2, 3.4, 5.6], "mean", 1.0696, 5e-5),
    (f"{SCCE}::test_sample_weighted", "SparseCategoricalCrossentropy", ON_LOGITS,
        LABELS, LOGITS, [1.2, 3.4, 5.6], "mean", 0.31829, 1e-5),
    (f"{SCCE}::test_no_reduction", "SparseCategoricalCrossentropy", ON_LOGITS,
        LABELS, LOGITS, None, None, [0.001822, 0.000459, 0.169846], 1e-6),
    (f"{SCCE}::test_binary_segmentation", "SparseCategoricalCrossentropy", {}, ROAD, SEEN, None, "mean", 0, 5e-7),
    (f"{SCCE}::test_binary_segmentation", "SparseCategoricalCrossentropy", {},
        ROAD, BLURRED, None, "mean", -(np.log(0.2) + np.log(0.4)) / 16, 2e-7),
    (f"{SCCE}::test_multi_class_segmentation", "SparseCategoricalCrossentropy", {},
        THREE_WAYS, SEEN_3, None, "mean", 0, 5e-7),
    (f"{SCCE}::test_multi_class_segmentation", "SparseCategoricalCrossentropy", {},
        THREE_WAYS, BLURRED_3, None, "mean", -(np.log(0.2) + np.log(0.3) + np.log(0.5)) / 16, 2e-7),
    ("trainers/compile_utils_test.py::TestCompileLoss::test_single_output_case", "mse", {},
        [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], [[0.4, 0.1], [0.2, 0.6], [0.6, 0.1]], None, "mean", 0.068333, 5e-7),
]

# Test, metric, its options, t, y, weights of the samples, the metric
TWO = ([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])
COIN = ([[1], [1], [0], [0]], [[0.98], [1.0], [0.0], [0.6]])
NEAR = ([[2], [1]], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])
SPARSE = f"{METRIC}::SparseCategoricalAccuracyTest"
METRICS: list[tuple[str, str, dict[str, Any], Any, Any, Any, float]] = [
    (f"{METRIC}::BinaryAccuracyTest::test_unweighted", "binary_accuracy", {}, *COIN, None, 0.75),
    (f"{METRIC}::BinaryAccuracyTest::test_unweighted", "binary_accuracy", {}, [1, 1, 0, 0], COIN[1], None, 0.75),
    (f"{METRIC}::BinaryAccuracyTest::test_weighted", "binary_accuracy", {}, *COIN, [1, 0, 0, 1], 0.5),
    (f"{METRIC}::BinaryAccuracyTest::test_threshold", "BinaryAccuracy", {"threshold": 0.3},
        COIN[0], [[0.98], [0.5], [0.1], [0.2]], None, 1.0),
    (f"{METRIC}::BinaryAccuracyTest::test_threshold", "BinaryAccuracy", {"threshold": 0.9},
        COIN[0], [[0.98], [0.5], [0.1], [0.2]], None, 0.75),
    (f"{METRIC}::CategoricalAccuracyTest::test_unweighted", "categorical_accuracy", {}, *TWO, None, 0.5),
    (f"{METRIC}::CategoricalAccuracyTest::test_weighted", "categorical_accuracy", {}, *TWO, [0.7, 0.3], 0.3),
    (f"{SPARSE}::test_unweighted", "sparse_categorical_accuracy", {}, *NEAR, None, 0.5),
    (f"{SPARSE}::test_weighted", "sparse_categorical_accuracy", {}, *NEAR, [0.7, 0.3], 0.3),
    (f"{SPARSE}::test_squeeze_y_true", "sparse_categorical_accuracy", {},
        LABELS, [[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]], None, 1.0),
    (f"{SPARSE}::test_cast_y_pred_dtype", "sparse_categorical_accuracy", {},
        [0, 1], [[0.9, 0.1], [0.1, 0.9]], None, 1.0),
    (f"{SPARSE}::test_squeeze_y_true_shape", "sparse_categorical_accuracy", {}, LABELS, EYE, None, 1.0),
    (f"{SPARSE}::test_cast_y_pred_to_match_y_true_dtype", "sparse_categorical_accuracy", {},
        [0, 1, 2], [[0.9, 0.1, 0.0], [0.0, 0.9, 0.1], [0.1, 0.0, 0.9]], None, 1.0),
    (f"{SPARSE}::test_reshape_matches_to_original_y_true_shape", "sparse_categorical_accuracy", {},
        [[0], [1]], [[0.9, 0.1], [0.1, 0.9]], None, 1.0),
    (f"{SPARSE}::test_matching_shapes_without_squeeze", "sparse_categorical_accuracy", {},
        [2, 1, 0], [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], None, 1.0),
    (f"{METRIC}::TopKCategoricalAccuracyTest::test_unweighted", "TopKCategoricalAccuracy", {"k": 1}, *TWO, None, 0.5),
    (f"{METRIC}::TopKCategoricalAccuracyTest::test_weighted", "TopKCategoricalAccuracy", {"k": 1},
        *TWO, [0.7, 0.3], 0.3),
    (f"{METRIC}::SparseTopKCategoricalAccuracyTest::test_unweighted", "SparseTopKCategoricalAccuracy", {"k": 1},
        [2, 1], TWO[1], None, 0.5),
    (f"{METRIC}::SparseTopKCategoricalAccuracyTest::test_weighted", "SparseTopKCategoricalAccuracy", {"k": 1},
        [2, 1], TWO[1], [0.7, 0.3], 0.3),
    *[("trainers/compile_utils_test.py::TestCompileMetrics::test_name_conversions", name, {},
        [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], [[0.4, 0.1], [0.2, 0.6], [0.6, 0.1]], None, 1 / 3)
        for name in ("acc", "accuracy")],
]

# Test, regularizer, its options, w, penalty
PRIOR = filled((4, 4), """
    0.715 0.167 0.396 0.91 0.561 0.578 0.194 0.526 0.523 0.089 0.982 0.571 0.006 0.773 0.978 0.59""")
REGULARIZERS: list[tuple[str, str, dict[str, float], Array, float]] = [
    (f"{REGULARIZER}::test_l1", "L1", {"l1": 0.1}, PRIOR, 0.8559000000000001),
    (f"{REGULARIZER}::test_l2", "L2", {"l2": 0.1}, PRIOR, 0.5961111000000001),
    (f"{REGULARIZER}::test_l1_l2", "L1L2", {"l1": 0.1, "l2": 0.2}, PRIOR, 2.0481222000000003),
    (f"{REGULARIZER}::test_l1_with_zero_weights", "L1", {"l1": 0.1}, np.zeros((4, 4)), 0),
    (f"{REGULARIZER}::test_l1_with_negative_weights", "L1", {"l1": 0.1}, np.ones((4, 4)), 1.6),
    (f"{REGULARIZER}::test_l1_with_negative_weights", "L1", {"l1": 0.1}, -np.ones((4, 4)), 1.6),
    (f"{REGULARIZER}::test_l1_zero_coefficient", "L1", {"l1": 0.0}, PRIOR, 0),
    (f"{REGULARIZER}::test_l2_with_zero_weights", "L2", {"l2": 0.1}, np.zeros((4, 4)), 0),
    (f"{REGULARIZER}::test_l2_zero_coefficient", "L2", {"l2": 0.0}, PRIOR, 0),
    (f"{REGULARIZER}::test_l1l2_zero_coefficients", "L1L2", {"l1": 0.0, "l2": 0.0}, PRIOR, 0),
    (f"{REGULARIZER}::test_l1l2_only_l1", "L1L2", {"l1": 0.1, "l2": 0.0}, PRIOR, 0.8559000000000001),
    (f"{REGULARIZER}::test_l1l2_only_l2", "L1L2", {"l1": 0.0, "l2": 0.1}, PRIOR, 0.5961111000000001),
    (f"{REGULARIZER}::test_l1l2_with_zero_weights", "L1L2", {"l1": 0.1, "l2": 0.2}, np.zeros((4, 4)), 0),
]

# Test, initializer, its options, shape, what its values' deviation is (to 0.1), from where to where they are
INITIALIZERS: list[tuple[str, str, dict[str, Any], tuple[int, ...], float | None, float, float]] = [
    (f"{CONSTANT}::test_zeros_initializer", "Zeros", {}, (3, 3), None, 0, 0),
    (f"{CONSTANT}::test_ones_initializer", "Ones", {}, (3, 3), None, 1, 1),
    (f"{CONSTANT}::test_constant_initializer", "Constant", {"value": 6.0}, (3, 3), None, 6, 6),
    (f"{RANDOM}::test_random_normal", "RandomNormal", {"mean": 0.0, "stddev": 1.0, "seed": 1234},
        (25, 20), 1.0, -inf, inf),
    (f"{RANDOM}::test_random_uniform", "RandomUniform", {"minval": -1.0, "maxval": 1.0, "seed": 1234},
        (5, 5), None, -1, 1),
    (f"{RANDOM}::test_variance_scaling", "VarianceScaling", {"scale": 2.0, "seed": 1234, "mode": "fan_in"},
        (25, 20), np.sqrt(2 / 25), -inf, inf),
    (f"{RANDOM}::test_variance_scaling", "VarianceScaling", {"scale": 2.0, "seed": 1234, "mode": "fan_out"},
        (25, 20), np.sqrt(2 / 20), -inf, inf),
    (f"{RANDOM}::test_variance_scaling_with_axes", "VarianceScaling", {"scale": 2.0, "seed": 1234, "mode": "fan_in"},
        (32, 4, 16), np.sqrt(2 / 128), -inf, inf),
]

# Test, optimizer, its options, w, the gradients of the steps, w after the last of them or after each, tolerance
FOUR = ([1.0, 2.0, 3.0, 4.0], [[1.0, 6.0, 7.0, 2.0]])
RISING = (np.ones(10), [np.full(10, 0.01), *[np.arange(1, 11) / 10] * 4])
OPTIMIZERS: list[tuple[str, str, dict[str, Any], Any, Any, Any, float]] = [
    ("optimizers/sgd_test.py::test_single_step", "SGD", {"learning_rate": 0.5}, *FOUR, [0.5, -1.0, -0.5, 3.0], 0),
    ("optimizers/adam_test.py::test_single_step", "Adam", {"learning_rate": 0.5}, *FOUR, [0.5, 1.5, 2.5, 3.5], 1e-5),
    ("optimizers/adamw_test.py::test_single_step", "AdamW", {"learning_rate": 0.5},
        *FOUR, [0.4980, 1.4960, 2.494, 3.492], 1e-5),
    ("optimizers/adagrad_test.py::test_single_step", "Adagrad", {"learning_rate": 0.5},
        *FOUR, [0.5233, 1.5007, 2.5005, 3.5061], 5e-5),
    ("optimizers/adadelta_test.py::test_single_step", "Adadelta", {"learning_rate": 0.5},
        *FOUR, [0.9993, 1.9993, 2.9993, 3.9993], 5e-5),
    ("optimizers/rmsprop_test.py::test_single_step", "RMSprop", {"learning_rate": 0.5},
        *FOUR, [-0.5811, 0.4189, 1.4189, 2.4189], 5e-5),
    *[(f"optimizers/{name.lower()}_test.py::test_weight_decay", name, {"learning_rate": 1.0, "weight_decay": 0.004},
        [2.0], [[0.0]] * 3, [1.9760959], 5e-7) for name in ("SGD", "Adam", "AdamW", "Adagrad", "Adadelta", "RMSprop")],
    ("optimizers/sgd_test.py::test_correctness_with_golden", "SGD", {"nesterov": True}, *RISING, [
        [0.9999, 0.9999, 0.9999, 0.9999, 0.9999, 0.9999, 0.9999, 0.9999, 0.9999, 0.9999],
        [0.9989, 0.9979, 0.9969, 0.9959, 0.9949, 0.9939, 0.9929, 0.9919, 0.9909, 0.9899],
        [0.9979, 0.9959, 0.9939, 0.9919, 0.9899, 0.9879, 0.9859, 0.9839, 0.9819, 0.9799],
        [0.9969, 0.9939, 0.9909, 0.9879, 0.9849, 0.9819, 0.9789, 0.9759, 0.9729, 0.9699],
        [0.9959, 0.9919, 0.9879, 0.9839, 0.9799, 0.9759, 0.9719, 0.9679, 0.9639, 0.9599]], 5e-7),
    ("optimizers/adam_test.py::test_correctness_with_golden", "Adam", {"amsgrad": True}, *RISING,
        np.tile([[0.999], [0.9982], [0.9974], [0.9965], [0.9955]], (1, 10)), 5e-4),
    ("optimizers/adamw_test.py::test_correctness_with_golden", "AdamW",
        {"learning_rate": 1.0, "weight_decay": 0.5, "epsilon": 2}, *RISING, [
        [0.4998, 0.4998, 0.4998, 0.4998, 0.4998, 0.4998, 0.4998, 0.4998, 0.4998, 0.4998],
        [0.2486, 0.2475, 0.2463, 0.2451, 0.244, 0.2428, 0.2417, 0.2405, 0.2394, 0.2382],
        [0.1223, 0.1198, 0.1174, 0.1149, 0.1124, 0.11, 0.1075, 0.1051, 0.1027, 0.1003],
        [0.0586, 0.0549, 0.0512, 0.0475, 0.0439, 0.0402, 0.0366, 0.033, 0.0294, 0.0258],
        [0.0263, 0.0215, 0.0167, 0.012, 0.0073, 0.0026, -0.0021, -0.0067, -0.0113, -0.0159]], 5e-5),
    ("optimizers/adagrad_test.py::test_correctness_with_golden", "Adagrad",
        {"learning_rate": 0.2, "initial_accumulator_value": 0.3, "epsilon": 1e-6}, *RISING, [
        [0.9963, 0.9963, 0.9963, 0.9963, 0.9963, 0.9963, 0.9963, 0.9963, 0.9963, 0.9963],
        [0.9604, 0.9278, 0.9003, 0.8784, 0.8615, 0.8487, 0.8388, 0.8313, 0.8255, 0.8209],
        [0.9251, 0.8629, 0.8137, 0.7768, 0.7497, 0.7298, 0.7151, 0.704, 0.6956, 0.6891],
        [0.8903, 0.8012, 0.7342, 0.6862, 0.6521, 0.6277, 0.6099, 0.5967, 0.5867, 0.579],
        [0.856, 0.7422, 0.6604, 0.6037, 0.5644, 0.5367, 0.5168, 0.5021, 0.491, 0.4825]], 5.1e-5),
    ("optimizers/adadelta_test.py::test_correctness_with_golden", "Adadelta",
        {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-6}, *RISING,
        np.tile([[0.9978], [0.9947], [0.9915], [0.9882], [0.9849]], (1, 10)), 5e-4),
    ("optimizers/rmsprop_test.py::test_correctness_with_golden", "RMSprop", {"centered": True}, *RISING,
        np.tile([[0.9967], [0.9933], [0.9908], [0.9885], [0.9864]], (1, 10)), 5e-4),
    (f"{OPTIMIZER}::test_empty_gradients", "SGD", {"learning_rate": 1.0}, [3.0, 4.0, 5.0, 6.0], [[1.0] * 4],
        [2.0, 3.0, 4.0, 5.0], 0),
]

# Test, optimizer, how it clips, a gradient, that gradient clipped
HALF = [2**0.5 / 2, 2**0.5 / 2]
CLIPPED: list[tuple[str, str, dict[str, float], list[float], list[float]]] = [
    *[(f"optimizers/{name.lower()}_test.py::test_clip_{kind}", name, {f"clip{kind}": 1.0}, [100.0, 100.0], clipped)
        for name in ("SGD", "Adam", "AdamW", "Adagrad", "Adadelta", "RMSprop")
        for kind, clipped in (("norm", HALF), ("value", [1.0, 1.0]))],
    (f"{OPTIMIZER}::test_clip_norm", "SGD", {"clipnorm": 1.0}, [100.0, 100.0], HALF),
    (f"{OPTIMIZER}::test_clip_value", "SGD", {"clipvalue": 1.0}, [100.0, 100.0], [1.0, 1.0]),
    (f"{OPTIMIZER}::test_global_clip_norm", "SGD", {"global_clipnorm": 1.0}, [50.0, 100.0], [5**-0.5, 2 * 5**-0.5]),
]

# Test, schedule, its options, the steps, the learning rates at them
QUARTERS = [0, 250, 500, 750, 1000, 1250]
LATER = {"initial_learning_rate": 0.0, "warmup_target": 10.0}
SCHEDULES: list[tuple[str, str, dict[str, Any], list[int], list[float]]] = [
    (f"{SCHEDULE}::ExponentialDecayTest::test_continuous", "ExponentialDecay",
        {"initial_learning_rate": 0.05, "decay_steps": 10, "decay_rate": 0.96}, [5], [0.05 * 0.96**0.5]),
    *[(f"{SCHEDULE}::ExponentialDecayTest::test_{test}", "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.96, "staircase": True},
        [1, 2, 100], [0.1, 0.1, 0.1 * 0.96**33]) for test in ("staircase", "variables")],
    (f"{SCHEDULE}::PiecewiseConstantDecayTest::test_piecewise_values", "PiecewiseConstantDecay",
        {"boundaries": [100, 110, 120], "values": [1.0, 0.1, 0.01, 0.001]},
        [-999, 100, 105, 110, 120, 999], [1.0, 1.0, 0.1, 0.1, 0.01, 0.001]),
    (f"{SCHEDULE}::PiecewiseConstantDecayTest::test_boundary_values", "PiecewiseConstantDecay",
        {"boundaries": [1, 2, 3], "values": [0.4, 0.5, 0.6, 0.7]}, [0, 1, 2, 3, 4], [0.4, 0.4, 0.5, 0.6, 0.7]),
    *[(f"{SCHEDULE}::CosineDecayTest::test_{test}", "CosineDecay", {"initial_learning_rate": 1.0, "decay_steps": 1000},
        QUARTERS, [1, 0.8535533905932737, 0.5, 0.14644660940672627, 0, 0]) for test in ("decay", "float64")],
    (f"{SCHEDULE}::CosineDecayTest::test_alpha", "CosineDecay",
        {"initial_learning_rate": 1.0, "decay_steps": 1000, "alpha": 0.1},
        QUARTERS, [1, 0.8681980515339464, 0.55, 0.23180194846605365, 0.1, 0.1]),
    (f"{SCHEDULE}::CosineDecayTest::test_warmup", "CosineDecay", LATER | {"decay_steps": 10, "warmup_steps": 1500},
        QUARTERS, [0, 1.6666666666666665, 3.333333333333333, 5, 6.666666666666666, 8.333333333333334]),
    (f"{SCHEDULE}::CosineDecayTest::test_warmup_decay", "CosineDecay",
        LATER | {"decay_steps": 1000, "warmup_steps": 2000},
        [0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 2750],
        [0, 1.25, 2.5, 3.75, 5, 6.25, 7.5, 8.75, 10, 8.535533905932738, 5, 1.4644660940672627]),
]

# Test, room, what is made, its options: refused
REFUSED: list[tuple[str, str, str, dict[str, Any]]] = [
    (f"{CONV}::test_bad_init_args", "layers", "Conv2D", {"filters": 0, "kernel_size": 1}),
    (f"{CONV}::test_bad_init_args", "layers", "Conv2D", {"filters": 2, "kernel_size": (1, 0)}),
    (f"{CONV}::test_bad_init_args", "layers", "Conv2D", {"filters": 2, "kernel_size": (2, 2), "strides": (1, 0)}),
    (f"{CONV}::test_bad_init_args", "layers", "Conv2D",
        {"filters": 2, "kernel_size": (2, 2), "strides": 2, "dilation_rate": (2, 1)}),
    (f"{DEPTHWISE}::test_bad_init_args", "layers", "DepthwiseConv2D", {"depth_multiplier": 0, "kernel_size": 1}),
    (f"{DEPTHWISE}::test_bad_init_args", "layers", "DepthwiseConv2D", {"depth_multiplier": 2, "kernel_size": (1, 0)}),
    (f"{DEPTHWISE}::test_bad_init_args", "layers", "DepthwiseConv2D",
        {"depth_multiplier": 2, "kernel_size": (2, 2), "strides": (1, 0)}),
    *[(f"{DENSE}::test_dense_invalid_units_raises", "layers", "Dense", {"units": units})
        for units in (0, -3, 2.5, None, "64")],
    ("layers/regularization/dropout_test.py::test_dropout_negative_rate", "layers", "Dropout", {"rate": -0.5}),
    ("layers/regularization/dropout_test.py::test_dropout_rate_greater_than_one", "layers", "Dropout", {"rate": 1.5}),
    *[(f"{PADDING}::test_zero_padding_2d_errors_if_padding_argument_invalid", "layers", "ZeroPadding2D",
        {"padding": padding}) for padding in (
            (1,), (1, 2, 3), "1", ((1, 2), (3, 4, 5)), ((1, 2), (3, -4)), ((1, 2), "3"))],
    *[(f"{RESHAPE}::test_reshape_rejects_invalid_target_shape", "layers", "Reshape", {"target_shape": target})
        for target in ((-2, 5), (-1, -1, 5))],
    (f"{LEAKY}::test_invalid_usage", "layers", "LeakyReLU", {"negative_slope": None}),
    *[(f"{RELU}::test_invalid_usage", "layers", "ReLU",
        {"max_value": 10, "negative_slope": 1, "threshold": 0.5} | {option: -10})
        for option in ("max_value", "negative_slope", "threshold")],
    (f"{RELU}::test_negative_slope_none_raises", "layers", "ReLU", {"negative_slope": None}),
    (f"{RELU}::test_threshold_none_raises", "layers", "ReLU", {"threshold": None}),
    *[("optimizers/sgd_test.py::test_invalid_momentum", "optimizers", "SGD", {"momentum": momentum})
        for momentum in (-1.0, 2.0)],
    (f"{OPTIMIZER}::test_clip_args", "optimizers", "SGD", {"learning_rate": 1.0, "clipnorm": 0.1, "clipvalue": 0.1}),
    (f"{OPTIMIZER}::test_clip_args", "optimizers", "SGD",
        {"learning_rate": 1.0, "clipnorm": 0.1, "global_clipnorm": 0.1}),
    ("optimizers/adamw_test.py::test_weight_decay_is_none", "optimizers", "AdamW",
        {"learning_rate": 1.0, "weight_decay": None}),
    (f"{RANDOM}::test_variance_scaling_invalid_scale", "initializers", "VarianceScaling",
        {"scale": -1.0, "seed": 1234, "mode": "fan_in"}),
    (f"{RANDOM}::test_variance_scaling_invalid_mode", "initializers", "VarianceScaling",
        {"scale": 2.0, "seed": 1234, "mode": "invalid_mode"}),
    (f"{RANDOM}::test_variance_scaling_invalid_distribution", "initializers", "VarianceScaling",
        {"scale": 2.0, "seed": 1234, "mode": "fan_in", "distribution": "invalid_dist"}),
    (f"{REGULARIZER}::test_validate_float_with_negative_number", "regularizers", "L1", {"l1": -1}),
    (f"{REGULARIZER}::test_validate_float_with_negative_float", "regularizers", "L2", {"l2": -0.001}),
    (f"{REGULARIZER}::test_validate_float_with_nan", "regularizers", "L1", {"l1": float("nan")}),
    *[(f"{REGULARIZER}::test_validate_float_with_inf", "regularizers", "L2", {"l2": value})
        for value in (inf, -inf)],
    (f"{REGULARIZER}::test_validate_float_with_invalid_types", "regularizers", "L1", {"l1": "number"}),
    (f"{REGULARIZER}::test_validate_float_with_list", "regularizers", "L2", {"l2": [0.1]}),
]

# Test, layer, its options, x's shape: the window is larger than the image, which is refused when the layer is built
TOO_SMALL: list[tuple[str, str, dict[str, Any], tuple[int, ...]]] = [
    (f"{CONV}::test_conv_raises_exception_on_zero_dims", "Conv2D", {"filters": 6, "kernel_size": (5, 5)}, (3, 4, 4, 4)),
    (f"{DEPTHWISE}::test_invalid_output_shape_raises", "DepthwiseConv2D",
        {"kernel_size": 5, "strides": 2, "padding": "valid"}, (2, 4, 4, 3)),
]

# Test, room whose get() is asked, a name, the class it stands for (None: it is refused)
NAMED: list[tuple[str, str, str, str | None]] = [
    (f"{OPTIMIZER}::test_get_method", "optimizers", "sgd", "SGD"),
    (f"{OPTIMIZER}::test_get_method", "optimizers", "adamw", "AdamW"),
    (f"{RANDOM}::test_get_method", "initializers", "glorot_normal", "GlorotNormal"),
    (f"{REGULARIZER}::test_get_method", "regularizers", "l1l2", "L1L2"),
    (f"{REGULARIZER}::test_get_method", "regularizers", "l1", "L1"),
    (f"{REGULARIZER}::test_get_method", "regularizers", "l2", "L2"),
    ("losses/loss_test.py::test_get_method", "losses", "mse", "MeanSquaredError"),
    (f"{OPTIMIZER}::test_get_method", "optimizers", "typo", None),
    (f"{RANDOM}::test_get_method", "initializers", "typo", None),
    (f"{REGULARIZER}::test_get_method", "regularizers", "typo", None),
    ("losses/loss_test.py::test_get_method", "losses", "typo", None),
    ("metrics/metric_test.py::test_get_method", "metrics", "typo", None),
]

# Test, room, class, options: what serialize() gives has these options, and get() makes the same of it again
CONFIGS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("optimizers/sgd_test.py::test_config", "optimizers", "SGD",
        {"learning_rate": 0.5, "momentum": 0.06, "nesterov": True, "weight_decay": 0.004}),
    ("optimizers/adam_test.py::test_config", "optimizers", "Adam",
        {"learning_rate": 0.5, "beta_1": 0.5, "beta_2": 0.67, "epsilon": 1e-5, "amsgrad": True}),
    ("optimizers/adamw_test.py::test_config", "optimizers", "AdamW",
        {"learning_rate": 0.5, "weight_decay": 0.008, "beta_1": 0.5, "beta_2": 0.67, "epsilon": 1e-5, "amsgrad": True}),
    ("optimizers/adagrad_test.py::test_config", "optimizers", "Adagrad",
        {"learning_rate": 0.5, "initial_accumulator_value": 0.2, "epsilon": 1e-5}),
    ("optimizers/adadelta_test.py::test_config", "optimizers", "Adadelta",
        {"learning_rate": 0.5, "rho": 0.9, "epsilon": 1e-5}),
    ("optimizers/rmsprop_test.py::test_config", "optimizers", "RMSprop",
        {"learning_rate": 0.5, "rho": 0.8, "momentum": 0.05, "epsilon": 1e-6, "centered": True}),
    (f"{SCHEDULE}::ExponentialDecayTest::test_config", "optimizers.schedules", "ExponentialDecay",
        {"initial_learning_rate": 0.05, "decay_steps": 10, "decay_rate": 0.96, "staircase": True, "name": "my_ed"}),
    (f"{SCHEDULE}::PiecewiseConstantDecayTest::test_config", "optimizers.schedules", "PiecewiseConstantDecay",
        {"boundaries": [10, 20], "values": [1, 2, 3], "name": "my_pcd"}),
    (f"{SCHEDULE}::CosineDecayTest::test_config", "optimizers.schedules", "CosineDecay",
        {"initial_learning_rate": 0.05, "decay_steps": 10, "alpha": 0.1, "warmup_target": 0.2, "warmup_steps": 2,
         "name": "my_cd"}),
    (f"{REGULARIZER}::test_config", "regularizers", "L1", {"l1": 0.1}),
    (f"{REGULARIZER}::test_config", "regularizers", "L2", {"l2": 0.1}),
    (f"{REGULARIZER}::test_config", "regularizers", "L1L2", {"l1": 0.1, "l2": 0.2}),
    (f"{REGULARIZER}::test_l1l2_get_config", "regularizers", "L1L2", {"l1": 0.01, "l2": 0.02}),
    (f"{CONSTANT}::test_zeros_initializer", "initializers", "Zeros", {}),
    (f"{CONSTANT}::test_ones_initializer", "initializers", "Ones", {}),
    (f"{CONSTANT}::test_constant_initializer", "initializers", "Constant", {"value": 6.0}),
    (f"{RANDOM}::test_random_normal", "initializers", "RandomNormal", {"mean": 0.0, "stddev": 1.0, "seed": 1234}),
    (f"{RANDOM}::test_random_uniform", "initializers", "RandomUniform", {"minval": -1.0, "maxval": 1.0, "seed": 1234}),
    (f"{RANDOM}::test_variance_scaling", "initializers", "VarianceScaling",
        {"scale": 2.0, "seed": 1234, "mode": "fan_in"}),
    (f"{RANDOM}::test_variance_scaling", "initializers", "VarianceScaling",
        {"scale": 2.0, "seed": 1234, "mode": "fan_out"}),
    (f"{RELU}::test_get_config", "layers", "ReLU", {"max_value": 5.0, "negative_slope": 0.2, "threshold": 1.0}),
    (f"{RELU}::test_get_config_default_params", "layers", "ReLU",
        {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    (f"{PADDING}::test_zero_padding_2d_get_config", "layers", "ZeroPadding2D", {"padding": [[1, 1], [2, 2]]}),
]

# Test of naming_test.py, a name, the name in snake case
NAMES: list[tuple[str, str, str]] = [
    ("test_to_snake_case_snake_case_name", "snake_case_name", "snake_case_name"),
    ("test_to_snake_case_capital_after_any_character", "myVariableNameHere", "my_variable_name_here"),
    ("test_to_snake_case_lower_before_upper", "convertTHIS", "convert_this"),
    ("test_to_snake_case_already_snake_cased", "already_snake_cased", "already_snake_cased"),
    ("test_to_snake_case_no_changes", "lowercase", "lowercase"),
    ("test_to_snake_case_single_uppercase_word", "UPPERCASE", "uppercase"),
    ("test_get_object_name_no_name_attribute", "ObjectWithoutName", "object_without_name"),
    ("test_get_object_name_no_name_or_class_attribute", "ObjectWithoutNameOrClass", "object_without_name_or_class"),
]

# Test of numerical_utils_test.py, labels, how many classes, one-hot rows (None: only their shape is told), their shape
ONE_HOT: list[tuple[str, Any, int | None, Any, tuple[int, ...]]] = [
    *[("test_to_categorical", np.arange(prod(shape)).reshape(shape) % 5, 5, None, (*rows, 5)) for shape, rows in [
        ((1,), (1,)), ((3,), (3,)), ((4, 3), (4, 3)), ((5, 4, 3), (5, 4, 3)), ((3, 1), (3,)), ((3, 2, 1), (3, 2))]],
    ("test_to_categorical_without_num_classes", [0, 2, 5], None, None, (3, 6)),
    ("test_to_categorical_with_backend_tensor", [0, 2, 1, 3, 4], 5, np.eye(5)[[0, 2, 1, 3, 4]], (5, 5)),
]

# Set of data_adapter_utils_test.py::test_class_weight_to_sample_weights, t, class_weight, weights of the samples
CLASS_WEIGHTS: list[tuple[str, Any, dict[int, float], list[float]]] = [
    ("simple_class_labels", [0, 1, 0, 2], {0: 1.0, 1: 2.0, 2: 3.0}, [1.0, 2.0, 1.0, 3.0]),
    ("one_hot_encoded_labels", [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]], {0: 1.0, 1: 2.0, 2: 3.0},
        [1.0, 2.0, 1.0, 3.0]),
    ("unmapped_class", [0, 3, 0, 2], {0: 1.0, 1: 2.0, 2: 3.0}, [1.0, 1.0, 1.0, 3.0]),
    ("multi_dimensional_input", [[0], [1], [0], [2]], {0: 1.0, 1: 2.0, 2: 3.0}, [1.0, 2.0, 1.0, 3.0]),
    ("all_unmapped", [0, 1, 0, 2], {}, [1.0, 1.0, 1.0, 1.0]),
]

# A layer Dense(3) of ones without bias, on samples of four ones for which zeros are wanted, by mean squared error and SGD
# trainer_test.py::test_on_batch_methods, with 100 samples: what is called, its weights, what it gives (to 3 decimals)
ON_BATCH: list[tuple[str, dict[str, Any], float]] = [
    ("train_on_batch", {}, 16.0),
    ("train_on_batch", {}, 15.158),
    ("evaluate", {}, 14.360),
    ("predict_on_batch", {}, 3.789511),
    ("train_on_batch", {"sample_weight": np.arange(100) / 50}, 14.217),
    ("evaluate", {"sample_weight": np.arange(100) / 50}, 13.476),
    ("predict_on_batch", {}, 3.689468),
    ("train_on_batch", {"class_weight": {1: 0.3, 0: 0.2}}, 2.722),
]
EVALUATED = 16.0  # test_evaluate_flow, batches of 16 of 100
PREDICTED = 4.0  # test_predict_flow
FITTED = [14.5, 11.5, 8.5]  # test_fit_flow, batches of 20 of 100: each epoch's error, to 1

# learning_rate_schedule_test.py::test_fit_lr_correctness: Dense(2) of ones, bias too, which learns 0 … 31, two at a time,
# from themselves: Adam, ExponentialDecay(0.05, 1, 0.9), mean squared error, batches of 4 in order; each epoch's loss, to
# 5e-5 of it, and how many updates were made
DECAYED = ([230.79457092285156, 128.30319213867188, 79.33648681640625], 12)

# summary_utils_test.py::test_print_model_summary: Dense(3) on two numbers, optimizer → lines of the summary
SUMMED: list[tuple[str, list[str]]] = [
    ("adam", ["Total params: 29", "Trainable params: 9", "Non-trainable params: 0", "Optimizer params: 20"]),
    ("", ["Total params: 9", "Trainable params: 9", "Non-trainable params: 0"]),
]

# optimizer_test.py::test_optimizer_auto_naming
AUTO_NAMES = [
    ("Adam", "adam"), ("Adam", "adam_1"), ("SGD", "sgd"), ("SGD", "sgd_1"), ("AdamW", "adam_w"), ("AdamW", "adam_w_1")]

# early_stopping_test.py::test_early_stopping_patience: patience → the epoch that was the last one
LOSSES_SEEN = [10.0, 9.0, 8.0, 9.0, 8.9, 8.8, 8.7, 8.6, 8.5]
STOPPED = [(0, 3), (1, 3), (2, 4), (3, 5)]
# fmt: on
