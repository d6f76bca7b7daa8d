#pragma once

#include <cstdint>

#include "agent/base/clock.hpp"

namespace standin::request_holder::http_mode {

using base::Milliseconds;

struct MessageLimits {
    std::uint32_t header_bytes = 32U << 10;
    std::uint64_t body_bytes = 0;  ///< 0: no limit
};

/// Limits of the ports in `http` mode.
struct HttpLimits {
    MessageLimits message;
    Milliseconds header_wait{10'000};   ///< from a request's first byte to the end of its header
    Milliseconds body_wait{30'000};     ///< without another byte of a body
    Milliseconds idle{60'000};          ///< between two requests
    Milliseconds answer_wait{600'000};  ///< without another byte of an answer that is due
    Milliseconds retry_after{1'000};    ///< told to clients that get 503
};

}  // namespace standin::request_holder::http_mode
