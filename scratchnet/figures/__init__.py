"""Pictures of what a trained model has learnt: the data of each is made here, and drawn by `plots`."""

from scratchnet.figures.gallery import write

__all__ = ["write"]
