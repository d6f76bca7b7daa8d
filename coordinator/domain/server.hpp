#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/identifier.hpp"
#include "agent/protocol/common.hpp"

namespace standin::domain {

/// Which fence has to be confirmed before anybody else may have the server's segment (S182).
enum class FencePolicy {
    Port,  ///< the switch port suffices (milliseconds); the power is cut and read back beside it
    Power  ///< the power has to be read back as off first: for jobs that share storage
};

/// How the disk is brought to rest for a capture (S142, S156).
enum class CaptureWay {
    Restart,    ///< shut down in order, captured, powered on again
    PoweredOff  ///< refused unless the server is off already
};

/// Where the data of a job is, as its operator has declared it.
enum class JobData {
    None,    ///< the job keeps nothing that it wrote
    Shared,  ///< on storage that server, stand-in and spare reach alike
    Local    ///< on the server's own disk: who takes the job over goes on with the data of the image
};

std::string_view nameOf(JobData data);
std::optional<JobData> jobDataFrom(std::string_view name);
std::string_view nameOf(FencePolicy policy);
std::string_view nameOf(CaptureWay way);

/// The resources of a server's stand-in.
struct StandInSize {
    std::uint64_t memory_mib = 1024;
    std::uint64_t maximum_memory_mib = 2048;  ///< what GrowStandIn (S332) gives
    unsigned vcpus = 1;
    unsigned maximum_vcpus = 2;
    unsigned weight = 100;          ///< CPU weight while the spare is being prepared
    unsigned grown_weight = 1000;   ///< CPU weight once the stand-in has to go on alone
    std::string firmware = "bios";  ///< `bios` or `uefi`: what the server's disk boots with
};

/// The two ports of the request holder on a job's segment.
struct HolderPorts {
    base::PortName front;
    base::PortName back;
    std::string front_mac;
};

/// A bare-metal machine that executes a job, and where its parts are. From the configuration; it does not change while
/// the coordinator runs. Every agent name refers to an agent of the configuration.
struct Server {
    base::ServerName name;
    std::string uuid;  ///< of its system, canonical, as declared; empty: not declared, so not compared
    base::SegmentId segment;
    std::uint16_t vlan = 0;
    std::string address;  ///< the job's IPv4 address
    std::string mac;      ///< worn by the server and by its stand-ins
    base::PortName port;
    base::DiskName disk;
    std::vector<std::uint16_t> job_ports;
    protocol::Probe probe;
    std::chrono::milliseconds answer_within{5000};  ///< a resumed stand-in has to answer the probe within this time
    std::chrono::milliseconds clock_within{
        250};  ///< so long the segment waits for a resumed stand-in's clock to be set
    std::chrono::milliseconds drain_within{60000};  ///< a draining stand-in has to finish its requests within this time
    JobData job_data = JobData::None;
    /// An image that is older than this is reported: a failover would go back so far. 30 days: a monthly backup.
    std::chrono::milliseconds image_age_limit{std::chrono::hours(30 * 24)};
    base::AgentName vm_host;
    base::AgentName image_store;
    base::AgentName switch_agent;
    base::AgentName request_holder;  ///< empty: none; the handover then moves the segment without holding
    HolderPorts holder_ports;
    FencePolicy fence_policy = FencePolicy::Port;
    std::chrono::milliseconds fence_within{20000};
    /// For a capture: so long the server may take to shut down in order before its power is cut. Debian's services have
    /// 90 s to stop.
    std::chrono::milliseconds shutdown_within{120000};
    /// So long after it was switched on again its own traps are the restart's and start nothing.
    std::chrono::milliseconds boot_within{120000};
    std::vector<std::string> trap_sources;
    std::string rack;
    int priority = 0;  ///< higher first where failures compete
    StandInSize stand_in;

    /// The request holder's name for the job: the segment's.
    [[nodiscard]] base::JobName job() const { return base::JobName(segment.text()); }
};

/// A bare-metal machine that can take a server's job for good.
struct Spare {
    base::SpareName name;
    std::string uuid;            ///< of its system, canonical, as declared; empty: not declared, so not compared
    bool uuid_required = false;  ///< its machine has to be confirmed before it is written or started
    base::PortName port;
    std::string mac;
    base::DiskName disk;
    std::string disk_serial;  ///< as declared; empty: not declared, so not compared
    std::string disk_wwn;     ///< likewise
    base::AgentName image_store;
    base::AgentName switch_agent;
    base::AgentName vm_host;  ///< empty, or the VM host that may use this machine's capacity while it is idle (S106)
    std::chrono::milliseconds power_within{20000};
    std::chrono::milliseconds boot_within{120000};  ///< a started spare has to answer the probe within this time
};

}  // namespace standin::domain
