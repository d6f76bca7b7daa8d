"""What is wrong with a site, each with the inventory's file, the variable and the cure."""

import difflib

from . import keys

_WORDS = {"standin_servers": "server", "standin_spares": "spare", "standin_coordinators": "coordinator",
          **{group: word for group, (_, _, word) in keys.PARTS.items()}}


class Complaints:
    """Collects them; each is said once."""

    def __init__(self, site):
        self.site = site
        self._lines = {}    # what is said of hosts: their names
        self._others = {}   # an ordered set

    def add(self, host, variable, what, cure):
        line = (self.site.place(host, variable), variable, self.word(host), what, cure)
        self._lines.setdefault(line, {})[host] = None

    def add_finding(self, host, variable, what):
        """What a daemon says of it; its sentence has the cure."""
        line = (self.site.place(host, variable), variable, self.word(host), None, what)
        self._lines.setdefault(line, {})[host] = None

    def say(self, line):
        self._others[line] = None

    def lines(self):
        return [f"{place}: {variable} of {word} {_listed(hosts)}{': ' if what is None else f' {what}; '}{cure}"
                for (place, variable, word, what, cure), hosts in self._lines.items()] + list(self._others)

    def word(self, host):
        return next((word for group, word in _WORDS.items() if host in self.site.members(group)), "host")


def nearest(name, known):
    """How a cure names the known word that a misspelt one is nearest to."""
    found = difflib.get_close_matches(name, sorted(known), 1)
    return f"did you mean {found[0]}?" if found else f"known are {', '.join(sorted(known))}"


def _listed(hosts):
    first = ", ".join(f"'{host}'" for host in list(hosts)[:3])
    return first + (f" and {len(hosts) - 3} more" if len(hosts) > 3 else "")
