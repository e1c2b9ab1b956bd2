"""What each place is in a flow: key, claims, assertion, form, exchange, reply, and what speaks of Adobe.

An exchange is found from what is sent, from where to, or from what was signed; the trace of a flow is
ordered here. It imports the facts, what resolves backwards and what follows forwards.
"""
