#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/journal/record_json.hpp"
#include "coordinator/replay/replay.hpp"
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::Decided;
using domain::RecordLine;
using domain::ReportTaken;
using domain::WholeOperation;

// That every record leads to the same decisions again is checked at the end of every test with a Lab.

namespace {

template <typename What>
std::vector<What> linesOf(Lab& lab, domain::OperationId id) {
    std::vector<What> found;
    for (const auto& line : lab.record(id)) {
        if (const auto* what = std::get_if<What>(&line.what)) found.push_back(*what);
    }
    return found;
}

/// The k-th line from the end with a change of state.
Decided& lastChange(std::vector<RecordLine>& record) {
    auto found = std::find_if(record.rbegin(), record.rend(), [](const RecordLine& line) {
        const auto* decided = std::get_if<Decided>(&line.what);
        return decided != nullptr && !decided->changes.empty();
    });
    return std::get<Decided>(found->what);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(a_failover_without_trouble_is_written_whole_once) {
    Lab lab;
    const auto id = lab.failAndRun().id;
    BOOST_TEST(linesOf<WholeOperation>(lab, id).size() == 1u);
    BOOST_TEST(lab.record(id).size() < engine::Recorder::block);
}

BOOST_AUTO_TEST_CASE(the_steps_of_a_takeover_are_told_with_the_commit_that_intends_them) {
    Lab lab;
    lab.killAt("record");
    const auto id = lab.fail("server01");
    BOOST_REQUIRE(!lab.one.running());
    BOOST_TEST(lab.record(id).size() >= 2u);  // the operation whole, and the decision to fence and to resume
}

BOOST_AUTO_TEST_CASE(what_takes_long_is_one_line_however_often_it_is_asked_after) {
    Lab lab;
    auto& machine = lab.guest();
    machine.unanswered = 1;
    const auto id = lab.failAndRun().id;
    const auto reports = linesOf<ReportTaken>(lab, id);
    const auto asked = std::count_if(reports.begin(), reports.end(), [](const ReportTaken& taken) {
        return taken.step.name == domain::StepName::DrainStandIn && taken.alike > 100;
    });
    BOOST_TEST(asked > 0);
    BOOST_TEST(lab.record(id).size() < engine::Recorder::block);
}

BOOST_AUTO_TEST_CASE(a_restart_is_an_input_of_the_decisions_after_it) {
    Lab lab;
    const auto id = lab.fail("server01");
    lab.kill();
    lab.start();
    lab.run();
    const auto wholes = linesOf<WholeOperation>(lab, id);
    BOOST_REQUIRE(wholes.size() == 2u);
    BOOST_TEST((wholes[1].because == WholeOperation::Because::Recovered));
}

BOOST_AUTO_TEST_CASE(a_record_says_the_same_once_it_was_text) {
    Lab lab(1, 2);
    lab.machine("spare01").boot = Boot::Never;
    lab.failAndRun();
    for (auto& [id, record] : lab.world.disk.record_lines) {
        for (auto& line : record) {
            const auto text = journal::toJson(line).dump();
            line = journal::recordLineFrom(nlohmann::json::parse(text)).value();
            BOOST_TEST(journal::toJson(line).dump() == text);
        }
    }
}  // and Lab replays them

BOOST_AUTO_TEST_CASE(other_rules_are_noticed_and_what_follows_is_not_compared) {
    Lab lab;
    auto record = lab.record(lab.failAndRun().id);
    const auto truth = replay::replay(record);
    BOOST_REQUIRE(truth.has_value());
    BOOST_TEST(truth->different == 0u);
    BOOST_TEST(truth->decisions > 10u);

    lastChange(record).changes.front().to = domain::State::NeedsOperator;
    const auto changed = replay::replay(record);
    BOOST_REQUIRE(changed.has_value());
    BOOST_TEST(changed->different == 1u);
    BOOST_TEST(changed->not_compared + 1 < changed->decisions);
    const auto differing = std::find_if(changed->lines.begin(), changed->lines.end(), [](const auto& line) {
        return line.verdict == replay::ReplayedLine::Verdict::Differs;
    });
    BOOST_REQUIRE(differing != changed->lines.end());
    BOOST_TEST(differing->differences.front().find("NeedsOperator") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(rows_and_placements_that_were_altered_are_noticed_with_line_and_field) {
    Lab lab;
    const auto record = lab.record(lab.failAndRun().id);
    const auto truth = replay::replay(record);
    BOOST_REQUIRE(truth.has_value());
    BOOST_TEST(truth->first_difference == "");

    using Alter = void (*)(domain::ServerRecord&);
    const std::pair<Alter, std::string> alterations[] = {
        {[](auto& after) { after.row->standin_ready = true; },
         "row of the spare table, field standin_ready: then: 'true'; now: 'false'"},
        {[](auto& after) { after.row.reset(); }, "row of the spare table: then: no row; now: a row"},
        {[](auto& after) { after.placement.spare = base::SpareName("spare99"); },
         "placement of the job, field spare: then: 'spare99'; now: ''"}};
    for (const auto& [alter, difference] : alterations) {
        auto altered = record;
        const auto line = std::find_if(altered.begin(), altered.end(), [](const RecordLine& one) {
            const auto* decided = std::get_if<Decided>(&one.what);
            return decided != nullptr && decided->outcome && decided->outcome->after;
        });
        BOOST_REQUIRE(line != altered.end());
        alter(*std::get<Decided>(line->what).outcome->after);
        const auto again = replay::replay(altered);
        BOOST_REQUIRE(again.has_value());
        BOOST_TEST(again->different == 1u);
        BOOST_TEST(again->not_compared == 0u);  // the operation itself is as it was
        BOOST_TEST(again->first_difference == fmt::format("line {}: {}", line->number, difference));
    }
}

BOOST_AUTO_TEST_CASE(a_record_that_does_not_say_where_row_and_placement_stood_is_noticed) {
    Lab lab;
    auto record = lab.record(lab.failAndRun().id);
    for (auto& line : record) {
        auto* decided = std::get_if<Decided>(&line.what);
        if (decided != nullptr && decided->outcome) decided->outcome->before.reset();
    }
    const auto again = replay::replay(record);
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->first_difference.find("row and placement before the decision") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(records_without_rows_and_placements_are_replayed) {
    Lab lab;
    const auto record = lab.record(lab.failAndRun().id);
    std::vector<RecordLine> old;
    for (const auto& line : record) {
        auto text = journal::toJson(line);
        for (const char* what : {"decision", "event"}) {
            if (text.contains(what)) text[what].erase("outcome");
        }
        old.push_back(journal::recordLineFrom(text).value());
    }
    const auto again = replay::replay(old);
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->different == 0u);
    BOOST_TEST(again->decisions > 10u);
}

BOOST_AUTO_TEST_CASE(a_record_with_a_hole_that_nothing_bridges_is_refused) {
    Lab lab;
    auto record = lab.record(lab.failAndRun().id);
    record.erase(record.begin() + 2);
    const auto again = replay::replay(record);
    BOOST_REQUIRE(!again.has_value());
    BOOST_TEST((again.error().code == base::ErrorCode::Corrupt));
    record.erase(record.begin());
    BOOST_TEST(!replay::replay(record).has_value());
    record = lab.record(lab.last().id);
    std::swap(record[1], record[2]);
    BOOST_TEST(!replay::replay(record).has_value());
}

BOOST_AUTO_TEST_CASE(a_record_that_tells_what_cannot_be_is_refused_and_nothing_stops) {
    Lab lab;
    auto record = lab.record(lab.failAndRun().id);
    for (auto& line : record) {
        auto* decided = std::get_if<Decided>(&line.what);
        if (decided != nullptr && decided->circumstances) decided->circumstances->leased.clear();
    }
    const auto again = replay::replay(record);
    BOOST_REQUIRE(!again.has_value());
    BOOST_TEST((again.error().code == base::ErrorCode::Corrupt));
    BOOST_TEST(again.error().message.find("line ") == 0u);
}

BOOST_AUTO_TEST_CASE(a_long_record_is_gone_on_with_after_its_middle_was_dropped) {
    Lab lab;
    lab.machine("spare01").boot = Boot::Never;
    const auto id = lab.failAndRun().id;
    for (int i = 0; i < 12; ++i) {
        BOOST_TEST(lab.retry(id).has_value());
        lab.run();
    }
    auto record = lab.record(id);
    std::vector<std::size_t> wholes;
    for (std::size_t i = 0; i < record.size(); ++i) {
        if (std::holds_alternative<WholeOperation>(record[i].what)) wholes.push_back(i);
    }
    BOOST_REQUIRE(wholes.size() >= 3u);
    record.erase(record.begin() + static_cast<long>(wholes[1]), record.begin() + static_cast<long>(wholes[2]));
    const auto again = replay::replay(record);
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->different == 0u);
    BOOST_TEST(again->dropped == wholes[2] - wholes[1]);
}

BOOST_AUTO_TEST_SUITE_END()
