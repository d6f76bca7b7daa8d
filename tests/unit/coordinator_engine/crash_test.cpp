#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using simulated::CoordinatorDied;
using simulated::Fault;

namespace {

/// What has to be the same whenever the coordinator died.
std::string endOf(Protected& lab, domain::OperationId id) {
    const auto operation = lab.coordinator.operation(id);
    std::string end = stateOf(operation) + " owner=" + lab.owner();
    for (const auto& [name, machine] : lab.world.machines)
        end += " " + name + "=" + (machine.on ? "on:" : "off:") + machine.disk;
    for (const auto& [name, machine] : lab.world.stand_ins)
        end += " " + name + "=" + protocol::nameOf(machine.stand_in.state);
    end += " held=" + std::to_string(lab.world.holds["job01"].held);
    end += " restores=" + std::to_string(lab.world.restores.size());
    return end;
}

void goOn(Protected& lab) {
    lab.coordinator.kill();
    lab.coordinator.journal.before = lab.coordinator.journal.after = nullptr;
    lab.world.after_effect = nullptr;
    lab.coordinator.clock.pass(std::chrono::minutes(7));  // the machine booted, somebody looked at it
    lab.coordinator.start();
    lab.coordinator.run();
}

using Prepare = void (*)(Protected&);

/// The failover as it ends when nobody dies, how often the journal was written and how many effects there were.
struct Undisturbed {
    std::string end;
    int commits = 0;
    int effects = 0;
};

Undisturbed undisturbed(Prepare prepare) {
    Protected lab;
    prepare(lab);
    Undisturbed progress;
    const int before = lab.coordinator.journal.commits;
    lab.world.after_effect = [&](const std::string&, const std::string&) { ++progress.effects; };
    const auto failover = lab.failAndRun();
    progress.commits = lab.coordinator.journal.commits - before;
    progress.end = endOf(lab, failover.id);
    return progress;
}

/// Dies where `arrange` says; the report that nobody had made durable comes again, as a BMC's trap does.
template <typename Arrange>
void dieAndGoOn(Prepare prepare, const std::string& end, const std::string& where, Arrange arrange) {
    Protected lab;
    prepare(lab);
    arrange(lab);
    domain::OperationId id = 0;
    bool died = false;
    try {
        id = lab.coordinator.fail("server01");
        lab.coordinator.run();
    } catch (const CoordinatorDied&) {
        died = true;
        goOn(lab);
        if (lab.coordinator.last().kind != domain::OperationKind::Failover) {
            lab.coordinator.fail("server01");
            lab.coordinator.run();
        }
        id = lab.coordinator.last().id;
    }
    BOOST_TEST(died, where);
    BOOST_TEST(endOf(lab, id) == end, where);
    BOOST_TEST(lab.world.breaches.empty(), where);
}

void dieEverywhere(Prepare prepare) {
    const auto progress = undisturbed(prepare);
    BOOST_TEST_MESSAGE(progress.end << ", " << progress.commits << " commits, " << progress.effects << " effects");
    for (int k = 1; k <= progress.commits; ++k) {
        dieAndGoOn(prepare, progress.end, "before commit " + std::to_string(k), [k](Protected& lab) {
            const int stop = lab.coordinator.journal.commits + k;
            lab.coordinator.journal.before = [stop](int commit) {
                if (commit == stop) throw CoordinatorDied();
            };
        });
        dieAndGoOn(prepare, progress.end, "after commit " + std::to_string(k), [k](Protected& lab) {
            const int stop = lab.coordinator.journal.commits + k;
            lab.coordinator.journal.after = [stop](int commit) {
                if (commit == stop) throw CoordinatorDied();
            };
        });
    }
    for (int k = 1; k <= progress.effects; ++k) {
        dieAndGoOn(prepare, progress.end, "after effect " + std::to_string(k), [k](Protected& lab) {
            lab.world.after_effect = [k, seen = 0](const std::string&, const std::string&) mutable {
                if (++seen == k) throw CoordinatorDied();
            };
        });
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(a_failover_ends_the_same_wherever_the_coordinator_died) {
    dieEverywhere([](Protected&) {});
}

BOOST_AUTO_TEST_CASE(the_cold_path_ends_the_same_wherever_the_coordinator_died) {
    dieEverywhere([](Protected& lab) {
        lab.coordinator.ask([&](engine::Conductor& c) {
            c.spares().standInLost(base::ServerName("server01"), lab.coordinator.row("server01")->stand_in,
                                   "it is gone");
            return 0;
        });
        lab.coordinator.run();
    });
}

BOOST_AUTO_TEST_CASE(the_spare_failed_path_ends_the_same_wherever_the_coordinator_died) {
    dieEverywhere([](Protected& lab) { lab.world.fail("restore.begin spare01", Fault::Refuses); });
}

BOOST_AUTO_TEST_CASE(a_restarted_coordinator_has_a_higher_epoch) {
    Protected lab;
    const auto before = lab.coordinator.board->epoch();
    lab.coordinator.kill();
    lab.coordinator.start();
    BOOST_TEST(lab.coordinator.board->epoch() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_failover_ends_the_same_whichever_command_is_lost_or_answered_too_late) {
    const auto progress = undisturbed([](Protected&) {});
    for (const char* verb : {"segment.set", "stand_in.running", "stand_in.stopped", "restore.begin", "hold.holding",
                             "hold.releasing", "hold.idle", "power.off spare01", "power.off server01",
                             "power.on spare01", "restore.get", "hold.get", "stand_in.requests"}) {
        for (const Fault fault : {Fault::Unreachable, Fault::TimesOut, Fault::TimesOutAfter}) {
            // A stand-in that does not resume within its time takes the cold path; that is another test.
            if (std::string(verb) == "stand_in.running" && fault != Fault::Unreachable) continue;
            Protected lab;
            lab.world.fail(verb, fault, 1);
            const auto failover = lab.failAndRun();
            BOOST_TEST(endOf(lab, failover.id) == progress.end, verb << " fault " << static_cast<int>(fault));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
