"""The four sets of Boulanger-Lewandowski et al. (2012) as our words: reading, learning, scoring (see `poly.py`)."""
