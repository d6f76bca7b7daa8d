#pragma once

#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerSession.h>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "agent/http/deadline_socket.hpp"
#include "agent/http/peer.hpp"
#include "agent/http/pem.hpp"

namespace standin::http {

/// A session whose writes end at the connection's deadline; those of a stream at moments of their own, for a stream may
/// last: only what the peer lets it wait counts.
class PacedSession final : public Poco::Net::HTTPServerSession {
  public:
    PacedSession(const DeadlineSocket& socket, Poco::Net::HTTPServerParams::Ptr params);

    /// From now on each MiB must be taken within `limit` of waiting.
    void streamWithin(std::chrono::milliseconds limit);
    void endStream() { stream_limit_.reset(); }
    /// Bytes of a further request have been read already.
    [[nodiscard]] bool hasReadAhead() const { return buffered() > 0; }
    [[nodiscard]] DeadlineSocket& its() { return deadline_socket_; }

  protected:
    int write(const char* buffer, std::streamsize length) override;

  private:
    DeadlineSocket deadline_socket_;
    std::optional<std::chrono::milliseconds> stream_limit_;
    std::chrono::nanoseconds waited_{};
    std::int64_t written_ = 0;
};

/// A client's connection, from its arrival to its end.
struct Connection {
    enum class State {
        Stranger,  ///< the handshake is under way: nobody knows who it is
        Idle,      ///< the peer is known, nothing is asked
        Busy       ///< a request is being handled; it belongs to the thread that does so
    };
    std::uint64_t id = 0;
    int descriptor = -1;
    std::string source;  ///< the address that it came from
    State state = State::Stranger;
    bool has_spoken = false;
    base::SteadyTime until{};                 ///< of a stranger, or of an idle one
    std::list<std::uint64_t>::iterator line;  ///< its place among those of its state, the longest there first
    std::unique_ptr<DeadlineSocket> socket;
    std::unique_ptr<PacedSession> session;  ///< once the peer is known
    PeerName peer;                          ///< the name in its certificate
    CertificatePointer certificate;  ///< once the peer is known; it may be revoked as long as the connection stands
    bool comes_first = false;
};

}  // namespace standin::http
