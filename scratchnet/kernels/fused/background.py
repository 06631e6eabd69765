"""Where a window sees nothing but background."""

from scratchnet.kernels.jit import jit_inner


@jit_inner
def background(x, n, KH, KW, depth, out):
    """out[i, j] = 1 where all pixels x[n, i+u, j+v], u < KH, v < KW, equal the image's first one, x[n, 0, 0], else 0

    The sums over such windows are equal too, so that one of them need be made. On MNIST this is the paper around the digit:
    two fifths of the second convolution's windows. Where no pixel is like the first, the search has cost a look at each.

    x: (N, H, W, C), out: (H−KH+1, W−KW+1) uint8;  depth: (W,) for its own use. NaN equals nothing.
    """
    _, H, W, C = x.shape
    depth[:] = 0  # rows up to this one in which the last KW pixels up to column j are all background
    for i in range(H):
        run = 0  # pixels up to this one that are background
        for j in range(W):
            differ = 0
            for c in range(C):
                differ += x[n, i, j, c] != x[n, 0, 0, c]
            run = run + 1 if differ == 0 else 0
            depth[j] = depth[j] + 1 if run >= KW else 0
            if i >= KH - 1 and j >= KW - 1:
                out[i - KH + 1, j - KW + 1] = depth[j] >= KH
