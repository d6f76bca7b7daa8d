#include "agent/hypervisor/libvirt/libvirt_connection.hpp"

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "agent/hypervisor/libvirt/libvirt_error.hpp"
#include "agent/hypervisor/libvirt/libvirt_events.hpp"

namespace standin::hypervisor {

namespace {

// A libvirtd that says nothing for 2 s × 3 is dead or stuck; its connection is closed and opened again.
constexpr int keepalive_seconds = 2;
constexpr unsigned keepalive_misses = 3;

constexpr std::size_t most_idle = 8;       // each costs libvirtd a few hundred KiB; more calls at a time are rare
constexpr std::size_t most_handles = 256;  // some hundred bytes each; twice the stand-ins of a large host

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

base::Result<std::unique_ptr<LibvirtSession>> LibvirtSession::open(const std::string& uri) {
    auto events = LibvirtEvents::share();
    if (!events) return base::failure(base::ErrorCode::Internal, "could not start libvirt's event loop");
    virSetErrorFunc(nullptr, keepSilent);
    auto* connection = virConnectOpen(uri.c_str());
    if (connection == nullptr) {
        auto error = libvirtFailure(fmt::format("connect to libvirt at '{}'", uri)).error;
        return base::failure(base::ErrorCode::Unreachable, error.message + "; is libvirtd running?");
    }
    return std::unique_ptr<LibvirtSession>(new LibvirtSession(std::move(events), connection));
}

void LibvirtSession::listen(std::shared_ptr<EventCounter> counter) {
    callback_ = lifecycleCallback(connection_, std::move(counter));
    // Last: its questions are sent by the event loop's thread, which must not meet a call. In-process drivers have none
    // and need none.
    virConnectSetKeepAlive(connection_, keepalive_seconds, keepalive_misses);
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
    if (auto found = domains_.find(uuid); found != domains_.end()) return found->second;
    auto* domain = virDomainLookupByUUIDString(connection_, uuid.c_str());
    if (domain == nullptr) return libvirtFailure(fmt::format("find domain {}", uuid));
    // A handle is a name; those of domains that others have deleted meanwhile are let go all together.
    if (domains_.size() >= most_handles) domains_.clear();
    return domains_[uuid] = std::shared_ptr<_virDomain>(domain, [](_virDomain* d) { virDomainFree(d); });
}

void LibvirtSession::forget(const std::string& uuid) {
    domains_.erase(uuid);
}

// The first connection receives the events; it is there as long as it lives, so that nothing is missed between two
// calls.
base::Result<void> LibvirtConnection::hear() {
    std::lock_guard lock(hearing_mutex_);
    if (hearing_ && hearing_->alive()) return {};
    hearing_.reset();
    auto opened = LibvirtSession::open(uri_);
    if (!opened) return base::failure(opened.error());
    (*opened)->listen(events_);
    hearing_ = std::move(*opened);
    events_->add();  // events were missed while there was no connection
    return {};
}

base::Result<LibvirtConnection::Session> LibvirtConnection::take() {
    if (auto heard = hear(); !heard) return base::failure(heard.error());
    while (true) {
        Session session;
        {
            std::lock_guard lock(mutex_);
            if (idle_.empty()) break;
            session = std::move(idle_.back());
            idle_.pop_back();
        }
        if (session->alive()) return session;
    }
    return LibvirtSession::open(uri_);
}

void LibvirtConnection::giveBack(Session session) {
    std::lock_guard lock(mutex_);
    if (idle_.size() < most_idle) idle_.push_back(std::move(session));
}

}  // namespace standin::hypervisor
