#include "coordinator/domain/job_writes.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/named.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

namespace {

using By = HeldWrites::By;

constexpr Names<By, 3> holders{{{By::Server, "server"}, {By::StandIn, "stand_in"}, {By::Spare, "spare"}}};

const char* wordFor(By by) {
    switch (by) {
        case By::Server:
            return "server";
        case By::StandIn:
            return "stand-in";
        case By::Spare:
            return "spare";
    }
    return "machine";
}

std::string counted(long long number, const char* noun) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

HeldWrites* find(Operation& operation, By by, const std::string& holder) {
    const auto found = std::find_if(operation.writes.begin(), operation.writes.end(),
                                    [&](const HeldWrites& one) { return one.by == by && one.holder == holder; });
    return found == operation.writes.end() ? nullptr : &*found;
}

/// It may execute the job from now on, once more perhaps.
void begins(Operation& operation, By by, const std::string& holder, base::WallTime now) {
    if (auto* known = find(operation, by, holder)) {
        known->until = {};
        return;
    }
    operation.writes.push_back({by, holder, now, {}, false});
}

void ends(Operation& operation, By by, const std::string& holder, base::WallTime now) {
    auto* known = find(operation, by, holder);
    if (known != nullptr && known->until == base::WallTime{}) known->until = now;
}

/// What the server wrote before the older one of both images is in them.
base::WallTime olderImage(const Operation& operation) {
    if (operation.stand_in_image_at == base::WallTime{}) return operation.image_at;
    if (operation.image_at == base::WallTime{}) return operation.stand_in_image_at;
    return std::min(operation.image_at, operation.stand_in_image_at);
}

}  // namespace

std::string_view nameOf(By by) {
    return nameIn(holders, by);
}
std::optional<By> holderFrom(std::string_view name) {
    return valueIn(holders, name);
}

std::string durationText(base::WallTime::duration age) {
    using namespace std::chrono;
    if (age >= hours(48)) return counted(duration_cast<days>(age).count(), "day");
    if (age >= hours(1)) return counted(duration_cast<hours>(age).count(), "hour");
    if (age >= minutes(1)) return counted(duration_cast<minutes>(age).count(), "minute");
    return "less than a minute";
}

std::string agoText(base::WallTime at, base::WallTime now) {
    return at == base::WallTime{} ? "of an unknown age" : fmt::format("of {} ago", durationText(now - at));
}

std::string momentText(base::WallTime time) {
    return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string sentenceOf(const std::vector<HeldWrites>& writes) {
    std::string sentence;
    for (const auto& one : writes) {
        if (!sentence.empty()) sentence += ", ";
        sentence += one.holder.empty() ? fmt::format("a {}", wordFor(one.by))
                                       : fmt::format("{} '{}'", wordFor(one.by), one.holder);
        const std::string from = one.from == base::WallTime{} ? "" : " from " + momentText(one.from);
        const std::string until = one.until == base::WallTime{} ? " on" : " to " + momentText(one.until);
        if (!from.empty() || one.until != base::WallTime{})
            sentence += fmt::format(" (written{}{})", from, from.empty() ? " up" + until : until);
    }
    return sentence;
}

void noteWrites(Operation& operation, const Change& change, base::WallTime now) {
    if (operation.kind != OperationKind::Failover) return;
    const bool never_fenced = change.event == Event::OperatorRetries && operation.writes.empty();
    if (change.event == Event::FailureConfirmed || never_fenced) {
        operation.writes = {{By::Server, operation.server.text(), olderImage(operation), operation.failure_at, false}};
        return;
    }
    switch (change.to) {
        case State::GivingSegment:  // a stand-in that was ordered to have the segment may have it
            begins(operation, By::StandIn, operation.stand_in.text(), now);
            break;
        case State::ReleasingRequests:
            ends(operation, By::StandIn, operation.stand_in.text(), now);
            begins(operation, By::Spare, operation.spare.text(), now);
            break;
        case State::ColdGivingSegment:
            begins(operation, By::Spare, operation.spare.text(), now);
            break;
        case State::ColdPreparingSpare:
            ends(operation, By::StandIn, operation.stand_in.text(), now);
            break;
        default:
            break;
    }
}

bool keepsStandIn(const Operation& failover, const Server& server) {
    if (server.job_data != JobData::Local || failover.discard_data || failover.stand_in.empty()) return false;
    return std::any_of(failover.writes.begin(), failover.writes.end(), [&](const HeldWrites& one) {
        return one.by == By::StandIn && one.holder == failover.stand_in.text() && !one.given_up;
    });
}

std::string dataSentence(const Server& server, base::WallTime image_at, base::WallTime now) {
    const std::string ago = agoText(image_at, now);
    switch (server.job_data) {
        case JobData::Local:
            return fmt::format("it goes on with its data {}", ago);
        case JobData::Shared:
            return fmt::format("its system is {}, its data are shared", ago);
        case JobData::None:
            return fmt::format("its system is {}", ago);
    }
    return {};
}

}  // namespace standin::domain
