#include <boost/test/unit_test.hpp>
#include <chrono>

#include "tests/integration/switch/switched_job.hpp"

using namespace standin;
using namespace standin::tests;
using namespace std::chrono_literals;

namespace {

// Stand-in, holder and spare each answer with their own name; the holder's 'proxying' is its own answer.
struct DrainedJob : SwitchedJob {
    EchoJob on_stand_in{stand_in, "stand-in"};
    EchoJob on_holder{holder, "holder"};
    EchoJob on_spare{spare, "spare"};

    protocol::SegmentOrder spareOwns(bool proxied) const {
        auto wanted = order("spare");
        wanted.proxied = proxied;
        wanted.back_leg_to = base::MemberName("spare");
        return wanted;
    }
    std::string answerToNew(const Machine& from) const { return Connection(from, job_address).ask(); }
    std::string flows() const { return lan.ofctl({"dump-flows"}); }
    /// A segment's flows bear its number in the cookie; the mark of a fence, which ends by itself, bears none.
    bool steers() const {
        const std::string all = flows();
        const std::string ours = "cookie=0x5374616e";
        for (auto at = all.find(ours); at != std::string::npos; at = all.find(ours, at + 1)) {
            if (all.compare(at + ours.size(), 9, "00000000,") != 0) return true;
        }
        return false;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(segment_steering, DrainedJob)

BOOST_AUTO_TEST_CASE(connections_that_exist_stay_with_the_stand_in_while_new_ones_go_to_the_holder) {
    give(order("stand-in"));
    Connection established(client, job_address);
    BOOST_TEST(established.ask() == "stand-in");

    BOOST_TEST(give(order("holder", "stand-in")).verified);
    BOOST_TEST(established.ask() == "stand-in");
    BOOST_TEST(answerToNew(client) == "holder");
    BOOST_TEST(established.ask() == "stand-in");
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_may_still_run_is_cut_off_before_held_requests_go_to_the_spare) {
    give(order("stand-in"));
    Connection established(client, job_address);
    BOOST_TEST(established.ask() == "stand-in");
    give(order("holder", "stand-in"));
    Connection taken(client, job_address);
    BOOST_TEST(taken.ask() == "holder");

    auto isolated = order("holder", "spare");
    isolated.back_leg_to = base::MemberName("spare");
    give(isolated);
    BOOST_TEST(established.ask(300ms) == "");
    Connection released(back_leg, job_address);
    BOOST_TEST(released.ask() == "spare");
    BOOST_TEST(taken.ask() == "holder");
    BOOST_TEST(answerToNew(client) == "holder");

    give(spareOwns(true));
    BOOST_TEST(taken.ask() == "holder");
    BOOST_TEST(released.ask() == "spare");
    BOOST_TEST(answerToNew(client) == "spare");
}

// Its ports are the job's only; everything else (an administrator's ssh, say) stays where the job is executed.
BOOST_AUTO_TEST_CASE(only_connections_to_the_jobs_ports_go_to_the_holder) {
    give(order("stand-in"));
    Connection established(client, job_address);
    BOOST_TEST(established.ask() == "stand-in");
    auto draining = order("holder", "stand-in");
    draining.job_ports = {job_port + 1, job_port};
    give(draining);
    BOOST_TEST(answerToNew(client) == "holder");
    draining.job_ports = {job_port + 1};
    give(draining);
    BOOST_TEST(answerToNew(client) == "stand-in");
}

BOOST_AUTO_TEST_CASE(the_holder_reaches_the_stand_in_over_its_back_leg_while_new_connections_still_come_to_it) {
    give(order("stand-in"));
    Connection established(client, job_address);
    BOOST_TEST(established.ask() == "stand-in");
    auto returning = order("holder", "stand-in");
    returning.back_leg_to = base::MemberName("stand-in");
    give(returning);
    Connection returned(back_leg, job_address);
    BOOST_TEST(returned.ask() == "stand-in");
    BOOST_TEST(established.ask() == "stand-in");
    Connection taken(client, job_address);
    BOOST_TEST(taken.ask() == "holder");

    auto back = order("stand-in");
    back.proxied = true;
    back.back_leg_to = base::MemberName("stand-in");
    give(back);
    BOOST_TEST(returned.ask() == "stand-in");
    BOOST_TEST(established.ask() == "stand-in");
    BOOST_TEST(taken.ask() == "holder");
    BOOST_TEST(answerToNew(client) == "stand-in");
}

BOOST_AUTO_TEST_CASE(connections_that_the_holder_took_go_on_after_the_segment_went_to_the_spare) {
    give(order("stand-in"));
    Connection established(client, job_address);
    BOOST_TEST(established.ask() == "stand-in");
    give(order("holder", "stand-in"));
    Connection taken(client, job_address);
    BOOST_TEST(taken.ask() == "holder");

    BOOST_TEST(give(spareOwns(true)).verified);
    BOOST_TEST(taken.ask() == "holder");
    BOOST_TEST(answerToNew(client) == "spare");
    BOOST_TEST(taken.ask() == "holder");
    Connection by_back_leg(back_leg, job_address);
    BOOST_TEST(by_back_leg.ask() == "spare");

    BOOST_TEST(give(spareOwns(false)).verified);
    BOOST_TEST(!steers());
    BOOST_TEST(answerToNew(client) == "spare");
    BOOST_TEST(taken.ask(300ms) == "");
}

BOOST_AUTO_TEST_CASE(what_the_holder_took_goes_on_while_the_drained_stand_in_stops) {
    give(order("stand-in"));
    give(order("holder", "stand-in"));
    Connection taken(client, job_address);
    BOOST_TEST(taken.ask() == "holder");
    lan.unplug(stand_in);  // its domain is stopped, so its port goes
    for (int round = 0; round < 3; ++round) {
        for (const auto* machine : {&client, &holder}) machine->ip({"neigh", "flush", "all"});
        BOOST_TEST(taken.ask() == "holder");
        BOOST_TEST(client.neighbour(job_address) == server_mac);
        BOOST_TEST(answerToNew(client) == "holder");
    }
    BOOST_TEST(give(order("holder", "stand-in")).verified);
    BOOST_TEST(give(spareOwns(true)).verified);
    BOOST_TEST(taken.ask() == "holder");
    BOOST_TEST(answerToNew(client) == "spare");
}

BOOST_AUTO_TEST_CASE(clients_never_hear_of_two_places_whenever_they_ask) {
    give(order("stand-in"));
    Connection established(client, job_address);
    give(order("holder", "stand-in"));
    Connection taken(client, job_address);
    auto askAfresh = [&](Connection& connection) {
        for (const auto* machine : {&client, &stand_in, &holder, &spare}) machine->ip({"neigh", "flush", "all"});
        return connection.ask();
    };
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST(askAfresh(established) == "stand-in");
        BOOST_TEST(client.neighbour(job_address) == server_mac);
        BOOST_TEST(askAfresh(taken) == "holder");
        BOOST_TEST(client.neighbour(job_address) == server_mac);
    }
    give(spareOwns(true));
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST(askAfresh(taken) == "holder");
        BOOST_TEST(client.neighbour(job_address) == spare_mac);
        BOOST_TEST(answerToNew(client) == "spare");
        BOOST_TEST(client.neighbour(job_address) == spare_mac);
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_has_missed_every_announcement_still_reaches_the_right_machine) {
    give(order("stand-in"));
    give(order("holder", "stand-in"));
    Connection taken(client, job_address);
    BOOST_TEST(taken.ask() == "holder");
    client.ip({"neigh", "replace", job_address, "lladdr", server_mac, "dev", "eth0", "nud", "permanent"});
    give(spareOwns(true));
    BOOST_TEST(taken.ask() == "holder");
    BOOST_TEST(answerToNew(client) == "spare");
}

BOOST_AUTO_TEST_CASE(a_client_behind_a_trunk_is_steered_like_one_at_an_access_port) {
    lan.addSwitchBehindTrunk(job_vlan);
    const auto remote =
        lan.addMachine("remote", "52:54:00:09:01:66", "10.9.1.101/24", job_vlan, PrivateSwitch::Place::BehindTrunk);
    give(order("stand-in"));
    Connection established(remote, job_address);
    BOOST_TEST(established.ask() == "stand-in");
    give(order("holder", "stand-in"));
    BOOST_TEST(established.ask() == "stand-in");
    Connection taken(remote, job_address);
    BOOST_TEST(taken.ask() == "holder");
    remote.ip({"neigh", "flush", "all"});
    BOOST_TEST(established.ask() == "stand-in");
    give(spareOwns(true));
    BOOST_TEST(taken.ask() == "holder");
    BOOST_TEST(answerToNew(remote) == "spare");
}

BOOST_AUTO_TEST_CASE(a_client_that_is_plugged_in_during_the_drain_is_steered_too) {
    give(order("stand-in"));
    give(order("holder", "stand-in"));
    const auto late = lan.addMachine("late", "52:54:00:09:01:67", "10.9.1.102/24", job_vlan);
    BOOST_TEST(eventually([&] { return answerToNew(late) == "holder"; }));
}

BOOST_AUTO_TEST_CASE(a_restarted_switch_steers_again_by_itself) {
    give(order("stand-in"));
    Connection established(client, job_address);
    give(order("holder", "stand-in"));
    lan.stopDaemon();
    lan.startDaemon();
    BOOST_TEST(eventually([&] { return established.ask(200ms) == "stand-in"; }));
    BOOST_TEST(answerToNew(client) == "holder");
}

BOOST_AUTO_TEST_CASE(a_restarted_agent_goes_on_where_it_was) {
    give(order("stand-in"));
    Connection established(client, job_address);
    give(order("holder", "stand-in"));
    Connection taken(client, job_address);
    restartKeeper();
    BOOST_TEST(keeper->segment(id)->order.owner.text() == "holder");
    BOOST_TEST(established.ask() == "stand-in");
    BOOST_TEST(taken.ask() == "holder");
    give(spareOwns(true));
    BOOST_TEST(taken.ask() == "holder");
    restartKeeper();
    give(spareOwns(false));
    BOOST_TEST(!steers());
}

BOOST_AUTO_TEST_CASE(a_drain_that_is_given_up_returns_everything_to_the_stand_in) {
    give(order("stand-in"));
    Connection established(client, job_address);
    give(order("holder", "stand-in"));
    BOOST_TEST(answerToNew(client) == "holder");
    BOOST_TEST(give(order("stand-in")).verified);
    BOOST_TEST(established.ask() == "stand-in");
    BOOST_TEST(answerToNew(client) == "stand-in");
    BOOST_TEST(!steers());
}

BOOST_AUTO_TEST_CASE(no_request_waits_for_a_lost_frame_while_the_segment_moves) {
    give(order("stand-in"));
    Connection established(client, job_address);
    BOOST_TEST(established.ask() == "stand-in");
    std::atomic<bool> done{false};
    std::chrono::steady_clock::duration longest{};
    int failures = 0;
    std::thread talking([&] {
        while (!done) {
            const auto begin = std::chrono::steady_clock::now();
            if (established.ask() != "stand-in") ++failures;
            longest = std::max(longest, std::chrono::steady_clock::now() - begin);
        }
    });
    for (int round = 0; round < 5; ++round) {
        give(order("holder", "stand-in"));
        give(order("stand-in"));
    }
    done = true;
    talking.join();
    BOOST_TEST(failures == 0);
    const double longest_ms = std::chrono::duration<double>(longest).count() * 1e3;
    BOOST_TEST_MESSAGE("longest request " << longest_ms << " ms");
    // TCP repeats a lost frame after 200 ms at the earliest; that long a wait without a repetition is a slow machine.
    BOOST_TEST((longest_ms < 190.0 || established.repeatedFrames() == 0),
               "a request waited " << longest_ms << " ms for a lost frame");
}

BOOST_AUTO_TEST_CASE(no_new_connection_breaks_while_the_segment_is_handed_over) {
    give(order("stand-in"));
    Connection established(client, job_address);
    std::atomic<bool> done{false};
    std::atomic<int> opened{0};
    int broken = 0;
    // Traffic of a connection that stays fills the switch's cache with ways that new connections must not take.
    std::thread talking([&] {
        while (!done) (void)established.ask(50ms);
    });
    std::thread opening([&] {
        while (!done) {
            Connection connection(client, job_address);
            // Two questions, so that the connection lives across more than its handshake.
            if (connection.ask().empty() || connection.ask().empty()) ++broken;
            ++opened;
        }
    });
    auto someConnections = [&] {
        const int before = opened;
        BOOST_TEST(eventually([&] { return opened >= before + 30; }));
    };
    someConnections();
    give(order("holder", "stand-in"));
    someConnections();
    BOOST_TEST(established.open());
    give(spareOwns(true));
    someConnections();
    done = true;
    talking.join();
    opening.join();
    BOOST_TEST(broken == 0, broken << " of " << opened << " connections broke");
}

BOOST_AUTO_TEST_SUITE_END()
