#pragma once

#include <cstdint>
#include <string>

#include "agent/protocol/hold.hpp"

namespace standin::request_holder {

/// Counted since the agent's start.
struct HolderTotals {
    std::uint64_t accepted = 0;         ///< connections accepted on the front leg
    std::uint64_t delivered = 0;        ///< delivered to the job's machine
    std::uint64_t refused = 0;          ///< refused because of a limit
    std::uint64_t over_age = 0;         ///< closed because no machine could process them in time
    std::uint64_t given_up = 0;         ///< reset by their clients while held
    std::uint64_t broken = 0;           ///< delivered, then lost before the job had answered anything
    std::uint64_t attempts_failed = 0;  ///< to connect to the job's machine
    std::uint64_t http_answered = 0;    ///< requests whose answers were passed on completely
    std::uint64_t http_malformed = 0;   ///< requests refused because of what they were
    std::uint64_t http_sent_again = 0;  ///< safe requests that were sent to another machine as well
    std::uint64_t bytes_to_job = 0;
    std::uint64_t bytes_to_client = 0;
};

struct HolderStatus {
    protocol::Hold hold;
    HolderTotals totals;
    std::uint64_t accept_failures = 0;  ///< no descriptors or memory left
    std::uint64_t last_arrival = 0;     ///< sequence number in the order of arrival, counted from the agent's start
    std::uint64_t last_delivered = 0;   ///< the greatest that was delivered
    std::uint64_t window = 0;           ///< how many of what was held may be under way at once
    std::string problem;                ///< of the current delivery; empty if there is none
};

}  // namespace standin::request_holder
