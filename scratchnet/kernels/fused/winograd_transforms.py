"""Winograd's transforms: four outputs of a three-tap filter along one axis by six multiplies instead of twelve.

    y = Aᵀ [(G g) ∘ (Bᵀ d)]        d: 6 inputs, g: 3 taps → y[i] = Σ_u d[i+u] · g[u], 4 outputs

Two polynomials can be multiplied by evaluating both at enough points, multiplying there, and interpolating (Toom, Cook);
this is that product read backward, as a filter (Winograd, “Arithmetic complexity of computations”, 1980; for networks:
Lavin, Gray, “Fast algorithms for convolutional neural networks”, 2016). G evaluates the filter at the points 0, ±a, ±b and
∞, up to a factor; Aᵀ holds the points' powers; a line of Bᵀ the polynomial that is zero at all points but one.

Along both axes: Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A, 36 multiplies for 16 outputs of nine each, so a quarter.

Lavin and Gray take the points ±1, ±2. All of them times 3/4 cost the same and are over three times as exact: no power is
large then, neither b³ nor 1/a². Aᵀ and Bᵀ hold exact float32 numbers; docs/winograd.md has the comparison.
"""

import numpy as np

from scratchnet.kernels.jit import part
from scratchnet.kernels.lanes import load, store
from scratchnet.typing import Array

a, b = 0.75, 1.5
n0, n1, n2 = a**2 * b**2, 2 * a**2 * (a**2 - b**2), 2 * b**2 * (b**2 - a**2)

AT = np.array(
    [
        [1, 1, 1, 1, 1, 0],
        [0, a, -a, b, -b, 0],
        [0, a**2, a**2, b**2, b**2, 0],
        [0, a**3, -(a**3), b**3, -(b**3), 1],
    ]
)
BT = np.array(
    [
        [a**2 * b**2, 0, -(a**2) - b**2, 0, 1, 0],
        [0, -a * b**2, -(b**2), a, 1, 0],
        [0, a * b**2, -(b**2), -a, 1, 0],
        [0, -b * a**2, -(a**2), b, 1, 0],
        [0, b * a**2, -(a**2), -b, 1, 0],
        [0, a**2 * b**2, 0, -(a**2) - b**2, 0, 1],
    ]
)
G = np.array(
    [
        [1 / n0, 0, 0],
        [1 / n1, a / n1, a**2 / n1],
        [1 / n1, -a / n1, a**2 / n1],
        [1 / n2, b / n2, b**2 / n2],
        [1 / n2, -b / n2, b**2 / n2],
        [0, 0, 1],
    ]
)
GG = np.kron(G, G)  # along both axes


@part
def input_axis(d0, d1, d2, d3, d4, d5):
    """Bᵀ d. What two lines share is made once: 12 fused multiply-adds."""
    even_a, odd_a = d4 - b**2 * d2, d3 - b**2 * d1
    even_b, odd_b = d4 - a**2 * d2, d3 - a**2 * d1
    return (
        a**2 * b**2 * d0 + (d4 - (a**2 + b**2) * d2),
        even_a + a * odd_a,
        even_a - a * odd_a,
        even_b + b * odd_b,
        even_b - b * odd_b,
        a**2 * b**2 * d1 + (d5 - (a**2 + b**2) * d3),
    )


@part
def output_axis(m0, m1, m2, m3, m4, m5):
    """Aᵀ m"""
    even_a, odd_a, even_b, odd_b = m1 + m2, m1 - m2, m3 + m4, m3 - m4
    return (
        (m0 + even_a) + even_b,
        a * odd_a + b * odd_b,
        a**2 * even_a + b**2 * even_b,
        a**3 * odd_a + (b**3 * odd_b + m5),
    )


@part
def gradient_axis(z0, z1, z2, z3):
    """A z"""
    even_a, odd_a = z0 + a**2 * z2, a * z1 + a**3 * z3
    even_b, odd_b = z0 + b**2 * z2, b * z1 + b**3 * z3
    return z0, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, z3


@part
def input_columns(d, squares, x, n, i, j, c):
    """d = Bᵀ x[n, i:i+6, j:j+6, c:c+lanes];  and each row's squares, where they are wanted"""
    for s in range(6):
        for r in range(6):
            d[r, s] = load(x, (n, i + r, j + s, c))
            if squares is not None:
                squares[r] += d[r, s] * d[r, s]
        d0, d1, d2, d3, d4, d5 = input_axis(d[0, s], d[1, s], d[2, s], d[3, s], d[4, s], d[5, s])
        d[0, s], d[1, s], d[2, s], d[3, s], d[4, s], d[5, s] = d0, d1, d2, d3, d4, d5


@part
def input_rows(d, v, first, step):
    """(d B)[r, s] to v[first + (6r + s) · step] and what follows"""
    for r in range(6):
        v0, v1, v2, v3, v4, v5 = input_axis(d[r, 0], d[r, 1], d[r, 2], d[r, 3], d[r, 4], d[r, 5])
        store(v, first + 6 * r * step, v0)
        store(v, first + (6 * r + 1) * step, v1)
        store(v, first + (6 * r + 2) * step, v2)
        store(v, first + (6 * r + 3) * step, v3)
        store(v, first + (6 * r + 4) * step, v4)
        store(v, first + (6 * r + 5) * step, v5)


def transform_kernel(w: Array) -> Array:
    """U[6r+s,c,f] = Σ_kl G[r,k] · w[k,l,c,f] · G[s,l]

    w: (3, 3, C, F) → (36, C, F), float64
    """
    C, F = w.shape[2:]
    return (GG @ w.reshape(9, C * F).astype(np.float64)).reshape(36, C, F)
