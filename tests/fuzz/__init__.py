"""Inputs that nobody would write, and what must be true of every one of them."""
