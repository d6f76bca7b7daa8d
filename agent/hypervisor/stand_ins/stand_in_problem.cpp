#include "agent/hypervisor/stand_ins/stand_in_problem.hpp"

#include <fmt/format.h>

namespace standin::hypervisor {

using protocol::StandInState;

namespace {

std::string withWords(std::string reason, const std::string& words) {
    if (!words.empty()) reason += fmt::format("; QEMU's last words: '{}'", words);
    return reason;
}

}  // namespace

bool hasProblem(const DomainStatus& status, std::optional<StandInState> commanded) {
    if (status.state == DomainState::Halted || status.state == DomainState::OutOfSpace) return true;
    if (status.state != DomainState::Off && status.state != DomainState::Absent) return false;
    return commanded ? *commanded != StandInState::Stopped : status.crashed;
}

std::string problemOf(const DomainStatus& status, const GuestCircumstances& circumstances) {
    if (!hasProblem(status, circumstances.commanded)) return "";
    switch (status.state) {
        case DomainState::Halted:
            return withWords("its guest has stopped: " + status.oddity, circumstances.qemu_words) +
                   "; it can't be resumed: start it again (state 'stopped', then 'running'), or refresh the stand-in";
        case DomainState::OutOfSpace:
            return fmt::format(
                "its guest has stopped because the disk is full ({} MiB are free at '{}'); make space there, and it "
                "continues by itself when {} MiB are free",
                circumstances.disk_free_mib, circumstances.directory, space_to_go_on_mib);
        case DomainState::Absent:
            return "its domain is gone from libvirt: it was undefined by hand; it is defined again at its next start";
        default:
            return withWords("its guest has ended by itself: " + status.reason, circumstances.qemu_words) +
                   "; refresh the stand-in";
    }
}

}  // namespace standin::hypervisor
