#include "agent/hypervisor/libvirt/libvirt_events.hpp"

#include <libvirt/libvirt.h>

#include <mutex>

namespace standin::hypervisor {

std::shared_ptr<LibvirtEvents> LibvirtEvents::share() {
    // The one exception to 'nothing global': what is shared here is libvirt's own process-wide loop.
    static std::mutex mutex;
    static std::weak_ptr<LibvirtEvents> current;
    static const int registered = virEventRegisterDefaultImpl();
    std::lock_guard lock(mutex);
    if (registered != 0) return nullptr;
    auto events = current.lock();
    if (!events) {
        events = std::shared_ptr<LibvirtEvents>(new LibvirtEvents);
        current = events;
    }
    return events;
}

LibvirtEvents::LibvirtEvents() {
    // Without any timer the loop would sleep for ever; a disabled one (-1) is there to be set off by the destructor.
    waker_ = virEventAddTimeout(
        -1, [](int, void* self) { static_cast<LibvirtEvents*>(self)->stopping_ = true; }, this, nullptr);
    worker_.start("libvirt", [this](const auto&) { run(); });
}

LibvirtEvents::~LibvirtEvents() {
    virEventUpdateTimeout(waker_, 0);
    worker_.stop();
    virEventRemoveTimeout(waker_);
}

void LibvirtEvents::run() {
    while (!stopping_) virEventRunDefaultImpl();
}

}  // namespace standin::hypervisor
