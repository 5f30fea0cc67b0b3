"""The staff surface: its own application, with its own protection.

Here belong pages, their routes and what each role may ask for. Never here: rules about tickets, rosters or accounts (their own
packages), the conversation, a channel, a decrypted contact, note or answer: opening happens in the browser.
"""
