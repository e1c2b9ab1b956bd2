"""One project: the facts of all its files become flows, the flows plans, and the plans are proved.

What is loaded on demand, what is cleared out of configuration, and what is told of keys, CI and the
documentation. It imports the tree, programs, configuration, dependencies and rules; only the engine
imports it.
"""
