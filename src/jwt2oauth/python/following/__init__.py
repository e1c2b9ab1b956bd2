"""Forwards from an expression: who uses its value, what calling it does, who outside may use it.

Uses across names, calls and modules, harmless calls, callbacks, getters and what looks something up by a
name. It imports the facts and what resolves backwards.
"""
