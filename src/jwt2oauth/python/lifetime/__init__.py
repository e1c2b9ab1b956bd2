"""The lifetime of the token: milliseconds before, seconds after, wherever it is computed with.

Its units, the conversions that go or come, the bounds and defaults that are scaled, and the ways on which
it may be lost from sight. It imports the flow's roles and below, and the prose that tells of changes.
"""
