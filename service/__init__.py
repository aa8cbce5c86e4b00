"""Waymark: she reports, it is graded, the right person knows, she hears back.

Start reading at ``app.py``; then follow one report: ``api/symptoms.py``,
``symptoms/actions.py``, ``care/respond.py``, ``alerts/actions.py``.
"""
