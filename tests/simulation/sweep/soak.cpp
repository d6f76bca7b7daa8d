// Plays random incidents, as many as wanted, in parallel processes. What it finds is told with its seed and the shortest script
// that still fails; `--seed N` plays one with its whole log.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "tests/simulation/sweep/shrink.hpp"

using namespace standin::simulation;

namespace {

struct Wanted {
    std::uint64_t from = 1;
    std::uint64_t to = 1000;
    unsigned jobs = 1;
    unsigned most_findings = 3;  ///< each is shrunk, which takes its time
};

void tell(const Incident& incident, const std::vector<Breach>& breaches) {
    std::string text = fmt::format("# {} servers, {} spares, {} VM hosts, policy {}{}\n", incident.layout.servers,
                                   incident.layout.spares, incident.layout.vm_hosts,
                                   standin::domain::nameOf(incident.layout.policy),
                                   incident.layout.is_protected ? "" : ", not protected");
    text += standin::simulation::text(incident.script);
    for (const Breach& breach : breaches)
        text += fmt::format("rule {} at {}: {}: {}\n", breach.rule, standin::simulation::text(breach.at), breach.who, breach.what);
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
        const auto again = play(candidate);
        return !again.empty() && again.front().rule == rule;
    });
    tell(shortest, play(shortest));
}

constexpr unsigned most_told = 100;

/// Plays every `jobs`-th seed; how many failed.
std::uint64_t playShare(const Wanted& wanted, unsigned job) {
    std::uint64_t failed = 0;
    for (std::uint64_t seed = wanted.from + job; seed <= wanted.to; seed += wanted.jobs) {
        const Incident incident = incidentOf(seed);
        const auto breaches = play(incident);
        if (breaches.empty()) continue;
        if (failed < most_told) tellSeed(incident, breaches.front());
        if (failed++ < wanted.most_findings) shrinkAndTell(incident, breaches);
    }
    return failed;
}

int playAll(const Wanted& wanted) {
    const auto begun = std::chrono::steady_clock::now();
    std::vector<pid_t> children;
    for (unsigned job = 1; job < wanted.jobs; ++job) {
        const pid_t child = fork();
        if (child < 0) return 2;
        if (child == 0) _exit(playShare(wanted, job) == 0 ? 0 : 1);
        children.push_back(child);
    }
    bool well = playShare(wanted, 0) == 0;
    for (const pid_t child : children) {
        int status = 0;
        well = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 && well;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const auto incidents = static_cast<double>(wanted.to - wanted.from + 1);
    std::printf("%.0f incidents, seeds %llu-%llu, in %.1f s: %.0f a second with %u processes; %s\n", incidents,
                static_cast<unsigned long long>(wanted.from), static_cast<unsigned long long>(wanted.to), seconds,
                incidents / seconds, wanted.jobs, well ? "no rule was broken" : "RULES WERE BROKEN");
    return well ? 0 : 1;
}

int playOne(std::uint64_t seed, bool shortest) {
    Incident incident = incidentOf(seed);
    if (shortest) {
        const auto breaches = play(incident);
        if (!breaches.empty()) shrinkAndTell(incident, breaches);
        return breaches.empty() ? 0 : 1;
    }
    std::vector<std::string> log;
    const auto breaches = play(incident, &log);
    for (const auto& line : log) std::puts(line.c_str());
    tell(incident, breaches);
    return breaches.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Plays random incidents against the shipping coordinator in a simulated world."};
    Wanted wanted;
    std::string seeds = "1-1000";
    std::uint64_t one = 0;
    bool shortest = false;
    app.add_option("--seeds", seeds, "FROM-TO");
    app.add_option("--jobs", wanted.jobs, "processes")->check(CLI::Range(1U, 256U));
    app.add_option("--findings", wanted.most_findings, "that each process shrinks");
    app.add_option("--seed", one, "plays this one with its whole log");
    app.add_flag("--shrink", shortest, "with --seed: the shortest script that fails, instead of the log");
    CLI11_PARSE(app, argc, argv);
    if (one != 0) return playOne(one, shortest);
    if (std::sscanf(seeds.c_str(), "%lu-%lu", &wanted.from, &wanted.to) != 2 || wanted.from > wanted.to) {
        std::fputs("--seeds wants FROM-TO\n", stderr);
        return 2;
    }
    return playAll(wanted);
}
