#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

namespace standin::http {

/// The sockets of a server's connections, for its end. A connection's TLS state belongs to the thread that carries it, so
/// nobody else may close it or say goodbye on it; what others may do is tell the kernel that nothing more comes in.
class OpenConnections {
  public:
    /// From the connection's own thread, as long as the descriptor is open.
    void add(int socket);
    void remove(int socket);

    /// Every connection finds its client's stream ended: idle ones end, a handler still sends its answer. Those that
    /// begin later end at once.
    void endReading();
    /// True when all have ended within `limit`.
    bool awaitEnd(std::chrono::milliseconds limit);
    /// Also what is being sent is broken off.
    void endAll();

  private:
    void shutDown(int how);

    std::mutex mutex_;
    std::condition_variable removed_;
    std::set<int> sockets_;
    bool ending_ = false;
};

}  // namespace standin::http
