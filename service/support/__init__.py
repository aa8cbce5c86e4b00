"""Support: whom she can turn to, and what came of asking."""
