#include "coordinator/traps/degraded_conditions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/base/durable_file.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::traps {

namespace {

base::WallTime fromMicroseconds(std::int64_t since_1970) {
    return base::WallTime(std::chrono::duration_cast<base::WallTime::duration>(std::chrono::microseconds(since_1970)));
}

nlohmann::json kept(const base::ServerName& server, const DegradedCondition& condition) {
    return {{"server", server.text()},
            {"name", condition.key.name},
            {"parts", condition.key.parts},
            {"reason", condition.reason},
            {"rule", condition.rule},
            {"trap", condition.trap_id},
            {"since_us", base::microsecondsSince1970(condition.since)},
            {"last_us", base::microsecondsSince1970(condition.last)},
            {"count", condition.count}};
}

DegradedCondition conditionFrom(const nlohmann::json& written) {
    DegradedCondition condition;
    condition.key.name = written.at("name").get<std::string>();
    condition.key.parts = written.at("parts").get<decltype(condition.key.parts)>();
    condition.reason = written.at("reason").get<std::string>();
    condition.rule = written.at("rule").get<std::string>();
    condition.trap_id = written.at("trap").get<std::uint64_t>();
    condition.since = fromMicroseconds(written.at("since_us").get<std::int64_t>());
    condition.last = fromMicroseconds(written.at("last_us").get<std::int64_t>());
    condition.count = written.at("count").get<std::uint64_t>();
    return condition;
}

}  // namespace

DegradedConditions::DegradedConditions(std::string file, Tell tell) : file_(std::move(file)), tell_(std::move(tell)) {}

base::Result<void> DegradedConditions::load() {
    const auto lost = [&](const std::string& why) {
        return base::failure(
            base::ErrorCode::Corrupt,
            fmt::format("{}: what was degraded before is not shown any more; the trap log has it", why));
    };
    auto text = base::readWhole(file_);
    if (!text && text.error().code == base::ErrorCode::NotFound) return {};
    if (!text) return lost(text.error().message);
    try {
        std::map<base::ServerName, std::vector<DegradedCondition>> read;
        const auto whole = nlohmann::json::parse(*text);
        for (const auto& one : whole.at("conditions")) {
            auto server = base::ServerName::parse(one.at("server").get<std::string>());
            if (server) read[*server].push_back(conditionFrom(one));
        }
        const std::lock_guard lock(mutex_);
        open_ = std::move(read);
        return {};
    } catch (const nlohmann::json::exception&) {
        return lost(fmt::format("'{}' is damaged", file_));
    }
}

base::Result<void> DegradedConditions::save() {
    std::unique_lock lock(mutex_);
    if (!changed_) return {};
    changed_ = false;
    const auto text = protocol::indentedJsonText(written()) + "\n";
    lock.unlock();
    auto done = base::writeDurably(file_, text);
    if (done) return {};
    lock.lock();
    changed_ = true;
    return done;
}

nlohmann::json DegradedConditions::written() const {
    auto conditions = nlohmann::json::array();
    for (const auto& [server, open] : open_) {
        for (const auto& condition : open) conditions.push_back(kept(server, condition));
    }
    return {{"conditions", std::move(conditions)}};
}

void DegradedConditions::take(const TrapRecord& record) {
    const auto& verdict = record.verdict;
    const auto& trap = record.trap;
    if (verdict.outcome == Verdict::Outcome::Refused) return;
    if (verdict.server.empty() || (verdict.grade != Grade::Degraded && verdict.grade != Grade::Cleared)) return;
    std::unique_lock lock(mutex_);
    const auto known = open_.find(verdict.server);
    if (verdict.grade == Grade::Cleared) {
        if (known == open_.end()) return;
        const auto ended = std::erase_if(
            known->second, [&](const DegradedCondition& one) { return verdict.condition.covers(one.key); });
        changed_ = changed_ || ended > 0;
        return;
    }
    auto& open = open_[verdict.server];
    const auto same = std::find_if(open.begin(), open.end(),
                                   [&](const DegradedCondition& one) { return one.key == verdict.condition; });
    if (same == open.end() && open.size() >= most_of_server) return;
    changed_ = true;
    if (same != open.end()) {
        same->last = record.last_arrived;
        same->count += trap.count;
        return;
    }
    open.push_back(
        {verdict.condition, verdict.reason, verdict.rule, record.id, trap.arrived_at, record.last_arrived, trap.count});
    const DegradedCondition opened = open.back();
    lock.unlock();
    tell_(verdict.server, opened);
}

void DegradedConditions::acknowledge(const base::ServerName& server) {
    const std::lock_guard lock(mutex_);
    changed_ = open_.erase(server) > 0 || changed_;
}

std::vector<DegradedCondition> DegradedConditions::of(const base::ServerName& server) const {
    const std::lock_guard lock(mutex_);
    const auto known = open_.find(server);
    return known == open_.end() ? std::vector<DegradedCondition>{} : known->second;
}

nlohmann::json toJson(const DegradedCondition& condition) {
    return {{"reason", condition.reason},
            {"rule", condition.rule},
            {"trap", condition.trap_id},
            {"since", base::rfc3339(condition.since)},
            {"last", base::rfc3339(condition.last)},
            {"count", condition.count}};
}

}  // namespace standin::traps
