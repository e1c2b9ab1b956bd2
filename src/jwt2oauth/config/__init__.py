"""Everything that is no program: configuration files, their values and where those stand."""
