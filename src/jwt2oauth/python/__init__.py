"""Python source: parsed, followed and rewritten. The only room that knows LibCST (``parse.py``)."""
