"""One module for each command: ABOUT and EXAMPLES for its help, `options` for its parser, `run`."""
