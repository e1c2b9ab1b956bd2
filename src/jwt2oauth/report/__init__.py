"""One file a format; every format is a function of the report."""
