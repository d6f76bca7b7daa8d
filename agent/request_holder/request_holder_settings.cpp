#include "agent/request_holder/request_holder_settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <map>
#include <set>

#include "agent/base/yaml_reader.hpp"

namespace standin::request_holder {

namespace {

constexpr std::size_t most_jobs = 256;  // one thread and two namespaces each
constexpr std::size_t most_ports = 64;

LegSettings legFrom(base::YamlReader reader) {
    LegSettings leg;
    leg.interface = reader.text("interface");
    if (leg.interface.empty() || leg.interface.size() >= IFNAMSIZ ||
        leg.interface.find_first_of("/ \t\n") != std::string::npos) {
        reader.problem("interface", "must be an interface's name of 1 to 15 characters");
    }
    auto address = NetworkAddress::parse(reader.text("address"));
    if (address) {
        leg.address = *address;
        if (!address->isMachine()) {
            reader.problem("address", fmt::format("'{}' is no machine's address in its network", address->text()));
        }
    } else {
        reader.problem("address", address.error().message);
    }
    if (reader.has("gateway")) {
        leg.gateway = reader.text("gateway");
        in_addr parsed{};
        if (::inet_pton(AF_INET, leg.gateway->c_str(), &parsed) != 1) {
            reader.problem("gateway", "must be an IPv4 address");
        } else if (address && !address->contains(parsed)) {
            reader.problem("gateway",
                           fmt::format("'{}' is not in the leg's own network {}, so it cannot be reached from it",
                                       *leg.gateway, address->text()));
        } else if (address && parsed.s_addr == address->address.s_addr) {
            reader.problem("gateway", fmt::format("'{}' is the leg's own address", *leg.gateway));
        } else if (address && !NetworkAddress{parsed, address->prefix}.isMachine()) {
            reader.problem("gateway", fmt::format("'{}' is no machine's address in that network", *leg.gateway));
        }
    } else {
        reader.text("gateway", "");
    }
    reader.finish();
    return leg;
}

HoldLimits limitsFrom(base::YamlReader reader) {
    HoldLimits limits;
    limits.connections = static_cast<std::size_t>(
        reader.integer("connections", 1, 100'000, static_cast<std::int64_t>(limits.connections)));
    limits.bytes = reader.bytes("bytes", limits.bytes);
    if (limits.bytes < 4096) reader.problem("bytes", "must be at least 4KiB");
    limits.connection_bytes = std::min(limits.bytes, reader.bytes("connection_bytes", limits.connection_bytes));
    if (limits.connection_bytes < 1024) reader.problem("connection_bytes", "must be at least 1KiB");
    limits.age = reader.duration("age", limits.age);
    if (limits.age < Milliseconds(100)) reader.problem("age", "must be at least 100ms");
    limits.patience = reader.duration("patience", limits.patience);
    if (limits.patience < Milliseconds(10)) reader.problem("patience", "must be at least 10ms");
    limits.client_connections = static_cast<std::size_t>(
        reader.integer("client_connections", 0, 100'000, static_cast<std::int64_t>(limits.client_connections)));
    limits.proxied =
        static_cast<std::size_t>(reader.integer("proxied", 1, 100'000, static_cast<std::int64_t>(limits.proxied)));
    reader.finish();
    return limits;
}

void readHttp(base::YamlReader reader, JobSettings& job) {
    for (auto port : reader.integers("ports", 1, 65535)) {
        job.http_ports.push_back(static_cast<std::uint16_t>(port));
        if (std::find(job.ports.begin(), job.ports.end(), port) == job.ports.end())
            reader.problem("ports", fmt::format("{} is none of the job's 'ports'", port));
    }
    auto& http = job.http;
    const auto header = reader.bytes("header_bytes", http.message.header_bytes);
    if (header < 1024 || header > (1U << 20)) reader.problem("header_bytes", "must be from 1KiB to 1MiB");
    if (header > job.limits.connection_bytes)
        reader.problem("header_bytes", "must not be more than 'limits.connection_bytes': no request would fit");
    http.message.header_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(header, 1U << 20));
    http.message.body_bytes = reader.bytes("body_bytes", http.message.body_bytes);
    const auto wait = [&reader](const char* key, Milliseconds& value) {
        value = reader.duration(key, value);
        if (value < Milliseconds(100)) reader.problem(key, "must be at least 100ms");
    };
    wait("header_wait", http.header_wait);
    wait("body_wait", http.body_wait);
    wait("idle", http.idle);
    wait("answer_wait", http.answer_wait);
    wait("retry_after", http.retry_after);
    reader.finish();
}

JobSettings jobFrom(const std::string& name, base::YamlReader& reader) {
    JobSettings job;
    auto parsed = base::JobName::parse(name);
    if (parsed) {
        job.name = *parsed;
    } else {
        reader.problem("", parsed.error().message);
    }
    job.front = legFrom(reader.map("front"));
    job.back = legFrom(reader.map("back"));
    if (job.front.interface == job.back.interface) reader.problem("back", "needs an interface of its own");
    if (job.front.address.address.s_addr == job.back.address.address.s_addr && job.front.address.address.s_addr != 0) {
        reader.problem(
            "back",
            fmt::format(
                "has the front leg's address {}, which is the job's own; the back leg needs another one, free on the "
                "job's segment",
                job.front.address.host()));
    }
    for (auto port : reader.integers("ports", 1, 65535)) job.ports.push_back(static_cast<std::uint16_t>(port));
    if (job.ports.empty() || job.ports.size() > most_ports) reader.problem("ports", "must name 1 to 64 ports");
    if (std::set(job.ports.begin(), job.ports.end()).size() != job.ports.size())
        reader.problem("ports", "names a port twice");
    if (auto limits = reader.optionalMap("limits")) {
        job.proxied_said = limits->has("proxied");
        job.limits = limitsFrom(*limits);
    }
    if (auto http = reader.optionalMap("http")) readHttp(*http, job);
    job.answer_wait = reader.duration("answer_wait", job.answer_wait);
    if (job.answer_wait < Milliseconds(1)) reader.problem("answer_wait", "must be at least 1ms");
    if (job.answer_wait >= job.limits.age)
        reader.problem(
            "answer_wait",
            "must be shorter than 'limits.age': what waits behind the first request would always be too old");
    const auto order = reader.text("order", "arrival");
    if (order != "arrival" && order != "strict") reader.problem("order", "must be 'arrival' or 'strict'");
    job.order = order == "strict" ? ReleaseOrder::Strict : ReleaseOrder::Arrival;
    job.window = static_cast<std::size_t>(reader.integer("window", 1, 4096, static_cast<std::int64_t>(job.window)));
    reader.finish();
    return job;
}

}  // namespace

RequestHolderSettings requestHolderSettingsFrom(base::YamlReader& reader) {
    RequestHolderSettings settings;
    std::set<std::string> interfaces;
    std::map<std::uint32_t, std::string> fronts;  // a job's own address is one job's
    for (auto& [name, entry] : reader.entries("jobs")) {
        settings.jobs.push_back(jobFrom(name, entry));
        const auto& job = settings.jobs.back();
        const auto front = fronts.emplace(job.front.address.address.s_addr, name);
        if (!front.second && job.front.address.address.s_addr != 0) {
            entry.problem("front", fmt::format("address {} is job '{}''s already", job.front.address.host(),
                                               front.first->second));
        }
        for (const auto* leg : {&job.front, &job.back}) {
            if (!interfaces.insert(leg->interface).second && job.front.interface != job.back.interface) {
                entry.problem("", "interface '" + leg->interface + "' belongs to another job already");
            }
        }
    }
    if (settings.jobs.empty() || settings.jobs.size() > most_jobs) reader.problem("jobs", "must name 1 to 256 jobs");
    reader.finish();
    return settings;
}

}  // namespace standin::request_holder
