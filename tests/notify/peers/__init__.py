"""Peers on loopback that speak the providers' protocols, and misbehave on demand."""
