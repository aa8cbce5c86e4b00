"""Panel: what the dashboard lists, kept ready in one row a patient."""
