"""Which gradients live behind ReLU, 2×2 max pooling and dropout: a list of them, and the list sorted."""

from numba import uint32

from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.lanes import append, iota, load, width


@jit_inner
def list_winners(dy, y, winner, scale, first, PH, PW, F, positions, filters, values):
    """The living gradients of an image, window by window → how many

    Of the convolution's outputs at most one in four has a gradient, and in a trained network 3 to 5 %: the winner of its
    2×2 window, where y > 0. No branch asks which: the living lanes of a register are packed, and the others written over.

    dy, y, winner: as one row, in which the image's first window is the `first` of all; a register follows the last
    positions: where the winner is among the 2·PH × 2·PW outputs, row by row;  filters: its f;  values: dy · scale.
    These have room for PH·PW·F numbers and a register.
    """
    count = 0
    for i in range(PH):
        for j in range(PW):
            window, before = (first + i * PW + j) * F, count
            for f in range(0, F, width(dy.dtype)):
                dz = load(dy, window + f) * scale
                lane = iota(dz)
                alive = (load(y, window + f) > 0) & (lane < uint32(F - f))
                append(filters, count, lane + uint32(f), alive)
                count = append(values, count, dz, alive)
            for p in range(before, count):
                t = winner[window + filters[p]]
                positions[p] = (2 * i + t // 2) * 2 * PW + 2 * j + t % 2
    return count


@jit_inner
def sort(keys, others, values, count, starts_of_others, ends, starts, sorted_values):
    """The list by key, in order where keys are equal: a counting sort

    ends[k]: where key k's entries end, and those of k + 1 begin;  starts: starts_of_others[others[p]] for each entry p
    """
    ends[:] = 0
    for p in range(count):
        ends[keys[p]] += 1
    total = 0
    for k in range(len(ends)):
        total, ends[k] = total + ends[k], total
    for p in range(count):  # now ends[k] is where key k's next entry goes
        at = ends[keys[p]]
        starts[at], sorted_values[at] = starts_of_others[others[p]], values[p]
        ends[keys[p]] = at + 1
