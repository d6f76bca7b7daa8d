#pragma once

#include <string>

namespace standin::hypervisor {

/// What QEMU itself has said since its last start, from the text of a domain's log: its last lines, without libvirt's
/// own, the command line and dumps of registers; printable, bounded, `; ` between them. Empty if it has said nothing.
std::string lastWordsOf(const std::string& log);

/// Of what QEMU has written to its standard error: the first lines instead of the last.
std::string wordsOf(const std::string& errors);

/// The same from the log that libvirt keeps for the domain in `directory`; empty if it can't be read.
std::string qemuLastWords(const std::string& directory, const std::string& domain);

}  // namespace standin::hypervisor
