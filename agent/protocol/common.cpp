#include "agent/protocol/common.hpp"

#include <algorithm>

namespace standin::protocol {

bool Health::ok() const {
    return std::all_of(checks.begin(), checks.end(), [](const HealthCheck& check) { return check.ok; });
}

Json toJson(const Health& health) {
    Json checks = Json::array();
    for (const auto& check : health.checks) {
        checks.push_back({{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}, {"cure", check.cure}});
    }
    return {{"agent", health.agent}, {"ok", health.ok()}, {"checks", checks}, {"warnings", health.warnings}};
}

base::Result<Health> healthFrom(const Json& json) {
    JsonFields fields(json, "health", JsonFields::Unknown::Skip);
    Health health;
    health.agent = fields.text("agent", "");
    for (const auto& item : fields.array("checks", 1024)) {
        JsonFields check(item, "health check", JsonFields::Unknown::Skip);
        health.checks.push_back(
            {check.text("name"), check.boolean("ok", false), check.text("detail", ""), check.text("cure", "")});
    }
    for (const auto& item : fields.array("warnings", 1024)) {
        if (item.is_string()) health.warnings.push_back(item.get<std::string>());
    }
    return fields.finish(health);
}

Json toJson(const base::Error& error) {
    return {{"code", base::nameOf(error.code)}, {"message", error.message}};
}

base::Error errorFrom(const Json& json, const std::string& otherwise) {
    if (!json.is_object()) return {base::ErrorCode::Internal, otherwise};
    return {base::errorCodeFrom(json.value("code", "internal")), json.value("message", otherwise)};
}

Json toJson(const Progress& progress) {
    return {{"done_bytes", progress.done_bytes},
            {"total_bytes", progress.total_bytes},
            {"bytes_per_second", progress.bytes_per_second}};
}

Progress progressFrom(const Json& json) {
    JsonFields fields(json, "progress", JsonFields::Unknown::Skip);
    return {fields.count("done_bytes"), fields.count("total_bytes"), fields.number("bytes_per_second", 0)};
}

Json toJson(const Probe& probe) {
    if (probe.kind == Probe::Kind::Tcp) return {{"tcp", {{"port", probe.port}}}};
    return {{"http", {{"port", probe.port}, {"path", probe.path}, {"expect", probe.expect_status}}}};
}

base::Result<Probe> probeFrom(const Json& json) {
    JsonFields fields(json, "probe");
    Probe probe;
    if (fields.has("http") == fields.has("tcp")) fields.problem("needs either 'http' or 'tcp'");
    probe.kind = fields.has("http") ? Probe::Kind::Http : Probe::Kind::Tcp;
    JsonFields inner(fields.object(probe.kind == Probe::Kind::Http ? "http" : "tcp"), "probe");
    probe.port = static_cast<std::uint16_t>(inner.integer("port", 1, 65535));
    if (probe.kind == Probe::Kind::Http) {
        probe.path = inner.text("path", "/", 1024);
        probe.expect_status = static_cast<int>(inner.integer("expect", 100, 599, 200));
        if (probe.path.empty() || probe.path.front() != '/' || probe.path.find_first_of(" \r\n") != std::string::npos) {
            inner.problem("field 'path' must begin with '/' and have no spaces");
        }
    }
    auto result = inner.finish(probe);
    if (!result) return result;
    return fields.finish(probe);
}

}  // namespace standin::protocol
