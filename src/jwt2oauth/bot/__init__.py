"""The bot for pull requests: the only room with a network."""
