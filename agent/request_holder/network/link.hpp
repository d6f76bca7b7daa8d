#pragma once

#include <netinet/in.h>

#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::request_holder {

/// An interface as the kernel shows it in the calling thread's network namespace. No processes are started here.
struct Link {
    bool present = false;
    bool up = false;                     ///< switched on
    bool carrier = false;                ///< and the other end is there
    std::vector<std::string> addresses;  ///< IPv4, `10.77.1.10/24`

    static Link observe(const std::string& interface);
};

/// Switches transmit checksum offload off if the interface is a veth: frames of a namespace reach virtual machines
/// through a user space switch with checksums that nobody ever filled in otherwise.
void fillInChecksums(const std::string& interface);

/// Kernel settings of the calling thread's network namespace, without which legs work, but less well. The names of
/// those that could not be set are returned.
std::vector<std::string> tuneNamespace(const std::string& interface);

/// Forgets the MAC of `address` (RTM_DELNEIGH), so that the next packet asks again; nothing happens if it was not
/// known.
void forgetNeighbour(const std::string& interface, in_addr address);

}  // namespace standin::request_holder
