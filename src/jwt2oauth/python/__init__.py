"""Python source: parsed, followed and rewritten. The packages stand on each other, from the text up.

facts       the text as records: syntax, scopes, modules, values (the only room that knows LibCST)
resolve     backwards: what an expression may stand for
following   forwards: who uses a value, and what may be called without anybody missing it
roles       what each place is in a flow, and the evidence of Adobe
writing     what a plan changes; ``rendering`` makes edits of that
choosing    where a program chooses between the JWT and the OAuth flow
settings    where the scopes come from
request     the form, the address, or Authlib's session
lifetime    milliseconds before, seconds after
sweep       what is dead then; ``leftovers`` is what nothing reads any more, ``prose`` what speaks of it
mocks       the customer's own tests
planning    one plan a flow, or a reason
sdks        libraries that log in by themselves
"""
