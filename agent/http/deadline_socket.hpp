#pragma once

#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>

#include "agent/base/clock.hpp"
#include "agent/http/tls.hpp"

namespace standin::http {

class DeadlineSocketImpl;

/// A TLS connection with one absolute deadline: handshake, reads and writes then end with a Poco::TimeoutException,
/// even if single bytes keep arriving. (A socket's timeout starts again with each byte.) The thread that uses the
/// connection sets a new deadline for each phase.
class DeadlineSocket : public Poco::Net::SecureStreamSocket {
  public:
    enum class Side { Client, Server };
    /// `connected` is made non-blocking. `peer_host` is used in a client's handshake (SNI).
    DeadlineSocket(Poco::AutoPtr<Poco::Net::StreamSocketImpl> connected, const TlsContext& tls, Side side,
                   const std::string& peer_host = {});

    void setDeadline(base::SteadyTime until);
    [[nodiscard]] base::SteadyTime deadline() const;

    /// Completes the handshake with verification of both sides, or throws at the deadline.
    void shakeHands();
    /// One step of the handshake without waiting. Returns what the next one waits for; None: it is complete.
    enum class Wants { None, Read, Write };
    Wants tryHandshake();

  private:
    [[nodiscard]] DeadlineSocketImpl& its() const;
};

/// Waits for poll events on a descriptor; false: the time is over.
bool awaitSocket(int descriptor, short events, base::SteadyTime until);

}  // namespace standin::http
