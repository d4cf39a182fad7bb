"""What runs beside the window: composing, sound, files."""
