"""Where the scopes come from: the setting beside the client id, in the idiom of the code.

Which scopes a flow asks for, where their setting goes, what it is called, and what a person is told. It
imports the flow's roles and below, and what is left of demands for settings.
"""
