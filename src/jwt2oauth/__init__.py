"""Find Adobe's Service Account (JWT) credential in code and rewrite it to OAuth Server-to-Server."""

__version__ = "0.1.0"
