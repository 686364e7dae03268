"""The claims of the mail, each with a verdict that a run computes."""

from guide.claims.judge import judge

__all__ = ["judge"]
