"""The rules: what Adobe's JWT credential looks like, as data that can be changed without Python.

Every file below ``rules/`` is read into one of the records of this room. Reading (``load``) is strict and is
driven by the annotations of the records alone: an unknown key, a missing key and a value of the wrong
type are a ``RulesError`` that names the file and the dotted key. A field with a default may be left out.

Dotted names in the tables are written as they resolve through the imports (``requests.post``). A call
on an instance is written with the call that made the instance: ``requests.Session().post``.
"""
