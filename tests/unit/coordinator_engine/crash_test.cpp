#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;

namespace {

/// What has to be the same whenever the coordinator died.
std::string endOf(Lab& lab, domain::OperationId id) {
    const auto operation = lab.operation(id);
    std::string end = stateOf(operation) + " owner=" + lab.owner();
    for (const auto& [name, machine] : lab.world.machines)
        end += " " + name + "=" + (machine.on ? "on:" : "off:") + machine.disk;
    for (const auto& [name, machine] : lab.guests()) end += " " + name + "=" + protocol::nameOf(machine.stand_in.state);
    end += " held=" + std::to_string(lab.held());
    end += " restores=" + std::to_string(lab.store().restores().size());
    return end;
}

void goOn(Lab& lab) {
    lab.after_effect = nullptr;
    lab.pass(std::chrono::minutes(7));  // the machine booted, somebody looked at it
    lab.start();
    lab.run();
}

using Prepare = void (*)(Lab&);

/// The failover as it ends when nobody dies, how often the journal was written and how many effects there were.
struct Undisturbed {
    std::string end;
    unsigned commits = 0;
    unsigned effects = 0;
};

Undisturbed undisturbed(Prepare prepare) {
    Lab lab;
    prepare(lab);
    Undisturbed progress;
    const auto before = lab.world.disk.records;
    lab.progress.clear();
    const auto failover = lab.failAndRun();
    progress.effects = static_cast<unsigned>(lab.progress.size());
    progress.commits = static_cast<unsigned>(lab.world.disk.records - before);
    progress.end = endOf(lab, failover.id);
    return progress;
}

/// Dies where `arrange` says; the report that nobody had made durable comes again, as a BMC's trap does.
template <typename Arrange>
void dieAndGoOn(Prepare prepare, const std::string& end, const std::string& where, Arrange arrange) {
    Lab lab;
    prepare(lab);
    arrange(lab);
    lab.fail("server01");
    if (lab.one.running()) lab.run();
    BOOST_REQUIRE_MESSAGE(!lab.one.running(), where);
    goOn(lab);
    if (lab.board().operations(1).empty()) lab.failAndRun();
    BOOST_TEST(endOf(lab, lab.last().id) == end, where);
}

void dieEverywhere(Prepare prepare) {
    const auto progress = undisturbed(prepare);
    BOOST_TEST_MESSAGE(progress.end << ", " << progress.commits << " commits, " << progress.effects << " effects");
    for (unsigned k = 1; k <= progress.commits; ++k) {
        for (const char* moment : {"before/record", "record"}) {
            dieAndGoOn(prepare, progress.end, moment + (" " + std::to_string(k)),
                       [&](Lab& lab) { lab.killAt(moment, k); });
        }
    }
    for (unsigned k = 1; k <= progress.effects; ++k) {
        dieAndGoOn(prepare, progress.end, "after effect " + std::to_string(k), [k](Lab& lab) {
            lab.after_effect = [&lab, stop = lab.progress.size() + k](const std::string&, const std::string&) {
                if (lab.progress.size() == stop) lab.kill();
            };
        });
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(a_failover_ends_the_same_wherever_the_coordinator_died) {
    dieEverywhere([](Lab&) {});
}

BOOST_AUTO_TEST_CASE(the_cold_path_ends_the_same_wherever_the_coordinator_died) {
    dieEverywhere([](Lab& lab) {
        lab.standInLost();
        lab.run();
    });
}

BOOST_AUTO_TEST_CASE(the_spare_failed_path_ends_the_same_wherever_the_coordinator_died) {
    dieEverywhere([](Lab& lab) { lab.disturb("restore.begin", Mishap::Refused); });
}

BOOST_AUTO_TEST_CASE(a_restarted_coordinator_has_a_higher_epoch) {
    Lab lab;
    const auto before = lab.board().epoch();
    lab.kill();
    lab.start();
    BOOST_TEST(lab.board().epoch() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_failover_ends_the_same_whichever_command_is_lost_or_answered_too_late) {
    const auto progress = undisturbed([](Lab&) {});
    for (const char* verb : {"segment.set", "stand_in.running", "stand_in.stopped", "restore.begin", "hold.holding",
                             "hold.releasing", "hold.idle", "power.off/spare01", "power.off/server01",
                             "power.on/spare01", "restore.get", "hold.get", "stand_in.requests"}) {
        for (const Mishap fault : {Mishap::Unreachable, Mishap::Lost, Mishap::AnswerLost}) {
            // A stand-in that does not resume within its time takes the cold path; that is another test.
            if (std::string(verb) == "stand_in.running" && fault != Mishap::Unreachable) continue;
            Lab lab;
            lab.disturb(verb, fault, 1);
            const auto failover = lab.failAndRun();
            BOOST_TEST(endOf(lab, failover.id) == progress.end, verb << " fault " << static_cast<int>(fault));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
