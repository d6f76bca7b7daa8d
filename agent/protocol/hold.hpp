#pragma once

#include <cstdint>
#include <string>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

enum class HoldState {
    Idle,      ///< accepts no new connections; existing ones continue
    Holding,   ///< accepts connections and holds them, in order of arrival (S223)
    Releasing  ///< delivers them to the machine behind the back leg in that order (S227); later ones queue behind them
};
const char* nameOf(HoldState state);
base::Result<HoldState> holdStateFrom(const std::string& name);

/// `GET /v1/jobs/{job}`, and the answer to `PUT /v1/jobs/{job}` with body `{"state": …}`.
struct Hold {
    base::JobName job;
    HoldState state = HoldState::Idle;
    bool listening = false;
    std::uint64_t held = 0;  ///< connections not yet delivered
    std::uint64_t held_bytes = 0;
    double oldest_age_ms = 0;
    std::uint64_t proxied = 0;  ///< delivered connections that are still open
    std::uint64_t unanswered =
        0;  ///< of these, those whose client sent last, or whose job sent within the last quarter of a second
    std::string counted_since;  ///< when the state last left `idle` (RFC 3339); empty: not since the agent's start. The
                                ///< counters below start then
    std::uint64_t delivered = 0;  ///< connections delivered
    std::uint64_t refused = 0;    ///< connections closed visibly because of a limit
    std::uint64_t broken =
        0;  ///< connections closed visibly because they could not be delivered or were lost before the first answer
    std::uint64_t given_up = 0;  ///< connections that their clients reset while they were held
};
Json toJson(const Hold& hold);
base::Result<Hold> holdFrom(const Json& json);

enum class Leg { Front, Back };

/// `POST /v1/jobs/{job}/probes`: probes the machine behind a leg until it answers or the deadline passes.
struct ProbeRequest {
    Leg leg = Leg::Back;
    Probe probe;
    std::uint32_t deadline_ms = 5000;
};
Json toJson(const ProbeRequest& request);
base::Result<ProbeRequest> probeRequestFrom(const Json& json);

struct ProbeAnswer {
    bool answered = false;
    double after_ms = 0;  ///< from the request to the answer
    int status = 0;       ///< HTTP status of the last answer, 0 = none
    std::uint32_t attempts = 0;
    std::string problem;  ///< of the last attempt, if there was no answer
};
Json toJson(const ProbeAnswer& answer);
base::Result<ProbeAnswer> probeAnswerFrom(const Json& json);

}  // namespace standin::protocol
