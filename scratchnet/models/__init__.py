"""A stack of layers as one thing: made, trained, asked, shown, saved."""

from scratchnet.models.sequential import Sequential, load_model

__all__ = ["Sequential", "load_model"]
