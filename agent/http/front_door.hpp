#pragma once

#include <Poco/AutoPtr.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/log.hpp"
#include "agent/base/worker.hpp"
#include "agent/http/connection.hpp"

namespace standin::http {

/// Accepts clients. One thread accepts connections, runs all their handshakes concurrently, and watches idle ones. A
/// client needs no thread before it is authenticated and sends a request. If there are too many connections, the oldest
/// are closed, so that there is always room for new ones.
class FrontDoor {
  public:
    struct Limits {
        std::size_t strangers = 384;  ///< connections in their handshakes
        std::size_t strangers_of_source = 128;
        std::size_t sessions = 384;  ///< connections with an authenticated peer
        std::size_t sessions_of_peer = 64;
        std::chrono::milliseconds handshake{5000};
        std::chrono::milliseconds idle{300'000};
    };
    using ConnectionPtr = std::shared_ptr<Connection>;
    /// Called for each connection with a request. It is Busy and belongs to the callee until it calls giveBack() or
    /// close().
    using Ask = std::function<void(ConnectionPtr)>;
    using ComesFirst = std::function<bool(const PeerName& peer)>;

    FrontDoor(Limits limits, TlsContext tls, ComesFirst comes_first, Ask ask, base::Log log);
    ~FrontDoor();
    FrontDoor(const FrontDoor&) = delete;
    FrontDoor& operator=(const FrontDoor&) = delete;

    /// Throws Poco::Exception: it is not possible to listen on the address.
    void open(const std::string& host, std::uint16_t port);
    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Called for each failed handshake, with the reason; set before open().
    using Refused = std::function<void(const std::string& source, const std::string& why)>;
    void tellOfRefused(Refused refused) { refused_ = std::move(refused); }
    /// Closes the connections whose peers' certificates are revoked, including those with a long answer in progress.
    /// Returns their number.
    std::size_t endThose(const std::function<bool(const X509*)>& revoked);

    void giveBack(const ConnectionPtr& connection);
    void close(const ConnectionPtr& connection);

    /// Accepts no more connections and closes idle ones; running requests are asked to stop.
    void shut();
    /// True when all have ended within `limit`.
    bool awaitEnd(std::chrono::milliseconds limit);
    /// Closes connections with a running answer, too.
    void breakOffAll();

  private:
    using Lock = std::unique_lock<std::mutex>;
    void run();
    int untilNext();
    void letIn();
    void add(int descriptor, std::string source);
    void makeRoomForStranger(const std::string& source);
    bool makeRoomForSession(const Connection& newcomer);
    void handshake(const ConnectionPtr& connection);
    void isKnown(const ConnectionPtr& connection);
    [[nodiscard]] bool isRevoked(const Connection& connection) const;
    void ask(const ConnectionPtr& connection);
    void endOverdue();
    void remove(const ConnectionPtr& connection);
    void leaveLine(Connection& connection);
    void enterLine(Connection& connection, Connection::State state, std::chrono::milliseconds within);
    void watch(const Connection& connection, std::uint32_t events, bool is_new);
    void tellRefused(const Connection& stranger, const std::string& why);
    [[nodiscard]] ConnectionPtr find(std::uint64_t id);

    const Limits limits_;
    const ComesFirst comes_first_;
    const Ask ask_;
    const base::Log log_;
    Refused refused_;
    Poco::AutoPtr<Poco::Net::HTTPServerParams> params_;
    base::FileDescriptor listening_;
    base::FileDescriptor poll_;
    base::FileDescriptor wake_;
    std::uint16_t port_ = 0;
    base::Worker worker_;

    std::mutex mutex_;
    std::condition_variable removed_;
    const TlsContext tls_;
    std::unordered_map<std::uint64_t, ConnectionPtr> connections_;
    std::list<std::uint64_t> strangers_;  ///< ordered by the end of their time
    std::list<std::uint64_t> idle_;
    std::list<std::uint64_t> busy_;
    std::map<std::string, std::size_t> strangers_of_;  ///< by source
    std::map<std::string, std::size_t> sessions_of_;   ///< by peer
    std::uint64_t last_id_ = 0;
    base::SteadyTime told_{};
    std::size_t untold_ = 0;
    bool shut_ = false;
};

}  // namespace standin::http
