#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "agent/base/result.hpp"

struct _virConnect;
struct _virDomain;

namespace standin::hypervisor {

class LibvirtEvents;

/// Counts what libvirt tells about its domains, so that a waiter need not ask again and again.
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

/// One open connection to libvirt, with the domains that were looked up on it. Closed when the last user lets go of it.
class LibvirtSession {
  public:
    /// May block as long as libvirt does. Unreachable with libvirt's words and the cure.
    static base::Result<std::shared_ptr<LibvirtSession>> open(const std::string& uri,
                                                              std::shared_ptr<EventCounter> counter);
    ~LibvirtSession();
    LibvirtSession(const LibvirtSession&) = delete;
    LibvirtSession& operator=(const LibvirtSession&) = delete;

    [[nodiscard]] bool alive() const;
    [[nodiscard]] _virConnect* connection() const { return connection_; }
    /// The domain's handle, kept after the first time since a lookup costs a round trip.
    base::Result<std::shared_ptr<_virDomain>> domain(const std::string& uuid);
    void forget(const std::string& uuid);

  private:
    LibvirtSession(std::shared_ptr<LibvirtEvents> events, _virConnect* connection);

    std::shared_ptr<LibvirtEvents> events_;
    _virConnect* connection_;
    int callback_ = -1;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<_virDomain>> domains_;
};

/// Keeps a session open and opens another when it broke. Safe to call from any thread.
class LibvirtConnection {
  public:
    explicit LibvirtConnection(std::string uri);
    /// The session; opens one if there is none that lives. May block as long as libvirt does.
    base::Result<std::shared_ptr<LibvirtSession>> session();
    [[nodiscard]] EventCounter& events() { return *events_; }

  private:
    const std::string uri_;
    std::shared_ptr<EventCounter> events_ = std::make_shared<EventCounter>();
    std::mutex mutex_;
    std::shared_ptr<LibvirtSession> session_;
};

}  // namespace standin::hypervisor
