// What the record of a decision adds to a commit on the critical path: usage: .build/release/tests/record_cost_bench
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <iostream>

#include "coordinator/journal/sqlite_journal.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using domain::StepName;

namespace {

constexpr int rounds = 400;

/// As it stands when a failover is opened and its first steps are intended.
domain::Operation opened(domain::OperationId id) {
    domain::Operation operation;
    operation.id = id;
    operation.server = base::ServerName("server01");
    operation.state = domain::State::TakingOver;
    operation.why = "server 'server01' has failed";
    operation.opened_at = operation.failure_at = base::WallTime(std::chrono::microseconds(1'790'000'000'123'456));
    operation.asked_by = "trap 4711";
    operation.failure = "processor";
    operation.cause = "uncorrectable machine check (trap from 127.77.0.101)";
    operation.stand_in = base::StandInName("server01-3");
    operation.stand_in_port = base::PortName("vnet17");
    operation.image = base::ImageId("server01-20261123T050607");
    for (const auto& id_of :
         {domain::StepId{StepName::FencePort, "server01"}, domain::StepId{StepName::FencePower, "server01"},
          domain::StepId{StepName::ResumeStandIn, "server01-3"}}) {
        auto& step = operation.at(id_of);
        step.state = domain::StepState::Running;
        step.attempts = step.plans = 1;
        step.first_started = step.started = step.patience_from = operation.opened_at;
    }
    return operation;
}

domain::Server server() {
    domain::Server made;
    made.name = base::ServerName("server01");
    made.segment = base::SegmentId("job01");
    made.vm_host = made.image_store = made.switch_agent = made.request_holder = base::AgentName("agent1");
    return made;
}

journal::Entry commitOf(domain::OperationId id) {
    journal::Entry entry;
    entry.operations.push_back(opened(id));
    entry.placements[base::ServerName("server01")] = {domain::Placement::On::Nobody, {}, {}};
    domain::SpareTableRow row;
    row.server = base::ServerName("server01");
    row.spare = base::SpareName("spare01");
    row.note = "used by failover";
    entry.rows.push_back(row);
    entry.audit.push_back(
        {0, entry.operations[0]->opened_at, "trap 4711", "failure 'processor' of server 'server01'", "failover"});
    return entry;
}

/// The operation whole, and the decision to fence and to resume.
journal::RecordPage pageOf(const domain::Operation& operation) {
    auto before = operation;
    before.steps.clear();
    before.state = domain::State::Opened;
    domain::Decided decided;
    decided.circumstances =
        domain::Circumstances{{base::SpareName("spare01"), base::SpareName("spare02")}, {}, {}, {}, {}, {}};
    decided.changes.push_back({domain::State::Opened, operation.state, domain::Event::Begins, operation.why});
    for (const domain::Step& step : operation.steps) decided.starts.push_back({step.id, 1, false});
    journal::RecordPage page;
    page.lines.push_back(
        {0, operation.opened_at,
         domain::WholeOperation{domain::WholeOperation::Because::Opened, before, server(), {}, "0.1.0"}});
    page.lines.push_back({1, operation.opened_at, decided});
    return page;
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + rounds / 2, values.end());
    return values[rounds / 2];
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_record_costs_a_commit_less_than_a_fifth_of_a_millisecond) {
    tests::TemporaryDirectory directory;
    journal::SqliteJournal journal(directory / "journal.db");
    BOOST_REQUIRE(journal.open());
    std::vector<double> plain, recorded;
    domain::OperationId id = 0;
    for (int round = 0; round < rounds; ++round) {
        for (const bool with : {false, true}) {  // side by side, so that both see the same disk
            auto entry = commitOf(++id);
            if (with) entry.records[id] = pageOf(entry.operations[0]);
            const auto begin = std::chrono::steady_clock::now();
            BOOST_REQUIRE(journal.commit(entry));
            (with ? recorded : plain).push_back(base::milliseconds(std::chrono::steady_clock::now() - begin));
        }
    }
    std::cout << "commit without a record " << median(plain) << " ms, with one " << median(recorded)
              << " ms: " << median(recorded) - median(plain) << " ms more (medians of " << rounds << ")\n";
    BOOST_TEST(median(recorded) - median(plain) < 0.2);
}
