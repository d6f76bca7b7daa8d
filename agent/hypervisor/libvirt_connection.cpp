#include "agent/hypervisor/libvirt_connection.hpp"

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "agent/hypervisor/libvirt_error.hpp"
#include "agent/hypervisor/libvirt_events.hpp"

namespace standin::hypervisor {

namespace {

// A libvirtd that says nothing for 2 s × 3 is dead or stuck; its connection is closed and every call on it fails.
constexpr int keepalive_seconds = 2;
constexpr unsigned keepalive_misses = 3;

// Errors are returned, not printed by the library.
void keepSilent(void*, virErrorPtr) {}

void onLifecycle(virConnectPtr, virDomainPtr, int, int, void* counter) {
    (*static_cast<std::shared_ptr<EventCounter>*>(counter))->add();
}

int lifecycleCallback(virConnectPtr connection, std::shared_ptr<EventCounter> counter) {
    auto* owned = new std::shared_ptr<EventCounter>(std::move(counter));  // freed by libvirt through the last argument
    auto give_back = [](void* opaque) { delete static_cast<std::shared_ptr<EventCounter>*>(opaque); };
    // libvirt's own macro VIR_DOMAIN_EVENT_CALLBACK is this cast.
    auto callback = reinterpret_cast<virConnectDomainEventGenericCallback>(
        reinterpret_cast<void*>(static_cast<int (*)(virConnectPtr, virDomainPtr, int, int, void*)>(
            [](virConnectPtr c, virDomainPtr d, int event, int detail, void* opaque) {
                onLifecycle(c, d, event, detail, opaque);
                return 0;
            })));
    const int id = virConnectDomainEventRegisterAny(connection, nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE, callback, owned,
                                                    give_back);
    if (id < 0) delete owned;
    return id;
}

}  // namespace

void EventCounter::add() {
    std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
}

std::uint64_t EventCounter::seen() const {
    std::lock_guard lock(mutex_);
    return count_;
}

void EventCounter::wait(std::uint64_t seen, std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [&] { return count_ != seen; });
}

LibvirtSession::LibvirtSession(std::shared_ptr<LibvirtEvents> events, _virConnect* connection)
    : events_(std::move(events)), connection_(connection) {}

base::Result<std::shared_ptr<LibvirtSession>> LibvirtSession::open(const std::string& uri,
                                                                   std::shared_ptr<EventCounter> counter) {
    auto events = LibvirtEvents::share();
    if (!events) return base::failure(base::ErrorCode::Internal, "could not start libvirt's event loop");
    virSetErrorFunc(nullptr, keepSilent);
    auto* connection = virConnectOpen(uri.c_str());
    if (connection == nullptr) {
        auto error = libvirtFailure(fmt::format("connect to libvirt at '{}'", uri)).error;
        return base::failure(base::ErrorCode::Unreachable, error.message + "; is libvirtd running?");
    }
    auto session = std::shared_ptr<LibvirtSession>(new LibvirtSession(std::move(events), connection));
    virConnectSetKeepAlive(connection, keepalive_seconds,
                           keepalive_misses);  // in-process drivers have none and need none
    session->callback_ = lifecycleCallback(connection, std::move(counter));
    return session;
}

LibvirtSession::~LibvirtSession() {
    domains_.clear();
    if (callback_ >= 0) virConnectDomainEventDeregisterAny(connection_, callback_);
    virConnectClose(connection_);
}

bool LibvirtSession::alive() const {
    return virConnectIsAlive(connection_) == 1;
}

base::Result<std::shared_ptr<_virDomain>> LibvirtSession::domain(const std::string& uuid) {
    {
        std::lock_guard lock(mutex_);
        auto found = domains_.find(uuid);
        if (found != domains_.end()) return found->second;
    }
    auto* domain = virDomainLookupByUUIDString(connection_, uuid.c_str());
    if (domain == nullptr) return libvirtFailure(fmt::format("find domain {}", uuid));
    auto handle = std::shared_ptr<_virDomain>(domain, [](_virDomain* d) { virDomainFree(d); });
    std::lock_guard lock(mutex_);
    domains_[uuid] = handle;
    return handle;
}

void LibvirtSession::forget(const std::string& uuid) {
    std::lock_guard lock(mutex_);
    domains_.erase(uuid);
}

LibvirtConnection::LibvirtConnection(std::string uri) : uri_(std::move(uri)) {}

base::Result<std::shared_ptr<LibvirtSession>> LibvirtConnection::session() {
    std::lock_guard lock(mutex_);
    if (session_ && session_->alive()) return session_;
    session_.reset();
    auto opened = LibvirtSession::open(uri_, events_);
    if (!opened) return base::failure(opened.error());
    session_ = *opened;
    events_->add();  // what happened while there was no connection nobody told
    return session_;
}

}  // namespace standin::hypervisor
