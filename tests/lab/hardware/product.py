"""Standin in the lab: set up by its own playbooks."""


def set_up(programs):
    raise NotImplementedError


def take_down():
    pass
