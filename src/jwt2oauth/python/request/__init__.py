"""The request itself: its address, its fields, how they travel, or Authlib's session in its place.

What becomes of a form however it was put together, and what keeps the customer's own client. It imports
the scopes' setting, what is left over and what is told of it, the flow's roles and below.
"""
