// standin-coordinator: reads its configuration, composes the parts, runs until it is asked to stop.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "agent/base/boundary.hpp"
#include "agent/base/bounded_end.hpp"
#include "agent/base/readiness.hpp"
#include "agent/base/service_manager.hpp"
#include "agent/http/program.hpp"
#include "agent/http/tls.hpp"
#include "coordinator/composition.hpp"
#include "coordinator/config/configuration_reader.hpp"
#include "coordinator/coordinator.hpp"
#include "coordinator/journal/crash_mark.hpp"
#include "coordinator/machine_check.hpp"
#include "coordinator/rehearsal_program.hpp"
#include "coordinator/traps/trap_rules.hpp"

namespace {

int serve(const standin::config::Configuration& configuration) {
    const standin::http::StopSignal stop_signal;
    standin::journal::CrashMark::watchSignals();
    const standin::http::TlsLibrary tls_library;
    const auto service_manager = standin::base::ServiceManager::ofThisProcess();
    const standin::base::Log log("coordinator");
    if (const auto locked = standin::base::lockMemory(); !locked) log.notice("{}", locked.error().message);
    if (const auto first = standin::base::raisePriority(); !first) log.notice("{}", first.error().message);
    standin::Coordinator coordinator(configuration, log, service_manager);
    if (auto started = coordinator.start(); !started) {
        log.error("{}", started.error().message);
        return 1;
    }
    service_manager.ready();
    const int number =
        stop_signal.wait([&] { coordinator.reload(); }, std::chrono::seconds(1), [&] { coordinator.look(); });
    service_manager.stopping();
    standin::base::endWithin(standin::base::longest_end, log);
    log.notice("stops (signal {})", number);
    coordinator.stop();
    return 0;
}

int tellMachines(const standin::config::Configuration& configuration) {
    const standin::http::TlsLibrary tls_library;
    const auto check = standin::checkMachines(configuration, *standin::powerDriver());
    for (const auto& line : check.lines) fmt::print("{}\n", line);
    return check.good ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Keeps the jobs of bare-metal servers running through hardware failure. See standin-coordinator(8).",
                 "standin-coordinator"};
    std::string file = "/etc/standin/coordinator.yml";
    std::string to_check;
    std::string machines_to_check;
    std::string rules_to_check;
    bool rehearse = false;
    app.set_version_flag("--version", "standin-coordinator " STANDIN_VERSION);
    app.add_option("--config", file, "configuration to serve with")->capture_default_str()->type_name("FILE");
    app.add_option("--check-config", to_check,
                   "read FILE, report everything that is wrong with it, and exit with 0 or 1")
        ->type_name("FILE");
    app.add_option("--check-machines", machines_to_check,
                   "ask the power devices that FILE names whether they are of the machines whose uuid it declares; "
                   "switch nothing")
        ->type_name("FILE");
    app.add_option("--check-trap-rules", rules_to_check, "the same for a file of trap rules")->type_name("FILE");
    app.add_flag("--rehearse", rehearse)->group("");  // for this program itself: hidden
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (rehearse) return standin::rehearseStandardInput();
    if (!rules_to_check.empty()) {
        const auto rules = standin::traps::TrapRules::fromFile(rules_to_check);
        if (!rules) fmt::print(stderr, "{}\n", rules.error().message);
        return rules ? 0 : 1;
    }
    standin::base::YamlProblems problems;
    const auto surroundings =
        standin::hostSurroundings(to_check.empty() ? standin::FenceCheck::Installed : standin::FenceCheck::Described);
    const auto& read = !to_check.empty() ? to_check : machines_to_check.empty() ? file : machines_to_check;
    auto configuration = standin::config::readConfiguration(read, surroundings, problems);
    for (const auto& line : problems.lines()) fmt::print(stderr, "{}\n", line);
    if (!configuration) return 1;
    if (!to_check.empty()) return 0;
    if (!machines_to_check.empty()) return tellMachines(*configuration);
    int result = 1;
    const auto served = standin::base::contained([&] { result = serve(*configuration); });
    if (!served) fmt::print(stderr, "standin-coordinator ends: {}\n", served.error().message);
    return result;
}
