#include "coordinator/engine/steps/guest_probe.hpp"

#include <fmt/format.h>

#include "coordinator/engine/steps/segment_orders.hpp"

namespace standin::engine::steps {

using namespace std::chrono_literals;
using protocol::StandInState;

namespace {

// A stand-in that was suspended answers within some tens of milliseconds; one that boots, within a minute.
constexpr std::chrono::milliseconds first_look = 200ms;
constexpr std::chrono::milliseconds longest_look = 1000ms;
constexpr std::chrono::milliseconds agent_answers_within = 1000ms;
constexpr std::chrono::milliseconds way_back = 1000ms;  // of the holder's answer

base::Result<protocol::ProbeAnswer> askJob(const StepContext& context, std::chrono::milliseconds look,
                                           std::chrono::milliseconds left) {
    const auto& server = context.server();
    auto driver = driverOf(context.drivers.holders, server.request_holder);
    if (!driver) return base::failure(driver.error());
    protocol::ProbeRequest request;
    request.leg = protocol::Leg::Back;
    request.probe = server.probe;
    request.deadline_ms = static_cast<std::uint32_t>(std::max<std::int64_t>(look.count(), 10));
    // A slow holder has all the time that there is, as it had if it were asked once.
    return (*driver)->probe(server.job(), request, left + way_back);
}

}  // namespace

std::string whyStopped(const StepContext& context, const base::StandInName& stand_in) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return "";
    const auto told =
        (*driver)->standIn(stand_in, std::min<drivers::Deadline>(agent_answers_within, context.remaining()));
    if (!told) {
        if (told.error().code != base::ErrorCode::NotFound) return "";
        return fmt::format("stand-in '{}' does not exist any more", stand_in.text());
    }
    switch (told->state) {
        case StandInState::Running:
        case StandInState::Making:
        case StandInState::Unknown:
            return "";
        default:
            return fmt::format("stand-in '{}' is {}{}{}", stand_in.text(), protocol::nameOf(told->state),
                               told->problem.empty() ? "" : ": ", told->problem);
    }
}

GuestProbe probeGuest(const StepContext& context, const base::StandInName& stand_in,
                      std::chrono::milliseconds patience) {
    const auto until = context.clock.steady() + patience;
    for (auto look = first_look;; look = std::min(2 * look, longest_look)) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - context.clock.steady());
        GuestProbe probed{askJob(context, std::min(look, left), left), {}};
        if (probed.answer && probed.answer->answered) return probed;
        probed.stopped = whyStopped(context, stand_in);
        if (!probed.answer || !probed.stopped.empty() || context.clock.steady() >= until) return probed;
    }
}

}  // namespace standin::engine::steps
