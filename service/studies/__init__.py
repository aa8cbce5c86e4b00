"""Clinical studies: read from the registry's files, and held beside what is known of her.

Never says that she is eligible: only which criteria are met, not met, or for her doctor to say.
"""
