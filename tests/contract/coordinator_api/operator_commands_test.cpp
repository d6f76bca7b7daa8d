// standinctl, as it is, against the API.
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "coordinator/cli/command_line.hpp"
#include "coordinator/cli/exit_code.hpp"
#include "tests/contract/coordinator_api/api_under_test.hpp"

using namespace standin;
using cli::ExitCode;

namespace {

struct Operator : tests::ApiUnderTest {
    struct Run {
        int exit_code = -1;
        std::string out, err;
    };

    Run standinctl(std::vector<std::string> arguments, const std::string& input = "", const std::string& who = "ada") {
        const auto identity = authority.issue(who);
        for (const auto& option : {"--url", url.c_str(), "--ca", identity.ca.c_str(), "--certificate",
                                   identity.certificate.c_str(), "--key", identity.key.c_str()}) {
            arguments.push_back(option);
        }
        std::ostringstream out, err;
        std::istringstream in(input);
        auto connect = [](const cli::Connection& connection) -> base::Result<std::unique_ptr<cli::CoordinatorApi>> {
            auto opened = cli::HttpsCoordinatorApi::open(connection);
            if (!opened) return base::failure(opened.error());
            return std::unique_ptr<cli::CoordinatorApi>(std::move(*opened));
        };
        Run run;
        run.exit_code = cli::runCommandLine(
            arguments, {out, err, [](const char*) -> const char* { return nullptr; }, connect, &in});
        run.out = out.str();
        run.err = err.str();
        return run;
    }

    std::string write(const std::string& name, const std::string& content) {
        std::ofstream(directory / name, std::ios::binary) << content;
        return directory / name;
    }
};

const char* one_rule = R"(
rules:
  - name: fan
    reason: a fan has failed
    oids: [1.3.6.1.4.1.3183.1.1.0.262402]
    verdict: not_a_failure
  - name: cpu
    reason: the processor has failed
    oids: [1.3.6.1.4.1.3183.1.1.0.487169]
    verdict: failure
    kind: processor
)";

const char* printed_trap =
    "2026-11-23 09:04:47 bmc1 [UDP: [127.77.0.101]:51559->[127.0.0.1]:162]:\n"
    ".1.3.6.1.2.1.1.3.0 = Timeticks: (12345) 0:02:03.45\t.1.3.6.1.6.3.1.1.4.1.0 = OID: "
    ".1.3.6.1.4.1.3183.1.1.0.487169\n";

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operator_commands)

BOOST_FIXTURE_TEST_CASE(who_lacks_a_role_is_told_which_and_where_it_is_given, Operator) {
    const auto maintenance = standinctl({"maintenance", "on", "server01"}, "", "vera");
    BOOST_TEST(maintenance.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(maintenance.err, "needs role 'operators', which certificate 'vera' does not have"));
    BOOST_TEST(contains(maintenance.err, "coordinator.roles.operators"));
    BOOST_TEST(standinctl({"status"}, "", "vera").exit_code == ExitCode::Done);
    for (const auto* verb : {"status", "health", "events", "audit"}) {
        const auto refused = standinctl({verb}, "", "vmhost1");
        BOOST_TEST(refused.exit_code == ExitCode::Failed, verb);
        BOOST_TEST(contains(refused.err, "needs role 'viewers'"), verb << ": " << refused.err);
    }
}

BOOST_FIXTURE_TEST_CASE(the_audit_is_verified_and_what_somebody_changed_in_the_journal_is_named, Operator) {
    for (int i = 0; i < 3; ++i) put("/v1/servers/server01/maintenance", {{"on", i % 2 == 0}});
    const auto whole = standinctl({"audit", "verify"});
    BOOST_TEST(whole.exit_code == ExitCode::Done, whole.err);
    BOOST_TEST(contains(whole.out, "the chain is whole"), whole.out);
    const auto at = whole.out.rfind("the newest is ") + 14;
    const auto mark = whole.out.substr(at, whole.out.find('\n', at) - at);
    BOOST_TEST(standinctl({"audit", "verify", "--mark", mark}).exit_code == ExitCode::Done);
    BOOST_TEST(contains(standinctl({"audit"}).out, "maintenance of server 'server01'"));
    {
        Poco::Data::Session shell("SQLite", directory / "journal.db");
        shell << "UPDATE audit SET who = 'operator eve' WHERE id = 2", Poco::Data::Keywords::now;
    }
    const auto changed = standinctl({"audit", "verify"});
    BOOST_TEST(changed.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(changed.out, "entry 2 was changed"), changed.out);
    BOOST_TEST(standinctl({"audit", "verify", "--mark", "1:" + mark.substr(mark.find(':') + 1)}).exit_code ==
               ExitCode::Failed);
    BOOST_TEST(contains(standinctl({"--json", "audit", "verify"}).out, "\"whole\": false"));
}

BOOST_FIXTURE_TEST_CASE(an_operation_is_decided_again_to_the_same_result, Operator) {
    const auto id = std::to_string(
        post("/v1/operations", {{"kind", "backup"}, {"server", "server01"}}).body["id"].get<std::uint64_t>());
    const auto replayed = standinctl({"replay", id});
    BOOST_TEST(replayed.exit_code == ExitCode::Done, replayed.err);
    BOOST_TEST(contains(replayed.out, "opened by operator ada"));
    BOOST_TEST(contains(replayed.out, "starts StopServer 'server01'  [same]"));
    BOOST_TEST(contains(replayed.out, "all the same"));
    BOOST_TEST(standinctl({"replay", "4711"}).exit_code == ExitCode::Failed);
}

BOOST_FIXTURE_TEST_CASE(a_record_in_a_file_is_decided_again_and_one_of_other_rules_ends_with_1, Operator) {
    const auto id = std::to_string(
        post("/v1/operations", {{"kind", "backup"}, {"server", "server01"}}).body["id"].get<std::uint64_t>());
    auto record = standinctl({"replay", id, "--record"}).out;
    BOOST_TEST(standinctl({"replay", write("case.json", record)}).exit_code == ExitCode::Done);
    BOOST_TEST(standinctl({"replay", "-"}, record).exit_code == ExitCode::Done);
    record.replace(record.find("StopServer"), 10, "StartServer");
    const auto differs = standinctl({"replay", "-"}, record);
    BOOST_TEST(differs.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(differs.out, "then: starts StartServer 'server01'; now: starts StopServer 'server01'"));
    record.replace(record.find("StartServer"), 11, "TeleportServer");
    const auto unknown = standinctl({"replay", "-"}, record);
    BOOST_TEST(unknown.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(unknown.err, "TeleportServer"));
}

BOOST_FIXTURE_TEST_CASE(a_printed_trap_is_explained_with_what_would_begin_and_begins_nothing, Operator) {
    rules = traps::TrapRules::fromText(one_rule, "rules.yml").value();
    const auto explained = standinctl({"trap", "explain", write("trap.txt", printed_trap)});
    BOOST_TEST(explained.exit_code == ExitCode::Done, explained.err);
    BOOST_TEST(contains(explained.out, "fan   no       the trap's OID is not 1.3.6.1.4.1.3183.1.1.0.262402"));
    BOOST_TEST(contains(explained.out, "verdict: failure (server server01, rule cpu)"));
    BOOST_TEST(contains(explained.out, "it would begin: nothing: server 'server01' has no row in the spare table"));
    put("/v1/spare-table/server01", {{"spare", "spare01"}});
    BOOST_TEST(contains(standinctl({"trap", "explain", "-"}, printed_trap).out,
                        "it would begin: a failover of server 'server01'"));
    BOOST_TEST(get("/v1/operations").body["operations"].size() == 1U);  // the prepare
    BOOST_TEST(get("/v1/traps").body["traps"].empty());
    const auto broken = standinctl({"trap", "explain", "-"}, "x [UDP: [127.0.0.1]:1]:\nFOO-MIB::bar = INTEGER: 1\n");
    BOOST_TEST(broken.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(broken.err, "standard input: 2:1: 'FOO-MIB::bar' is a MIB's name"));
}

BOOST_FIXTURE_TEST_CASE(prune_asks_before_it_deletes_and_keeps_what_is_used, Operator) {
    BOOST_TEST(contains(standinctl({"image", "prune", "--dry-run"}).out, "nothing needs"));  // the newest stays
    BOOST_TEST(contains(standinctl({"image", "diff", "image-1", "image-1"}).out, "are equal"));
    const auto kept = standinctl({"image", "list"});
    BOOST_TEST(contains(kept.out, "image-1"));
}

BOOST_FIXTURE_TEST_CASE(an_operator_has_an_image_verified_and_hears_that_it_is_intact, Operator) {
    const auto verified = standinctl({"image", "verify", "image-1"});
    BOOST_TEST(verified.exit_code == ExitCode::Done, verified.err);
    BOOST_TEST(contains(verified.out, "image image-1 is intact"));
    const auto absent = standinctl({"image", "verify", "image-9"});
    BOOST_TEST(absent.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(absent.err, "there is no image 'image-9'"));
}

BOOST_FIXTURE_TEST_CASE(a_plan_is_made_by_the_coordinator_and_touches_nothing, Operator) {
    const auto plan = standinctl({"plan", "server01", "--fail", "server=server02,spare=spare01"});
    BOOST_TEST(plan.exit_code == ExitCode::Done, plan.err);
    BOOST_TEST(contains(plan.out, "server server01: nothing would begin: server 'server01' has no row"));
    BOOST_TEST(contains(plan.out, "servers without anybody to execute their job: server01, server02"));
    BOOST_TEST(contains(plan.out, "spares left: none"));
    BOOST_TEST(get("/v1/operations").body["operations"].empty());
}

BOOST_AUTO_TEST_SUITE_END()
