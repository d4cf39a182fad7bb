"""Music measured: figures of pieces, and how alike two sets of pieces are by them."""
