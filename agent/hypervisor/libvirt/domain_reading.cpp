#include "agent/hypervisor/libvirt/domain_reading.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/DOM/DOMParser.h>
#include <Poco/DOM/Document.h>
#include <Poco/DOM/Element.h>
#include <Poco/DOM/NodeList.h>
#include <Poco/Exception.h>
#include <fmt/format.h>
#include <libvirt/libvirt.h>

#include "agent/protocol/json_fields.hpp"

namespace standin::hypervisor {

namespace {

DomainStatus statusOfPause(int reason) {
    switch (reason) {
        case VIR_DOMAIN_PAUSED_UNKNOWN:
            return {DomainState::Unknown, "paused, and libvirt gives no reason"};
        case VIR_DOMAIN_PAUSED_IOERROR:
            return {DomainState::Halted, "paused after an I/O error of its disk"};
        case VIR_DOMAIN_PAUSED_WATCHDOG:
            return {DomainState::Halted, "paused by its watchdog"};
        case VIR_DOMAIN_PAUSED_CRASHED:
            return {DomainState::Halted, "paused because the guest crashed"};
        case VIR_DOMAIN_PAUSED_STARTING_UP:
            return {DomainState::Unknown, "still starting"};
        default:
            return {DomainState::Paused, ""};
    }
}

DomainStatus statusOfShutoff(int reason) {
    switch (reason) {
        case VIR_DOMAIN_SHUTOFF_SHUTDOWN:
            return {DomainState::Off, "", "its guest shut down"};
        case VIR_DOMAIN_SHUTOFF_DESTROYED:
            return {DomainState::Off, "", "it was destroyed"};
        case VIR_DOMAIN_SHUTOFF_CRASHED:
            return {DomainState::Off, "the guest or its QEMU crashed; see QEMU's log", "the guest or its QEMU crashed",
                    true};
        case VIR_DOMAIN_SHUTOFF_FAILED:
            return {DomainState::Off, "the last start failed; see QEMU's log", "the last start failed"};
        default:
            return {DomainState::Off, "", "libvirt gives no reason"};
    }
}

}  // namespace

DomainStatus statusFrom(int state, int reason) {
    switch (state) {
        case VIR_DOMAIN_RUNNING:
        case VIR_DOMAIN_BLOCKED:
            return {DomainState::Running, ""};
        case VIR_DOMAIN_PAUSED:
            return statusOfPause(reason);
        case VIR_DOMAIN_SHUTOFF:
            return statusOfShutoff(reason);
        case VIR_DOMAIN_CRASHED:
            return {DomainState::Off, "the guest crashed", "the guest crashed", true};
        case VIR_DOMAIN_SHUTDOWN:
            return {DomainState::Unknown, "it is shutting down"};
        default:
            return {DomainState::Unknown, "libvirt does not know its state"};
    }
}

bool pausedWithoutReason(int state, int reason) {
    return state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_UNKNOWN;
}

DomainStatus statusFromQemu(const std::string& answer) {
    const auto json = protocol::parseJson(answer);
    std::string status;
    const auto path = protocol::Json::json_pointer("/return/status");
    if (json && json->contains(path) && json->at(path).is_string()) status = json->at(path).get<std::string>();
    if (status == "paused") return {DomainState::Paused, ""};
    if (status == "running") return {DomainState::Running, ""};
    for (const auto* halted : {"internal-error", "guest-panicked", "io-error", "watchdog"}) {
        if (status != halted) continue;
        DomainStatus stopped{DomainState::Halted, fmt::format("QEMU has stopped it ({})", status)};
        stopped.internal_error = status == "internal-error";
        return stopped;
    }
    return {DomainState::Unknown, "paused, and neither libvirt nor QEMU gives a reason"};
}

bool pausedByDisk(int state, int reason) {
    return state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_IOERROR;
}

DomainStatus statusOfPausedDisk(bool out_of_space) {
    if (out_of_space) return {DomainState::OutOfSpace, "paused because its disk's file system is full"};
    return statusFrom(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR);
}

bool hasConnectedGuestAgent(const std::string& xml) {
    try {
        Poco::XML::DOMParser parser;
        Poco::AutoPtr<Poco::XML::Document> document = parser.parseString(xml);
        Poco::AutoPtr<Poco::XML::NodeList> targets = document->getElementsByTagName("target");
        for (unsigned long i = 0; i < targets->length(); ++i) {
            const auto* target = dynamic_cast<Poco::XML::Element*>(targets->item(i));
            if (target != nullptr && target->getAttribute("name") == "org.qemu.guest_agent.0") {
                return target->getAttribute("state") == "connected";
            }
        }
    } catch (const Poco::Exception&) {  // not XML: then nothing is known to be connected
    }
    return false;
}

}  // namespace standin::hypervisor
