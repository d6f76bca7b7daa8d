#include "agent/http/open_connections.hpp"

#include <sys/socket.h>

namespace standin::http {

void OpenConnections::add(int socket) {
    const std::lock_guard lock(mutex_);
    sockets_.insert(socket);
    if (ending_) ::shutdown(socket, SHUT_RD);
}

void OpenConnections::remove(int socket) {
    const std::lock_guard lock(mutex_);
    sockets_.erase(socket);
    removed_.notify_all();
}

void OpenConnections::endReading() {
    shutDown(SHUT_RD);
}

bool OpenConnections::awaitEnd(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return removed_.wait_for(lock, limit, [this] { return sockets_.empty(); });
}

void OpenConnections::endAll() {
    shutDown(SHUT_RDWR);
}

void OpenConnections::shutDown(int how) {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const int socket : sockets_) ::shutdown(socket, how);
}

}  // namespace standin::http
