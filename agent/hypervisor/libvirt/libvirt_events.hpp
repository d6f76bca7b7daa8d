#pragma once

#include <memory>

#include "agent/base/worker.hpp"

namespace standin::hypervisor {

/// libvirt's event loop, which its connections need for keepalive and for domain events. libvirt has one per process:
/// all users share it, and it ends with the last of them. It outlives every connection opened while it is held.
class LibvirtEvents {
  public:
    static std::shared_ptr<LibvirtEvents> share();
    ~LibvirtEvents();
    LibvirtEvents(const LibvirtEvents&) = delete;
    LibvirtEvents& operator=(const LibvirtEvents&) = delete;

  private:
    LibvirtEvents();
    void run();

    bool stopping_ = false;  // used by the loop's own thread only
    int waker_ = -1;
    base::Worker worker_;
};

}  // namespace standin::hypervisor
