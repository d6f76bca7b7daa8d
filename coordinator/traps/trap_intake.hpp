#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>

#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/base/worker.hpp"
#include "coordinator/traps/classify.hpp"
#include "coordinator/traps/trap_log.hpp"
#include "coordinator/traps/trap_queue.hpp"
#include "coordinator/traps/trap_tests.hpp"

namespace standin::traps {

/// Drains the queue, classifies traps, passes failures to the engine at once, and logs every verdict afterwards
/// (S201–S202). Only failures are passed to the engine.
class TrapIntake {
  public:
    /// The receivers of verdicts. The functions must return at once, because all later traps wait.
    struct Outlets {
        TrapLog& trap_log;
        std::function<void(const FailureReport&)> failure;
        std::function<void(const TrapRecord&)> other{};  ///< all traps that are not failures; may be empty
        const TrapTests* tests = nullptr;                ///< which test traps were asked for; may be null
    };

    struct Counts {
        std::array<std::uint64_t, 6> traps{};                    ///< by Verdict::Outcome, repeats included
        std::array<std::uint64_t, grade_names.size()> grades{};  ///< the same by Grade; refused ones are not among them
        std::chrono::nanoseconds last_to_verdict{};  ///< from the datagram's arrival to the report of the last failure
        std::chrono::nanoseconds slowest_to_verdict{};
    };

    /// `servers` outlives it.
    TrapIntake(TrapQueue& queue, TrapRules rules, const ServerDirectory& servers, Outlets outlets,
               const base::Clock& clock, base::Log log);
    ~TrapIntake();
    TrapIntake(const TrapIntake&) = delete;
    TrapIntake& operator=(const TrapIntake&) = delete;

    void start();
    /// Closes the queue, handles what it holds and joins. Safe to call twice.
    void stop();

    [[nodiscard]] Counts counts() const;
    [[nodiscard]] const TrapRules& rules() const { return rules_; }
    [[nodiscard]] const ServerDirectory& servers() const { return servers_; }

  private:
    void run();
    void handle(Trap trap);
    [[nodiscard]] Verdict verdictOn(const Trap& trap) const;
    static std::function<void()> acknowledgedByBoth(Trap& trap);
    /// False if this second's limit of lines is used up: a storm of traps must not fill the disk through the log.
    bool mayLog();

    TrapQueue& queue_;
    const TrapRules rules_;
    const ServerDirectory& servers_;
    const Outlets outlets_;
    const base::Clock& clock_;
    base::Log log_;
    std::array<std::atomic<std::uint64_t>, 6> traps_{};
    std::array<std::atomic<std::uint64_t>, grade_names.size()> grades_{};
    std::atomic<std::int64_t> last_ns_{0}, slowest_ns_{0};
    base::SteadyTime log_second_{};
    unsigned lines_left_ = 0, lines_spared_ = 0;
    base::Worker worker_;
};

}  // namespace standin::traps
