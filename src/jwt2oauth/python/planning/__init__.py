"""One plan a flow: what becomes of each role, or why the flow is left alone.

The planner, what is refused before and after, and halves of flows, which are only reported. It imports
every other package of this room but that of the SDKs, which alone imports it.
"""
