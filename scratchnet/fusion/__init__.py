"""From the layers that were written to the steps that run."""

from scratchnet.fusion.plan import Plan, plan, regularized

__all__ = ["Plan", "plan", "regularized"]
