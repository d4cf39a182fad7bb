"""The parts of the window: places, widgets, mouse and keys."""
