#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace standin::tests {

/// A job as a client sees it: reached from a network namespace.
struct AskedJob {
    std::string network_namespace;  ///< as under /run/netns
    std::string address;
    std::uint16_t port = 0;
    std::string path;
};

struct FirstAnswer {
    std::chrono::system_clock::time_point at{};
    unsigned attempts = 0;
};

/// Moves this thread into the namespace. Throws std::system_error.
void enterNamespace(const std::string& name);

/// Begins a connection every `every` until one is established, asks on it and waits; begins anew if nothing comes. The
/// moment of the first answer with status 200 is known to the grain of `every`. Throws std::runtime_error when there is
/// none within `patience`.
FirstAnswer askUntilAnswered(const AskedJob& job, std::chrono::microseconds every, std::chrono::milliseconds patience);

}  // namespace standin::tests
