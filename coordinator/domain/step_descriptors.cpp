#include "coordinator/domain/step_descriptors.hpp"

#include "coordinator/domain/capture/capture_phase.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/making/making_phase.hpp"
#include "coordinator/domain/preconditions.hpp"
#include "coordinator/domain/spare/spare_phase.hpp"
#include "coordinator/domain/takeover/takeover_phase.hpp"

namespace standin::domain {

using Of = StepSubject;
using Asks = StepAsks;
using enum StepName;

/// A report goes out at once or not at all: its receivers are not waited for.
static constexpr StepLimits notify{
    .deadline = std::chrono::seconds(10), .pause = std::chrono::seconds(1), .patience = std::chrono::seconds(60)};

// clang-format off
constexpr std::array<StepDescriptor, step_count> step_descriptors{{
    {AskPort,             "AskPort",             Of::Server,        Asks::Switch,        Lane::Critical, takeover::ask_port},
    {AskJob,              "AskJob",              Of::Server,        Asks::RequestHolder, Lane::Critical, takeover::askJob},
    {AskPower,            "AskPower",            Of::Server,        Asks::PowerDevices,  Lane::Critical, takeover::askPower},
    {WakeStandIn,         "WakeStandIn",         Of::StandIn,       Asks::VmHost,        Lane::Critical, takeover::resumeStandIn},
    {RestStandIn,         "RestStandIn",         Of::StandIn,       Asks::VmHost,        Lane::Critical, takeover::rest_stand_in},
    {FencePort,           "FencePort",           Of::Server,        Asks::Switch,        Lane::Critical, takeover::fence_port, mayFence},
    {FencePower,          "FencePower",          Of::Server,        Asks::PowerDevices,  Lane::Critical, takeover::fencePower, mayFence},
    {ResumeStandIn,       "ResumeStandIn",       Of::StandIn,       Asks::VmHost,        Lane::Critical, takeover::resumeStandIn},
    {ReviveStandIn,       "ReviveStandIn",       Of::StandIn,       Asks::VmHost,        Lane::Ordinary, spare::reviveStandIn},
    {UnfencePort,         "UnfencePort",         Of::Server,        Asks::Switch,        Lane::Critical, takeover::give_segment, mayUnfencePort},
    {GiveSegment,         "GiveSegment",         Of::StandIn,       Asks::Switch,        Lane::Critical, takeover::give_segment, mayGiveSegment},
    {LeaseSpare,          "LeaseSpare",          Of::Spare,         Asks::Nobody,        Lane::Ordinary, spare::lease},
    {PowerOffSpare,       "PowerOffSpare",       Of::Spare,         Asks::PowerDevices,  Lane::Ordinary, spare::powerOff, maySwitchSpareOff},
    {ReleaseSpare,        "ReleaseSpare",        Of::Spare,         Asks::VmHost,        Lane::Ordinary, spare::at_once},
    {RestoreSpare,        "RestoreSpare",        Of::Spare,         Asks::ImageStore,    Lane::Ordinary, spare::restore, mayWriteSpare},
    {IsolateSpare,        "IsolateSpare",        Of::Spare,         Asks::Switch,        Lane::Ordinary, spare::at_once},
    {StartSpare,          "StartSpare",          Of::Spare,         Asks::PowerDevices,  Lane::Ordinary, spare::start, mayStartSpare},
    {ProbeSpare,          "ProbeSpare",          Of::Spare,         Asks::RequestHolder, Lane::Ordinary, spare::probe},
    {HoldRequests,        "HoldRequests",        Of::Spare,         Asks::RequestHolder, Lane::Ordinary, handover::hold_requests},
    {DrainStandIn,        "DrainStandIn",        Of::StandIn,       Asks::VmHost,        Lane::Critical, handover::drainStandIn},
    {FreezeStandIn,       "FreezeStandIn",       Of::StandIn,       Asks::VmHost,        Lane::Critical, handover::freeze_stand_in},
    {StopStandIn,         "StopStandIn",         Of::StandIn,       Asks::VmHost,        Lane::Ordinary, spare::stop_stand_in},
    {ReleaseHeld,         "ReleaseHeld",         Of::Spare,         Asks::RequestHolder, Lane::Critical, handover::release_held},
    {GiveSegmentToSpare,  "GiveSegmentToSpare",  Of::Spare,         Asks::Switch,        Lane::Critical, takeover::give_segment, mayGiveSegmentToSpare},
    {RetireHolder,        "RetireHolder",        Of::Spare,         Asks::RequestHolder, Lane::Ordinary, handover::retire_holder},
    {RetireStandIn,       "RetireStandIn",       Of::StandIn,       Asks::VmHost,        Lane::Ordinary, handover::retire_stand_in},
    {ReturnRequests,      "ReturnRequests",      Of::StandIn,       Asks::RequestHolder, Lane::Critical, handover::returnRequests},
    {GrowStandIn,         "GrowStandIn",         Of::StandIn,       Asks::VmHost,        Lane::Ordinary, spare::grow_stand_in},
    {PowerOffFailedSpare, "PowerOffFailedSpare", Of::Spare,         Asks::PowerDevices,  Lane::Ordinary, spare::powerOff, maySwitchSpareOff},
    {CheckCapacity,       "CheckCapacity",       Of::NewStandIn,    Asks::VmHost,        Lane::Ordinary, making::check_capacity},
    {MakeStandIn,         "MakeStandIn",         Of::NewStandIn,    Asks::VmHost,        Lane::Ordinary, making::make},
    {IsolateStandIn,      "IsolateStandIn",      Of::NewStandIn,    Asks::Switch,        Lane::Ordinary, making::one_minute},
    {StartStandIn,        "StartStandIn",        Of::NewStandIn,    Asks::VmHost,        Lane::Ordinary, making::one_minute},
    {ProbeStandIn,        "ProbeStandIn",        Of::NewStandIn,    Asks::RequestHolder, Lane::Ordinary, spare::probe},
    {SuspendStandIn,      "SuspendStandIn",      Of::NewStandIn,    Asks::VmHost,        Lane::Ordinary, making::suspend},
    {AdoptStandIn,        "AdoptStandIn",        Of::NewStandIn,    Asks::Switch,        Lane::Ordinary, making::one_minute},
    {DeleteStandIn,       "DeleteStandIn",       Of::OperationsOwn, Asks::VmHost,        Lane::Ordinary, making::remove},
    {DeleteOldStandIn,    "DeleteOldStandIn",    Of::StandIn,       Asks::VmHost,        Lane::Ordinary, making::remove},
    {KeepStandIn,         "KeepStandIn",         Of::StandIn,       Asks::VmHost,        Lane::Ordinary, making::keep},
    {ClearSegment,        "ClearSegment",        Of::Server,        Asks::Switch,        Lane::Ordinary, making::clear_segment},
    {StopServer,          "StopServer",          Of::Server,        Asks::PowerDevices,  Lane::Ordinary, capture::stopServer},
    {CaptureImage,        "CaptureImage",        Of::Image,         Asks::ImageStore,    Lane::Ordinary, capture::capture_image},
    {StartServer,         "StartServer",         Of::Server,        Asks::PowerDevices,  Lane::Ordinary, capture::startServer},
    {CompareImages,       "CompareImages",       Of::Image,         Asks::ImageStore,    Lane::Ordinary, capture::compare_images},
    {DiscardImage,        "DiscardImage",        Of::Image,         Asks::ImageStore,    Lane::Ordinary, capture::discard_image},
    {TellOperator,        "TellOperator",        Of::Topic,         Asks::Notifier,      Lane::Ordinary, notify},
}};
// clang-format on

static_assert(
    [] {
        for (std::size_t i = 0; i < step_count; ++i) {
            if (step_descriptors[i].step != static_cast<StepName>(i) || step_descriptors[i].name.empty()) return false;
        }
        return true;
    }(),
    "every step has its row, in the order of StepName");

const std::string& subjectOf(const Operation& operation, StepName step) {
    static const std::string none;
    switch (descriptorOf(step).subject) {
        case Of::Server:
            return operation.server.text();
        case Of::StandIn:
            return operation.stand_in.text();
        case Of::NewStandIn:
            return operation.new_stand_in.text();
        case Of::OperationsOwn:
            return operation.kind == OperationKind::Failover ? operation.stand_in.text()
                                                             : operation.new_stand_in.text();
        case Of::Spare:
            return operation.spare.text();
        case Of::Image:
            return operation.image.text();
        case Of::Topic:
            return none;  // each note has its own
    }
    return none;
}

const base::AgentName& agentAsked(StepName step, const Server& server) {
    static const base::AgentName none;
    switch (descriptorOf(step).asks) {
        case Asks::Switch:
            return server.switch_agent;
        case Asks::VmHost:
            return server.vm_host;
        case Asks::ImageStore:
            return server.image_store;
        case Asks::RequestHolder:
            return server.request_holder;
        case Asks::Nobody:
        case Asks::PowerDevices:
        case Asks::Notifier:
            return none;
    }
    return none;
}

std::string_view nameOf(StepName step) {
    return descriptorOf(step).name;
}

std::optional<StepName> stepFrom(std::string_view name) {
    for (const auto& row : step_descriptors) {
        if (row.name == name) return row.step;
    }
    return std::nullopt;
}

}  // namespace standin::domain
