#include "coordinator/simulation/world/job_writes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::simulation {

void JobWrites::copied(const std::string& from, const std::string& to) {
    const auto source = disks_.find(from);
    const auto owner = server_of_.find(from);
    if (owner != server_of_.end()) server_of_[to] = owner->second;
    if (source == disks_.end()) {
        disks_.erase(to);
    } else {
        disks_[to] = source->second;
    }
}

const JobWrites::Written& JobWrites::on(const std::string& disk) const {
    static const Written nothing;
    const auto found = disks_.find(disk);
    return found == disks_.end() ? nothing : found->second;
}

bool JobWrites::isGivenUp(const std::string& disk, unsigned number) const {
    const auto server = server_of_.find(disk);
    if (server == server_of_.end()) return false;
    const auto given_up = given_up_.find(server->second);
    return given_up != given_up_.end() && given_up->second.count(number) > 0;
}

JobWrites::Written JobWrites::onlyOn(const std::string& disk, const std::string& except) const {
    Written only;
    const auto server = server_of_.find(disk);
    for (const auto& [number, at] : on(disk)) {
        if (isGivenUp(disk, number)) continue;
        const bool elsewhere = std::any_of(disks_.begin(), disks_.end(), [&, number = number](const auto& other) {
            const auto its = server_of_.find(other.first);
            return other.first != disk && other.first != except && its != server_of_.end() &&
                   its->second == server->second && other.second.count(number) > 0;
        });
        if (!elsewhere) only.emplace(number, at);
    }
    return only;
}

std::map<std::string, JobWrites::Written> JobWrites::missingOn(const std::string& disk,
                                                               const std::string& server) const {
    std::map<std::string, Written> missing;
    const Written& there = on(disk);
    for (const auto& [other, written] : disks_) {
        const auto its = server_of_.find(other);
        if (other == disk || its == server_of_.end() || its->second != server) continue;
        for (const auto& [number, at] : written) {
            if (there.count(number) == 0 && !isGivenUp(other, number)) missing[other].emplace(number, at);
        }
    }
    return missing;
}

void JobWrites::giveUp(const std::string& server) {
    for (const auto& [disk, written] : disks_) {
        const auto its = server_of_.find(disk);
        if (disk == server || its == server_of_.end() || its->second != server) continue;
        for (const auto& [number, at] : written) given_up_[server].insert(number);
    }
}

std::string text(const JobWrites::Written& written) {
    return written.empty() ? "no writes"
                           : fmt::format("{} writes (the first at {})", written.size(), text(written.begin()->second));
}

}  // namespace standin::simulation
