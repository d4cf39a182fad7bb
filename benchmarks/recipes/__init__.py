"""What `recipe.py` weighs: the network with switches, its batches, the variants."""
