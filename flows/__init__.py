"""The conversation: what is said next. Pure: no I/O, no clock, no chance, nothing of ``bot``."""
