"""Two libraries side by side, tensor by tensor. One is this; the other's numbers are computed beside it, or recorded.

`compare` is the comparison, `replay` the same with a file in place of the other library. What needs Keras itself is in
reference/.
"""

from scratchnet.parity.compare import compare
from scratchnet.parity.replay import replay
from scratchnet.parity.report import Report
from scratchnet.parity.sides import Batch, Side, Tensors

__all__ = ["Batch", "Report", "Side", "Tensors", "compare", "replay"]
