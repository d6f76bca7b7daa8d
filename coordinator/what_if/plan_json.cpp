#include "coordinator/what_if/plan_json.hpp"

#include <nlohmann/json.hpp>

namespace standin::what_if {

using nlohmann::json;

namespace {

template <typename Names>
json textsOf(const Names& names) {
    json list = json::array();
    for (const auto& name : names) list.push_back(name.text());
    return list;
}

json orNull(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}
json orNull(const std::optional<double>& number) {
    return number ? json(*number) : json(nullptr);
}

json viewOf(const PlannedStep& step) {
    return {{"name", nameOf(step.id.name)},    {"subject", orNull(step.id.subject)},   {"start_ms", step.start_ms},
            {"expected_ms", step.expected.ms}, {"basis", nameOf(step.expected.basis)}, {"runs", step.expected.runs},
            {"outcome", nameOf(step.outcome)}, {"message", orNull(step.message)}};
}

json viewOf(const PlannedFailover& failover) {
    json view{{"server", failover.server.text()},
              {"begins", failover.begins},
              {"ends", failover.begins ? json(nameOf(failover.ends)) : json(nullptr)},
              {"why", orNull(failover.why)},
              {"cure", orNull(failover.cure)},
              {"runs_on", orNull(failover.runs_on)},
              {"job_back_ms", orNull(failover.job_back_ms)},
              {"ends_ms", orNull(failover.ends_ms)},
              {"steps", json::array()}};
    for (const auto& step : failover.steps) view["steps"].push_back(viewOf(step));
    return view;
}

json viewOf(const HostLeft& host) {
    json view{{"name", host.name.text()},
              {"fails", host.fails},
              {"stand_ins_running", host.stand_ins_running},
              {"memory_running_mib", host.memory_running_mib},
              {"memory_mib", nullptr},
              {"memory_left_mib", nullptr},
              {"vcpus_left", nullptr}};
    if (const auto& capacity = host.capacity; capacity && !host.fails) {
        view["memory_mib"] = capacity->memory_mib;
        view["memory_left_mib"] =
            static_cast<std::int64_t>(capacity->memory_mib) - static_cast<std::int64_t>(capacity->memory_committed_mib);
        view["vcpus_left"] = static_cast<int>(capacity->cpus) - static_cast<int>(capacity->vcpus_committed);
    }
    return view;
}

}  // namespace

json toJson(const Plan& plan) {
    json view{{"failovers", json::array()},
              {"without", textsOf(plan.without)},
              {"without_stand_in", textsOf(plan.without_stand_in)},
              {"spares_left", textsOf(plan.spares_left)},
              {"vm_hosts", json::array()},
              {"remarks", plan.remarks}};
    for (const auto& failover : plan.failovers) view["failovers"].push_back(viewOf(failover));
    for (const auto& host : plan.hosts) view["vm_hosts"].push_back(viewOf(host));
    return view;
}

}  // namespace standin::what_if
