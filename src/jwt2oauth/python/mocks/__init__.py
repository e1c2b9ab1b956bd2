"""The customer's own tests: what they put in the exchange's place, and how that moves with the flow."""

from __future__ import annotations

from .tests import Moved, Tests

__all__ = ["Moved", "Tests"]
