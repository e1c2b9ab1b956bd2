"""What the program for libFuzzer can read; the first byte of an input chooses."""

KINDS = ("json", "yaml", "toml", "ini", "env")
MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile", "requirements.txt", "environment.yml")
CHOICES = (*KINDS, *MANIFESTS, "notebook")
