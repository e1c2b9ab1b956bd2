"""The customer's own tests: what they put in the exchange's place, and how that moves with the flow.

Stand-ins, replies, recorded requests, variables and files that a test sets, and what it expects of them.
It imports what the program itself is changed by, but for the sweep: tests follow the program.
"""

from __future__ import annotations

from .tests import Moved, Tests

__all__ = ["Moved", "Tests"]
