"""What speaks of a flow that is gone: comments, docstrings, messages, and modules that are empty.

Short remarks go, of the others a person is told. It imports what is left over, the flow's roles and below.
"""
