"""The people who answer: accounts, roles, keys, signing in, what they opened.

Here belongs who somebody on the desk is and what they may do. Never here: a page (``bot.desk``), when they are on duty
(``bot.roster``), a request (``bot.tickets``), a private key or passphrase in the clear.

Where what is: ``roles`` decides; ``accounts``, ``enrolment``, ``leaving`` are an account's life; ``signin``, ``passkeys``,
``second_factor``, ``brakes``, ``desk_sessions`` let somebody in; ``own_account`` is what they change themselves; ``keys`` and
``recovery`` are what envelopes are sealed to; ``second_person`` and ``audit`` keep everybody honest; ``locks`` is what the process
secret does here; ``enrolling`` is the browser's part in Python, for the demo and tests.
"""
