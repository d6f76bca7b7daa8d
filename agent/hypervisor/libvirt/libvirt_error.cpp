#include "agent/hypervisor/libvirt/libvirt_error.hpp"

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "agent/base/text.hpp"

namespace standin::hypervisor {

namespace {

using base::ErrorCode;

ErrorCode codeOf(int libvirt_code) {
    switch (libvirt_code) {
        case VIR_ERR_NO_DOMAIN:
            return ErrorCode::NotFound;
        case VIR_ERR_OPERATION_INVALID:
            return ErrorCode::WrongState;
        case VIR_ERR_OPERATION_TIMEOUT:
        case VIR_ERR_RPC:  // the connection broke in the middle: the effect may have happened
            return ErrorCode::TimedOut;
        case VIR_ERR_AGENT_UNRESPONSIVE:
        case VIR_ERR_AGENT_UNSYNCED:
        case VIR_ERR_NO_CONNECT:
            return ErrorCode::Unreachable;
        case VIR_ERR_NO_SUPPORT:
        case VIR_ERR_OPERATION_UNSUPPORTED:
        case VIR_ERR_ARGUMENT_UNSUPPORTED:
        case VIR_ERR_CONFIG_UNSUPPORTED:
            return ErrorCode::Unsupported;
        case VIR_ERR_NO_MEMORY:
        case VIR_ERR_OPERATION_DENIED:
        case VIR_ERR_OPERATION_FAILED:
            return ErrorCode::Refused;
        default:
            return ErrorCode::Internal;
    }
}

}  // namespace

base::Unexpected libvirtFailure(const std::string& what) {
    const auto* last = virGetLastError();
    if (last == nullptr)
        return base::failure(ErrorCode::Internal, fmt::format("could not {}: libvirt gives no reason", what));
    const std::string words = last->message != nullptr ? base::oneLine(last->message) : "libvirt gives no reason";
    return base::failure(codeOf(last->code), fmt::format("could not {}: {}", what, words));
}

}  // namespace standin::hypervisor
