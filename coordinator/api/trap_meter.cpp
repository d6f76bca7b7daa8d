#include "coordinator/api/trap_meter.hpp"

#include <chrono>

#include "agent/http/metrics.hpp"
#include "coordinator/traps/refused_senders.hpp"
#include "coordinator/traps/trap_intake.hpp"
#include "coordinator/traps/trap_listener.hpp"
#include "coordinator/traps/trap_tests.hpp"

namespace standin::api {

using traps::Verdict;

namespace {

double secondsOf(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

void meterVerdicts(http::Metrics& now, const traps::TrapIntake& intake) {
    const auto counts = intake.counts();
    for (std::size_t i = 0; i < counts.traps.size(); ++i) {
        now.set("standin_traps", "traps since the start, by verdict", static_cast<double>(counts.traps[i]),
                {{"verdict", std::string(nameOf(static_cast<Verdict::Outcome>(i)))}});
    }
    for (std::size_t i = 0; i < counts.grades.size(); ++i) {
        now.set("standin_traps_graded", "traps since the start, by grade", static_cast<double>(counts.grades[i]),
                {{"grade", std::string(traps::grade_names.at(i))}});
    }
    now.set("standin_trap_to_verdict_seconds", "from the arrival of the last failure's trap to its verdict",
            secondsOf(counts.last_to_verdict));
    now.set("standin_trap_to_verdict_slowest_seconds", "the slowest verdict on a failure since the start",
            secondsOf(counts.slowest_to_verdict));
}

void meterReception(http::Metrics& now, const traps::TrapListener& listener, const traps::TrapQueue& queue) {
    const auto received = listener.counts();
    now.set("standin_trap_datagrams", "datagrams received since the start", static_cast<double>(received.datagrams));
    now.set("standin_trap_kernel_drops", "datagrams that did not fit into the kernel's buffer",
            static_cast<double>(received.kernel_drops));
    now.set("standin_trap_informs_acknowledged", "informs acknowledged since the start",
            static_cast<double>(received.acknowledged));
    for (const auto& [reason, count] : received.refused) {
        now.set("standin_traps_refused", "datagrams that were not believed, by reason", static_cast<double>(count),
                {{"reason", reason}});
    }
    const auto waiting = queue.counts();
    now.set("standin_trap_queue_depth", "traps that wait for their verdict", static_cast<double>(waiting.depth));
    now.set("standin_trap_queue_deepest", "the most that ever waited", static_cast<double>(waiting.deepest));
    now.set("standin_traps_coalesced", "traps counted on an equal one that waited",
            static_cast<double>(waiting.coalesced));
}

}  // namespace

void meterTraps(http::Metrics& metrics, const traps::TrapListener& listener, const traps::TrapQueue& queue,
                const traps::TrapIntake& intake, const traps::TrapLog& trap_log) {
    metrics.onRender([&](http::Metrics& now) {
        meterReception(now, listener, queue);
        meterVerdicts(now, intake);
        const auto recorded = trap_log.counts();
        now.set("standin_trap_records", "trap records written since the start", static_cast<double>(recorded.recorded));
        now.set("standin_traps_unrecorded", "traps of which no record could be kept",
                static_cast<double>(recorded.unrecorded));
    });
}

void meterTrapPaths(http::Metrics& metrics, const traps::TrapTests& tests, const traps::RefusedSenders& refused) {
    metrics.onRender([&](http::Metrics& now) {
        using State = traps::TrapPathState::State;
        std::size_t deaf = 0;
        for (const auto& [server, path] : tests.all()) {
            const bool is_deaf = path.state == State::Deaf;
            deaf += is_deaf ? 1U : 0U;
            now.set("standin_server_deaf", "1: the last test trap of the server's BMC did not arrive as it must",
                    is_deaf ? 1 : 0, {{"server", server.text()}});
            const auto tested = std::chrono::duration<double>(path.tested_at.time_since_epoch()).count();
            now.set("standin_trap_test_timestamp_seconds", "when the server's trap path was tested last; 0: never",
                    tested, {{"server", server.text()}});
        }
        now.set("standin_deaf_servers", "servers whose last test trap did not arrive as it must",
                static_cast<double>(deaf));
        now.set("standin_trap_senders_refused", "configured senders whose traps start nothing",
                static_cast<double>(refused.present().size()));
    });
}

}  // namespace standin::api
