#include "agent/protocol/command_admission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace standin::protocol {

using base::ErrorCode;
using base::failure;

namespace {

// A lost answer is asked for again within seconds; a coordinator has far fewer commands open.
constexpr std::size_t commands_kept = 1024;
// Beyond that the older half is forgotten: no command is late by so many.
constexpr std::size_t subjects_kept = 4096;

/// One command, however often it comes.
std::string identityOf(const CommandStamp& stamp, const std::string& what) {
    std::string identity = std::to_string(stamp.epoch);
    const std::string sequence = std::to_string(stamp.sequence);
    identity.reserve(identity.size() + sequence.size() + stamp.operation.size() + what.size() + 3);
    identity.append(1, ' ').append(sequence).append(1, ' ').append(stamp.operation).append(1, ' ').append(what);
    return identity;
}

}  // namespace

base::Result<void> CommandAdmission::checkLeader(const CommandStamp& stamp) const {
    if (isDeposed(stamp, leader_)) return failure(ErrorCode::StaleEpoch, deposedText(stamp, leader_));
    return {};
}

CommandAdmission::Decision CommandAdmission::decide(const CommandStamp& stamp, const std::string& subject,
                                                    const std::string& what) {
    if (auto leads = checkLeader(stamp); !leads) return {Verdict::Refused, nullptr, leads.error()};
    std::string identity = identityOf(stamp, what);
    if (const auto same = commands_.find(identity); same != commands_.end()) {
        if (same->second->answer.has_value()) return {Verdict::Answered, same->second};
        if (!same->second->done) return {Verdict::UnderWay, same->second};
    }
    if (const auto newer = newerThan(stamp, subject)) {
        return {Verdict::Refused, nullptr,
                base::Error{ErrorCode::Conflict,
                            fmt::format("command {} ('{}') for '{}' came too late: {} was commanded since",
                                        stamp.sequence, stamp.operation, subject, *newer)}};
    }
    if (subjects_.size() >= subjects_kept) forgetOldSubjects();
    Subject& its = subjects_[subject];
    its.newest = ageOf(stamp);
    if (its.isBusy()) return {Verdict::Waits, its.last};
    its.last = admit(std::move(identity));
    return {Verdict::Admitted, its.last};
}

std::optional<std::uint64_t> CommandAdmission::newerThan(const CommandStamp& stamp, const std::string& subject) const {
    const auto found = subjects_.find(subject);
    if (found == subjects_.end() || found->second.newest <= ageOf(stamp)) return std::nullopt;
    return found->second.newest.second;
}

void CommandAdmission::end(Admitted& command, std::any answer) {
    command.done = true;
    command.answer = std::move(answer);
}

std::shared_ptr<CommandAdmission::Admitted> CommandAdmission::admit(std::string identity) {
    auto command = std::make_shared<Admitted>();
    if (commands_.insert_or_assign(identity, command).second) order_.push_back(std::move(identity));
    while (order_.size() > commands_kept) {
        commands_.erase(order_.front());
        order_.pop_front();
    }
    return command;
}

void CommandAdmission::forgetOldSubjects() {
    std::vector<Age> ages;
    for (const auto& [name, subject] : subjects_) ages.push_back(subject.newest);
    const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
    std::nth_element(ages.begin(), middle, ages.end());
    std::erase_if(subjects_,
                  [&](const auto& entry) { return !entry.second.isBusy() && entry.second.newest <= *middle; });
}

void CommandAdmission::forget() {
    subjects_.clear();
    commands_.clear();
    order_.clear();
}

}  // namespace standin::protocol
