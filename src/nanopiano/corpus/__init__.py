"""From folders of MIDI, or texts, to a packed corpus that a trainer reads with numpy alone."""
