"""Which decisions of ReLU and max pooling rounding may have turned: the margin around a sum by Winograd.

Winograd's sums differ from the direct kernel's by roundings. Each changes some intermediate number by at most 2⁻²⁴ of it,
and goes into the sum with a factor that the formulas tell: to first order the difference is Σ_k δ_k q_k, |δ_k| ≤ 2⁻²⁴. If
the δ_k are like random numbers of mean 0, the one thing assumed, then |Σ_k δ_k q_k| > λ · 2⁻²⁴ · √Σ_k q_k² has a probability
of at most 2 exp(−λ²/2) (Hoeffding). By Cauchy and Schwarz, for a tile d of inputs and a filter w that is U transformed,

    Σ_k q_k² ≤ ‖d‖² · [(C + 9) Σ_rs k_r k_s ‖U_rs‖² + (9 Σ_r k_r ‖G_r‖² + 1 + 9 C) ‖w‖²],   k_r = ‖Bᵀ_r‖² max_i (Aᵀ_ir)²

so the margin is a number of the tile times one of the filter. docs/winograd.md has the proof, and what was measured.

Source: Higham, Mary, “A new approach to probabilistic rounding error analysis”, 2019.
"""

import numpy as np
from numba import float32

from scratchnet.kernels.fused.winograd_transforms import AT, BT, G
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import spread, where
from scratchnet.typing import Array

LAMBDA = 6.0  # 2 exp(−18): three sums in a hundred million, if all that was bounded met its bound
SMALLEST, LARGEST = 2.0**-60, 2.0**60  # norms of tiles and filters between which no number over- or underflows

AMPLIFICATION = (BT**2).sum(axis=1) * (AT**2).max(axis=0)  # k_r
BOTH_AXES = np.outer(AMPLIFICATION, AMPLIFICATION).ravel()
ONE_AXIS = 9 * (AMPLIFICATION * (G**2).sum(axis=1)).sum() + 1


def margins(w: Array, u: Array) -> Array:
    """margin[f] · ‖d‖ is what filter f's sums may be off;  ∞ where the filter isn't finite, or too large or too small

    w: (3, 3, C, F), u: (36, C, F), w transformed → (F,);  0 for a filter of zeros, whose sums are exact
    """
    C = w.shape[2]
    norms = np.einsum("uvcf,uvcf->f", w, w, dtype=np.float64)
    bound = (C + 9) * (BOTH_AXES @ np.einsum("pcf,pcf->pf", u, u)) + (ONE_AXIS + 9 * C) * norms
    safe = (norms >= SMALLEST**2) & (norms <= LARGEST**2) | (norms == 0)
    return np.where(safe, LAMBDA * 2.0**-24 * np.sqrt(bound), np.inf).astype(w.dtype)


@jit_inner
def tile_norm(squares):
    """‖d‖ from its square;  ∞ where the tile isn't finite, or too large or too small (or 0: its squares may have vanished)"""
    return np.sqrt(squares) if SMALLEST**2 <= squares <= LARGEST**2 else float32(np.inf)


@part
def undecided(z00, z01, z10, z11, known, constant, bias, margin, relu, pool):
    """Where a decision on these four outputs, a window, is nearer than the margin

    known: a bit for each that is `constant`, the direct kernel's sum: its gate is right, and between two of them is a tie, which
    goes to the first.
    """
    near = margin < 0  # nowhere
    if pool is None:
        if not known & 1:
            near |= near_zero(z00 + bias, margin)
        if not known & 2:
            near |= near_zero(z01 + bias, margin)
        if not known & 4:
            near |= near_zero(z10 + bias, margin)
        if not known & 8:
            near |= near_zero(z11 + bias, margin)
        return near
    best, second = z00, spread(float32(-np.inf), z00)
    if not (known & 2 and known & 1):  # the first of those that are known stands for all
        best, second = _rank(best, second, z01)
    if not (known & 4 and known & 3):
        best, second = _rank(best, second, z10)
    if not (known & 8 and known & 7):
        best, second = _rank(best, second, z11)
    near |= second >= best - 2 * margin
    if relu is not None:
        gate = best + bias <= margin
        if known != 0:
            gate &= best != constant
        near = (near | gate) & (best + bias >= -1 * margin)  # nobody asks for a dead window's winner
    return near


@part
def near_zero(z, margin):
    """Where numbers that may be off by the margin may be on either side of 0"""
    return (z <= margin) & (z >= -1 * margin)


@part
def _rank(best, second, z):
    """The best and second best, and another."""
    ahead = z > best
    return where(ahead, z, best), where(ahead, best, where(z > second, z, second))
