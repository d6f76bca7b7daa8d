#include "tests/simulation/scenario/scenario_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "coordinator/simulation/simulation.hpp"
#include "tests/simulation/scenario/condensed_log.hpp"
#include "tests/simulation/scenario/final_world.hpp"

namespace standin::simulation {

namespace {

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// `a … b`: first the one, later the other.
bool stands(const std::string& log, std::string_view sentences) {
    constexpr std::string_view then = " … ";
    std::size_t from = 0;
    for (;;) {
        const auto end = std::min(sentences.find(then), sentences.size());
        const auto found = log.find(sentences.substr(0, end), from);
        if (found == std::string::npos) return false;
        if (end == sentences.size()) return true;
        from = found + end;
        sentences.remove_prefix(end + then.size());
    }
}

void findSurprises(const Run& run, const Scenario& scenario, std::vector<std::string>& problems) {
    for (const auto& sentence : scenario.expected) {
        if (!stands(run.log, sentence))
            problems.push_back(fmt::format("this was expected and did not happen: {}", sentence));
    }
    for (const auto& sentence : scenario.unexpected) {
        if (stands(run.log, sentence)) problems.push_back(fmt::format("this must not happen and did: {}", sentence));
    }
}

}  // namespace

std::vector<std::string> idleFaults(const Simulation& simulation, const Scenario& scenario) {
    std::vector<std::string> idle;
    for (const Action& action : scenario.script) {
        const auto& done = simulation.done();
        if (std::none_of(done.begin(), done.end(), [&](const auto& one) { return one.action == action; }))
            idle.push_back(fmt::format("this was never due: {}", text(action)));
    }
    for (const auto& target : simulation.world.network.unmet())
        idle.push_back(fmt::format("nothing met the disturbance of '{}'", target));
    return idle;
}

Run endOf(Simulation& simulation) {
    Run run;
    for (const auto& breach : simulation.run(longest_scenario).breaches)
        run.problems.push_back(fmt::format("rule {}: {}: {}", breach.rule, breach.who, breach.what));
    run.end = finalWorld(simulation);
    if (!simulation.world.log.on()) return run;
    run.log = condensed(simulation.world.log.lines()) + "\nat the end\n";
    for (const auto& line : run.end) run.log += "  " + line + "\n";
    for (const auto& line : requestsAtEnd(simulation)) run.log += "  " + line + "\n";
    return run;
}

Run run(const Scenario& scenario) {
    Simulation simulation(scenario.config);
    const auto played = simulation.play(scenario.script);
    STANDIN_ASSERT(played.has_value());  // readScenario() has seen to that
    Run run = endOf(simulation);
    for (auto& idle : idleFaults(simulation, scenario)) run.problems.push_back(std::move(idle));
    findSurprises(run, scenario, run.problems);
    return run;
}

std::string difference(const std::string& expected, const std::string& now) {
    const auto before = linesOf(expected);
    const auto after = linesOf(now);
    const auto [left, right] = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
    std::string text;
    constexpr std::ptrdiff_t shown = 12;  // what follows the first difference differs, too
    if (left == before.end() && right == after.end()) return text;
    for (auto it = left - std::min<std::ptrdiff_t>(3, left - before.begin()); it != left; ++it)
        text += "  " + *it + "\n";
    for (auto it = left; it != before.end() && it - left < shown; ++it) text += "- " + *it + "\n";
    for (auto it = right; it != after.end() && it - right < shown; ++it) text += "+ " + *it + "\n";
    return text;
}

}  // namespace standin::simulation
