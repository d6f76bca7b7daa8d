#include "coordinator/trap_reception.hpp"

#include "coordinator/composition.hpp"

namespace standin {

using base::failure;
using base::Result;

Result<void> TrapReception::openMemory() {
    const auto file = [this](const char* name) { return configuration_.state_dir + "/" + name; };
    auto trap_log = traps::openSqliteTrapLog(file("traps.db"));
    if (!trap_log) return failure(trap_log.error());
    trap_log_ = std::move(*trap_log);
    degraded_ = std::make_unique<traps::DegradedConditions>(
        file("degraded.json"), [this](const base::ServerName& server, const traps::DegradedCondition& condition) {
            notifier_.notify(degradedNotification(server, condition));
        });
    if (auto loaded = degraded_->load(); !loaded) log_.warning("{}", loaded.error().message);
    seen_ = std::make_unique<traps::SeenMessages>(file("trap_senders.json"));
    if (auto loaded = seen_->load(); !loaded) log_.warning("{}", loaded.error().message);
    rememberMessages(*seen_, engine_);
    refused_ = std::make_unique<traps::RefusedSenders>(
        servers_, clock_, [this](const base::ServerName& server, const std::string& message) {
            notifier_.notify(trapNotification(server, message));
        });
    tests_ = std::make_unique<traps::TrapTests>(trapTestSettingsFrom(configuration_, file("trap_tests.json")),
                                                testTrapSender(configuration_), clock_,
                                                [this](const base::ServerName& server, const std::string& message) {
                                                    notifier_.notify(trapNotification(server, message));
                                                });
    if (auto loaded = tests_->load(); !loaded) log_.warning("{}", loaded.error().message);
    return {};
}

traps::TrapIntake::Outlets TrapReception::outlets() {
    const auto failed = [this](const traps::FailureReport& report) {
        engine_.report(reportFrom(report), report.when_durable);
        refused_->accepted(report.server);
    };
    const auto other = [this](const traps::TrapRecord& record) {
        degraded_->take(record);
        refused_->take(record);
        tests_->take(record);
    };
    return {*trap_log_, failed, other, tests_.get()};
}

Result<void> TrapReception::start() {
    auto rules = traps::TrapRules::fromFile(configuration_.traps.rules_file);
    if (!rules) return failure(rules.error());
    auto directory = trapServersFrom(configuration_);
    if (!directory) return failure(directory.error());
    servers_ = std::move(*directory);
    auto settings = trapListenerSettingsFrom(configuration_);
    if (!settings) return failure(settings.error());
    if (auto opened = openMemory(); !opened) return opened;
    intake_ = std::make_unique<traps::TrapIntake>(queue_, std::move(*rules), servers_, outlets(), clock_, log_);
    intake_->start();
    listener_ = std::make_unique<traps::TrapListener>(std::move(*settings), servers_, *seen_, queue_, clock_, log_);
    if (auto listening = listener_->start(); !listening) return listening;
    tests_->start();
    return {};
}

void TrapReception::stop() {
    if (tests_) tests_->stop();
    queue_.close();  // first: a listener that waits for room in it would never stop
    if (listener_) listener_->stop();
    if (intake_) intake_->stop();
    keep();
}

void TrapReception::keep() {
    if (degraded_) keepOne("what is degraded is", degraded_problem_, degraded_->save());
    if (tests_) keepOne("what trap tests found is", tests_problem_, tests_->save());
    if (seen_) keepOne("which SNMPv3 messages have arrived is", seen_problem_, seen_->save());
}

void TrapReception::keepOne(const char* what, std::string& problem, const Result<void>& saved) {
    const auto now = saved ? std::string() : saved.error().message;
    if (!now.empty() && now != problem) log_.warning("{} not kept over a restart: {}", what, now);
    problem = now;
}

void TrapReception::checkHealth(protocol::Health& health) const {
    for (auto& check : listener_->checks()) health.checks.push_back(std::move(check));
    const auto problem = trap_log_->counts().problem;
    health.checks.push_back({"trap_log", problem.empty(), problem.empty() ? "keeps every verdict" : problem,
                             problem.empty() ? "" : "see that the coordinator's state_dir has room and is writable"});
    health.checks.push_back(refused_->check());
    health.checks.push_back(tests_->check());
    checkUnauthenticatedTraps(health, configuration_.traps);
}

}  // namespace standin
