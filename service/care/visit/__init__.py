"""The two-minute page before a visit: what matters to her, what got worse, what was done.

``page`` puts it together: ``loading`` asks the database; ``hers``, ``symptoms``, ``alerts``,
``treatments`` and ``wellbeing`` turn what it found into lines, in the words of ``words``;
``drawing`` draws and ``pdf`` prints.  Every line stands on records and says which.
"""
