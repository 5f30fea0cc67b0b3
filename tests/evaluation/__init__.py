"""How well Faro understands: sentences that were written for this and not for the lists (``make evaluate``)."""
