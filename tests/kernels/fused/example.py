"""What a 3×3 convolution by Winograd is tried on."""

import numpy as np


def example(N, OH, OW, C, F, seed=0):
    """Images with background, weights and biases"""
    rng = np.random.default_rng(seed)
    x = np.maximum(rng.standard_normal((N, OH + 2, OW + 2, C)), 0).astype("float32")
    x[:, : OH // 2, : OW // 2 + 1] = 0  # background
    w = rng.standard_normal((3, 3, C, F)).astype("float32") / 8
    return x, w, rng.standard_normal(F).astype("float32") / 8
