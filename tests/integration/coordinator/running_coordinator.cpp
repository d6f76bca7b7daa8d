#include "tests/integration/coordinator/running_coordinator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/support/adopted_journal.hpp"

namespace standin::tests {

namespace {

constexpr std::chrono::seconds patience{60};  // on a machine that does much else beside

// Port 1 of the loopback is nobody's: every agent is unreachable at once.
const char* configuration = R"(coordinator:
  name: test
  listen: 127.0.0.1:0
  state_dir: {dir}/state
  tls: {{ca_file: {ca}, certificate_file: {certificate}, key_file: {key}}}
  roles: {{operators: [ada], confirmers: [ada]}}
traps:
  listen: ["127.0.0.1:0"]
  allow_unauthenticated_traps: true
  test_every: 0s
  communities_file: {dir}/communities
  rules_file: {dir}/trap_rules.yml
agents:
  vmhost1: {{url: "https://127.0.0.1:1"}}
  store1: {{url: "https://127.0.0.2:1"}}
  switch1: {{url: "https://127.0.0.3:1"}}
  holder1: {{url: "https://127.0.0.4:1"}}
servers:
  server01:
    segment: job01
    vlan: 101
    address: 10.77.1.10
    mac: "52:54:00:77:01:0a"
    job: {{ports: [8080], probe: {{tcp: {{port: 8080}}}}, data: none}}
    vm_host: vmhost1
    image_store: store1
    switch: switch1
    request_holder: holder1
    disk: server01
    port: p-server01
    holder_ports: {{front: p-front, back: p-back, front_mac: "52:54:00:77:01:f0"}}
    fence: {{policy: port, ladder: [{{agent: {dir}/fence_never}}], within: 2s}}
    trap_sources: [127.0.0.1]
    stand_in: {{memory: 256MiB}}
spares:
  spare01:
    disk: spare01
    image_store: store1
    switch: switch1
    port: p-spare01
    mac: "52:54:00:77:09:01"
    power: {{ladder: [{{agent: {dir}/fence_never}}]}}
)";

const char* rules = R"(rules:
  - name: cpu
    reason: a processor has failed
    oids: [1.3.6.1.4.1.99999.0.1]
    verdict: failure
    kind: processor
  - name: fan
    reason: a fan has failed, its twin goes on
    oids: [1.3.6.1.4.1.99999.0.2]
    grade: degraded
)";

// Describes itself and confirms nothing.
const char* fence_agent = R"sh(#!/bin/sh
case "$(cat)" in *action=metadata*) echo '<resource-agent name="fence_never"></resource-agent>' ;; *) exit 1 ;; esac
)sh";

// As one whose device takes the connection and says nothing.
const char* hanging_fence_agent = R"sh(#!/bin/sh
case "$(cat)" in
*action=metadata*) echo '<resource-agent name="fence_never"></resource-agent>' ;;
*) touch "${0%/*}/fence_hangs"; exec sleep 600 ;;
esac
)sh";

}  // namespace

base::ProcessOutcome runProgram(const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(STANDIN_PROGRAM_DIR) + "/" + name);
    base::ProcessRequest request;
    request.command = std::move(arguments);
    request.deadline = patience;
    auto outcome = base::runProcess(request);
    BOOST_REQUIRE_MESSAGE(outcome, name << " runs to its end");
    return *outcome;
}

RunningCoordinator::RunningCoordinator() {
    auto files = authority.issue("coordinator");
    writeFile(directory / "communities", "hush\n");
    ::chmod((directory / "communities").c_str(), 0600);
    writeFile(directory / "trap_rules.yml", rules);
    writeFile(directory / "fence_never", fence_agent);
    ::chmod((directory / "fence_never").c_str(), 0755);
    writeFile(configuration_file,
              fmt::format(fmt::runtime(configuration), fmt::arg("dir", directory.path()), fmt::arg("ca", files.ca),
                          fmt::arg("certificate", files.certificate), fmt::arg("key", files.key)));
}

RunningCoordinator::~RunningCoordinator() {
    if (process_ > 0) end(SIGKILL);
    if (log_ >= 0) ::close(log_);
}

void RunningCoordinator::haveFencesHang() {
    writeFile(directory / "fence_never", hanging_fence_agent);
    std::ifstream in(configuration_file);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::string within = "within: 2s";
    text.replace(text.find(within), within.size(), "within: 60s");  // or its own deadline would end it first
    writeFile(configuration_file, text);
}

void RunningCoordinator::start() {
    const auto state = directory / "state";
    if (!std::filesystem::exists(state)) {  // its agents do not answer, so nobody can adopt what they say
        std::filesystem::create_directories(state);
        makeAdoptedJournal(state + "/journal.db");
    }
    int ends[2];
    BOOST_REQUIRE_EQUAL(::pipe2(ends, O_CLOEXEC), 0);
    auto program = std::string(STANDIN_PROGRAM_DIR) + "/standin-coordinator";
    process_ = ::fork();
    BOOST_REQUIRE_GE(process_, 0);
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // never left behind by a test that died
        ::dup2(ends[1], STDERR_FILENO);
        ::execl(program.c_str(), program.c_str(), "--config", configuration_file.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    if (log_ >= 0) ::close(log_);
    log_ = ends[0];
    lines_.clear();
    auto portIn = [](const std::string& line) {
        return line.substr(line.find("127.0.0.1:") + 10,
                           line.find(' ', line.find("127.0.0.1:")) - line.find("127.0.0.1:") - 10);
    };
    trap_port_ = portIn(waitForLine("takes traps at 127.0.0.1:"));
    port_ = portIn(waitForLine("serves at 127.0.0.1:"));
}

std::string RunningCoordinator::waitForLine(const std::string& part) {
    auto give_up = std::chrono::steady_clock::now() + patience;
    while (true) {
        if (auto found = lines_.find(part);
            found != std::string::npos && lines_.find('\n', found) != std::string::npos) {
            auto begin = lines_.rfind('\n', found) + 1;
            return lines_.substr(begin, lines_.find('\n', found) - begin);
        }
        pollfd readable{log_, POLLIN, 0};
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
        char buffer[4096];
        ssize_t length = -1;
        if (left.count() > 0 && ::poll(&readable, 1, static_cast<int>(left.count())) == 1)
            length = ::read(log_, buffer, sizeof buffer);
        BOOST_REQUIRE_MESSAGE(length > 0, "the coordinator says '" << part << "'; it said:\n" << lines_);
        lines_.append(buffer, static_cast<std::size_t>(length));
    }
}

int RunningCoordinator::end(int signal) {
    ::kill(process_, signal);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int RunningCoordinator::endUnread(int signal) {
    // Opened anew it has flags of its own: the coordinator's end stays one that blocks.
    const int pipe = ::open(fmt::format("/proc/{}/fd/2", process_).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    BOOST_REQUIRE_GE(pipe, 0);
    const std::string filler(4096, '.');
    for (const std::size_t length : {filler.size(), std::size_t{1}}) {
        while (::write(pipe, filler.data(), length) > 0) {
        }
    }
    ::close(pipe);
    return end(signal);
}

std::string RunningCoordinator::lastLog() {
    char buffer[4096];
    for (ssize_t length = 0; (length = ::read(log_, buffer, sizeof buffer)) > 0;)
        lines_.append(buffer, static_cast<std::size_t>(length));
    return lines_;
}

base::ProcessOutcome RunningCoordinator::ctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--url", "https://127.0.0.1:" + port_, "--ca", ada_.ca, "--certificate",
                                         ada_.certificate, "--key", ada_.key});
    return runProgram("standinctl", std::move(arguments));
}

nlohmann::json RunningCoordinator::asked(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "--json");
    auto outcome = ctl(std::move(arguments));
    BOOST_REQUIRE_MESSAGE(outcome.exit_code == 0, outcome.errors);
    return nlohmann::json::parse(outcome.output);
}

nlohmann::json RunningCoordinator::askedUntil(const std::vector<std::string>& arguments,
                                              const std::function<bool(const nlohmann::json&)>& holds) const {
    auto give_up = std::chrono::steady_clock::now() + patience;
    while (true) {
        auto answer = asked(arguments);
        if (holds(answer)) return answer;
        BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < give_up,
                              "in time; the last answer was " << answer.dump());
    }
}

void RunningCoordinator::sendTrap(const std::string& community, const std::string& oid) const {
    auto sent = base::runToSuccess(
        {{"snmptrap", "-v", "2c", "-c", community, "127.0.0.1:" + trap_port_, "", oid}, "", std::chrono::seconds(20)});
    BOOST_REQUIRE_MESSAGE(sent, "snmptrap sends");
}

}  // namespace standin::tests
