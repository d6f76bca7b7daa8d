#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/identifier.hpp"
#include "agent/protocol/segment.hpp"
#include "agent/protocol/stand_in.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/domain/spare_table.hpp"

namespace standin::domain {

/// Whether the coordinator still only observes. A new journal assumes that every server executes its own job and that
/// every spare is free. That may be wrong, for instance if an older journal was moved away. The coordinator therefore
/// observes only, until an operator has seen what the agents report and has agreed to it.
struct Adoption {
    bool observing = false;           ///< no operator has agreed yet
    std::set<base::ServerName> left;  ///< unknown when the operator agreed: still only observed
    /// Failures that were reported meanwhile and started nothing, the first one of each server; for people.
    std::map<base::ServerName, std::string> reported;

    [[nodiscard]] bool observes(const base::ServerName& server) const { return observing || left.count(server) > 0; }
    [[nodiscard]] bool isWhole() const { return !observing && left.empty(); }
    bool operator==(const Adoption&) const = default;
};

/// `server01, server02`
std::string namesOf(const std::set<base::ServerName>& servers);

/// Why a request is refused for a server that is only observed, with the cure.
std::string observedOnly(const Adoption& adoption, const base::ServerName& server);

struct FoundStandIn {
    base::StandInName name;
    protocol::StandInState state = protocol::StandInState::Unknown;
    base::ImageId image;
    base::PortName port;
    bool operator==(const FoundStandIn&) const = default;
};

/// What the agents report about one server.
struct FoundServer {
    std::string unknown;     ///< which of its agents did not answer; empty: all of them did
    bool ordered = false;    ///< its switch has a record of the segment
    base::MemberName owner;  ///< of the segment; empty: nobody
    Placement placement;     ///< which machine executes the job, as far as the agents know
    bool holds = false;      ///< its request holder holds or releases requests
    std::vector<FoundStandIn> stand_ins;
    bool operator==(const FoundServer&) const = default;
};

/// What all agents report about everything configured. It does not change while no command is given.
struct SiteFinding {
    std::map<base::ServerName, FoundServer> servers;
    std::map<base::SpareName, std::string> strangers;  ///< spares that serve a segment of no configured server
    std::map<base::AgentName, std::string> silent;     ///< agents that did not answer, or not completely, and why
    std::uint64_t epoch = 0;                           ///< the highest that an agent has obeyed
    OperationId last_operation = 0;                    ///< the highest number of an operation that was found
    bool operator==(const SiteFinding&) const = default;
};

/// The findings that contradict a new site, on which no coordinator has commanded yet and every server executes its own
/// job. As sentences; empty: there is no contradiction.
std::vector<std::string> contradictionsIn(const SiteFinding& finding, const Adoption& adoption);

/// The row for a stand-in that was found for a server. It is not ready, because nobody has proved it since. Nullopt: no
/// stand-in was found.
std::optional<SpareTableRow> rowFor(const base::ServerName& server, const FoundServer& found);

/// The number of the operation that made a stand-in (at the end of its name) or a restore (at the beginning of its id).
/// 0: the name has no number.
OperationId operationIn(const base::StandInName& name);
OperationId operationIn(const base::RestoreId& restore);

}  // namespace standin::domain
