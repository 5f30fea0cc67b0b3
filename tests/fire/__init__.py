"""Requests under fire: many people ask for a person on duty while web processes, the worker and both stores are killed and started.

    python -m tests.fire --requests 10000            the long form
    pytest tests/test_fire.py                        the short one

Everything is real: two processes ``python -m bot serve``, one ``python -m bot work``, a Valkey that keeps nothing on disk, a
PostgreSQL that waits for its disk, signed webhooks of Twilio over HTTP, delivered again until an answer gets through. Each person
types a note that nobody else types, and afterwards, with the code of the receipt and on a telephone that never wrote before, a
second one; then the envelopes are opened with the key of a person on duty, and each person's two notes have to lie in one ticket.

What may be found
    *lost*          a receipt whose code leads to no request, or no ticket that holds the person's note
    *untrue*        a receipt whose code leads to somebody else's request, a code that two people hold, words that nobody typed
    *doubled*       more than one ticket of a person who never lost the conversation while sending
    *left behind*   no fault: the session store, which keeps nothing on disk, was lost between the request's commit and its
                    receipt, so that the person began anew; the request that they hold no receipt of lapses like any other
"""
