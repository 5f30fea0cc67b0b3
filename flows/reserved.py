"""Words that carriers and providers of SMS keep for themselves (E-8).

Here belong these three sets and nothing else. None of them is ever announced as a word of ours. Twilio acts on them
before or beside us; if a stop-like one reaches us all the same, it means *leave* and gets no reply.
"""

from __future__ import annotations

from typing import Final

#: Twilio's words for "no more messages"; they end the conversation in silence.
STOP_LIKE: Final[frozenset[str]] = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
#: Twilio's words for "who is this?".
HELP_LIKE: Final[frozenset[str]] = frozenset({"HELP", "INFO"})
#: Twilio's words for "messages again". YES is also understood as yes.
START_LIKE: Final[frozenset[str]] = frozenset({"START", "YES", "UNSTOP"})

RESERVED: Final[frozenset[str]] = STOP_LIKE | HELP_LIKE | START_LIKE
