"""Pictures of music, and one day the window. Needs pygame, which greets on standard output unless told not to."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
