"""What follows from what she logs: her picture, the rules over it, and what they lead to.

``records`` is what a picture is made of, ``picture`` the facts a rule may know, ``rules`` the
language.  All three are pure: they read neither the clock nor the database.
"""
