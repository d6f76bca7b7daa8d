#pragma once

#include <chrono>
#include <compare>
#include <map>

#include "agent/base/clock.hpp"
#include "agent/hypervisor/traffic/tcp_segment.hpp"
#include "agent/protocol/stand_in.hpp"

namespace standin::hypervisor {

/// Follows a job's TCP connections by their segments and counts those that still wait for the stand-in (S224–S225). It
/// does not depend on the application protocol, so it works for every job that answers on the connection of the
/// request.
///
/// A connection is *unanswered*
/// - from its first SYN until the handshake is complete, and a moment longer, because its first request is on the way;
/// - from a client's payload until the stand-in, having acknowledged it, sends payload or closes;
/// - until the client has acknowledged everything that the stand-in sent (unless it has been silent for so long that it
///   must be gone), and a moment longer, because an answer may come in pieces.
///
/// Not detected: an answer that continues after a longer pause than that moment, and further requests that a client
/// sent before the answer to the first one arrived.
class ConnectionTracker {
  public:
    struct Limits {
        std::size_t connections = 65'536;
        std::chrono::milliseconds first_request{500};  ///< after the handshake; clients speak within a round trip
        std::chrono::milliseconds answer_pause{100};   ///< between pieces of one answer
        std::chrono::milliseconds handshake{10'000};   ///< without any segment; clients repeat a SYN after 1, 3 and 7 s
        std::chrono::milliseconds client_silent{
            5'000};  ///< with sent bytes to acknowledge; a living client does so in a round trip
        std::chrono::milliseconds forgotten{
            300'000};  ///< an idle, answered connection may make room for a new one after this
        std::chrono::milliseconds unseen_for = protocol::unseen_for;
    };

    /// `from_the_start`: no connection was there before the first segment to come.
    explicit ConnectionTracker(bool from_the_start) : ConnectionTracker(from_the_start, Limits{}) {}
    ConnectionTracker(bool from_the_start, Limits limits);

    void see(const TcpSegment& segment, base::SteadyTime now);
    /// Segments were missed: the numbers are lower bounds until whatever was missed is over.
    void missed(base::SteadyTime now);
    [[nodiscard]] protocol::StandInRequests requests(base::SteadyTime now);

  private:
    struct Key {
        std::uint32_t address;
        std::uint16_t port;
        std::uint16_t job_port;
        auto operator<=>(const Key&) const = default;
    };
    /// One direction, as far as its sender's sequence numbers go.
    struct Side {
        bool known = false;
        std::uint32_t next = 0;   ///< after the newest byte sent
        std::uint32_t acked = 0;  ///< as far as the other side confirmed
        bool acked_known = false;
        bool closed = false;  ///< its FIN was seen
    };
    struct Connection {
        Side client;
        Side server;
        bool established = false;
        bool spoken = false;    ///< payload was seen
        bool awaiting = false;  ///< the client's newest payload has no answer
        base::SteadyTime established_at;
        base::SteadyTime answered_at;
        base::SteadyTime seen_at;
        base::SteadyTime client_seen_at;
    };

    Connection* open(const Key& key, const TcpSegment& segment, base::SteadyTime now);
    void makeRoom(base::SteadyTime now);
    static bool advance(Side& side, const TcpSegment& segment);
    static bool ended(const Connection& connection);
    void seeClient(Connection& connection, const TcpSegment& segment, base::SteadyTime now);
    static void seeServer(Connection& connection, const TcpSegment& segment, base::SteadyTime now);
    [[nodiscard]] bool unanswered(const Connection& connection, base::SteadyTime now) const;
    /// Unanswered only because its answer may go on.
    [[nodiscard]] bool justAnswered(const Connection& connection) const;

    Limits limits_;
    bool from_the_start_;
    bool complete_;
    base::SteadyTime missed_at_{};  ///< where they are not complete; epoch: at the first look
    std::map<Key, Connection> connections_;
};

}  // namespace standin::hypervisor
