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

/// A new journal says that every server executes its own job and that every spare is free. That may be wrong: the old
/// one may have been moved away. Until an operator has seen what the agents say and agreed to it, the coordinator
/// observes only.
struct Adoption {
    bool observing = false;           ///< nobody has agreed yet
    std::set<base::ServerName> left;  ///< not known when somebody did: these servers are still only observed
    /// Failures that came meanwhile and started nothing, the first of each server; for people.
    std::map<base::ServerName, std::string> reported;

    [[nodiscard]] bool observes(const base::ServerName& server) const { return observing || left.count(server) > 0; }
    [[nodiscard]] bool isWhole() const { return !observing && left.empty(); }
    bool operator==(const Adoption&) const = default;
};

/// `server01, server02`
std::string namesOf(const std::set<base::ServerName>& servers);

/// Why something is refused for a server that is only observed, with the cure.
std::string observedOnly(const Adoption& adoption, const base::ServerName& server);

struct FoundStandIn {
    base::StandInName name;
    protocol::StandInState state = protocol::StandInState::Unknown;
    base::ImageId image;
    base::PortName port;
    bool operator==(const FoundStandIn&) const = default;
};

/// What the agents say about one server.
struct FoundServer {
    std::string unknown;     ///< which of its agents did not answer; empty: all of them did
    bool ordered = false;    ///< its switch has a record of the segment
    base::MemberName owner;  ///< of the segment; empty: nobody
    Placement placement;     ///< which machine executes the job, as far as that shows
    bool holds = false;      ///< its request holder holds requests or hands them on
    std::vector<FoundStandIn> stand_ins;
    bool operator==(const FoundServer&) const = default;
};

/// What all agents say about all that is configured. Nothing in it changes while nobody commands anything.
struct SiteFinding {
    std::map<base::ServerName, FoundServer> servers;
    std::map<base::SpareName, std::string> strangers;  ///< spares that serve a segment of no configured server
    std::map<base::AgentName, std::string> silent;     ///< agents that did not answer (wholly), and why
    std::uint64_t epoch = 0;                           ///< the highest that an agent has obeyed
    OperationId last_operation = 0;                    ///< the highest number of an operation that was found
    bool operator==(const SiteFinding&) const = default;
};

/// What speaks against a site that nobody has commanded before and where every server executes its own job; in
/// sentences. Empty: nothing does.
std::vector<std::string> contradictionsIn(const SiteFinding& finding, const Adoption& adoption);

/// The row for the stand-in that was found of a server: not ready, for nobody has proved it since. Nothing: there is
/// none.
std::optional<SpareTableRow> rowFor(const base::ServerName& server, const FoundServer& found);

/// The number at the end of a stand-in's name, or at the beginning of a restore's: of the operation that made it. 0:
/// none.
OperationId operationIn(const base::StandInName& name);
OperationId operationIn(const base::RestoreId& restore);

}  // namespace standin::domain
