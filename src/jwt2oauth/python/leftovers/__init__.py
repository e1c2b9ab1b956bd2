"""What a plan leaves lying about: settings that nothing reads, and who may still read them.

Lists of what has to be there, files of configuration and who loads them, constants that several plans
shared. It imports the flow's roles and below.
"""
