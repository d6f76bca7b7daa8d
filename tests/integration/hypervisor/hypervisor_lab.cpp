#include "tests/integration/hypervisor/hypervisor_lab.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/integration/hypervisor/case_bound.hpp"
#include "tests/support/made_names.hpp"

namespace standin::tests {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto deadline = 60s;

std::chrono::milliseconds asTime(double seconds) {
    return std::chrono::milliseconds(static_cast<int>(seconds * 1000));
}

// Of the n-th thing that this process makes: a suite may keep its own while another makes others.
std::string nameOf(const char* prefix) {
    static int count = 0;
    return fmt::format("{}{}x{}", prefix, ::getpid(), ++count);
}

void quietly(const std::string& command) {
    base::ProcessRequest request;
    request.command = {"/bin/sh", "-c", command};
    static_cast<void>(base::runProcess(request));
}

}  // namespace

std::string shell(const std::string& command) {
    base::ProcessRequest request;
    request.command = {"/bin/sh", "-c", command};
    request.deadline = 300s;
    auto output = base::runToSuccess(request);
    if (!output) throw std::runtime_error(command + ": " + output.error().message);
    return *output;
}

std::string labImage() {
    shell(STANDIN_SOURCE_DIR "/tests/lab/services.sh up 2>/dev/null");
    auto path = shell(STANDIN_SOURCE_DIR "/tests/lab/image/build.sh " STANDIN_LEDGER_PROGRAM
                                         " /var/lib/standin-lab/cache 2>/dev/null");
    path.erase(path.find_last_not_of(" \n") + 1);
    return path;
}

base::Result<protocol::Image> FileImageSource::describe(const std::string&, const base::ImageId& image) {
    protocol::Image described;
    described.id = image;
    described.state = protocol::ImageState::Ready;
    described.size_bytes = std::filesystem::file_size(file_);
    return described;
}

base::Result<void> FileImageSource::fetch(const std::string&, const base::ImageId&, const std::string& path,
                                          const std::function<void(const protocol::Progress&)>& tell,
                                          const std::atomic<bool>&) {
    base::ProcessRequest request;
    request.command = {"cp", "--sparse=always", file_, path};
    request.deadline = 60s;
    auto copied = base::runToSuccess(request);
    if (!copied) return base::failure(copied.error());
    const auto size = std::filesystem::file_size(file_);
    tell({size, size, 0});
    return {};
}

QuarantineLan::QuarantineLan() : bridge_(nameOf("hvb")), namespace_(nameOf("hvn")), port_(nameOf("hvp")) {
    for (const auto* prefix : {"hvb", "hvn", "hvp"}) noteMade(fmt::format("{}{}", prefix, ::getpid()));
    shell(fmt::format("ovs-vsctl add-br {0} -- set bridge {0} datapath_type=netdev && ip link set {0} up", bridge_));
    shell(
        fmt::format("ip netns add {1} && ip link add {0} type veth peer name eth0 netns {1} && ip link set {0} up && "
                    "ip -n {1} link set eth0 up && ip -n {1} addr add 10.77.1.100/24 dev eth0 && ip netns exec {1} "
                    "ethtool -K eth0 tx off && "
                    "ovs-vsctl add-port {2} {0} tag={3}",
                    port_, namespace_, bridge_, landing_vlan));
}

QuarantineLan::~QuarantineLan() {
    quietly(
        fmt::format("ovs-vsctl --if-exists del-br {}; ip link del {}; ip netns del {}", bridge_, port_, namespace_));
}

std::string QuarantineLan::ask(const std::string& path, double seconds) const {
    base::ProcessRequest request;
    request.command = {"ip",
                       "netns",
                       "exec",
                       namespace_,
                       "curl",
                       "-sS",
                       "-m",
                       fmt::format("{}", seconds),
                       "http://10.77.1.10:8080" + path};
    request.deadline = asTime(seconds + 5);
    auto outcome = base::runProcess(request);
    return outcome && outcome->exit_code == 0 ? outcome->output : "";
}

void QuarantineLan::admit() const {
    shell(
        fmt::format("for port in $(ovs-vsctl list-ports {}); do "
                    "ovs-vsctl --if-exists set port $port tag={} vlan_mode=access trunks=[]; done",
                    bridge_, landing_vlan));
}

bool QuarantineLan::answersWithin(double seconds) const {
    const Waiting waiting(fmt::format("an answer of http://10.77.1.10:8080/health within {} s", seconds));
    const auto until = Clock::now() + asTime(seconds);
    while (Clock::now() < until) {
        admit();  // each time, for a stand-in that was started again has landed again
        if (!ask("/health", 0.5).empty()) return true;
    }
    return false;
}

int QuarantineLan::connect() const {
    int result = -1;
    // Only this thread enters the namespace; a socket stays in the one it was made in.
    std::thread([&] {
        const int space = ::open(("/run/netns/" + namespace_).c_str(), O_RDONLY | O_CLOEXEC);
        if (space < 0 || ::setns(space, CLONE_NEWNET) != 0) return;
        ::close(space);
        const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval patience{5, 0};
        ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in job{};
        job.sin_family = AF_INET;
        job.sin_port = htons(8080);
        ::inet_pton(AF_INET, "10.77.1.10", &job.sin_addr);
        if (::connect(connection, reinterpret_cast<const sockaddr*>(&job), sizeof job) == 0) {
            result = connection;
        } else {
            ::close(connection);
        }
    }).join();
    return result;
}

HypervisorAgent::HypervisorAgent(const QuarantineLan& lan, const std::string& image, Adjust adjust)
    : lan_(lan),
      image_(image),
      adjust_(std::move(adjust)),
      name_(nameOf("hvt")),
      log_("test", std::getenv("STANDIN_TEST_LOG") != nullptr ? base::LogLevel::Debug : base::LogLevel::Error) {
    // Not under /tmp's private directories: QEMU's user must reach the disks.
    std::string place = "/var/tmp/standin-hypervisor-XXXXXX";
    if (::mkdtemp(place.data()) == nullptr) throw std::runtime_error("could not make a directory");
    std::filesystem::permissions(place, std::filesystem::perms(0711));
    directory_ = place;
    noteMade(directory_);
    noteMade(fmt::format("hvt{}", ::getpid()));
    begin();
}

HypervisorAgent::~HypervisorAgent() {
    end();
    for (const auto& entry : std::filesystem::directory_iterator(directory_ + "/stand-ins")) {
        const auto domain = name_ + "." + entry.path().filename().string();
        quietly("virsh destroy " + domain + "; virsh undefine --nvram " + domain);
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void HypervisorAgent::begin() {
    hypervisor::HypervisorSettings settings;
    settings.uri = "qemu:///system";
    settings.stand_in_dir = directory_ + "/stand-ins";
    settings.bridge = lan_.bridge();
    settings.landing_vlan = QuarantineLan::landing_vlan;
    settings.reserve_memory_bytes = 64 << 20;
    settings.vcpus_per_cpu = 16;
    if (adjust_) adjust_(settings);
    metrics_ = std::make_unique<http::Metrics>();
    router_ = std::make_unique<http::Router>();
    capability_ = std::make_unique<hypervisor::HypervisorCapability>(
        settings, base::AgentName(name_), std::make_unique<FileImageSource>(image_), clock_, *metrics_, log_);
    capability_->addRoutes(*router_);
    auto gate = http::CommandGate::open(directory_ + "/epoch");
    auto context = http::serverContext(files_);
    auto identity = http::clientContext(coordinator_);
    if (!gate || !context || !identity) throw std::runtime_error("could not set the agent up");
    gate_ = std::move(*gate);
    if (auto started = capability_->start(); !started) throw std::runtime_error(started.error().message);
    server_ = std::make_unique<http::Server>(*http::parseListen("127.0.0.1:0"), *context, *router_,
                                             http::Guard{http::Roles::ofAgent({"coordinator"}, {}), gate_.get()}, log_);
    if (auto started = server_->start(); !started) throw std::runtime_error(started.error().message);
    client_ =
        std::move(*protocol::AgentClient::open(name_, fmt::format("https://127.0.0.1:{}", server_->port()), *identity));
}

void HypervisorAgent::end() {
    client_.reset();
    server_->stop();
    capability_->stop();
    server_.reset();
    capability_.reset();
}

void HypervisorAgent::restart() {
    end();
    begin();
}

protocol::AgentClient::Answer HypervisorAgent::put(const std::string& path, const protocol::Json& body) {
    auto answer = client_->put(path, body, {1, fmt::format("test/{}/{}", ::getpid(), ++operations_)}, deadline);
    if (!answer) throw std::runtime_error("PUT " + path + ": " + answer.error().message);
    return *answer;
}

protocol::AgentClient::Answer HypervisorAgent::remove(const std::string& path) {
    auto answer = client_->remove(path, {1, fmt::format("test/{}/{}", ::getpid(), ++operations_)}, deadline);
    if (!answer) throw std::runtime_error("DELETE " + path + ": " + answer.error().message);
    return *answer;
}

protocol::Json HypervisorAgent::get(const std::string& path) {
    auto json = client_->get(path, deadline);
    if (!json) throw std::runtime_error("GET " + path + ": " + json.error().message);
    return *json;
}

protocol::Json HypervisorAgent::waitForState(const std::string& name, const std::string& state, double seconds) {
    const Waiting waiting(fmt::format("stand-in '{}' to be {} within {} s", name, state, seconds));
    const auto until = Clock::now() + asTime(seconds);
    while (true) {
        auto json = get("/v1/stand-ins/" + name);
        if (json["state"] == state) return json;
        if (Clock::now() > until || json["state"] == "failed")
            throw std::runtime_error("stand-in is not " + state + ": " + json.dump());
        std::this_thread::sleep_for(10ms);  // the API has no event to wait for
    }
}

void HypervisorAgent::waitForAcceleration(const std::string& name, double seconds) {
    const Waiting waiting(fmt::format("the host's acceleration to be {} within {} s", name, seconds));
    const auto until = Clock::now() + asTime(seconds);
    while (true) {
        const auto json = get("/v1/capacity");
        if (json["acceleration"] == name) return;
        if (Clock::now() > until) throw std::runtime_error("acceleration is not " + name + ": " + json.dump());
        std::this_thread::sleep_for(10ms);  // the API has no event to wait for
    }
}

void HypervisorAgent::setState(const std::string& name, const std::string& state) {
    put("/v1/stand-ins/" + name + "/state", {{"state", state}});
}

std::string HypervisorAgent::refusalOf(const std::string& name, const std::string& state) {
    const protocol::CommandStamp stamp{1, fmt::format("test/{}/{}", ::getpid(), ++operations_)};
    auto answer = client_->put("/v1/stand-ins/" + name + "/state", {{"state", state}}, stamp, deadline);
    if (answer) throw std::runtime_error("stand-in '" + name + "' became " + state);
    return answer.error().message;
}

void HypervisorAgent::waitForAnswer(const std::string& name, double seconds) {
    if (!never_answered_.empty()) throw std::runtime_error("an earlier case has waited in vain: " + never_answered_);
    const Waiting waiting(fmt::format("the job of stand-in '{}' to answer within {} s", name, seconds));
    const auto until = Clock::now() + asTime(seconds);
    while (!lan_.answersWithin(1)) {
        auto json = get("/v1/stand-ins/" + name);
        const bool may_answer = json["state"] == "running" || json["state"] == "making" || json["state"] == "unknown";
        if (may_answer && Clock::now() < until) continue;
        never_answered_ = fmt::format("the job of the stand-in did not answer within {} s: {}", seconds, json.dump());
        throw std::runtime_error(never_answered_);
    }
}

protocol::Json HypervisorAgent::definition() const {
    return {{"server", "server01"},
            {"image", "image1"},
            {"image_url", "https://127.0.0.1:1"},
            {"memory_mib", 192},
            {"maximum_memory_mib", 256},
            {"vcpus", 1},
            {"maximum_vcpus", 2},
            {"weight", 100},
            {"firmware", "bios"},
            {"mac", "52:54:00:77:01:0a"},
            {"address", "10.77.1.10"},
            {"ports", {8080}}};
}

}  // namespace standin::tests
