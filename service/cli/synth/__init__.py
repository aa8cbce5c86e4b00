"""A made-up clinic of any size: believable lives from a seed, and what a clinic made of them."""
