"""Customers' programs, composed of parts that know nothing of each other.

A ``Recipe`` names one part for each question (where the values come from, how the claims are written, what
signs them, what posts them …); ``mend`` replaces parts that cannot stand together; ``write`` makes a
customer's tree of it, which prints what the recipe says. The first part of each question is the plainest, so
that a failing recipe shrinks to a small tree.

The parts are written with placeholders for names (``V_`` a variable or parameter, ``K_`` a constant of a
module, ``F_`` a function, ``C_`` a class); naming, quotes, indentation and line ends are put on at the end.
"""

from .recipe import SCOPES, Program, Recipe, read
from .whole import CHOICES, mend, write

__all__ = ["CHOICES", "SCOPES", "Program", "Recipe", "mend", "read", "write"]
