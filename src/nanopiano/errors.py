"""What goes wrong, said in one sentence: what, where, the value, what to do next."""


class NanopianoError(Exception):
    """Something failed that the caller did not get wrong (disk full, folder read-only): exit status 1."""

    exit_status = 1


class InputError(NanopianoError):
    """The call or its input is wrong: exit status 2."""

    exit_status = 2
