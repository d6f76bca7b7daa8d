#include "agent/hypervisor/traffic/tap_observer.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "agent/base/boundary.hpp"

namespace standin::hypervisor {

TapObserver::TapObserver(const base::Clock& clock, base::Log log) : clock_(clock), log_(std::move(log)) {}

TapObserver::~TapObserver() {
    stop();
    watched_.clear();
}

base::Result<void> TapObserver::start() {
    poll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = wake_.get();
    if (!poll_ || !wake_ || ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) {
        return base::failure(base::ErrorCode::Internal,
                             std::string("could not make an epoll instance: ") + std::strerror(errno));
    }
    worker_.start("taps", [this](const auto&) { run(); });
    return {};
}

void TapObserver::stop() {
    if (!worker_.runs()) return;
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake_.get(), &one, sizeof one));
    worker_.stop();
}

base::Result<void> TapObserver::watch(const base::StandInName& name, const std::string& tap, const JobEndpoint& job,
                                      bool from_the_start) {
    auto ring = PacketRing::open(tap, job.address);
    if (!ring) return base::failure(ring.error());
    std::lock_guard lock(mutex_);
    watched_.erase(name);
    auto [place, inserted] = watched_.emplace(name, Watched{std::move(*ring), job, ConnectionTracker(from_the_start)});
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = place->second.ring.descriptor();
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, event.data.fd, &event) != 0) {
        watched_.erase(place);
        return base::failure(base::ErrorCode::Internal, "could not watch tap '" + tap + "': " + std::strerror(errno));
    }
    return {};
}

void TapObserver::unwatch(const base::StandInName& name) {
    std::lock_guard lock(mutex_);
    watched_.erase(name);  // closing its socket takes it out of epoll
}

bool TapObserver::restart(const base::StandInName& name) {
    std::lock_guard lock(mutex_);
    auto found = watched_.find(name);
    if (found == watched_.end() || !found->second.ring.attached()) return false;
    found->second.ring.drain([](auto, auto) {});
    static_cast<void>(found->second.ring.lost());
    found->second.tracker = ConnectionTracker(true);
    return true;
}

base::Result<protocol::StandInRequests> TapObserver::requests(const base::StandInName& name) {
    std::lock_guard lock(mutex_);
    auto found = watched_.find(name);
    if (found == watched_.end() || !found->second.ring.attached()) {
        return base::failure(base::ErrorCode::NotFound, "the tap of stand-in '" + name.text() + "' is not watched");
    }
    drain(found->second);
    return found->second.tracker.requests(clock_.steady());
}

std::uint64_t TapObserver::segmentsLost() const {
    std::lock_guard lock(mutex_);
    return segments_lost_;
}

void TapObserver::drain(Watched& watched) {
    const auto now = clock_.steady();
    watched.ring.drain([&](std::span<const std::byte> frame, std::size_t wire_length) {
        if (auto segment = segmentFrom(frame, wire_length, watched.job)) watched.tracker.see(*segment, now);
    });
    if (const auto lost = watched.ring.lost(); lost > 0) {
        segments_lost_ += lost;
        watched.tracker.missed(now);
    }
}

void TapObserver::run() {
    std::array<epoll_event, 32> events{};
    while (true) {
        const int count = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), -1);
        if (count < 0 && errno != EINTR) {
            log_.error("could not wait for segments: {}; requests are followed only when asked for",
                       std::strerror(errno));
            return;
        }
        std::lock_guard lock(mutex_);
        for (int i = 0; i < count; ++i) {
            const auto& event = events.at(static_cast<std::size_t>(i));
            if (event.data.fd == wake_.get()) return;
            for (auto& [name, watched] : watched_) {
                if (watched.ring.descriptor() != event.data.fd) continue;
                static_cast<void>(base::contained([&] { drain(watched); }));
                // A tap that went away reports an error for ever; requests() says that it isn't attached.
                if ((event.events & (EPOLLERR | EPOLLHUP)) != 0)
                    ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, event.data.fd, nullptr);
            }
        }
    }
}

}  // namespace standin::hypervisor
