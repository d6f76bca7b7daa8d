#!/usr/bin/python3
"""The source's house rules: one handwriting, short files and functions, unique names, complete maps.

usage: house_test.py [--fix]     (--fix: lets clang-format rewrite what it would write otherwise)
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MOST_PARAMETERS = 6  # of a constructor

# One file per directory is called so on purpose.
COMMON_NAMES = {"CMakeLists.txt", "README.md", "main.cpp", "main.yml"}
# What was written before this rule. The list only gets shorter.
LONG_FUNCTIONS = {"verbs"}
# Rules and effects of one thing, and the simulated world's counterparts of a part.
NAMED_TWICE = {"server.hpp", "server.cpp", "coordinator.hpp", "coordinator.cpp", "job_writes.hpp", "job_writes.cpp",
               "image_store.hpp", "image_store.cpp", "moment.hpp", "request_holder.hpp", "request_holder.cpp",
               "drivers.hpp", "detect_event.hpp", "job_watch.hpp", "job_watch.cpp"}


def tracked(*places):
    """Paths of files, from the root; of places, each a directory and perhaps a pattern for names."""
    found = []
    for place in places:
        directory, _, pattern = place.partition(":")
        found += [str(path.relative_to(ROOT)) for path in (ROOT / directory).rglob(pattern or "*") if path.is_file()]
    return sorted(name for name in found if "__pycache__" not in name)


def sources():
    return tracked(*(f"{top}:*.?pp" for top in ("agent", "coordinator", "tests")))


def functions(path):
    """(name, lines) of every function at the outermost level; clang-format puts its braces into the first column."""
    begin, name = None, ""
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        if begin is None:
            if line[:1].isspace() or not line or line[0] in "#/}{" or line.startswith(("namespace", "using", "extern")):
                continue
            begin, name = number, line
        if line.startswith("}") or (line.endswith((";", "}")) and not line[:1].isspace()):
            if line.startswith("}") and "(" in name and not re.match(r"(class|struct|enum|union)\b", name):
                found = re.search(r"([~\w:]+)\(", name)
                yield (found.group(1) if found else name), number - begin + 1
            begin = None


def parameters(text, begin):
    """How many parameters the list has that begins behind the parenthesis before `begin`."""
    depth, count, empty = 1, 1, True
    for place in range(begin, len(text)):
        character = text[place]
        if character in "([{" or character == "<" and text[place - 1] != "<":
            depth += 1
        elif character in ")]}" or character == ">" and text[place - 1] != "-":
            depth -= 1
        if depth == 0:
            break
        count += character == "," and depth == 1
        empty = empty and character.isspace()
    return 0 if empty else count


def constructors(path):
    """(class, number of parameters) of every constructor that the file declares in a class."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", (ROOT / path).read_text(), flags=re.S)
    classes = set(re.findall(r"\b(?:class|struct)\s+(?:\w+::)*(\w+)[^;{}()]*\{", text))
    for found in re.finditer(r"^\s+(?:explicit |constexpr )*(\w+)\(", text, re.M):
        if found.group(1) in classes:
            yield found.group(1), parameters(text, found.end())


class House(unittest.TestCase):
    def test_one_handwriting(self):
        checked = subprocess.run(["clang-format", "--dry-run", *sources()], cwd=ROOT, capture_output=True, text=True,
                                 check=True)
        wrong = sorted(set(re.findall(r"^([^:\s]+):\d+:\d+: warning", checked.stderr, re.M)))
        self.assertEqual(wrong, [], "not as clang-format writes it; run tests/unit/house/house_test.py --fix")

    def test_files_are_short(self):
        long = {name: length for name in sources()
                if (length := len((ROOT / name).read_text().splitlines())) > LONGEST_FILE}
        self.assertEqual(long, {}, f"longer than {LONGEST_FILE} lines")

    def test_functions_are_short(self):
        long = {f"{path}: {name}": length for path in sources() if path.startswith(("agent/", "coordinator/"))
                for name, length in functions(path) if length > LONGEST_FUNCTION and name not in LONG_FUNCTIONS}
        self.assertEqual(long, {}, f"longer than {LONGEST_FUNCTION} lines")

    def test_constructors_have_few_parameters(self):
        """Many parameters are parts of something that has no name yet."""
        many = {f"{path}: {name}": count for path in sources() if path.startswith(("agent/", "coordinator/"))
                for name, count in constructors(path) if count > MOST_PARAMETERS}
        self.assertEqual(many, {}, f"more than {MOST_PARAMETERS} parameters")

    def test_file_names_are_unique(self):
        """Who knows a file's name finds it: an editor's 'open file' has one answer."""
        places = collections.defaultdict(list)
        for name in tracked("agent", "coordinator"):
            path = pathlib.PurePath(name)
            if path.name not in COMMON_NAMES | NAMED_TWICE:
                places[path.name].append(name)
        self.assertEqual([found for found in places.values() if len(found) > 1], [])

    def test_programs_may_be_run(self):
        """What begins with its interpreter is run as its usage line says. Ansible runs modules by itself."""
        lacking = [name for name in tracked("tests", "playbooks", "roles") if "/modules/" not in name and
                   not os.access(ROOT / name, os.X_OK) and (ROOT / name).open("rb").read(2) == b"#!"]
        self.assertEqual(lacking, [], "without a run bit: chmod +x")

    def test_maps_are_complete(self):
        for top in ("agent", "coordinator", "tests"):
            directories = {pathlib.PurePath(name).parts[1] for name in tracked(top) if len(pathlib.PurePath(name).parts) > 2}
            readme = (ROOT / "README.md").read_text()
            if (ROOT / top / "README.md").exists():
                readme += (ROOT / top / "README.md").read_text()
            missing = sorted(name for name in directories if f"`{name}/`" not in readme and f"`{top}/{name}/`" not in readme)
            self.assertEqual(missing, [], f"not in the map of {top}/README.md or README.md")


if __name__ == "__main__":
    if "--fix" in sys.argv:
        subprocess.run(["clang-format", "-i", *sources()], cwd=ROOT, check=True)
    else:
        unittest.main()
