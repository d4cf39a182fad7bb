"""What composes: the shape of the network, its weights on disk, the engine, sampling. Never imports torch."""
