"""What an attacker sends: whatever the contract allows, bombs, ids of others, and SQL."""
