#include "coordinator/domain/adoption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "coordinator/domain/segment_members.hpp"

namespace standin::domain {

namespace {

/// A greater number is not an operation's: operations are numbered one by one.
constexpr OperationId largest_operation = 1'000'000'000'000;

OperationId numberFrom(std::string_view text) {
    OperationId number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = problem == std::errc{} && end == text.data() + text.size();
    return is_number && number <= largest_operation ? number : 0;
}

bool executes(const FoundStandIn& stand_in) {
    return stand_in.state != protocol::StandInState::Suspended && stand_in.state != protocol::StandInState::Stopped &&
           stand_in.state != protocol::StandInState::Kept && stand_in.state != protocol::StandInState::Failed;
}

void contradictionsOf(const std::string& server, const FoundServer& found, std::vector<std::string>& sentences) {
    if (!found.unknown.empty()) {
        sentences.push_back(fmt::format("who executes the job of server '{}' is not known: {}", server, found.unknown));
        return;
    }
    if (found.ordered && found.owner != server_member) {
        sentences.push_back(fmt::format("the segment of server '{}' belongs to {}", server,
                                        found.owner.empty() ? "nobody" : "'" + found.owner.text() + "'"));
    }
    if (found.holds)
        sentences.push_back(fmt::format("the request holder holds requests of server '{}' or hands them on", server));
    for (const auto& stand_in : found.stand_ins) {
        if (found.placement.on == Placement::On::StandIn && found.placement.stand_in == stand_in.name) continue;
        if (!executes(stand_in)) continue;
        sentences.push_back(fmt::format("stand-in '{}' of server '{}' is {}", stand_in.name.text(), server,
                                        protocol::nameOf(stand_in.state)));
    }
}

}  // namespace

std::string namesOf(const std::set<base::ServerName>& servers) {
    std::string names;
    for (const auto& server : servers) names += (names.empty() ? "" : ", ") + server.text();
    return names;
}

std::string observedOnly(const Adoption& adoption, const base::ServerName& server) {
    return adoption.observing
               ? fmt::format(
                     "this coordinator's journal is new, so it observes only and changes nothing until an "
                     "operator has seen what it found and agreed: standinctl adopt")
               : fmt::format(
                     "who executes the job of server '{}' was not known when this coordinator's new journal "
                     "was adopted, so the server is only observed: standinctl adopt",
                     server.text());
}

std::vector<std::string> contradictionsIn(const SiteFinding& finding, const Adoption& adoption) {
    std::vector<std::string> sentences;
    for (const auto& [agent, why] : finding.silent)
        sentences.push_back(fmt::format("agent '{}' does not say all that it knows: {}", agent.text(), why));
    if (adoption.observing && finding.epoch > 0) {
        sentences.push_back(fmt::format(
            "agents have obeyed a coordinator before, up to epoch {}: this coordinator's journal is not the site's "
            "first one; be certain that no other coordinator runs",
            finding.epoch));
    }
    for (const auto& [server, found] : finding.servers) {
        if (adoption.observes(server)) contradictionsOf(server.text(), found, sentences);
    }
    for (const auto& [spare, segment] : finding.strangers) {
        sentences.push_back(
            fmt::format("spare '{}' serves segment '{}', which is no configured server's", spare.text(), segment));
    }
    for (const auto& [server, what] : adoption.reported)
        sentences.push_back(fmt::format("server '{}' has failed meanwhile, as it seems: {}", server.text(), what));
    return sentences;
}

std::optional<SpareTableRow> rowFor(const base::ServerName& server, const FoundServer& found) {
    const FoundStandIn* its = nullptr;
    for (const auto& one : found.stand_ins) {
        if (one.state == protocol::StandInState::Kept) continue;  // no stand-in any more
        const bool executes_job = one.name == found.placement.stand_in;
        const bool newer = its == nullptr || operationIn(one.name) > operationIn(its->name);
        if (executes_job || (newer && (its == nullptr || its->name != found.placement.stand_in))) its = &one;
    }
    if (its == nullptr) return std::nullopt;
    SpareTableRow row;
    row.server = server;
    row.image = its->image;
    row.stand_in = its->name;
    row.stand_in_port = its->port;
    row.note = fmt::format(
        "found when the site was adopted, and not proved since; set a spare: standinctl spare set {}", server.text());
    return row;
}

OperationId operationIn(const base::StandInName& name) {
    const auto dash = name.text().rfind('-');
    return dash == std::string::npos ? 0 : numberFrom(std::string_view(name.text()).substr(dash + 1));
}

OperationId operationIn(const base::RestoreId& restore) {
    return numberFrom(std::string_view(restore.text()).substr(0, restore.text().find('-')));
}

}  // namespace standin::domain
