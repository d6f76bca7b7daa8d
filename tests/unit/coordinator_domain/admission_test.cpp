#include "coordinator/domain/admission.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>

using namespace standin::domain;
using standin::base::ErrorCode;
using standin::base::ImageId;
using standin::base::Result;
using standin::base::ServerName;
using standin::base::SpareName;
using standin::base::StandInName;
using On = Placement::On;

namespace {

struct Site {
    Site() {
        server.name = ServerName("server01");
        server.switch_agent = spare.switch_agent = standin::base::AgentName("switch1");
        spare.name = SpareName("spare01");
        row.server = server.name;
        row.spare = spare.name;
        row.image = ImageId("image-1");
        failover.id = 17;
        failover.server = server.name;
        failover.stand_in = StandInName("server01-1");
        failover.state = State::NeedsOperator;
        facts.name = server.name;
        facts.server = &server;
        facts.row = &row;
        prepare.kind = OperationKind::Prepare;
        backup.kind = OperationKind::Backup;
        wanted = {spare.name, &spare, ImageId("image-2"), false, {}};
    }
    Site(const Site&) = delete;

    void hasFailover() { facts.open = facts.failover = &failover; }

    Server server;
    Spare spare;
    SpareTableRow row;
    Operation failover;
    Lease lease{SpareName("spare02"), ServerName("server02"), 0, "set as spare of server 'server02'"};
    ServerFacts facts;
    OperationFacts prepare, backup;
    ReturnFacts comes_back;
    SpareFacts wanted;
};

struct Case {
    const char* name;
    std::function<void(Site&)> given;
    const char* refusal;  ///< part of it; empty: it is admitted
};

void check(const std::vector<Case>& cases, const std::function<Result<void>(Site&)>& asked) {
    for (const auto& one : cases) {
        Site site;
        one.given(site);
        const auto may = asked(site);
        const std::string said = may ? "" : may.error().message;
        const std::string expected = one.refusal;
        BOOST_TEST((expected.empty() ? said.empty() : said.find(expected) != std::string::npos),
                   one.name << ": " << said);
    }
}

const Case nothing{"nothing is in the way", [](Site&) {}, ""};
const Case unknown{"no such server", [](Site& s) { s.facts.server = nullptr; }, "is not configured"};
const Case observed{"only observed", [](Site& s) { s.facts.observed = "observed only"; }, "observed only"};
const Case held{"held by a failover", [](Site& s) { s.hasFailover(); },
                "failover 17 of server 'server01' is not closed"};
const Case elsewhere{"executed elsewhere",
                     [](Site& s) {
                         s.facts.placement = {On::Spare, {}, SpareName("spare01")};
                     },
                     "is executed by spare 'spare01'"};
const Case returning{"on its way back",
                     [](Site& s) {
                         s.facts.returning = ReturnUnderWay{"operator bob", "", false};
                     },
                     "is being brought back to it, as operator bob has asked"};

}  // namespace

BOOST_AUTO_TEST_SUITE(admission)

BOOST_AUTO_TEST_CASE(a_stand_in_is_made_for_a_server_that_nothing_holds) {
    check({nothing,
           unknown,
           observed,
           held,
           elsewhere,
           returning,
           {"no row", [](Site& s) { s.facts.row = nullptr; }, "standinctl spare set server01"},
           {"no image", [](Site& s) { s.row.image = {}; }, "standinctl image backup server01"},
           {"its host is a spare", [](Site& s) { s.prepare.host_lease = &s.lease; }, "is spare 'spare02'"},
           {"a failure of the rack", [](Site& s) { s.prepare.rack_failover = "failover 3"; }, ""},
           {"a long name", [](Site& s) { s.facts.name = ServerName(std::string(43, 'a')); }, "is too long"}},
          [](Site& s) { return mayPrepare(s.facts, s.prepare); });
}

BOOST_AUTO_TEST_CASE(a_server_is_not_switched_off_for_a_capture_while_its_rack_has_a_failure) {
    check({nothing,
           {"no row", [](Site& s) { s.facts.row = nullptr; }, ""},
           {"its host is a spare", [](Site& s) { s.backup.host_lease = &s.lease; }, ""},
           {"a failure of the rack", [](Site& s) { s.backup.rack_failover = "failover 3"; }, "failover 3; ask again"},
           {"a server that is off anyway",
            [](Site& s) {
                s.backup.rack_failover = "failover 3";
                s.backup.capture_way = CaptureWay::PoweredOff;
            },
            ""}},
          [](Site& s) { return mayPrepare(s.facts, s.backup); });
}

BOOST_AUTO_TEST_CASE(a_report_starts_a_failover_unless_its_refusal_says_why_not) {
    ReportFacts reported;
    reported.restart = "backup 3 restarts it";
    const auto by_trap = [&reported](Site& s) -> Result<void> {
        const auto refusal = reportRefusal(s.facts, reported);
        return refusal.empty() ? Result<void>() : standin::base::failure(ErrorCode::WrongState, refusal);
    };
    check({unknown, observed, elsewhere, {"restarted", [](Site&) {}, "backup 3 restarts it"}}, by_trap);
    reported.by_operator = true;
    check({nothing, elsewhere, {"no row", [](Site& s) { s.facts.row = nullptr; }, "standinctl spare set"}}, by_trap);
    reported.in_maintenance = true;
    reported.maintenance = "new fans";
    check({{"maintained", [](Site&) {}, "is in maintenance: new fans"}}, by_trap);
}

BOOST_AUTO_TEST_CASE(a_failover_at_rest_handles_no_failure_of_a_server_that_has_its_job_again) {
    Site site;
    site.hasFailover();
    BOOST_TEST(unhandled(site.facts).find("standinctl operation close 17") != std::string::npos);
    site.facts.placement.on = On::StandIn;
    BOOST_TEST(unhandled(site.facts).empty());
    site.facts.placement.on = On::Server;
    site.failover.state = State::Opened;
    BOOST_TEST(unhandled(site.facts).empty());
}

BOOST_AUTO_TEST_CASE(a_failover_is_retried_while_somebody_else_has_the_job_or_nobody) {
    const auto on_nobody = [](Site& s) { s.facts.placement.on = On::Nobody; };
    check({{"nobody has it", on_nobody, ""},
           returning,
           {"the server has it", [](Site&) {}, "executes its job again"},
           {"it goes on", [&](Site& s) { on_nobody(s), s.failover.state = State::Opened; }, "is retried"}},
          [](Site& s) { return mayRetry(s.facts, s.failover); });
}

BOOST_AUTO_TEST_CASE(a_fence_is_confirmed_if_what_it_leads_to_is_admitted) {
    check({{"the server has its job", [](Site&) {}, "executes its job again"},
           {"it goes on", [](Site& s) { s.failover.state = State::TakingOver; }, ""},
           {"it is closed", [](Site& s) { s.failover.state = State::Closed; }, "only an open failover"},
           {"no failover", [](Site& s) { s.failover.kind = OperationKind::Backup; }, "only an open failover"}},
          [](Site& s) { return mayConfirmFence(s.facts, s.failover); });
}

BOOST_AUTO_TEST_CASE(a_failover_is_closed_if_nobody_can_execute_the_job_on_its_machines) {
    const auto gives = [](Site& s) {
        s.facts.placement.on = On::Nobody;
        s.failover.at({StepName::GiveSegment, "server01-1"}).attempts = 1;
    };
    check({nothing,
           {"its stand-in has it",
            [](Site& s) {
                s.facts.placement = {On::StandIn, s.failover.stand_in, {}};
            },
            "while stand-in 'server01-1' executes"},
           {"another stand-in has it",
            [](Site& s) {
                s.facts.placement = {On::StandIn, StandInName("other"), {}};
            },
            ""},
           {"its stand-in had it",
            [](Site& s) {
                s.facts.placement = {On::Nobody, s.failover.stand_in, {}};
            },
            "on stand-in 'server01-1'; retry it"},
           {"its segment may be given away", gives, "was ordered to be given away"},
           {"its segment is given away",
            [&](Site& s) {
                gives(s);
                s.failover.at({StepName::GiveSegment, "server01-1"}).state = StepState::Done;
            },
            ""},
           {"it goes on", [](Site& s) { s.failover.state = State::TakingOver; }, "only a failover at rest"}},
          [](Site& s) { return mayClose(s.facts, s.failover); });
}

BOOST_AUTO_TEST_CASE(a_kept_disk_is_deleted_once) {
    const auto keeps = [](Site& s) {
        s.facts.placement.writes = {{HeldWrites::By::StandIn, s.failover.stand_in.text(), {}, {}, false}};
    };
    check({{"it is there", keeps, ""},
           {"it is gone", [](Site&) {}, "no disk of it is kept any more"},
           {"another operation", [&](Site& s) { keeps(s), s.hasFailover(); }, "is not closed"}},
          [](Site& s) { return mayDiscardKept(s.facts, s.failover); });
}

BOOST_AUTO_TEST_CASE(a_job_goes_back_to_its_server_if_nothing_is_lost_by_it_and_nothing_else_moves_it) {
    const auto has_writes = [](Site& s) {
        s.server.job_data = JobData::Local;
        s.facts.placement = {On::Spare, {}, s.spare.name};
    };
    check({nothing,
           unknown,
           observed,
           returning,
           {"given up before",
            [](Site& s) {
                s.facts.returning = ReturnUnderWay{"operator bob", "", true};
            },
            ""},
           {"an unset", [](Site& s) { s.hasFailover(), s.failover.kind = OperationKind::Unset; }, "is not closed"},
           {"a failover at rest", [](Site& s) { s.hasFailover(); }, ""},
           {"a failover", [](Site& s) { s.hasFailover(), s.failover.state = State::TakingOver; }, "is going on"},
           {"the end of a handover", [](Site& s) { s.hasFailover(), s.comes_back.retires_holder = true; },
            "still orders the segment"},
           {"a capture", [](Site& s) { s.comes_back.capture = &s.failover; }, "switches it off for a capture"},
           {"writes", has_writes, "--discard-data"},
           {"writes that may be lost", [&](Site& s) { has_writes(s), s.comes_back.discard_data = true; }, ""}},
          [](Site& s) { return mayReturn(s.facts, s.comes_back); });
}

BOOST_AUTO_TEST_CASE(a_spare_is_set_if_it_can_be_reached_and_nothing_needs_it) {
    check({nothing,
           unknown,
           observed,
           held,
           {"no such spare", [](Site& s) { s.wanted.spare = nullptr; }, "spare 'spare01' is not configured"},
           {"another switch", [](Site& s) { s.spare.switch_agent = {}; }, "is not reached by the switch 'switch1'"},
           {"it is set already", [](Site& s) { s.hasFailover(), s.wanted.image = s.row.image; }, ""},
           {"its image goes", [](Site& s) { s.wanted.image_being_removed = true; }, "is being deleted"},
           {"it carries a stand-in", [](Site& s) { s.wanted.carried = "stand-in 'x'"; }, "carries stand-in 'x'"}},
          [](Site& s) { return maySetSpare(s.facts, s.wanted); });
}

BOOST_AUTO_TEST_CASE(a_row_is_removed_if_nothing_uses_it) {
    SpareTable table;
    table.restore({Site().row}, {});
    const auto unset = [&table](Site& s) { return mayUnset(s.facts, table); };
    check({nothing, held, returning, observed, elsewhere}, unset);
    table.restore({}, {});
    check({held, {"no row", [](Site&) {}, "has no row"}}, unset);
}

BOOST_AUTO_TEST_SUITE_END()
