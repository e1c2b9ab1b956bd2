"""The files of a tree: which there are, which are ours to look at, and which of them hold a word.

The walk, what git says of it, and the search of many files at once, with what is remembered of both. It
imports the nouns and single files, and knows nothing of programs or rules.
"""
