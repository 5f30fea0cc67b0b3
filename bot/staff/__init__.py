"""The people who answer: accounts, roles, keys, signing in, what they opened.

Here belongs who somebody on the desk is and what they may do. Never here: a page (``bot.desk``), when they are on duty
(``bot.roster``), a request (``bot.tickets``), a private key or passphrase in the clear.
"""
