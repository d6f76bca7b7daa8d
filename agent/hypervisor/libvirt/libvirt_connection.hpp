#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/result.hpp"

struct _virConnect;
struct _virDomain;

namespace standin::hypervisor {

class LibvirtEvents;

/// Counts libvirt's events about its domains, so that waiting needs no polling.
class EventCounter {
  public:
    void add();
    [[nodiscard]] std::uint64_t seen() const;
    void wait(std::uint64_t seen, std::chrono::milliseconds longest);

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t count_ = 0;
};

/// One open connection to libvirt, with the domains that were looked up through it.
class LibvirtSession {
  public:
    /// May block as long as libvirt does. Unreachable, with libvirt's message and the cure.
    static base::Result<std::unique_ptr<LibvirtSession>> open(const std::string& uri);
    ~LibvirtSession();
    LibvirtSession(const LibvirtSession&) = delete;
    LibvirtSession& operator=(const LibvirtSession&) = delete;

    /// From now on `counter` counts the domains' events, and the connection is closed when libvirt stops answering. It
    /// must not be used for anything else afterwards.
    void listen(std::shared_ptr<EventCounter> counter);
    [[nodiscard]] bool alive() const;
    [[nodiscard]] _virConnect* connection() const { return connection_; }
    /// The domain's handle, kept after the first lookup, which costs a round trip.
    base::Result<std::shared_ptr<_virDomain>> domain(const std::string& uuid);
    void forget(const std::string& uuid);

  private:
    LibvirtSession(std::shared_ptr<LibvirtEvents> events, _virConnect* connection);

    std::shared_ptr<LibvirtEvents> events_;
    _virConnect* connection_;
    int callback_ = -1;
    std::map<std::string, std::shared_ptr<_virDomain>> domains_;
};

/// Connections to libvirt: one that only receives events, and one for each concurrent call. A call needs a connection
/// of its own because libvirt's client (before 9.7) is not safe if a second thread uses a connection on which a first
/// one waits: it keeps a pointer to the first one's stack and follows it when libvirtd answers late. Thread-safe.
class LibvirtConnection {
  public:
    explicit LibvirtConnection(std::string uri) : uri_(std::move(uri)) {}

    /// Runs `action` with a session that no other thread uses meanwhile; opens one if none is idle. May block as long
    /// as libvirt does.
    template <typename T>
    base::Result<T> with(const std::function<base::Result<T>(LibvirtSession&)>& action) {
        auto session = take();
        if (!session) return base::failure(session.error());
        auto result = action(**session);
        giveBack(std::move(*session));
        return result;
    }
    [[nodiscard]] EventCounter& events() { return *events_; }

  private:
    using Session = std::unique_ptr<LibvirtSession>;
    base::Result<Session> take();
    void giveBack(Session session);
    base::Result<void> hear();

    const std::string uri_;
    std::shared_ptr<EventCounter> events_ = std::make_shared<EventCounter>();
    std::mutex hearing_mutex_;
    Session hearing_;
    std::mutex mutex_;
    std::vector<Session> idle_;  ///< the last one was used most recently
};

}  // namespace standin::hypervisor
