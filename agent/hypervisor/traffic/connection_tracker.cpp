#include "agent/hypervisor/traffic/connection_tracker.hpp"

namespace standin::hypervisor {

namespace {

// Sequence numbers wrap (RFC 9293, section 3.4).
bool isAfter(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b) > 0;
}

}  // namespace

ConnectionTracker::ConnectionTracker(bool from_the_start, Limits limits)
    : limits_(limits), from_the_start_(from_the_start), complete_(from_the_start) {}

void ConnectionTracker::see(const TcpSegment& segment, base::SteadyTime now) {
    const Key key{segment.client_address, segment.client_port, segment.job_port};
    if (segment.rst) {
        connections_.erase(key);
        return;
    }
    auto* connection = open(key, segment, now);
    if (connection == nullptr) return;
    connection->seen_at = now;
    if (segment.from_client) {
        seeClient(*connection, segment, now);
    } else {
        seeServer(*connection, segment, now);
    }
    if (ended(*connection)) connections_.erase(key);
}

// The connection that a segment belongs to; nullptr if there is none.
ConnectionTracker::Connection* ConnectionTracker::open(const Key& key, const TcpSegment& segment,
                                                       base::SteadyTime now) {
    auto found = connections_.find(key);
    const bool begins = segment.from_client && segment.syn && !segment.ack;
    if (found != connections_.end()) {
        // A client may use a port again; only a repeated SYN has the number that is known already.
        if (begins && segment.sequence + 1 != found->second.client.next) found->second = Connection{};
        return &found->second;
    }
    // Without its SYN, a connection is believed in when there is payload: the last words of one that has ended bring
    // none. One on which only the stand-in speaks was left over from before it was resumed, unless the beginning was
    // missed.
    const bool goes_on = !segment.syn && segment.payload > 0 && (segment.from_client || !from_the_start_);
    if (!begins && !goes_on) return nullptr;
    if (connections_.size() >= limits_.connections) makeRoom(now);
    if (connections_.size() >= limits_.connections) {
        missed(now);
        return nullptr;
    }
    auto& connection = connections_[key];
    connection.client_seen_at = now;
    if (goes_on) {
        connection.established = true;
        connection.spoken = true;
    }
    return &connection;
}

void ConnectionTracker::missed(base::SteadyTime now) {
    complete_ = false;
    missed_at_ = now;
}

void ConnectionTracker::makeRoom(base::SteadyTime now) {
    std::erase_if(connections_, [&](const auto& entry) {
        const auto idle = now - entry.second.seen_at;
        return entry.second.established ? !unanswered(entry.second, now) && idle > limits_.forgotten
                                        : idle > limits_.handshake;
    });
}

// True if the segment brings payload that was not seen before; neither a repetition nor a keepalive does.
bool ConnectionTracker::advance(Side& side, const TcpSegment& segment) {
    const std::uint32_t begin = segment.sequence + (segment.syn ? 1 : 0);
    const std::uint32_t end = begin + segment.payload;
    const bool fresh = segment.payload > 0 && (!side.known || isAfter(end, side.next));
    if (!side.known || isAfter(end, side.next)) side.next = end;
    side.known = true;
    if (segment.fin && !side.closed) {
        side.closed = true;
        side.next = end + 1;  // a FIN takes one number
    }
    return fresh;
}

bool ConnectionTracker::ended(const Connection& connection) {
    const auto confirmed = [](const Side& side) {
        return side.closed && side.acked_known && !isAfter(side.next, side.acked);
    };
    return confirmed(connection.client) && confirmed(connection.server);
}

void ConnectionTracker::seeClient(Connection& connection, const TcpSegment& segment, base::SteadyTime now) {
    connection.client_seen_at = now;
    if (advance(connection.client, segment)) {
        connection.awaiting = true;
        connection.spoken = true;
    }
    if (!segment.ack) return;
    if (!connection.established) {
        connection.established = true;
        connection.established_at = now;
    }
    auto& server = connection.server;
    if (!server.acked_known || isAfter(segment.acknowledgement, server.acked)) server.acked = segment.acknowledgement;
    server.acked_known = true;
}

void ConnectionTracker::seeServer(Connection& connection, const TcpSegment& segment, base::SteadyTime now) {
    const bool speaks = advance(connection.server, segment);
    auto& client = connection.client;
    if (segment.ack) {
        if (!client.acked_known || isAfter(segment.acknowledgement, client.acked))
            client.acked = segment.acknowledgement;
        client.acked_known = true;
    }
    if (!speaks) return;
    connection.spoken = true;
    connection.answered_at = now;
    // A payload that was sent before the client's newest one arrived answers an older request.
    const std::uint32_t asked_until = client.next - (client.closed ? 1 : 0);
    if (!client.known || !isAfter(asked_until, segment.acknowledgement)) connection.awaiting = false;
}

bool ConnectionTracker::unanswered(const Connection& connection, base::SteadyTime now) const {
    if (!connection.established) return true;
    const auto& server = connection.server;
    if (server.known && server.acked_known && isAfter(server.next, server.acked)) {
        // The stand-in repeats its last segments to a client that was switched off or moved away; that is no request
        // any more.
        return now - connection.client_seen_at <= limits_.client_silent;
    }
    if (server.closed) return false;  // it has said all that it ever will
    if (connection.awaiting) return true;
    if (connection.spoken) return now - connection.answered_at < limits_.answer_pause;
    return !connection.client.closed && now - connection.established_at < limits_.first_request;
}

bool ConnectionTracker::justAnswered(const Connection& connection) const {
    const auto& server = connection.server;
    const bool confirmed = server.known && server.acked_known && !isAfter(server.next, server.acked);
    return connection.established && connection.spoken && !connection.awaiting && confirmed;
}

protocol::StandInRequests ConnectionTracker::requests(base::SteadyTime now) {
    std::erase_if(connections_, [&](const auto& entry) {
        return !entry.second.established && now - entry.second.client_seen_at > limits_.handshake;
    });
    if (!complete_ && missed_at_ == base::SteadyTime{}) missed_at_ = now;
    if (!complete_ && now - missed_at_ >= limits_.unseen_for) complete_ = true;
    protocol::StandInRequests requests;
    requests.complete = complete_;
    requests.open_connections = connections_.size();
    for (const auto& [key, connection] : connections_) {
        if (!unanswered(connection, now)) continue;
        ++requests.unanswered;
        if (justAnswered(connection)) ++requests.just_answered;
    }
    return requests;
}

}  // namespace standin::hypervisor
