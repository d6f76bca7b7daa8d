#include "agent/switch/ovs/ovs_fabric.hpp"

#include <algorithm>
#include <filesystem>

#include "agent/base/process.hpp"
#include "agent/switch/ovs/gratuitous_arp.hpp"
#include "agent/switch/ovs/ovsdb_names.hpp"
#include "agent/switch/ovs/ovsdb_operations.hpp"
#include "agent/switch/ovs/steering_flows.hpp"
#include "agent/switch/ovs/unixctl.hpp"

namespace standin::lan_switch {

using base::ErrorCode;
using base::failure;
using std::chrono::milliseconds;

namespace {

// Usual is half a millisecond; a second means that something is broken, and the coordinator must know soon.
constexpr milliseconds transaction_deadline{1'000};
// Usual is one millisecond; on a loaded host with thousands of ports ovs-vswitchd takes some hundred.
constexpr milliseconds apply_deadline{2'000};
constexpr milliseconds openflow_deadline{500};
constexpr milliseconds control_deadline{1'000};
constexpr milliseconds health_deadline{500};  // health answers within a second
constexpr milliseconds ofctl_deadline{5'000};

// The start of a pass that was asked for may be missed (see settle()); by itself the next one begins after half a
// second. A pass takes some milliseconds.
constexpr milliseconds pass_usually_takes{20};

bool isQuarantine(const FabricView& view, const PortView* port) {
    return port != nullptr && port->tag && std::any_of(view.ports.begin(), view.ports.end(), [port](const auto& entry) {
               return entry.second.quarantine == port->tag;
           });
}

// True if a port that may have been heard by others is moved into its quarantine; from one quarantine into another is
// no isolation.
bool isolates(const FabricView& view, const FabricChange& change) {
    return std::any_of(change.ports.begin(), change.ports.end(), [&view](const auto& entry) {
        const auto& [name, port] = entry;
        return port.vlan == port.quarantine && !isQuarantine(view, view.port(name));
    });
}

}  // namespace

OvsFabric::OvsFabric(OvsPlaces places, base::Log log)
    : places_(std::move(places)),
      log_(std::move(log)),
      ovsdb_(places_.ovsdb_socket, database_name, OvsdbReplica::monitorRequests(),
             {[this](const protocol::Json& tables) { apply(tables, true); },
              [this](const protocol::Json& tables) { apply(tables, false); }, [this] { lose(); }},
             log_),
      openflow_(places_.openflow_socket) {}

OvsFabric::~OvsFabric() {
    stop();
}

void OvsFabric::start(std::function<void()> on_change) {
    on_change_ = std::move(on_change);
    ovsdb_.start();
}

void OvsFabric::stop() {
    ovsdb_.stop();
}

void OvsFabric::apply(const protocol::Json& tables, bool all) {
    {
        std::lock_guard lock(mutex_);
        if (all) replica_.clear();
        replica_.apply(tables);
        current_ = current_ || all;
        moment_.reset();
        replica_changed_.notify_all();
    }
    if (on_change_) on_change_();
}

void OvsFabric::lose() {
    {
        std::lock_guard lock(mutex_);
        current_ = false;
    }
    if (on_change_) on_change_();
}

base::Result<FabricSnapshot> OvsFabric::view() {
    std::lock_guard lock(mutex_);
    if (!current_) {
        return failure(ErrorCode::Unreachable,
                       "ovsdb-server does not answer at '" + places_.ovsdb_socket + "'; start Open vSwitch");
    }
    if (!moment_) {
        auto view = replica_.view(places_.bridge);
        if (!view) return failure(view.error());
        moment_ = std::make_shared<const FabricView>(std::move(*view));
    }
    return moment_;
}

base::Result<void> OvsFabric::commit(const FabricView& view, const FabricChange& change) {
    auto results = ovsdb_.transact(operationsFor(places_.bridge, view, change), transaction_deadline);
    if (!results) return failure(results.error());
    const auto configuration = configurationOf(*results);
    if (!configuration)
        return failure(ErrorCode::Corrupt, "ovsdb-server's answer does not contain the number of the configuration");
    auto applied = awaitApplied(*configuration);
    if (!applied) return applied;
    // Waiting for the disk would cost the takeover more than the switch itself, so it is written right after the
    // answer. Only a host (not a daemon) that crashes within these milliseconds comes back with the owner of before.
    ovsdb_.post(durabilityOperations(*configuration));
    auto settled = isolates(view, change) ? settle() : base::Result<void>();
    return settled ? readBack(change) : settled;
}

// ovs-vswitchd says that it has applied a configuration when it has taken it over; its cache continues to forward by
// decisions of before until its revalidators have been through it (some milliseconds on a busy host). A port that was
// isolated must be silent when we say so. `revalidator/wait` answers at the end of the pass that is under way, and the
// change of a flow starts one: so the second of two rounds is a whole pass that began after the configuration was taken
// over.
base::Result<void> OvsFabric::settle() {
    for (int round = 0; round < 2; ++round) {
        auto pass = ControlCall::begin(runDirectory(), "revalidator/wait", {});
        if (!pass) return failure(pass.error());
        // The two go by different sockets: a pass that the touch starts may be over before the question is heard. Then
        // another touch starts another pass.
        const auto until = std::chrono::steady_clock::now() + apply_deadline;
        base::Result<std::string> ended = failure(ErrorCode::TimedOut, "");
        while (!ended && ended.error().code == ErrorCode::TimedOut && std::chrono::steady_clock::now() < until) {
            auto touched = openflow_.touch(steeringCookie(0), idle_table, openflow_deadline);
            if (!touched) return touched;
            ended = pass->answer(pass_usually_takes);
        }
        if (ended) continue;
        if (ended.error().code != ErrorCode::Refused) return failure(ended.error());
        // A switch with a kernel and a userspace datapath at once cannot tell; then the cache is emptied instead.
        auto purged = askVswitchd(runDirectory(), "revalidator/purge", {}, apply_deadline);
        return purged ? base::Result<void>() : failure(purged.error());
    }
    return {};
}

base::Result<void> OvsFabric::daemonAnswers() const {
    auto version = askVswitchd(runDirectory(), "version", {}, health_deadline);
    return version ? base::Result<void>() : failure(version.error());
}

base::Result<void> OvsFabric::awaitApplied(std::int64_t configuration) {
    std::unique_lock lock(mutex_);
    if (replica_changed_.wait_for(lock, apply_deadline,
                                  [&] { return replica_.appliedConfiguration() >= configuration; }))
        return {};
    return failure(ErrorCode::TimedOut,
                   "the switch's database has taken the change, but ovs-vswitchd has not applied it within " +
                       std::to_string(apply_deadline.count()) + " ms; is it running?");
}

base::Result<void> OvsFabric::readBack(const FabricChange& change) {
    auto now = view();
    if (!now) return failure(now.error());
    for (const auto& [name, wanted] : change.ports) {
        const PortView* port = (*now)->port(name);
        if (port == nullptr || port->isAccess(wanted.vlan)) continue;
        return failure(ErrorCode::Conflict,
                       "port '" + name + "' was put into VLAN " + std::to_string(wanted.vlan) +
                           ", but another program has changed it again; see 'ovs-vsctl list port " + name + "'");
    }
    return {};
}

base::Result<void> OvsFabric::announce(const Announcement& announcement) {
    auto frames = gratuitousArp(announcement.address, announcement.mac);
    if (!frames) return failure(frames.error());
    auto now = view();
    if (!now) return failure(now.error());
    const PortView* port = (*now)->port(announcement.port);
    if (port == nullptr || port->of_ports.empty()) {
        return failure(ErrorCode::NotFound, "could not announce '" + announcement.address + "': port '" +
                                                announcement.port + "' does not forward on the switch");
    }
    auto injected = openflow_.inject(port->of_ports.front(), *frames, openflow_deadline);
    if (!injected || announcement.stale.empty()) return injected;
    return forgetStale(announcement, port->of_ports.front());
}

// The switch forgets what it learned at a port whose VLAN changes, and the announcement moves the owner's MAC. What is
// left are MACs that it learned through another switch.
base::Result<void> OvsFabric::forgetStale(const Announcement& announcement, std::uint32_t of_port) {
    auto fdb = askVswitchd(runDirectory(), "fdb/show", {places_.bridge}, control_deadline);
    if (!fdb) return failure(fdb.error());
    if (!remembersElsewhere(*fdb, announcement.vlan, announcement.stale, std::to_string(of_port))) return {};
    log_.notice("bridge '{}' remembers machines of VLAN {} at their old places: forgetting what it learned",
                places_.bridge, announcement.vlan);
    auto flushed = askVswitchd(runDirectory(), "fdb/flush", {places_.bridge}, control_deadline);
    if (!flushed) return failure(flushed.error());
    return {};
}

base::Result<void> OvsFabric::steer(const base::SegmentId& segment, Vlan vlan,
                                    const std::optional<Steering>& steering) {
    base::ProcessRequest request;
    request.command = {"ovs-ofctl", "-O", "OpenFlow14", "--bundle", "add-flows", "unix:" + places_.openflow_socket,
                       "-"};
    request.input = steeringFlows(vlan, steering);
    request.deadline = ofctl_deadline;
    auto done = base::runToSuccess(request);
    if (!done) return failure(done.error().within("could not set the flows of segment '" + segment.text() + "'"));
    auto settled = settle();
    if (!settled) return settled;
    std::lock_guard lock(mutex_);
    if (steering) {
        expected_flows_[vlan] = steeringFlowCount(steering);
    } else {
        expected_flows_.erase(vlan);
    }
    return {};
}

// The statistics in the database are seconds old, so the bridge itself is asked.
base::Result<std::optional<std::uint64_t>> OvsFabric::receivedFrames(const std::string& name) {
    auto now = view();
    if (!now) return failure(now.error());
    const PortView* port = (*now)->port(name);
    if (port == nullptr || port->of_ports.empty()) {
        auto answers = daemonAnswers();
        if (!answers) return failure(answers.error());
        return std::optional<std::uint64_t>();
    }
    std::uint64_t frames = 0;
    for (const auto of_port : port->of_ports) {
        auto received = openflow_.receivedFrames(of_port, openflow_deadline);
        if (!received) return failure(received.error());
        frames += *received;
    }
    return std::optional(frames);
}

base::Result<bool> OvsFabric::steered(Vlan vlan) {
    std::size_t expected = 0;
    {
        std::lock_guard lock(mutex_);
        const auto found = expected_flows_.find(vlan);
        if (found != expected_flows_.end()) expected = found->second;
    }
    auto count = openflow_.flowsWith(steeringCookie(vlan), openflow_deadline);
    if (!count) return failure(count.error());
    return *count == expected;
}

std::string OvsFabric::runDirectory() const {
    return std::filesystem::path(places_.openflow_socket).parent_path().string();
}

}  // namespace standin::lan_switch
