#pragma once

#include <string>

namespace standin::hypervisor {

/// QEMU's own output since its last start, from the text of a domain's log: its last lines, without libvirt's lines,
/// the command line and register dumps; printable, bounded, joined by `; `. Empty if there is none.
std::string lastWordsOf(const std::string& log);

/// The first lines of what QEMU wrote to its standard error.
std::string wordsOf(const std::string& errors);

/// As lastWordsOf(), from the log that libvirt keeps for the domain in `directory`; empty if it cannot be read.
std::string qemuLastWords(const std::string& directory, const std::string& domain);

}  // namespace standin::hypervisor
