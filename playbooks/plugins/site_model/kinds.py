"""What values of each kind look like."""

import ipaddress
import re


def _is_address(text):
    try:
        ipaddress.ip_address(text)
        return True
    except ValueError:
        return False


def _is_network(text):
    try:
        interface = ipaddress.IPv4Interface(text)
    except ValueError:
        return False
    return "/" in text and interface.ip not in (interface.network.network_address, interface.network.broadcast_address)


def _matches(pattern):
    return lambda value: re.fullmatch(pattern, str(value)) is not None


def _is_range(value):
    found = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,4})", str(value))
    return bool(found) and 1 <= int(found[1]) <= int(found[2]) <= 4094


def _is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


# kind: (what a value must be, in words, and whether it is)
KINDS = {
    "text": ("a text", lambda value: isinstance(value, (str, int))),
    "secret": ("a text", lambda value: isinstance(value, (str, int))),
    "name": ("a name of 1 to 63 letters, digits and ._@-", _matches(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")),
    "agent": ("an agent's name", _matches(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")),
    "mac": ("a MAC address in quotes", _matches(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")),
    "path": ("an absolute path", _matches(r"/.*")),
    "address": ("an IP address", lambda value: _is_address(str(value))),
    "network": ("a machine's IPv4 address with the length of its network's prefix", lambda value: _is_network(str(value))),
    "vlan": ("a VLAN from 1 to 4094", lambda value: _is_number(value) and 1 <= value <= 4094),
    "range": ("a range of VLANs", _is_range),
    "number": ("a whole number of at least 0", lambda value: _is_number(value) and value >= 0),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "duration": ("a duration with its unit", _matches(r"[0-9]+ *(ms|s|min|h|d)")),
    "size": ("a size with its unit", _matches(r"[0-9]+ *(B|KiB|MiB|GiB|TiB)")),
    "policy": ("port or power", _matches("port|power")),
    "map": ("a mapping", lambda value: isinstance(value, dict)),
    "list": ("a list of texts", lambda value: isinstance(value, list) and all(isinstance(each, (str, int)) for each in value)),
    "maps": ("a list of mappings", lambda value: isinstance(value, list) and all(isinstance(each, dict) for each in value)),
}

# The same for the types of argument_specs, of lists with their elements'.
TYPES = {
    "dict": KINDS["map"],
    "list": ("a list", lambda value: isinstance(value, list)),
    "list of str": KINDS["list"],
    "list of dict": KINDS["maps"],
    "int": ("a whole number", _matches("-?[0-9]+")),
    "bool": ("true or false", lambda value: str(value).lower() in ("true", "false", "yes", "no", "1", "0", "on", "off")),
    "str": ("a text", lambda value: not isinstance(value, (dict, list))),
    "path": ("a path", lambda value: isinstance(value, str)),
}

_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


def size_of(text):
    """In bytes; None for what is no size."""
    found = re.fullmatch(r"([0-9]+) *(B|KiB|MiB|GiB|TiB)", str(text))
    return int(found[1]) * _UNITS[found[2]] if found else None


def range_of(text):
    first, last = str(text).split("-")
    return range(int(first), int(last) + 1)
