#include "coordinator/engine/leadership.hpp"

#include <fmt/format.h>

namespace standin::engine {

void Leadership::depose(const std::string& why) {
    if (!leads_->exchange(false)) return;
    const auto sentence = fmt::format(
        "this coordinator (epoch {}) has stopped deciding: {}; if no other coordinator is there, because this one's "
        "journal comes from a backup, see 'A journal from a backup' in coordinator/README.md",
        leader_.epoch, why);
    context_.log.error("{}", sentence);
    context_.board.setProblem(sentence);
    drop_({base::ErrorCode::StaleEpoch, sentence});
    context_.notify(drivers::Notification::Kind::NeedsOperator, {}, sentence);
}

base::Error Leadership::problem() const {
    const auto known = context_.board.problem();
    if (!leads()) return {base::ErrorCode::StaleEpoch, known};
    return {base::ErrorCode::Internal,
            known + "; what was asked for is kept, and done once the journal can be written"};
}

}  // namespace standin::engine
