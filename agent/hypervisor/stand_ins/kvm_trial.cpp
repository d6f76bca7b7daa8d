#include "agent/hypervisor/stand_ins/kvm_trial.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "agent/base/durable_file.hpp"

namespace standin::hypervisor {

using protocol::StandInState;

namespace {

const std::string stopped_under_kvm = "a guest under KVM has stopped: ";

// A tap receives what its guest sends.
bool hasSentFrames(const std::string& tap) {
    auto count = base::readWhole("/sys/class/net/" + tap + "/statistics/rx_packets");
    return count && std::strtoull(count->c_str(), nullptr, 10) > 0;
}

// A QEMU that was killed, or found no disk, says nothing about KVM.
bool namesKvm(const std::string& words) {
    return words.find("kvm") != std::string::npos || words.find("KVM") != std::string::npos;
}

}  // namespace

KvmTrial::KvmTrial(const HostContext& host, HostAcceleration& acceleration, StandInMaker& maker, StandInStates& states)
    : host_(host), acceleration_(acceleration), maker_(maker), states_(states) {}

bool KvmTrial::onTrial(const StandInRecord& record) const {
    return acceleration_.mayFallBack() && record.accelerated_by == "kvm";
}

bool KvmTrial::alive(const StandInRecord& record) const {
    if (hasSentFrames(tapNameOf(host_.agent, record.name).text())) return true;
    const auto shown = host_.domains.showsLife(record.uuid);
    return shown && *shown;
}

bool KvmTrial::startsAgain(const StandInEntry& stand_in, const DomainStatus& status, const std::string& problem) const {
    std::lock_guard lock(stand_in.mutex);
    if (stand_in.remade) return true;
    const bool by_kvm = status.internal_error || (status.crashed && namesKvm(problem));
    return by_kvm && stand_in.trial && onTrial(stand_in.record);
}

void KvmTrial::look(const StandInEntryPtr& stand_in, const DomainStatus& status, const std::string& problem) {
    const auto record = stand_in->snapshot();
    std::optional<GuestTrial> trial;
    {
        std::lock_guard lock(stand_in->mutex);
        trial = stand_in->trial;
    }
    if (!trial) return;
    if (status.state == DomainState::Running) {
        if (!trial->alive) lookForLife(stand_in, record, *trial);
    } else if (startsAgain(*stand_in, status, problem)) {
        startAgain(stand_in, stopped_under_kvm + problem, status.internal_error);
    }
}

void KvmTrial::lookForLife(const StandInEntryPtr& stand_in, const StandInRecord& record, const GuestTrial& trial) {
    if (!onTrial(record) && trial.suspicion.empty()) return;
    if (!alive(record)) {
        if (onTrial(record) && host_.clock.steady() - trial.since >= host_.settings.sign_of_life_within) {
            startAgain(stand_in,
                       fmt::format("a guest under KVM gave no sign of life within {} ms",
                                   host_.settings.sign_of_life_within.count()),
                       false);
        }
        return;
    }
    {
        std::lock_guard lock(stand_in->mutex);
        if (stand_in->trial) stand_in->trial->alive = true;
    }
    if (onTrial(record)) {
        acceleration_.kvmRanGuest();
    } else if (acceleration_.kvmFailedGuest(trial.suspicion)) {
        host_.log.warning("guests run by software emulation until this host is booted again: {}, and lives without it",
                          trial.suspicion);
    }
}

void KvmTrial::startAgain(const StandInEntryPtr& stand_in, const std::string& reason, bool certain) {
    std::unique_lock command_lock(stand_in->command_mutex, std::try_to_lock);
    if (!command_lock.owns_lock()) return;  // a command is at work on it; the next look comes soon
    {
        std::lock_guard lock(stand_in->mutex);
        if (!stand_in->trial) return;  // such a command has ended the trial meanwhile
        stand_in->remade = true;
    }
    auto started = emulate(stand_in, reason, certain);
    if (started) started = states_.bring(stand_in, StandInState::Running);
    if (!started) {
        host_.log.error("stand-in {}: it could not be started again: {}", stand_in->snapshot().name.text(),
                        started.error().message);
    }
    std::lock_guard lock(stand_in->mutex);
    stand_in->remade = false;
}

base::Result<void> KvmTrial::emulate(const StandInEntryPtr& stand_in, const std::string& reason, bool certain) {
    const auto record = stand_in->snapshot();
    host_.log.warning("stand-in {}: it is started again under software emulation: {}", record.name.text(), reason);
    if (certain && acceleration_.kvmFailedGuest(reason))
        host_.log.warning("guests run by software emulation until this host is booted again: {}", reason);
    auto status = host_.domains.status(record.uuid);
    if (status && status->state != DomainState::Off) status = host_.domains.change(record.uuid, DomainVerb::Destroy);
    if (!status) return base::failure(status.error());
    stand_in->note(StandInState::Stopped);
    if (auto defined = maker_.define(*stand_in, {DomainType::Qemu, reason}); !defined) return defined;
    std::lock_guard lock(stand_in->mutex);
    stand_in->trial = GuestTrial{host_.clock.steady(), false, certain ? "" : reason};
    return {};
}

bool KvmTrial::emulateAfterFailedStart(const StandInEntryPtr& stand_in, const base::Error& error) {
    const auto record = stand_in->snapshot();
    if (!onTrial(record)) return false;
    auto status = host_.domains.status(record.uuid);
    if (!status) return false;
    const auto problem = states_.problem(record, *status, std::nullopt);
    const bool stopped = startsAgain(*stand_in, *status, problem);
    if (!stopped && !namesKvm(error.message)) return false;
    const auto reason = stopped ? stopped_under_kvm + problem : "QEMU did not start under KVM: " + error.message;
    return emulate(stand_in, reason, status->internal_error).has_value();
}

}  // namespace standin::hypervisor
