"""Notices: what the network answers to everybody, such as "this rumour is not true" and "this is what we changed".

Here belong their table, checking what is published, and the snapshot that conversations read. Never here: an answer to one
person, a page of the desk.
"""
