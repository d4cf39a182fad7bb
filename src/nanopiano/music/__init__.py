"""Music as notes on a grid: pieces, rolls, words, and the grammar that the words obey. Needs numpy."""
