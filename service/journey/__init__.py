"""The journey: what was diagnosed, what happens along the way, and her calendar's address."""
