"""The proof that what is due goes out: real processes, killed; measured where it arrives.

Nothing here believes a counter of ours.  ``provider`` is a push service with its own log,
``worker`` the schedulers as processes, ``people`` who is to be reminded and what is on file.
"""
