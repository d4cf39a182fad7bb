"""Drawing music: colours, geometry, the roll and its kin."""
