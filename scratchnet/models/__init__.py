"""A stack of layers as one thing: made, trained, asked, shown, saved."""

from scratchnet.models.loading import load_even_uncompiled, load_model
from scratchnet.models.sequential import Sequential

__all__ = ["Sequential", "load_even_uncompiled", "load_model"]
