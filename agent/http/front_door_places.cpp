// Which connections have a place, and which give theirs up for others.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/http/front_door.hpp"

namespace standin::http {

using State = Connection::State;

namespace {

constexpr std::chrono::seconds told_every{10};  // a flood must not fill the log

}  // namespace

FrontDoor::ConnectionPtr FrontDoor::find(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second;
}

void FrontDoor::enterLine(Connection& connection, State state, std::chrono::milliseconds within) {
    auto& line = state == State::Stranger ? strangers_ : state == State::Idle ? idle_ : busy_;
    connection.state = state;
    connection.until = std::chrono::steady_clock::now() + within;
    connection.line = line.insert(line.end(), connection.id);
}

void FrontDoor::leaveLine(Connection& connection) {
    auto& line = connection.state == State::Stranger ? strangers_ : connection.state == State::Idle ? idle_ : busy_;
    line.erase(connection.line);
}

/// One event, then nothing until it is watched again: while a thread has the connection no other thread reads it.
void FrontDoor::watch(const Connection& connection, std::uint32_t events, bool is_new) {
    epoll_event event{};
    event.events = events | EPOLLONESHOT;
    event.data.u64 = connection.id;
    ::epoll_ctl(poll_.get(), is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection.descriptor, &event);
}

/// Of those who keep us waiting longest the ones that have not said a word go first.
void FrontDoor::makeRoomForStranger(const std::string& source) {
    const auto found = strangers_of_.find(source);
    const bool source_is_full = found != strangers_of_.end() && found->second >= limits_.strangers_of_source;
    if (!source_is_full && strangers_.size() < limits_.strangers) return;
    std::uint64_t victim = 0;
    for (const auto id : strangers_) {
        const auto& stranger = *connections_.at(id);
        if (source_is_full && stranger.source != source) continue;
        if (victim == 0) victim = id;
        if (stranger.has_spoken) continue;
        victim = id;
        break;
    }
    remove(connections_.at(victim));
}

/// False: everybody is busy.
bool FrontDoor::makeRoomForSession(const Connection& newcomer) {
    const auto closeOldest = [this](const auto& mayGo) {
        const auto victim =
            std::find_if(idle_.begin(), idle_.end(), [&](std::uint64_t id) { return mayGo(*connections_.at(id)); });
        if (victim == idle_.end()) return false;
        remove(connections_.at(*victim));
        return true;
    };
    const auto found = sessions_of_.find(newcomer.peer.text);
    const auto has = found == sessions_of_.end() ? 0 : found->second;
    if (!newcomer.comes_first && has >= limits_.sessions_of_peer)
        return closeOldest([&](const Connection& other) { return other.peer.text == newcomer.peer.text; });
    if (idle_.size() + busy_.size() < limits_.sessions) return true;
    return closeOldest([](const Connection& other) { return !other.comes_first; }) ||
           (newcomer.comes_first && closeOldest([](const Connection&) { return true; }));
}

void FrontDoor::endOverdue() {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    for (auto* line : {&strangers_, &idle_}) {
        while (!line->empty() && connections_.at(line->front())->until <= now) {
            const auto connection = connections_.at(line->front());
            if (connection->state == State::Stranger && connection->has_spoken)
                tellRefused(*connection, fmt::format("not finished within {} ms", limits_.handshake.count()));
            remove(connection);
        }
    }
}

/// Precondition: locked. The connection ends when nobody holds it any more.
void FrontDoor::remove(const ConnectionPtr& connection) {
    const auto kept = connection;  // the argument may be what is erased
    if (connections_.erase(kept->id) == 0) return;
    leaveLine(*kept);
    auto& counts = kept->state == State::Stranger ? strangers_of_ : sessions_of_;
    const auto count = counts.find(kept->state == State::Stranger ? kept->source : kept->peer.text);
    if (count != counts.end() && --count->second == 0) counts.erase(count);
    removed_.notify_all();
}

void FrontDoor::giveBack(const ConnectionPtr& connection) {
    const std::lock_guard lock(mutex_);
    if (shut_) return remove(connection);
    leaveLine(*connection);
    enterLine(*connection, State::Idle, limits_.idle);
    watch(*connection, EPOLLIN, false);
}

void FrontDoor::close(const ConnectionPtr& connection) {
    const std::lock_guard lock(mutex_);
    remove(connection);
}

void FrontDoor::shut() {
    {
        const std::lock_guard lock(mutex_);
        if (shut_) return;
        shut_ = true;
        for (const auto id : busy_) ::shutdown(connections_.at(id)->descriptor, SHUT_RD);
    }
    if (wake_) ::eventfd_write(wake_.get(), 1);
    worker_.stop();
    listening_.reset();
}

bool FrontDoor::awaitEnd(std::chrono::milliseconds limit) {
    Lock lock(mutex_);
    return removed_.wait_for(lock, limit, [this] { return connections_.empty(); });
}

void FrontDoor::breakOffAll() {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, connection] : connections_) ::shutdown(connection->descriptor, SHUT_RDWR);
}

std::size_t FrontDoor::endThose(const std::function<bool(const X509*)>& revoked) {
    const std::lock_guard lock(mutex_);
    std::size_t ended = 0;
    for (const auto& [id, connection] : connections_) {
        if (!connection->certificate || !revoked(connection->certificate.get())) continue;
        ::shutdown(connection->descriptor, SHUT_RDWR);  // its thread, or the next poll, finds its end
        ++ended;
    }
    return ended;
}

void FrontDoor::tellRefused(const Connection& stranger, const std::string& why) {
    if (refused_) refused_(stranger.source, why);
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < told_every) {
        ++untold_;
        return;
    }
    log_.notice("no handshake with {}: {}{}", stranger.source, why,
                untold_ == 0 ? std::string() : fmt::format(" ({} more since the last one that was logged)", untold_));
    told_ = now;
    untold_ = 0;
}

}  // namespace standin::http
