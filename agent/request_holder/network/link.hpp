#pragma once

#include <netinet/in.h>

#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::request_holder {

/// The state of an interface in the calling thread's network namespace. No processes are started.
struct Link {
    bool present = false;
    bool up = false;                     ///< administratively up
    bool carrier = false;                ///< the other end is up
    std::vector<std::string> addresses;  ///< IPv4, `10.77.1.10/24`

    static Link observe(const std::string& interface);
};

/// Switches transmit checksum offload off if the interface is a veth. Otherwise frames of a namespace would reach
/// virtual machines through a user-space switch without valid checksums.
void fillInChecksums(const std::string& interface);

/// Kernel settings of the calling thread's network namespace; legs work without them, but less well. Returns the names
/// of those that could not be set.
std::vector<std::string> tuneNamespace(const std::string& interface);

/// Forgets the MAC of `address` (RTM_DELNEIGH), so that the next packet resolves it again; no effect if it was not
/// known.
void forgetNeighbour(const std::string& interface, in_addr address);

}  // namespace standin::request_holder
