#include "tests/simulation/sweep/incident.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace standin::simulation {

namespace {

/// Writes a script line by line, by chance.
class Author {
  public:
    explicit Author(std::uint64_t seed) : chance_(Randomness::about(seed, "incident", 0)) {}

    Incident write(std::uint64_t seed) {
        incident_.seed = seed;
        incident_.layout.servers = chance_.percent(30) ? 2 : 1;
        incident_.layout.spares = static_cast<int>(chance_.below(3)) + (chance_.percent(80) ? 1 : 0);
        if (chance_.percent(30)) incident_.layout.policy = domain::FencePolicy::Power;
        if (chance_.percent(20)) incident_.layout.vm_hosts = 2;
        // Also what the evidence would mostly prevent: a server that is fenced while it goes on serving.
        if (chance_.percent(40)) incident_.layout.evidence = domain::EvidencePolicy::Trap;
        if (chance_.percent(6)) incident_.layout.is_protected = false;
        const bool shared = incident_.layout.policy == domain::FencePolicy::Power && chance_.percent(40);
        incident_.layout.data = shared                ? domain::JobData::Shared
                                : chance_.percent(75) ? domain::JobData::Local
                                                      : domain::JobData::None;
        if (incident_.layout.spares > 0 && chance_.percent(8)) incident_.layout.lent = true;
        machines();
        failures();
        for (auto left = chance_.below(4); left > 0; --left) disturbance();
        if (chance_.percent(45)) coordinatorDies();
        if (chance_.percent(12)) {
            another();
        } else if (chance_.percent(8)) {
            restored();
        }
        if (chance_.percent(40)) operatorActs();
        if (chance_.percent(25)) accident();
        if (chance_.percent(3)) movedAway();
        if (chance_.percent(5)) identities();
        if (chance_.percent(8)) restraints();  // the last, so that what comes before is the same for each seed
        return std::move(incident_);
    }

  private:
    template <typename... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        const std::string written = fmt::format(format, std::forward<Args>(args)...);
        auto action = actionFrom(written);
        if (!action) throw std::logic_error(action.error().message);
        incident_.script.push_back(std::move(*action));
    }
    template <std::size_t count>
    const char* oneOf(const std::array<const char*, count>& words) {
        return words[chance_.below(count)];
    }
    std::string time(VirtualTime least, VirtualTime most) {
        return durationText(VirtualTime(chance_.between(least, most).count() / 1000 * 1000));
    }
    std::string server() { return numbered("server", 1 + static_cast<int>(chance_.below(incident_.layout.servers))); }
    std::string spare() {
        return incident_.layout.spares == 0
                   ? server()
                   : numbered("spare", 1 + static_cast<int>(chance_.below(incident_.layout.spares)));
    }
    std::string machine() { return chance_.percent(50) ? server() : spare(); }

    /// Some time on the way, by the clock or by what happens.
    std::string some() {
        static constexpr std::array states{
            "Verifying",     "StandingDown",         "TakingOver",         "GivingSegment",   "PreparingSpare",
            "StartingSpare", "HoldingRequests",      "DrainingStandIn",    "FreezingStandIn", "ReleasingRequests",
            "Settling",      "GivingSegmentToSpare", "ColdPreparingSpare", "LeavingSpare"};
        static constexpr std::array verbs{"segment.set",   "stand_in.running", "stand_in.suspended",
                                          "restore.begin", "hold.holding",     "hold.releasing",
                                          "hold.idle",     "power.off",        "power.on",
                                          "probe",         "restore.get",      "stand_in.requests"};
        switch (chance_.below(4)) {
            case 0:
                return "at " + time(1s, 40s);
            case 1:
                return fmt::format("at state/{}{}", oneOf(states), chance_.percent(50) ? " +" + time(1ms, 900ms) : "");
            case 2:
                return fmt::format("at {} #{}", oneOf(verbs), 1 + chance_.below(4));
            default:
                return fmt::format("at record #{}", 1 + chance_.below(30));
        }
    }

    void machines() {
        for (int i = 1; i <= incident_.layout.spares; ++i) {
            const std::string name = numbered("spare", i);
            if (chance_.percent(8)) line("at 0s: boot {} never", name);
            if (chance_.percent(4)) line("at 0s: boot {} elsewhere", name);
            if (chance_.percent(8)) line("at 0s: boot {} well takes={}", name, time(6s, 150s));
            if (chance_.percent(5)) line("at 0s: disk {} {}", name, oneOf(std::array{"refuses", "small", "other"}));
            if (chance_.percent(5)) line("{}: power {} on", some(), name);
            if (chance_.percent(2)) {  // long before the first write can begin
                line("at 0s: disturb restore.begin unreachable for=40s");
                line("at power.off/{} +{}: power {} on", name, time(2s, 9s), name);
            }
            if (chance_.percent(6)) line("at 0s: bmc {} {}", name, oneOf(std::array{"ignores", "dead", "dependent"}));
            if (chance_.percent(8)) line("at 0s: bmc {} honest busy={}", name, 1 + chance_.below(3));
        }
        for (int i = 1; i <= incident_.layout.servers; ++i) {
            const std::string name = numbered("server", i);
            if (chance_.percent(12))
                line("at 0s: bmc {} {}", name, oneOf(std::array{"ignores", "dead", "dependent", "lies"}));
            if (chance_.percent(12))
                line("at 0s: bmc {} honest busy={} slower={}", name, chance_.below(4), time(0s, 9s));
            if (chance_.percent(15)) line("at 0s: bmc {} chatty", name);
            if (chance_.percent(15)) line("at 0s: shutdown {} hangs", name);
            if (chance_.percent(10))
                line("at 0s: stand-in {} {}", name, oneOf(std::array{"mute", "stuck", "halts", "lost"}));
            if (chance_.percent(5)) line("at 0s: image {}-1 corrupt", name);
            if (chance_.percent(12)) line("at state/GivingSegment: linger {} count=2 for={}", name, time(1s, 90s));
            if (chance_.percent(6)) line("at state/GivingSegment: linger {} busy=yes for={}", name, time(1s, 200s));
        }
    }

    void failures() {
        for (int i = 1; i <= incident_.layout.servers; ++i) {
            if (i > 1 && chance_.percent(30)) continue;
            const std::string name = numbered("server", i);
            const auto at = chance_.between(1s, 4s);
            const bool odd = chance_.percent(35);
            line("at {}: fail {} kind={} serves={}{}{}", durationText(at), name,
                 oneOf(std::array{"processor", "memory", "power"}), chance_.percent(50) ? "yes" : "no",
                 chance_.percent(25) ? " hung=yes" : "", odd ? " trap=no" : "");
            if (!odd) continue;
            for (auto left = 1 + chance_.below(3); left > 0; --left)
                line("at {}: trap {} times={} every={}", durationText(at + chance_.between(0s, 30s)), name,
                     1 + chance_.below(3), time(1ms, 20s));
            if (chance_.percent(30))
                line("at {}: trap {} kind=recovery", durationText(at + chance_.between(0s, 5s)), name);
        }
        if (chance_.percent(8)) line("at {}: trap {} from=10.99.0.1", time(1s, 20s), server());
        if (chance_.percent(8))
            line("at {}: trap {} kind={}", time(1s, 20s), server(), oneOf(std::array{"test", "unknown", "recovery"}));
        if (chance_.percent(10)) line("{}: trap {}", some(), server());
    }

    void disturbance() {
        static constexpr std::array targets{"segment.set",
                                            "segment.get",
                                            "stand_in.running",
                                            "stand_in.stopped",
                                            "stand_in.suspended",
                                            "stand_in.requests",
                                            "stand_in.get",
                                            "probe",
                                            "hold.holding",
                                            "hold.releasing",
                                            "hold.idle",
                                            "hold.get",
                                            "restore.begin",
                                            "restore.get",
                                            "stand_in.resources",
                                            "power.off",
                                            "power.on",
                                            "power.read",
                                            "image.get",
                                            "switch1",
                                            "vmhost1",
                                            "store1",
                                            "holder1",
                                            "restore.cancel",
                                            "stand_in.remove",
                                            "epoch.claim"};
        static constexpr std::array mishaps{"unreachable", "lost",  "answer-lost", "late", "refused",
                                            "unverified",  "twice", "slow",        "drip", "hung"};
        static constexpr std::array of_power{"unreachable", "lost", "answer-lost", "late",
                                             "refused",     "slow", "drip",        "hung"};
        const std::string how =
            chance_.percent(50) ? fmt::format("times={}", 1 + chance_.below(4)) : "for=" + time(100ms, 50s);
        const std::string target = oneOf(targets);
        // A BMC is asked within a session that does not outlive the question: nothing comes much later, or twice.
        const bool power = target.starts_with("power.");
        const std::string mishap = power ? oneOf(of_power) : oneOf(mishaps);
        line("{}: disturb {} {} by={} {}", some(), target, mishap, time(1ms, power ? 3s : 40s), how);
    }

    void coordinatorDies() {
        for (auto left = 1 + chance_.below(2); left > 0; --left) {
            const std::string down = time(1ms, 30s);
            if (chance_.percent(30)) {
                line("before record #{}: kill one for={}", 1 + chance_.below(30), down);
            } else {
                line("{}: kill one for={}", some(), down);
            }
        }
    }

    /// Two that believe that they lead.
    void another() {
        const auto at = chance_.between(1s, 30s);
        line("at {}: pause one for={}", durationText(at), time(1s, 40s));
        line("at {}: start two", durationText(at + chance_.between(0s, 10s)));
    }

    /// One more runs from a copy of the journal, with the same epoch, until an operator stops it and starts the other
    /// anew.
    void restored() {
        line("{}: back-up-journal", chance_.percent(60) ? some() : "at 0s");
        const auto at = chance_.between(2s, 40s);
        line("at {}: start two journal=backup", durationText(at));
        const auto ends = at + chance_.between(1s, 40s);
        line("at {}: stop two", durationText(ends));
        line("at {}: kill one for={}", durationText(ends + 1s), time(1ms, 2s));
    }

    /// The journal is damaged and moved away. The operator adopts what the agents say, and brings the jobs back.
    void movedAway() {
        const bool two = std::any_of(incident_.script.begin(), incident_.script.end(),
                                     [](const Action& action) { return action.verb == "start"; });
        if (two) return;  // in the world it would write to the new journal; a real one has the old file open
        const auto at = chance_.between(2s, 120s);
        line("at {}: move-journal-away", durationText(at));
        if (chance_.percent(60)) line("at {}: trap {}", durationText(at + chance_.between(0s, 20s)), server());
        for (const auto later : {30s, 60s, 400s}) line("at {}: adopt", durationText(at + later));
        for (const auto later : {450s, 500s, 600s}) {
            for (int i = 1; i <= incident_.layout.servers; ++i)
                line("at {}: return {} discard=yes", durationText(at + later), numbered("server", i));
        }
    }

    /// Machines have UUIDs, and a BMC may be another machine's from the beginning.
    void identities() {
        incident_.layout.uuids = true;
        for (int i = 1; i <= incident_.layout.spares; ++i)
            if (chance_.percent(40)) line("at 0s: bmc {} another", numbered("spare", i));
        if (chance_.percent(20)) line("at 0s: bmc {} another", server());
    }

    /// The site is frozen for a while, the brake bites at the second server, and an operator takes failovers back.
    void restraints() {
        if (chance_.percent(60)) {
            line("at {}: freeze on", time(0s, 6s));
            line("at {}: freeze off", time(7s, 170s));
        }
        if (chance_.percent(70)) {
            incident_.layout.brake = 1;
            for (int i = 1; i <= incident_.layout.servers; ++i)
                line("at {}: fail {}", time(1s, 4s), numbered("server", i));
            if (chance_.percent(70)) line("at {}: release-brake", time(5s, 200s));
        }
        if (chance_.percent(40)) line("at {}: cancel {}", time(1s, 90s), server());
        line("at 240s: release-brake");
    }

    static constexpr std::array after_return{"close", "retry", "prepare", "refresh", "backup", "failover"};

    void operatorActs() {
        static constexpr std::array early{"prepare", "refresh", "backup", "failover"};
        static constexpr std::array late{"retry",    "confirm-fence", "close",   "retry",
                                         "failover", "prepare",       "refresh", "backup"};
        if (chance_.percent(30)) line("at {}: {} {}", time(0s, 3s), oneOf(early), server());
        if (chance_.percent(10)) {  // all servers at once, as a playbook does
            const auto at = time(0s, 60s);
            for (int i = 1; i <= incident_.layout.servers; ++i)
                line("at {}: {} {}", at, chance_.percent(50) ? "backup" : "refresh", numbered("server", i));
        }
        for (auto left = chance_.below(3); left > 0; --left) ask(time(5s, 170s), oneOf(late), server());
        if (chance_.percent(40)) operatorChangesTheTable();
    }

    /// Who is refused for the sake of the data may agree to lose them, or not know of them.
    void ask(const std::string& at, const std::string& verb, const std::string& server) {
        const bool may_discard = verb == "return" || verb == "close";
        const bool discards = may_discard && chance_.percent(verb == "return" ? 70 : 30);
        line("at {}: {} {}{}", at, verb, server, discards ? " discard=yes" : "");
    }

    /// Whatever suits, and whatever does not: what must not be is refused.
    void operatorChangesTheTable() {
        const std::string its = server();
        switch (chance_.below(5)) {
            case 0:
                return line("at {}: unset-spare {}", time(0s, 170s), its);
            case 1:
                if (incident_.layout.spares == 0) return;
                return line("at {}: set-spare {} {} {}-1", time(0s, 170s), its, spare(), its);
            case 2:
                line("at {}: maintenance {} on", time(0s, 60s), its);
                return line("at {}: maintenance {} off", time(60s, 170s), its);
            default:  // and again, should it be too early or not be answered
                returnJob(its);
                if (chance_.percent(50)) ask(time(170s, 200s), oneOf(after_return), its);
                ask(time(230s, 260s), "return", its);
        }
    }

    void returnJob(const std::string& server) {
        const auto at = chance_.between(60s, 170s);
        ask(durationText(at), "return", server);
        // The intent is durable, the order under way, its outcome to be recorded: all within so long.
        if (chance_.percent(40))
            line("at {}: kill one for={}", durationText(at + chance_.between(0s, 120ms)), time(1ms, 30s));
        if (chance_.percent(20))
            line("at {}: disturb segment.set {} by={} times={}", durationText(at),
                 oneOf(std::array{"lost", "answer-lost", "late", "unverified"}), time(1ms, 40s), 1 + chance_.below(2));
    }

    void accident() {
        switch (chance_.below(8)) {
            case 0:
                return line("{}: restart {} down={}", some(),
                            oneOf(std::array{"switch1", "vmhost1", "store1", "holder1"}), time(10ms, 20s));
            case 1: {
                line("{}: vm-host vmhost1 dies", some());
                if (chance_.percent(50)) line("at {}: vm-host vmhost1 returns", time(20s, 170s));
                return;
            }
            case 2:
                return line("{}: journal full for={}", some(), time(1s, 90s));
            case 3:
                return line("at hold.releasing +{}: fail {}", time(1ms, 3s), spare());
            case 4:
                line("at state/FreezingStandIn: fail {}", spare());
                if (chance_.percent(30)) line("at state/FreezingStandIn: stand-in {} stuck", server());
                return;
            case 5:
                return line("at state/HoldingRequests +{}: restart vmhost1 down={}", time(1ms, 2s), time(10ms, 5s));
            case 6:  // for so long that somebody has to notice
                line("at state/Succeeded +{}: job {} hangs", time(1s, 40s), machine());
                if (chance_.percent(30)) return line("at state/Succeeded +8min: job {} well", machine());
                return line("at state/Succeeded +8min: heal");
            default:
                return line("{}: fail {}", some(), spare());
        }
    }

    Randomness chance_;
    Incident incident_;
};

}  // namespace

Incident incidentOf(std::uint64_t seed) {
    return Author(seed).write(seed);
}

WorldConfig configOf(const Incident& incident) {
    WorldConfig config = layOut(incident.layout);
    config.seed = incident.seed;
    config.engine.keep_records = false;  // nobody replays a random incident: it is played again instead
    config.engine.watch_every = 30s;
    if (incident.seed % 3 == 0) config.inventory.restores_at_once[base::AgentName("store1")] = 1;
    config.timings.between_requests = 1500ms;
    return config;
}

OperationProgress play(const Incident& incident, Simulation::Log log) {
    Simulation simulation(configOf(incident), log);
    const auto played = simulation.play(incident.script);
    if (!played) throw std::logic_error(played.error().message);
    OperationProgress progress;
    progress.breaches = simulation.run(liveness_within).breaches;
    progress.log = simulation.world.log.lines();
    auto& counts = progress.counts;
    counts["events"] = simulation.world.queue.events();
    counts["records"] = simulation.world.disk.records;
    counts["virtual seconds"] = static_cast<std::uint64_t>(simulation.world.now().count() / 1'000'000);
    for (const auto& [id, operation] : simulation.world.disk.operations) {
        if (operation->kind != domain::OperationKind::Failover) continue;
        ++counts["failovers"];
        ++counts[fmt::format("failovers {}", domain::nameOf(operation->state))];
        if (operation->cold) ++counts["failovers on the cold path"];
    }
    for (const auto& [name, server] : simulation.config.inventory.servers) {
        const auto& ledger = simulation.world.clients.ledger(server.segment.text());
        counts["requests"] += ledger.size();
        counts["requests held"] += static_cast<std::uint64_t>(
            std::count_if(ledger.begin(), ledger.end(), [](const auto& request) { return request->by_holder; }));
    }
    return progress;
}

std::string digestLine(std::uint64_t seed) {
    const auto log = play(incidentOf(seed), Simulation::Log::On).log;
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const auto& line : log) {
        for (const char c : line + "\n") hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return fmt::format("{} {} {:016x}", seed, log.size(), hash);
}

}  // namespace standin::simulation
