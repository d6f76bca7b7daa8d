// Plays random incidents, as many as wanted, in parallel processes. What it finds is shown with its seed and the
// shortest script that still fails; `--seed N` plays one with its whole log.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <sstream>

#include "tests/simulation/scenario/scenario_run.hpp"
#include "tests/simulation/sweep/shrink.hpp"

using namespace standin::simulation;

namespace {

struct Wanted {
    std::uint64_t from = 1;
    std::uint64_t to = 1000;
    unsigned jobs = 1;
    unsigned most_findings = 3;  ///< each is shrunk, which takes its time
    std::string mutation;        ///< this program's, which has to be found
    std::string scenario;        ///< the one that finds it; empty: random incidents do
};

void tell(const Incident& incident, const std::vector<Breach>& breaches) {
    std::string text = fmt::format(
        "# {} servers, {} spares, {} VM hosts, policy {}, evidence {}{}{}{}\n", incident.layout.servers,
        incident.layout.spares, incident.layout.vm_hosts, standin::domain::nameOf(incident.layout.policy),
        standin::domain::nameOf(incident.layout.evidence), incident.layout.is_protected ? "" : ", not protected",
        incident.layout.lent ? ", lent" : "", incident.layout.uuids ? ", UUIDs" : "");
    text += standin::simulation::text(incident.script);
    for (const Breach& breach : breaches)
        text += fmt::format("rule {} at {}: {}: {}\n", breach.rule, standin::simulation::text(breach.at), breach.who,
                            breach.what);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void tellSeed(const Incident& incident, const Breach& breach) {
    std::printf("== seed %llu breaks rule %d: %s: %s\n", static_cast<unsigned long long>(incident.seed), breach.rule,
                breach.who.c_str(), breach.what.c_str());
    std::fflush(stdout);
}

void shrinkAndTell(const Incident& incident, const std::vector<Breach>& breaches) {
    const Incident shortest = shrink(incident, [rule = breaches.front().rule](const Incident& candidate) {
        const auto again = play(candidate).breaches;
        return !again.empty() && again.front().rule == rule;
    });
    tell(shortest, play(shortest).breaches);
}

constexpr unsigned most_told = 100;

using Counts = std::map<std::string, std::uint64_t>;

/// Plays every `jobs`-th seed. What was counted; `incidents that failed` among it.
Counts playShare(const Wanted& wanted, unsigned job) {
    Counts counts;
    std::uint64_t& failed = counts["incidents that failed"];
    for (std::uint64_t seed = wanted.from + job; seed <= wanted.to; seed += wanted.jobs) {
        const Incident incident = incidentOf(seed);
        const OperationProgress progress = play(incident);
        for (const auto& [what, count] : progress.counts) counts[what] += count;
        if (progress.breaches.empty()) continue;
        if (failed < most_told) tellSeed(incident, progress.breaches.front());
        if (failed++ < wanted.most_findings) shrinkAndTell(incident, progress.breaches);
    }
    return counts;
}

/// In a process of its own, which writes its counts as lines.
int beginShare(const Wanted& wanted, unsigned job) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    const pid_t child = fork();
    if (child < 0) return -1;
    if (child > 0) {
        close(ends[1]);
        return ends[0];
    }
    std::string text;
    for (const auto& [what, count] : playShare(wanted, job)) text += fmt::format("{} {}\n", count, what);
    const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 2);
}

/// False: the process ended without its counts.
bool addShare(int from, Counts& counts) {
    std::string text;
    char buffer[4096];
    for (ssize_t size = 0; (size = read(from, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(size));
    close(from);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto blank = line.find(' ');
        counts[line.substr(blank + 1)] += std::stoull(line.substr(0, blank));
    }
    return !text.empty();
}

int playAll(const Wanted& wanted) {
    const auto begun = std::chrono::steady_clock::now();
    std::vector<int> shares;
    for (unsigned job = 1; job < wanted.jobs; ++job) shares.push_back(beginShare(wanted, job));
    Counts counts = playShare(wanted, 0);
    bool whole = true;
    for (const int share : shares) whole = share >= 0 && addShare(share, counts) && whole;
    while (wait(nullptr) > 0) {
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const auto incidents = wanted.to - wanted.from + 1;
    for (const auto& [what, count] : counts) fmt::print("{:>12} {}\n", count, what);
    const bool well = whole && counts["incidents that failed"] == 0;
    fmt::print("{} incidents, seeds {}-{}, in {:.1f} s: {:.0f} a second with {} processes; {}\n", incidents,
               wanted.from, wanted.to, seconds, static_cast<double>(incidents) / seconds, wanted.jobs,
               well ? "no rule was broken" : "RULES WERE BROKEN");
    if (!whole) fmt::print("a process died: its share was not played to the end\n");
    return well ? 0 : 1;
}

int playOne(std::uint64_t seed, bool shortest) {
    const Incident incident = incidentOf(seed);
    const OperationProgress progress = play(incident, Simulation::Log::On);
    if (shortest && !progress.breaches.empty()) {
        shrinkAndTell(incident, progress.breaches);
    } else {
        for (const auto& line : progress.log) std::puts(line.c_str());
        tell(incident, progress.breaches);
    }
    return progress.breaches.empty() ? 0 : 1;
}

/// A rule is broken on purpose: how many incidents does it take?
int playUntilCaught(const Wanted& wanted) {
    for (std::uint64_t seed = wanted.from; seed <= wanted.to; ++seed) {
        const auto breaches = play(incidentOf(seed)).breaches;
        if (breaches.empty()) continue;
        fmt::print("{}: caught by rule {} after {} incidents: {}: {}\n", wanted.mutation, breaches.front().rule,
                   seed - wanted.from + 1, breaches.front().who, breaches.front().what);
        return 0;
    }
    fmt::print("{}: NOT caught in {} incidents\n", wanted.mutation, wanted.to - wanted.from + 1);
    return 1;
}

/// A rule is broken on purpose, in a way that random incidents hardly ever meet: does this scenario show it?
int playScenarioToCatch(const Wanted& wanted) {
    const auto scenario = readScenario(wanted.scenario);
    if (!scenario) {
        fmt::print("{}\n", scenario.error().message);
        return 2;
    }
    Simulation simulation(scenario->config);
    const auto breaches =
        simulation.play(scenario->script) ? simulation.run(longest_scenario).breaches : std::vector<Breach>{};
    if (breaches.empty()) {
        fmt::print("{}: NOT caught by scenario '{}'\n", wanted.mutation, scenario->name());
        return 1;
    }
    fmt::print("{}: caught by rule {} in scenario '{}': {}: {}\n", wanted.mutation, breaches.front().rule,
               scenario->name(), breaches.front().who, breaches.front().what);
    return 0;
}

int tellDigests(const Wanted& wanted) {
    for (std::uint64_t seed = wanted.from; seed <= wanted.to; ++seed) fmt::print("{}\n", digestLine(seed));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Plays random incidents against the shipping coordinator in a simulated world."};
    Wanted wanted;
    std::string seeds = "1-1000";
    std::uint64_t one = 0;
    bool shortest = false;
    bool digests = false;
    app.add_option("--seeds", seeds, "FROM-TO");
    app.add_option("--jobs", wanted.jobs, "processes")->check(CLI::Range(1U, 256U));
    app.add_option("--findings", wanted.most_findings, "that each process shrinks");
    app.add_option("--seed", one, "plays this one with its whole log");
    app.add_flag("--shrink", shortest, "with --seed: the shortest script that fails, instead of the log");
    app.add_option("--until-caught", wanted.mutation, "plays until a rule is broken; the mutation's name");
    app.add_option("--scenario", wanted.scenario, "with --until-caught: plays this directory instead of incidents");
    app.add_flag("--digests", digests, "prints the digests of the seeds' logs, as in digests.txt");
    CLI11_PARSE(app, argc, argv);
    if (one != 0) return playOne(one, shortest);
    std::istringstream range(seeds);
    char dash = 0;
    if (!(range >> wanted.from >> dash >> wanted.to) || dash != '-' || wanted.from > wanted.to) {
        std::fputs("--seeds wants FROM-TO\n", stderr);
        return 2;
    }
    if (digests) return tellDigests(wanted);
    if (wanted.mutation.empty()) return playAll(wanted);
    return wanted.scenario.empty() ? playUntilCaught(wanted) : playScenarioToCatch(wanted);
}
