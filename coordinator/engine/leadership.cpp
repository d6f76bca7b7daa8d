// Who leads: when another coordinator does, this one has to keep its hands off.
#include <fmt/format.h>

#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

void Conductor::depose(const std::string& why) {
    if (!leads_->exchange(false)) return;
    const auto problem = fmt::format(
        "this coordinator (epoch {}) has stopped deciding: {}; if no other coordinator is there, because this one's "
        "journal comes from a backup, see 'A journal from a backup' in coordinator/README.md",
        leader_.epoch, why);
    log_.error("{}", problem);
    board_.setProblem(problem);
    touched_.clear();
    dirty_.clear();
    starts_.clear();
    timers_.clear();
    attempts_.clear();
    claims_.clear();
    lines_.clear();
    published_.clear();
    flush_at_.reset();
    must_commit_ = false;
    for (const auto& input : std::exchange(first_look_, {}).reports) {
        if (input.reply) input.reply(base::failure(base::ErrorCode::StaleEpoch, problem));
    }
    abandonReturns({base::ErrorCode::StaleEpoch, problem});
    drivers_.notifier->notify({drivers::Notification::Kind::NeedsOperator, {}, {}, problem});
}

base::Result<void> Conductor::refused() const {
    if (!leads()) return base::failure(base::ErrorCode::StaleEpoch, board_.problem());
    return base::failure(base::ErrorCode::Internal,
                         board_.problem() + "; what was asked for is kept, and done once the journal can be written");
}

/// Requests that are dropped are answered by their senders' end.
void Conductor::turnAway(const std::vector<Input>& inputs) const {
    for (const auto& input : inputs) {
        const auto* report = std::get_if<ReportInput>(&input);
        if (report != nullptr && report->reply) report->reply(base::failure(refused().error()));
    }
}

}  // namespace standin::engine
