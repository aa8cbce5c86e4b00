"""The contract as strangers use it: linted, compared, and turned into clients that work."""
