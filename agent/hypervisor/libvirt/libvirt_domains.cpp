#include "agent/hypervisor/libvirt/libvirt_domains.hpp"

#include <fmt/format.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "agent/hypervisor/libvirt/cpu_weights.hpp"
#include "agent/hypervisor/libvirt/domain_reading.hpp"
#include "agent/hypervisor/libvirt/libvirt_connection.hpp"
#include "agent/hypervisor/libvirt/libvirt_error.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

constexpr auto usual = 5s;      // an answer takes milliseconds; libvirtd under load has been seen to take one second
constexpr auto starting = 60s;  // QEMU must load, allocate and open its tap, on a host that may be restoring images
constexpr int guest_agent_answers_within_s = 4;  // one that is there answers within milliseconds; less than `usual`
constexpr std::size_t most_calls = 32;           // more than stand-ins acted upon at once on one host
constexpr std::uint64_t kib_per_mib = 1024;

base::Result<void> checked(int outcome, const std::string& what) {
    if (outcome < 0) return libvirtFailure(what);
    return {};
}

// A guest that is suspended while its agent is asked would keep the question, and its domain, for ever. Where there is
// no agent there is nothing to limit.
void limitGuestAgent(virDomainPtr domain) {
    virDomainAgentSetResponseTimeout(domain, guest_agent_answers_within_s, 0);
}

int perform(virDomainPtr domain, DomainVerb verb) {
    switch (verb) {
        case DomainVerb::Start:
            return virDomainCreate(domain);
        case DomainVerb::Resume:
            return virDomainResume(domain);
        case DomainVerb::Suspend:
            return virDomainSuspend(domain);
        case DomainVerb::AskToStop:
            limitGuestAgent(domain);
            // The guest's agent ends it in order for certain; the power button only if a program in the guest handles
            // it.
            if (virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT) == 0) return 0;
            return virDomainShutdown(domain);
        case DomainVerb::Destroy:
            return virDomainDestroy(domain);
    }
    return -1;
}

base::Result<void> growTo(virDomainPtr domain, const protocol::StandInResources& wanted, unsigned flags) {
    auto set = checked(virDomainSetMemoryFlags(domain, wanted.memory_mib * kib_per_mib, flags), "set its memory");
    if (!set) return set;
    set = checked(virDomainSetVcpusFlags(domain, wanted.vcpus, flags), "set its virtual CPUs");
    if (!set) return set;
    virTypedParameterPtr parameters = nullptr;
    int count = 0;
    int capacity = 0;
    virTypedParamsAddULLong(&parameters, &count, &capacity, VIR_DOMAIN_SCHEDULER_CPU_SHARES,
                            CpuWeights::ofThisHost().sharesOf(wanted.weight));
    set = checked(virDomainSetSchedulerParametersFlags(domain, parameters, count, flags), "set its weight");
    virTypedParamsFree(parameters, count);
    return set;
}

bool lacksSpace(virDomainPtr domain) {
    constexpr unsigned most_disks = 8;  // a stand-in has one
    virDomainDiskError errors[most_disks];
    const int count = virDomainGetDiskErrors(domain, errors, most_disks, 0);
    bool lacks = false;
    for (int i = 0; i < count; ++i) {
        lacks = lacks || errors[i].error == VIR_DOMAIN_DISK_ERROR_NO_SPACE;
        std::free(errors[i].disk);
    }
    return lacks;
}

DomainStatus askQemu(virDomainPtr domain) {
    char* answer = nullptr;
    if (virDomainQemuMonitorCommand(domain, "{\"execute\":\"query-status\"}", &answer, 0) != 0)
        return statusFromQemu("");
    auto status = statusFromQemu(answer);
    std::free(answer);
    return status;
}

base::Result<DomainStatus> readStatus(virDomainPtr domain, const std::string& uuid) {
    int state = 0;
    int reason = 0;
    if (virDomainGetState(domain, &state, &reason, 0) < 0) return libvirtFailure("ask for the state of domain " + uuid);
    // Seldom, and never on a takeover's way: who was suspended by libvirt has a reason.
    if (pausedWithoutReason(state, reason)) return askQemu(domain);
    if (pausedByDisk(state, reason)) return statusOfPausedDisk(lacksSpace(domain));
    return statusFrom(state, reason);
}

// The guest's driver answers the first question that QEMU asks it, and QEMU asks once it is commanded to.
bool answersBalloon(virDomainPtr domain) {
    constexpr int every_s = 1;
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    virDomainSetMemoryStatsPeriod(domain, every_s, VIR_DOMAIN_AFFECT_LIVE);
    const int count = virDomainMemoryStats(domain, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
    const bool answers = std::any_of(stats, stats + std::max(count, 0), [](const virDomainMemoryStatStruct& stat) {
        return stat.tag == VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE && stat.val > 0;
    });
    if (answers) virDomainSetMemoryStatsPeriod(domain, 0, VIR_DOMAIN_AFFECT_LIVE);
    return answers;
}

bool hasFlushedDisk(virDomainPtr domain) {
    int count = 0;
    if (virDomainBlockStatsFlags(domain, "vda", nullptr, &count, 0) != 0 || count <= 0) return false;
    std::vector<virTypedParameter> stats(static_cast<std::size_t>(count));
    if (virDomainBlockStatsFlags(domain, "vda", stats.data(), &count, 0) != 0) return false;
    long long flushes = 0;
    virTypedParamsGetLLong(stats.data(), count, VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ, &flushes);
    virTypedParamsClear(stats.data(), count);
    return flushes > 0;
}

unsigned weightOf(virDomainPtr domain) {
    virTypedParameter parameters[16];
    int count = 16;
    unsigned long long shares = 0;
    if (virDomainGetSchedulerParametersFlags(domain, parameters, &count, VIR_DOMAIN_AFFECT_CURRENT) != 0) return 0;
    virTypedParamsGetULLong(parameters, count, VIR_DOMAIN_SCHEDULER_CPU_SHARES, &shares);
    virTypedParamsClear(parameters, count);
    return CpuWeights::ofThisHost().weightOf(static_cast<unsigned>(shares));
}

}  // namespace

const char* nameOf(DomainVerb verb) {
    switch (verb) {
        case DomainVerb::Start:
            return "start";
        case DomainVerb::Resume:
            return "resume";
        case DomainVerb::Suspend:
            return "suspend";
        case DomainVerb::AskToStop:
            return "ask to stop";
        case DomainVerb::Destroy:
            return "destroy";
    }
    return "change";
}

LibvirtDomains::LibvirtDomains(const std::string& uri)
    : connection_(std::make_shared<LibvirtConnection>(uri)), calls_("libvirt", most_calls) {}

LibvirtDomains::~LibvirtDomains() = default;

template <typename T>
base::Result<T> LibvirtDomains::call(const std::string& what, std::chrono::milliseconds deadline,
                                     std::function<base::Result<T>(LibvirtSession&)> action) {
    return calls_.call<T>(what, deadline, [connection = connection_, action = std::move(action)]() -> base::Result<T> {
        return connection->with(action);
    });
}

base::Result<void> LibvirtDomains::define(const std::string& xml) {
    return call<void>("define a domain", usual, [xml](LibvirtSession& session) -> base::Result<void> {
        auto* domain = virDomainDefineXMLFlags(session.connection(), xml.c_str(), 0);
        if (domain == nullptr) return libvirtFailure("define a domain");
        virDomainFree(domain);
        return {};
    });
}

base::Result<void> LibvirtDomains::undefine(const std::string& uuid) {
    return call<void>("undefine domain " + uuid, usual, [uuid](LibvirtSession& session) -> base::Result<void> {
        auto domain = session.domain(uuid);
        if (!domain)
            return domain.error().code == ErrorCode::NotFound ? base::Result<void>{} : base::failure(domain.error());
        if (virDomainIsActive(domain->get()) == 1) {
            return base::failure(ErrorCode::WrongState,
                                 fmt::format("could not undefine domain {}: it is running", uuid));
        }
        int outcome =
            virDomainUndefineFlags(domain->get(), VIR_DOMAIN_UNDEFINE_NVRAM | VIR_DOMAIN_UNDEFINE_MANAGED_SAVE);
        if (outcome < 0 && virGetLastErrorCode() == VIR_ERR_INVALID_ARG) outcome = virDomainUndefine(domain->get());
        session.forget(uuid);
        if (outcome < 0 && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN) return {};
        return checked(outcome, "undefine domain " + uuid);
    });
}

base::Result<DomainStatus> LibvirtDomains::status(const std::string& uuid) {
    return call<DomainStatus>(
        "ask for the state of domain " + uuid, usual, [uuid](LibvirtSession& session) -> base::Result<DomainStatus> {
            auto domain = session.domain(uuid);
            auto status =
                domain ? readStatus(domain->get(), uuid) : base::Result<DomainStatus>(base::failure(domain.error()));
            if (status) return status;
            auto error = status.error();
            if (error.code != ErrorCode::NotFound) return base::failure(std::move(error));
            session.forget(uuid);
            return DomainStatus{DomainState::Absent};
        });
}

base::Result<DomainStatus> LibvirtDomains::change(const std::string& uuid, DomainVerb verb) {
    const auto what = fmt::format("{} domain {}", nameOf(verb), uuid);
    const auto deadline = verb == DomainVerb::Start || verb == DomainVerb::Destroy ? starting : usual;
    // One call for both, since each costs a change of threads and this is what a takeover waits for.
    return call<DomainStatus>(what, deadline, [=](LibvirtSession& session) -> base::Result<DomainStatus> {
        auto domain = session.domain(uuid);
        if (!domain) return base::failure(domain.error());
        if (perform(domain->get(), verb) < 0) return libvirtFailure(what);
        return readStatus(domain->get(), uuid);
    });
}

base::Result<DomainView> LibvirtDomains::view(const std::string& uuid) {
    return call<DomainView>("look at domain " + uuid, usual,
                            [uuid](LibvirtSession& session) -> base::Result<DomainView> {
                                auto domain = session.domain(uuid);
                                if (!domain) return base::failure(domain.error());
                                virDomainInfo facts;
                                if (virDomainGetInfo(domain->get(), &facts) != 0)
                                    return libvirtFailure("look at domain " + uuid);
                                DomainView view;
                                view.resources.memory_mib = facts.memory / kib_per_mib;
                                view.resources.vcpus = facts.nrVirtCpu;
                                view.resources.weight = weightOf(domain->get());
                                auto* xml = virDomainGetXMLDesc(domain->get(), 0);
                                if (xml == nullptr) return libvirtFailure("read the definition of domain " + uuid);
                                view.guest_agent = hasConnectedGuestAgent(xml);
                                std::free(xml);
                                return view;
                            });
}

base::Result<void> LibvirtDomains::setResources(const std::string& uuid, const protocol::StandInResources& resources) {
    return call<void>("set the resources of domain " + uuid, usual, [=](LibvirtSession& session) -> base::Result<void> {
        auto domain = session.domain(uuid);
        if (!domain) return base::failure(domain.error());
        unsigned flags = VIR_DOMAIN_AFFECT_CONFIG;
        if (virDomainIsActive(domain->get()) == 1) flags |= VIR_DOMAIN_AFFECT_LIVE;
        return growTo(domain->get(), resources, flags);
    });
}

base::Result<void> LibvirtDomains::setClock(const std::string& uuid, base::WallTime time) {
    return call<void>("set the clock of domain " + uuid, usual, [=](LibvirtSession& session) -> base::Result<void> {
        auto domain = session.domain(uuid);
        if (!domain) return base::failure(domain.error());
        limitGuestAgent(domain->get());
        const auto since_epoch = time.time_since_epoch();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
        const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch - seconds);
        return checked(virDomainSetTime(domain->get(), seconds.count(), static_cast<unsigned>(rest.count()), 0),
                       "set the clock of domain " + uuid);
    });
}

base::Result<base::WallTime> LibvirtDomains::readClock(const std::string& uuid) {
    return call<base::WallTime>("read the clock of domain " + uuid, usual,
                                [=](LibvirtSession& session) -> base::Result<base::WallTime> {
                                    auto domain = session.domain(uuid);
                                    if (!domain) return base::failure(domain.error());
                                    limitGuestAgent(domain->get());
                                    long long seconds = 0;
                                    unsigned nanoseconds = 0;
                                    if (virDomainGetTime(domain->get(), &seconds, &nanoseconds, 0) < 0)
                                        return libvirtFailure("read the clock of domain " + uuid);
                                    return base::WallTime(std::chrono::duration_cast<base::WallTime::duration>(
                                        std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds)));
                                });
}

base::Result<unsigned> LibvirtDomains::bringCpusOnline(const std::string& uuid, unsigned wanted) {
    const auto what = fmt::format("bring {} virtual CPUs of domain {} online", wanted, uuid);
    return call<unsigned>(what, usual, [=](LibvirtSession& session) -> base::Result<unsigned> {
        auto domain = session.domain(uuid);
        if (!domain) return base::failure(domain.error());
        limitGuestAgent(domain->get());
        int online = virDomainGetVcpusFlags(domain->get(), VIR_DOMAIN_VCPU_GUEST);
        if (online < 0) return libvirtFailure(what);
        if (static_cast<unsigned>(online) >= wanted) return static_cast<unsigned>(online);
        if (virDomainSetVcpusFlags(domain->get(), wanted, VIR_DOMAIN_VCPU_GUEST) < 0) return libvirtFailure(what);
        online = virDomainGetVcpusFlags(domain->get(), VIR_DOMAIN_VCPU_GUEST);
        if (online < 0) return libvirtFailure(what);
        return static_cast<unsigned>(online);
    });
}

base::Result<bool> LibvirtDomains::showsLife(const std::string& uuid) {
    return call<bool>("look for signs of life in domain " + uuid, usual,
                      [uuid](LibvirtSession& session) -> base::Result<bool> {
                          auto domain = session.domain(uuid);
                          if (!domain) return base::failure(domain.error());
                          if (answersBalloon(domain->get()) || hasFlushedDisk(domain->get())) return true;
                          auto* xml = virDomainGetXMLDesc(domain->get(), 0);
                          if (xml == nullptr) return libvirtFailure("read the definition of domain " + uuid);
                          const bool connected = hasConnectedGuestAgent(xml);
                          std::free(xml);
                          return connected;
                      });
}

std::uint64_t LibvirtDomains::eventsSeen() const {
    return connection_->events().seen();
}

void LibvirtDomains::waitForEvent(std::uint64_t seen, std::chrono::milliseconds longest) {
    connection_->events().wait(seen, longest);
}

base::Result<HypervisorHost> LibvirtDomains::host() {
    // Health must answer within a second.
    auto host = call<HypervisorHost>("ask libvirt for its host", 800ms,
                                     [](LibvirtSession& session) -> base::Result<HypervisorHost> {
                                         virNodeInfo node;
                                         if (virNodeGetInfo(session.connection(), &node) != 0)
                                             return libvirtFailure("ask libvirt for its host");
                                         return HypervisorHost{node.memory / kib_per_mib, node.cpus};
                                     });
    const auto hanging = calls_.overdueCalls();
    if (host && hanging > 0) {
        return base::failure(ErrorCode::TimedOut,
                             fmt::format("{} calls into libvirt hang; see `virsh list` and QEMU's log", hanging));
    }
    return host;
}

}  // namespace standin::hypervisor
