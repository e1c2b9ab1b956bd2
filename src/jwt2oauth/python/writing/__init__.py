"""What a plan changes: records that go, are replaced or come, and small edits of literals and lines.

Where a new import goes, and how a name leaves a docstring or a text of words. It imports the facts; how
changes become text is in ``rendering``.
"""
