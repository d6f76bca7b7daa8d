#include "coordinator/traps/trap_intake.hpp"

#include <fmt/format.h>

#include "agent/base/boundary.hpp"
#include "coordinator/traps/named_server.hpp"

namespace standin::traps {

TrapIntake::TrapIntake(TrapQueue& queue, TrapRules rules, const ServerDirectory& servers, Outlets outlets,
                       const base::Clock& clock, base::Log log)
    : queue_(queue),
      rules_(std::move(rules)),
      servers_(servers),
      outlets_(std::move(outlets)),
      clock_(clock),
      log_(std::move(log)) {}

TrapIntake::~TrapIntake() {
    stop();
}

void TrapIntake::start() {
    worker_.start("trap intake", [this](const auto&) { run(); });
}

void TrapIntake::stop() {
    queue_.close();
    worker_.stop();
}

void TrapIntake::run() {
    while (auto trap = queue_.pop()) {
        const auto source = trap->source;
        const auto done = base::contained([&] { handle(std::move(*trap)); });
        // Not acknowledged; of the others, each has its own turn.
        if (!done && mayLog()) log_.error("a trap from {} could not be handled: {}", source, done.error().message);
    }
}

/// A failure is acknowledged when both have it: the journal (what is returned) and the trap log (what the trap has
/// now).
std::function<void()> TrapIntake::acknowledgedByBoth(Trap& trap) {
    if (trap.acknowledge.empty()) return {};
    struct Both {
        std::atomic<int> missing{2};
        std::vector<std::function<void()>> acknowledge;
    };
    auto both = std::make_shared<Both>();
    both->acknowledge = std::move(trap.acknowledge);
    std::function<void()> one = [both] {
        if (--both->missing != 0) return;
        for (const auto& acknowledge : both->acknowledge) acknowledge();
    };
    trap.acknowledge = {one};
    return one;
}

/// A trap that a test has asked for is a test; the same at any other time is what the rules say.
Verdict TrapIntake::verdictOn(const Trap& trap) const {
    auto verdict = classify(trap, rules_, servers_);
    if (outlets_.tests == nullptr || verdict.grade != Grade::None || !outlets_.tests->mayExpect(trap)) return verdict;
    const auto named = namedServer(trap, {}, servers_);
    if (!named.server || !outlets_.tests->expects(*named.server, trap)) return verdict;
    Verdict test;
    test.server = *named.server;
    test.refusal = named.refusal;
    test.outcome = named.refusal == RefusalKind::None ? Verdict::Outcome::NotAFailure : Verdict::Outcome::Refused;
    test.grade = Grade::Test;
    test.rule = "trap-test";
    test.reason = named.refusal == RefusalKind::None ? "the test trap that was asked for" : "refused: " + named.words;
    return test;
}

void TrapIntake::handle(Trap trap) {
    TrapRecord record{outlets_.trap_log.idFor(trap), {}, trap.arrived_at, verdictOn(trap)};
    const Verdict& verdict = record.verdict;
    if (verdict.outcome == Verdict::Outcome::Failure) {
        outlets_.failure({verdict.server, verdict.kind, fmt::format("{} (trap from {})", verdict.reason, trap.source),
                          record.id, trap.arrived_at, trap.arrived_steady, trap.messages, acknowledgedByBoth(trap)});
        const auto took = std::chrono::nanoseconds(clock_.steady() - trap.arrived_steady).count();
        last_ns_ = took;
        if (took > slowest_ns_) slowest_ns_ = took;  // only this thread writes
        if (mayLog())
            log_.notice("server '{}' has failed: {} kind={} rule={} trap={} source={} count={}", verdict.server.text(),
                        verdict.reason, verdict.kind, verdict.rule, record.id, trap.source, trap.count);
    } else if (verdict.outcome == Verdict::Outcome::UnknownServer) {
        if (mayLog())
            log_.warning("a failure of an unknown server was not acted upon: {} rule={} trap={} source={}",
                         verdict.reason, verdict.rule, record.id, trap.source);
    }
    traps_[static_cast<std::size_t>(verdict.outcome)] += trap.count;
    if (verdict.outcome != Verdict::Outcome::Refused) grades_[static_cast<std::size_t>(verdict.grade)] += trap.count;
    record.trap = std::move(trap);
    if (verdict.outcome != Verdict::Outcome::Failure && outlets_.other) outlets_.other(record);
    outlets_.trap_log.record(std::move(record));
}

bool TrapIntake::mayLog() {
    constexpr unsigned lines_a_second = 20;  // enough for a rack that dies at once, too little to do harm
    const auto now = clock_.steady();
    if (now - log_second_ >= std::chrono::seconds(1)) {
        if (lines_spared_ > 0)
            log_.warning("{} further lines about traps were spared in a storm; the trap log has them", lines_spared_);
        log_second_ = now;
        lines_left_ = lines_a_second;
        lines_spared_ = 0;
    }
    if (lines_left_ == 0) {
        ++lines_spared_;
        return false;
    }
    --lines_left_;
    return true;
}

TrapIntake::Counts TrapIntake::counts() const {
    Counts counts;
    for (std::size_t i = 0; i < traps_.size(); ++i) counts.traps[i] = traps_[i];
    for (std::size_t i = 0; i < grades_.size(); ++i) counts.grades[i] = grades_[i];
    counts.last_to_verdict = std::chrono::nanoseconds(last_ns_);
    counts.slowest_to_verdict = std::chrono::nanoseconds(slowest_ns_);
    return counts;
}

}  // namespace standin::traps
