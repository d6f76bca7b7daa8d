// Rule 9: by the world's truth, whatever the coordinator was told.
#include <fmt/format.h>

#include <charconv>

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

namespace {

/// A job that was silent a moment ago was found so; the questions and the fence take their time.
constexpr std::chrono::seconds found_silent{10};

/// The operation that a command belongs to; 0: none.
domain::OperationId operationOf(std::string_view stamp) {
    domain::OperationId id = 0;
    const auto slash = std::min(stamp.find('/'), stamp.size());
    const auto read = std::from_chars(stamp.data(), stamp.data() + slash, id);
    return read.ec == std::errc() ? id : 0;
}

}  // namespace

void Invariants::fencesServer(const protocol::CommandStamp& stamp, const std::string& segment,
                              const protocol::SegmentOrder& order) {
    if (!order.owner.empty() || world_.switchOf(world_.serverOf(segment)).ownerOf(segment) != domain::server_member)
        return;
    const auto& server = world_.serverOf(segment);
    const Machine& machine = world_.machines.at(server.name.text());
    const bool was_silent = machine.silent_since != VirtualTime{} && world_.now() < machine.silent_since + found_silent;
    if (!machine.answers(world_.now()) || was_silent) return;
    const auto& operations = world_.diskOf(stamp.instance).operations;
    const auto found = operations.find(operationOf(stamp.operation));
    if (found == operations.end()) return;
    const domain::Operation& failover = *found->second;
    // A fence that was begun goes on, also after a crash: it may be in force.
    const domain::Step* fence = failover.find(domain::StepName::FencePort, server.name.text());
    if (fence != nullptr && fence->attempts > 1) return;
    // A person has asked for it, or has said that it has failed; or the policy believes the report.
    const bool by_person = failover.asked_by.starts_with("operator ") || failover.attempt_from != base::WallTime{};
    if (by_person || server.evidence.policyFor(failover.failure) == domain::EvidencePolicy::Trap) return;
    breach(9, stamp.operation, fmt::format("server '{}' is fenced, and its job answers", server.name.text()));
}

}  // namespace standin::simulation
