#include "coordinator/domain/end_note.hpp"

#include <fmt/format.h>

namespace standin::domain {

namespace {

using Level = Note::Level;

std::string headOf(const Operation& failover) {
    return fmt::format("failover {} of server '{}'", failover.id, failover.server.text());
}

Note normalEnd(const Operation& failover, const Server& server, base::WallTime now) {
    return {"end",
            Level::Notice,
            fmt::format("{} has ended normally: {}; {}", headOf(failover), failover.why,
                        dataSentence(server, failover.image_at, now)),
            {}};
}

Note endWithout(const Operation& failover, const Server& server, const std::vector<HeldWrites>& missing,
                base::WallTime now) {
    return {
        "end", Level::Warning,
        fmt::format("{} has ended, and writes are missing: {}; {}; what was written since is on {}", headOf(failover),
                    failover.why, dataSentence(server, failover.image_at, now), sentenceOf(missing)),
        fmt::format("carry over what is needed; then: standinctl operation close {}, which keeps the disk of the "
                    "stand-in",
                    failover.id)};
}

Note abnormalEnd(const Operation& failover, const Server& server, base::WallTime now) {
    std::string sentence = fmt::format("{} failed: {}; {}", headOf(failover), failover.why,
                                       dataSentence(server, failover.stand_in_image_at, now));
    if (const auto missing = missingWrites(failover, server); !missing.empty())
        sentence += "; what was written since is on " + sentenceOf(missing);
    return {"end", Level::Error, std::move(sentence),
            fmt::format("mend or set a spare, then: standinctl operation retry {}", failover.id)};
}

}  // namespace

std::vector<HeldWrites> missingWrites(const Operation& failover, const Server& server) {
    std::vector<HeldWrites> missing;
    if (server.job_data != JobData::Local) return missing;
    const bool on_spare = failover.state == State::Succeeded;
    for (const auto& one : failover.writes) {
        const bool executes = on_spare ? one.by == HeldWrites::By::Spare && one.holder == failover.spare.text()
                                       : one.by == HeldWrites::By::StandIn;
        if (!executes) missing.push_back(one);
    }
    return missing;
}

Note failoverEndNote(const Operation& failover, const Server& server, base::WallTime now) {
    if (failover.state == State::Failed) return abnormalEnd(failover, server, now);
    const auto missing = missingWrites(failover, server);
    return missing.empty() ? normalEnd(failover, server, now) : endWithout(failover, server, missing, now);
}

}  // namespace standin::domain
