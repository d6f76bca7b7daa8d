#include "tests/integration/switch/private_switch.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "agent/base/process.hpp"
#include "agent/switch/ovs/unixctl.hpp"

namespace standin::tests {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr const char* directory_prefix = "standin-switch-test.";

void runQuietly(std::vector<std::string> command) {
    base::ProcessRequest request;
    request.command = std::move(command);
    (void)base::runProcess(request);
}

pid_t pidIn(const fs::path& file) {
    std::ifstream in(file);
    pid_t pid = 0;
    return in >> pid ? pid : 0;
}

// A process that nobody has reaped yet is as good as gone.
bool alive(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    return pid > 0 && std::getline(in, line) && line.find(") Z ") == std::string::npos;
}

void endProcess(const fs::path& pid_file) {
    const pid_t pid = pidIn(pid_file);
    if (!alive(pid)) return;
    ::kill(pid, SIGTERM);
    if (!eventually([&] { return !alive(pid); })) ::kill(pid, SIGKILL);
    std::error_code ignored;
    fs::remove(pid_file, ignored);
}

void note(const std::string& directory, const std::string& file, const std::string& line) {
    std::ofstream(directory + "/" + file, std::ios::app) << line << '\n';
}

std::vector<std::string> notes(const std::string& directory, const std::string& file) {
    std::ifstream in(directory + "/" + file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

void takeDown(const std::string& directory) {
    endProcess(directory + "/ovs-vswitchd.pid");
    endProcess(directory + "/ovsdb-server.pid");
    for (const auto& space : notes(directory, "spaces")) runQuietly({"ip", "netns", "del", space});
    std::error_code ignored;
    fs::remove_all(directory, ignored);
}

void takeDownLeftovers() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/tmp", ignored)) {
        const auto name = entry.path().filename().string();
        if (name.rfind(directory_prefix, 0) != 0) continue;
        const pid_t owner = pidIn(entry.path() / "owner");
        if (owner > 0 && !alive(owner)) takeDown(entry.path().string());
    }
}

}  // namespace

std::string run(std::vector<std::string> command) {
    base::ProcessRequest request;
    request.command = std::move(command);
    auto output = base::runToSuccess(request);
    if (!output) throw std::runtime_error(output.error().message);
    return *output;
}

bool eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

void Machine::inside(const std::function<void()>& work) const {
    std::exception_ptr problem;
    std::thread([&] {
        try {
            const int space = ::open(("/run/netns/" + space_).c_str(), O_RDONLY | O_CLOEXEC);
            if (space < 0 || ::setns(space, CLONE_NEWNET) != 0)
                throw std::runtime_error("cannot enter namespace " + space_);
            ::close(space);
            work();
        } catch (...) {
            problem = std::current_exception();
        }
    }).join();
    if (problem) std::rethrow_exception(problem);
}

std::string Machine::ip(std::vector<std::string> arguments) const {
    std::vector<std::string> command{"ip", "-n", space_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command);
}

std::string Machine::neighbour(const std::string& address) const {
    std::istringstream words(ip({"neigh", "show", "to", address}));
    for (std::string word; words >> word;) {
        if (word == "lladdr" && words >> word) return word;
    }
    return "";
}

PrivateSwitch::PrivateSwitch() {
    takeDownLeftovers();
    std::string pattern = std::string("/tmp/") + directory_prefix + "XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = pattern;
    note(directory_, "owner", std::to_string(::getpid()));
    prefix_ = "t" + directory_.substr(directory_.size() - 6) + "-";
    bridge_ = prefix_ + "br";
    space_ = prefix_ + "lan";
    note(directory_, "spaces", space_);
    run({"ip", "netns", "add", space_});
    run({"ovsdb-tool", "create", directory_ + "/conf.db", "/usr/share/openvswitch/vswitch.ovsschema"});
    startDatabase();
    vsctl({"--no-wait", "init"});
    startDaemon();
    vsctl({"add-br", bridge_, "--", "set", "bridge", bridge_, "datapath_type=netdev"});
}

PrivateSwitch::~PrivateSwitch() {
    takeDown(directory_);
}

lan_switch::OvsPlaces PrivateSwitch::places() const {
    return {bridge_, directory_ + "/db.sock", directory_ + "/" + bridge_ + ".mgmt"};
}

void PrivateSwitch::startDatabase() {
    run({"ovsdb-server", directory_ + "/conf.db", "--remote=punix:" + directory_ + "/db.sock",
         "--pidfile=" + directory_ + "/ovsdb-server.pid", "--unixctl=" + directory_ + "/ovsdb-server.ctl",
         "--log-file=" + directory_ + "/ovsdb-server.log", "-vconsole:off", "--detach"});
}

void PrivateSwitch::stopDatabase() {
    endProcess(directory_ + "/ovsdb-server.pid");
}

void PrivateSwitch::pauseDatabase() {
    ::kill(pidIn(directory_ + "/ovsdb-server.pid"), SIGSTOP);
}

void PrivateSwitch::resumeDatabase() {
    ::kill(pidIn(directory_ + "/ovsdb-server.pid"), SIGCONT);
}

void PrivateSwitch::startDaemon() {
    run({"ip", "netns", "exec", space_, "env", "OVS_RUNDIR=" + directory_, "ovs-vswitchd",
         "unix:" + directory_ + "/db.sock", "--pidfile=" + directory_ + "/ovs-vswitchd.pid",
         "--log-file=" + directory_ + "/ovs-vswitchd.log", "-vconsole:off", "--detach"});
}

void PrivateSwitch::stopDaemon() {
    endProcess(directory_ + "/ovs-vswitchd.pid");
}

std::string PrivateSwitch::vsctl(std::vector<std::string> arguments) const {
    std::vector<std::string> command{"ovs-vsctl", "--timeout=10", "--db=unix:" + directory_ + "/db.sock"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command);
}

std::string PrivateSwitch::ofctl(std::vector<std::string> arguments) const {
    std::vector<std::string> command{"ovs-ofctl"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.begin() + 2, "unix:" + places().openflow_socket);
    return run(command);
}

std::string PrivateSwitch::learnedAddresses() const {
    auto text = lan_switch::askVswitchd(directory_, "fdb/show", {bridge_}, 2s);
    if (!text) throw std::runtime_error(text.error().message);
    return *text;
}

Machine PrivateSwitch::addMachine(const std::string& name, const std::string& mac, const std::string& address, int vlan,
                                  Place place) {
    const std::string space = prefix_ + name;
    note(directory_, "spaces", space);
    run({"ip", "netns", "add", space});
    run({"ip", "-n", space_, "link", "add", port(name), "type", "veth", "peer", "name", "eth0", "netns", space});
    run({"ip", "-n", space_, "link", "set", port(name), "up"});
    Machine machine(space, port(name));
    machine.ip({"link", "set", "eth0", "address", mac, "up"});
    machine.ip({"link", "set", "lo", "up"});
    // Nobody computes the checksums of frames that a userspace switch takes from a veth.
    run({"ip", "netns", "exec", space, "ethtool", "-K", "eth0", "tx", "off"});
    if (!address.empty()) machine.ip({"addr", "add", address, "dev", "eth0"});
    plugIn(machine, vlan, place);
    return machine;
}

void PrivateSwitch::unplug(const Machine& machine) {
    vsctl({"del-port", bridge_, machine.port()});
}

void PrivateSwitch::plugIn(const Machine& machine, int vlan, Place place) {
    std::vector<std::string> arguments{"add-port", place == Place::Here ? bridge_ : prefix_ + "far", machine.port()};
    if (vlan > 0) arguments.push_back("tag=" + std::to_string(vlan));
    vsctl(arguments);
}

void PrivateSwitch::addSwitchBehindTrunk(int vlan) {
    vsctl({"add-br", prefix_ + "far", "--", "set", "bridge", prefix_ + "far", "datapath_type=netdev"});
    run({"ip", "-n", space_, "link", "add", port("t0"), "type", "veth", "peer", "name", port("t1")});
    for (const char* end : {"t0", "t1"}) run({"ip", "-n", space_, "link", "set", port(end), "up"});
    vsctl({"add-port", bridge_, port("t0"), "trunks=" + std::to_string(vlan)});
    vsctl({"add-port", prefix_ + "far", port("t1"), "trunks=" + std::to_string(vlan)});
}

}  // namespace standin::tests
