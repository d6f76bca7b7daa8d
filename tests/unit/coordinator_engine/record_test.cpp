#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/journal/record_json.hpp"
#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using domain::Decided;
using domain::RecordLine;
using domain::ReportTaken;
using domain::WholeOperation;
using simulated::Fault;

// That every record leads to the same decisions again is checked at the end of every test with a Protected.

namespace {

template <typename What>
std::vector<What> linesOf(Protected& lab, domain::OperationId id) {
    std::vector<What> found;
    for (const auto& line : lab.coordinator.journal.records[id]) {
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
    Protected lab;
    const auto id = lab.failAndRun().id;
    BOOST_TEST(linesOf<WholeOperation>(lab, id).size() == 1u);
    BOOST_TEST(lab.coordinator.journal.records[id].size() < engine::Recorder::block);
}

BOOST_AUTO_TEST_CASE(the_steps_of_a_takeover_are_told_with_the_commit_that_intends_them) {
    Protected lab;
    std::vector<std::size_t> lines_at_commit;
    lab.coordinator.journal.after = [&](int) {
        const auto& records = lab.coordinator.journal.records;
        lines_at_commit.push_back(records.empty() ? 0 : records.rbegin()->second.size());
    };
    lab.coordinator.fail("server01");
    lab.coordinator.runOne(base::WallTime::max());
    BOOST_REQUIRE(!lines_at_commit.empty());
    BOOST_TEST(lines_at_commit.front() >= 2u);  // the operation whole, and the decision to fence and to resume
}

BOOST_AUTO_TEST_CASE(what_takes_long_is_one_line_however_often_it_is_asked_after) {
    Protected lab;
    auto& machine = lab.world.stand_ins.at(lab.standIn());
    machine.connections = 1;
    machine.endless = true;
    const auto id = lab.failAndRun().id;
    const auto reports = linesOf<ReportTaken>(lab, id);
    const auto asked = std::count_if(reports.begin(), reports.end(), [](const ReportTaken& taken) {
        return taken.step.name == domain::StepName::DrainStandIn && taken.alike > 100;
    });
    BOOST_TEST(asked > 0);
    BOOST_TEST(lab.coordinator.journal.records[id].size() < engine::Recorder::block);
}

BOOST_AUTO_TEST_CASE(a_restart_is_an_input_of_the_decisions_after_it) {
    Protected lab;
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.runOne(base::WallTime::max());
    lab.coordinator.kill();
    lab.coordinator.start();
    lab.coordinator.run();
    const auto wholes = linesOf<WholeOperation>(lab, id);
    BOOST_REQUIRE(wholes.size() == 2u);
    BOOST_TEST((wholes[1].because == WholeOperation::Because::Recovered));
}

BOOST_AUTO_TEST_CASE(a_record_says_the_same_once_it_was_text) {
    Protected lab(1, 2);
    lab.world.machines["spare01"].boots = false;
    lab.failAndRun();
    for (auto& [id, record] : lab.coordinator.journal.records) {
        for (auto& line : record) {
            const auto text = journal::toJson(line).dump();
            line = journal::recordLineFrom(nlohmann::json::parse(text)).value();
            BOOST_TEST(journal::toJson(line).dump() == text);
        }
    }
}  // and Protected replays them

BOOST_AUTO_TEST_CASE(other_rules_are_noticed_and_what_follows_is_not_compared) {
    Protected lab;
    auto record = (lab.failAndRun(), lab.coordinator.journal.records.rbegin()->second);
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

BOOST_AUTO_TEST_CASE(a_record_with_a_hole_that_nothing_bridges_is_refused) {
    Protected lab;
    auto record = (lab.failAndRun(), lab.coordinator.journal.records.rbegin()->second);
    record.erase(record.begin() + 2);
    const auto again = replay::replay(record);
    BOOST_REQUIRE(!again.has_value());
    BOOST_TEST((again.error().code == base::ErrorCode::Corrupt));
    record.erase(record.begin());
    BOOST_TEST(!replay::replay(record).has_value());
    record = lab.coordinator.journal.records.rbegin()->second;
    std::swap(record[1], record[2]);
    BOOST_TEST(!replay::replay(record).has_value());
}

BOOST_AUTO_TEST_CASE(a_record_that_tells_what_cannot_be_is_refused_and_nothing_stops) {
    Protected lab;
    auto record = (lab.failAndRun(), lab.coordinator.journal.records.rbegin()->second);
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
    Protected lab;
    lab.world.machines["spare01"].boots = false;
    const auto id = lab.failAndRun().id;
    for (int i = 0; i < 12; ++i) {
        BOOST_TEST(lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "operator ada"); })
                       .has_value());
        lab.coordinator.run();
    }
    auto record = lab.coordinator.journal.records[id];
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
