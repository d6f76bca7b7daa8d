#pragma once

#include <cstdint>
#include <string>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

enum class HoldState {
    Idle,      ///< takes no new connections; those it carries go on
    Holding,   ///< takes connections and keeps them, in order of arrival (S223)
    Releasing  ///< hands them to the machine behind the back leg in that order (S227); later ones queue behind them
};
const char* nameOf(HoldState state);
base::Result<HoldState> holdStateFrom(const std::string& name);

/// `GET /v1/jobs/{job}`, and the answer to `PUT /v1/jobs/{job}` with body `{"state": …}`.
struct Hold {
    base::JobName job;
    HoldState state = HoldState::Idle;
    bool listening = false;
    std::uint64_t held = 0;  ///< connections not yet handed on
    std::uint64_t held_bytes = 0;
    double oldest_age_ms = 0;
    std::uint64_t proxied = 0;  ///< connections handed on that are still open
    std::uint64_t unanswered =
        0;  ///< of these, those on which the client spoke last, or the job within the last quarter of a second
    std::string counted_since;    ///< when the state last left `idle` (RFC 3339); empty: not since the agent's start.
                                  ///< What follows counts from then
    std::uint64_t delivered = 0;  ///< connections handed on
    std::uint64_t refused = 0;    ///< connections turned away visibly because of a limit
    std::uint64_t broken =
        0;  ///< connections that could not be handed on, or were lost before the first answer, and were closed visibly
    std::uint64_t given_up = 0;  ///< connections that their clients reset while they were held
};
Json toJson(const Hold& hold);
base::Result<Hold> holdFrom(const Json& json);

enum class Leg { Front, Back };

/// `POST /v1/jobs/{job}/probes`: asks the machine behind a leg until it answers or the deadline passes.
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
    std::string problem;  ///< of the last attempt, when not answered
};
Json toJson(const ProbeAnswer& answer);
base::Result<ProbeAnswer> probeAnswerFrom(const Json& json);

}  // namespace standin::protocol
