"""One file of a program, and all of them: text in, small records without nodes of LibCST out.

Parsing and its processes, what is bound where, which module a name leads to, and the symbolic values that
an expression may have. It imports no other package of this room, and is the only one that knows LibCST.
"""
