#include "agent/base/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/number.hpp"
#include "agent/base/text.hpp"

namespace standin::base {

namespace {

std::string taken(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(name);
    return text;
}

}  // namespace

ServiceManager ServiceManager::ofThisProcess() {
    auto socket = taken("NOTIFY_SOCKET");
    const auto watchdog = parseNumber<std::uint64_t>(taken("WATCHDOG_USEC"));
    const auto pid = parseNumber<std::uint64_t>(taken("WATCHDOG_PID"));
    const bool ours = !pid || *pid == static_cast<std::uint64_t>(::getpid());
    if (!watchdog || *watchdog == 0 || !ours) return ServiceManager(std::move(socket));
    return ServiceManager(std::move(socket), std::chrono::microseconds(*watchdog));
}

ServiceManager::ServiceManager(std::string socket, std::optional<std::chrono::microseconds> watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {}

void ServiceManager::status(std::string_view line) const {
    tell("STATUS=" + oneLine(line));
}

std::optional<std::chrono::milliseconds> ServiceManager::aliveEvery() const {
    if (!watchdog_ || socket_.empty()) return std::nullopt;
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog_ / 3),
                    std::chrono::milliseconds(1));
}

void ServiceManager::tell(const std::string& message) const {
    sockaddr_un address{};
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const FileDescriptor sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!sender) return;
    // Nothing depends on whether it arrives but being started again, and then the next one may.
    [[maybe_unused]] const auto sent =
        ::sendto(sender.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace standin::base
