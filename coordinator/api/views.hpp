#pragma once

#include "agent/protocol/json_fields.hpp"
#include "coordinator/engine/event_hub.hpp"
#include "coordinator/engine/status_snapshot.hpp"

/// The objects that the API shows (README.md in this directory). Moments are RFC 3339 or null, durations end in `_ms`,
/// names that are not set are null.
namespace standin::api {

using protocol::Json;

/// Which disks have writes of a job that are nowhere else.
Json viewOf(const std::vector<domain::HeldWrites>& writes);
Json viewOf(const engine::ServerSnapshot& server);
Json viewOf(const engine::SpareSnapshot& spare);
Json viewOf(const engine::AgentSnapshot& agent);
Json viewOf(const engine::AdoptionSnapshot& snapshot);
Json viewOf(const domain::SpareTableRow& row);
Json viewOf(const domain::AuditEntry& entry);
/// Null: the site is not frozen.
Json viewOf(const domain::Freeze& freeze);
Json viewOf(const engine::EngineEvent& event);

/// An operation with its steps, notes and phases.
Json viewOf(const domain::Operation& operation);
/// The same in short, as a line of a list.
Json summaryOf(const domain::Operation& operation);

/// `{"<name>": [view, …]}`.
template <typename Items, typename View>
Json listOf(const char* name, const Items& items, View view) {
    Json list = Json::array();
    for (const auto& item : items) list.push_back(view(item));
    return Json{{name, std::move(list)}};
}

}  // namespace standin::api
