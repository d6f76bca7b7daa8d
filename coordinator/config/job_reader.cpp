#include "coordinator/config/job_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/base/units.hpp"
#include "coordinator/config/value_checks.hpp"

namespace standin::config {

using base::YamlReader;
using std::chrono::milliseconds;

namespace {

// A fence device answers within seconds or not at all; an hour means a slip of the pen.
constexpr milliseconds longest_wait = std::chrono::hours(1);

}  // namespace

milliseconds readWait(YamlReader& reader, const std::string& key, milliseconds otherwise) {
    auto text = reader.text(key, "");
    if (text.empty()) return otherwise;
    auto wait = base::parseDuration(text);
    if (!wait) {
        reader.problem(key, wait.error().message);
    } else if (*wait <= milliseconds::zero() || *wait > longest_wait) {
        reader.problem(key, fmt::format("'{}' is not more than 0 and at most 1h", text));
    }
    return wait.value_or(otherwise);
}

milliseconds readAge(YamlReader& reader, const std::string& key, milliseconds otherwise) {
    const auto age = reader.duration(key, otherwise);
    if (age <= milliseconds::zero()) reader.problem(key, "is not more than 0, as in '30d'");
    return age;
}

namespace {

protocol::Probe readProbe(YamlReader reader) {
    protocol::Probe probe;
    auto http = reader.optionalMap("http");
    auto tcp = reader.optionalMap("tcp");
    if (http.has_value() == tcp.has_value()) {
        reader.problem("", "must be either 'http' or 'tcp'");
    } else if (http) {
        probe.kind = protocol::Probe::Kind::Http;
        probe.port = readPort(*http, "port");
        probe.path = http->text("path", "/");
        if (!probe.path.starts_with('/')) http->problem("path", "must begin with '/'");
        probe.expect_status = static_cast<int>(http->integer("expect", 100, 599, 200));
        http->finish();
    } else {
        probe.port = readPort(*tcp, "port");
        tcp->finish();
    }
    reader.finish();
    return probe;
}

/// The job's owner has to decide before a failure how its data are treated: there is no default.
void readData(domain::Server& server, YamlReader& reader) {
    const bool rollback = reader.boolean("accepts_rollback", false);
    if (!reader.has("data")) {
        reader.text("data", "");
        reader.problem("data",
                       "is missing: say where the job's data are: 'none' (it keeps nothing), 'shared' (on storage that "
                       "stand-in and spare reach, too), or 'local' (on the server's disk)");
        return;
    }
    const auto data = domain::jobDataFrom(reader.choice("data", {"none", "shared", "local"}));
    if (!data) return;
    server.job_data = *data;
    if (*data == domain::JobData::Local && !rollback) {
        reader.problem("data",
                       "with 'local' a failover goes back to the data of the last image, and what was written since "
                       "stays on the failed server's disk; agree to that with 'accepts_rollback: true', or put the "
                       "data on shared storage");
    }
}

std::uint64_t checkedMebibytes(YamlReader& reader, const std::string& key, const std::string& text) {
    if (text.empty()) return 0;  // already reported as missing
    auto bytes = base::parseBytes(text);
    if (!bytes) {
        reader.problem(key, bytes.error().message);
    } else if (*bytes == 0 || *bytes % base::bytes_per_mib != 0) {
        reader.problem(key, fmt::format("'{}' is not a whole number of MiB and more than 0", text));
    }
    return bytes.value_or(0) / base::bytes_per_mib;
}

unsigned readCount(YamlReader& reader, const std::string& key, std::int64_t most, unsigned otherwise) {
    return static_cast<unsigned>(reader.integer(key, 1, most, otherwise));
}

}  // namespace

void readJob(domain::Server& server, YamlReader reader) {
    readData(server, reader);
    for (auto port : reader.integers("ports", 1, 65535)) {
        const auto number = static_cast<std::uint16_t>(port);
        if (std::count(server.job_ports.begin(), server.job_ports.end(), number) > 0)
            reader.problem("ports", fmt::format("names port {} twice", port));
        server.job_ports.push_back(number);
    }
    if (server.job_ports.empty()) reader.problem("ports", "must name at least one TCP port");
    server.probe = readProbe(reader.map("probe"));
    server.answer_within = readWait(reader, "answer_within", server.answer_within);
    server.clock_within = readWait(reader, "clock_within", server.clock_within);
    server.drain_within = readWait(reader, "drain_within", server.drain_within);
    reader.finish();
}

void readEvidence(domain::EvidenceSettings& settings, YamlReader reader) {
    const std::vector<std::string> policies{"trap", "silence", "power", "operator"};
    settings.policy =
        domain::evidencePolicyFrom(reader.choice("policy", policies, "silence")).value_or(settings.policy);
    for (const auto& [kind, name] : reader.scalars("kinds")) {
        const auto its = domain::evidencePolicyFrom(name);
        if (its) settings.of_kinds[kind] = *its;
        if (!its)
            reader.problem("kinds", fmt::format("'{}' of kind '{}' must be 'trap', 'silence', 'power' or 'operator'",
                                                base::shortened(name, 40), base::shortened(kind, 40)));
    }
    settings.shortest_window = readWait(reader, "shortest_window", settings.shortest_window);
    settings.longest_window = readWait(reader, "longest_window", settings.longest_window);
    if (settings.longest_window < settings.shortest_window)
        reader.problem("longest_window", "must not be less than 'shortest_window'");
    settings.decide_within = readWait(reader, "decide_within", settings.decide_within);
    settings.silent_after = readWait(reader, "silent_after", settings.silent_after);
    if (settings.decide_within <= settings.silent_after)
        reader.problem("decide_within", "must be more than 'silent_after', or a silent job is never taken for one");
    settings.suspicion = readWait(reader, "suspicion", settings.suspicion);
    reader.finish();
}

domain::StandInSize readStandInSize(YamlReader reader) {
    domain::StandInSize size;
    auto memory = reader.text("memory");
    size.memory_mib = checkedMebibytes(reader, "memory", memory);
    size.maximum_memory_mib = checkedMebibytes(reader, "maximum_memory", reader.text("maximum_memory", memory));
    size.vcpus = readCount(reader, "vcpus", 512, 1);
    size.maximum_vcpus = readCount(reader, "maximum_vcpus", 512, size.vcpus);
    size.weight = readCount(reader, "weight", 10'000, size.weight);  // 10000: the largest cgroup CPU weight
    size.grown_weight = readCount(reader, "grown_weight", 10'000, std::max(size.weight, size.grown_weight));
    size.firmware = reader.text("firmware", size.firmware);
    if (size.firmware != "bios" && size.firmware != "uefi") reader.problem("firmware", "must be 'bios' or 'uefi'");
    if (size.maximum_memory_mib < size.memory_mib) reader.problem("maximum_memory", "must not be less than 'memory'");
    if (size.maximum_vcpus < size.vcpus) reader.problem("maximum_vcpus", "must not be less than 'vcpus'");
    if (size.grown_weight < size.weight) reader.problem("grown_weight", "must not be less than 'weight'");
    reader.finish();
    return size;
}

}  // namespace standin::config
