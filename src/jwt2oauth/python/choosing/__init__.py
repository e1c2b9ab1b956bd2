"""Where a program chooses between the JWT and the OAuth flow, and how the JWT side goes.

Conditions, whose choice they are, what holds wherever a place is reached, and how branches collapse. It
imports the flow's roles and below.
"""
