#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/identifier.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/domain/evidence/evidence_policy.hpp"

namespace standin::domain {

/// Which fence has to be confirmed before another machine may get the server's segment (S182).
enum class FencePolicy {
    Port,  ///< the switch port suffices (milliseconds); the power is cut and read back meanwhile
    Power  ///< the power has to be read back as off first: for jobs with shared storage
};

/// How the server's disk is made consistent for a capture (S142, S156).
enum class CaptureWay {
    Restart,    ///< shut down in order, captured, powered on again
    PoweredOff  ///< refused unless the server is already off
};

/// Where the job's data are, as declared by the operator.
enum class JobData {
    None,    ///< the job keeps no data
    Shared,  ///< on storage that server, stand-in and spare all reach
    Local    ///< on the server's own disk: after a takeover the job continues with the image's data
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
    unsigned grown_weight = 1000;   ///< CPU weight once the stand-in is the job's only executor
    std::string firmware = "bios";  ///< `bios` or `uefi`: what the server's disk boots with
};

/// The two ports of the request holder on a job's segment.
struct HolderPorts {
    base::PortName front;
    base::PortName back;
    std::string front_mac;
};

/// A bare-metal machine that executes a job, with the agents and devices that serve it. From the configuration;
/// constant while the coordinator runs. Every agent name refers to an agent of the configuration.
struct Server {
    base::ServerName name;
    std::string uuid;  ///< the machine's UUID, canonical, as declared; empty: not declared, so not compared
    base::SegmentId segment;
    std::uint16_t vlan = 0;
    std::string address;  ///< the job's IPv4 address
    std::string mac;      ///< used by the server and by its stand-ins
    base::PortName port;
    base::DiskName disk;
    std::vector<std::uint16_t> job_ports;
    protocol::Probe probe;
    std::chrono::milliseconds answer_within{5000};  ///< a resumed stand-in has to answer the probe within this time
    std::chrono::milliseconds clock_within{250};    ///< how long the segment waits for the stand-in's clock
    std::chrono::milliseconds drain_within{60000};  ///< a draining stand-in has to finish its requests within this time
    JobData job_data = JobData::None;
    /// An older image is reported, because a failover would go back to it. 30 days: a monthly backup.
    std::chrono::milliseconds image_age_limit{std::chrono::hours(30 * 24)};
    base::AgentName vm_host;
    base::AgentName image_store;
    base::AgentName switch_agent;
    base::AgentName request_holder;  ///< empty: none; the handover then moves the segment without holding
    HolderPorts holder_ports;
    FencePolicy fence_policy = FencePolicy::Port;
    std::chrono::milliseconds fence_within{20000};
    EvidenceSettings evidence;
    bool fence_always = false;  ///< also if nobody can take the job: a failed server may do harm (S182)
    /// For a capture: how long an orderly shutdown may take before the power is cut. Debian's services have 90 s to
    /// stop.
    std::chrono::milliseconds shutdown_within{120000};
    /// For this long after it was switched on again, the server's own traps are attributed to the restart and start
    /// nothing.
    std::chrono::milliseconds boot_within{120000};
    std::vector<std::string> trap_sources;
    std::string rack;
    int priority = 0;  ///< higher first when failures compete
    StandInSize stand_in;

    /// The request holder's name for the job; it equals the segment's.
    [[nodiscard]] base::JobName job() const { return base::JobName(segment.text()); }
};

/// A bare-metal machine that can take over a server's job permanently.
struct Spare {
    base::SpareName name;
    std::string uuid;            ///< the machine's UUID, canonical, as declared; empty: not declared, so not compared
    bool uuid_required = false;  ///< the machine has to be confirmed before its disk is written or it is started
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
