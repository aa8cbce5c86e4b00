"""Wellbeing: distress, mood, what weighs on her, and the questionnaires that follow."""
