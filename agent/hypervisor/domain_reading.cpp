#include "agent/hypervisor/domain_reading.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/DOM/DOMParser.h>
#include <Poco/DOM/Document.h>
#include <Poco/DOM/Element.h>
#include <Poco/DOM/NodeList.h>
#include <Poco/Exception.h>
#include <libvirt/libvirt.h>

namespace standin::hypervisor {

namespace {

std::string oddityOfPause(int reason) {
    switch (reason) {
        case VIR_DOMAIN_PAUSED_IOERROR:
            return "paused after an I/O error; see that the disk has space";
        case VIR_DOMAIN_PAUSED_WATCHDOG:
            return "paused by its watchdog";
        case VIR_DOMAIN_PAUSED_CRASHED:
            return "paused because the guest crashed";
        case VIR_DOMAIN_PAUSED_STARTING_UP:
            return "still starting";
        default:
            return "";
    }
}

std::string oddityOfOff(int reason) {
    switch (reason) {
        case VIR_DOMAIN_SHUTOFF_CRASHED:
            return "the guest or its QEMU crashed; see QEMU's log";
        case VIR_DOMAIN_SHUTOFF_FAILED:
            return "the last start failed; see QEMU's log";
        default:
            return "";
    }
}

}  // namespace

DomainStatus statusFrom(int state, int reason) {
    switch (state) {
        case VIR_DOMAIN_RUNNING:
        case VIR_DOMAIN_BLOCKED:
            return {DomainState::Running, ""};
        case VIR_DOMAIN_PAUSED:
            return {DomainState::Paused, oddityOfPause(reason)};
        case VIR_DOMAIN_SHUTOFF:
            return {DomainState::Off, oddityOfOff(reason)};
        case VIR_DOMAIN_CRASHED:
            return {DomainState::Off, "the guest crashed"};
        case VIR_DOMAIN_SHUTDOWN:
            return {DomainState::Unknown, "it is shutting down"};
        default:
            return {DomainState::Unknown, "libvirt does not know its state"};
    }
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
