"""Where a window sees nothing but background, and what it then gives."""

from scratchnet.kernels.fused.epilogue import window
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.lanes import load, store, tile, width


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


@jit_inner
def sum_background(x, w, n, constant):
    """constant[f] = Σ_uvc x[n,0,0,c] · w[u,v,c,f], the sum of every such window, in the direct kernel's order;  (F,)"""
    KH, KW, C, F = w.shape
    for f_next in range(0, F, width(w.dtype)):
        f = min(f_next, F - width(w.dtype))
        sums = tile(w.dtype, 1)
        for u in range(KH):
            for v in range(KW):
                for c in range(C):
                    sums[0] += x[n, 0, 0, c] * load(w, (u, v, c, f))
        store(constant, f, sums[0])


@jit_inner
def fill(constant, b, y, winner, relu, pool, keep, scale, n, i, j):
    """Four outputs, a window of them from (i, j) on, that see only background: nothing is multiplied."""
    for f_next in range(0, len(constant), width(b.dtype)):
        f = min(f_next, len(constant) - width(b.dtype))
        z = load(constant, f)
        window(z, z, z, z, b, y, winner, relu, pool, keep, scale, n, i, j, f)
