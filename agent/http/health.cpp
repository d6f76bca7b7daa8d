#include "agent/http/health.hpp"

#include <fmt/format.h>
#include <sys/timex.h>

#include <filesystem>

#include "agent/base/units.hpp"

namespace standin::http {

HealthChecks::HealthChecks(std::string program_name) : program_name_(std::move(program_name)) {}

void HealthChecks::add(std::function<void(protocol::Health&)> check) {
    std::lock_guard lock(mutex_);
    checks_.push_back(std::move(check));
}

protocol::Health HealthChecks::now() const {
    std::vector<std::function<void(protocol::Health&)>> checks;
    {
        std::lock_guard lock(mutex_);
        checks = checks_;
    }
    protocol::Health health;
    health.agent = program_name_;
    for (const auto& check : checks) check(health);
    return health;
}

void HealthChecks::addRoutes(Router& router) const {
    router.add("GET", "/v1/health", [this](const Request&) -> base::Result<Response> {
        auto health = now();
        return Response::json(toJson(health), health.ok() ? 200 : 503);
    });
}

void checkClock(protocol::Health& health) {
    timex status{};
    int state = ::adjtimex(&status);
    bool synchronised = state >= 0 && state != TIME_ERROR && (status.status & STA_UNSYNC) == 0;
    health.checks.push_back({"clock", true, synchronised ? "synchronised" : "not known to be synchronised", ""});
    if (!synchronised)
        health.warnings.push_back(
            "clock: the kernel does not know its clock to be synchronised; run chrony or another time service");
}

void checkSpace(protocol::Health& health, const std::string& purpose, const std::string& path,
                std::uint64_t least_bytes) {
    std::error_code problem;
    auto space = std::filesystem::space(path, problem);
    bool ok = !problem && space.available >= least_bytes;
    health.checks.push_back(
        {"space " + purpose, ok,
         problem ? fmt::format("'{}': {}", path, problem.message())
                 : fmt::format("{} free at '{}'", base::humanBytes(space.available), path),
         ok ? "" : fmt::format("make room at '{}': at least {} are needed", path, base::humanBytes(least_bytes))});
}

}  // namespace standin::http
