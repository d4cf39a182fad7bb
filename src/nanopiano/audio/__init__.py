"""Sound: a sampled piano, a transport without a clock, an output, and sound files."""
