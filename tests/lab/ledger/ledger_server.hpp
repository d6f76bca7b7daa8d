#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <string>

#include "entry_log.hpp"
#include "http_connection.hpp"

namespace ledger {

struct ServerSettings {
    std::uint16_t port = 8080;           ///< 0: any; see LedgerServer::port()
    std::chrono::milliseconds work{20};  ///< what one entry takes before it is written
    std::string machine = "unknown";     ///< in every entry and answer
};

/// The job: `POST /entries`, `GET /entries`, `GET /health`. One thread, one entry at a time, in order of arrival.
class LedgerServer {
  public:
    /// Listens at once; throws std::system_error.
    LedgerServer(ServerSettings settings, EntryLog& log);
    ~LedgerServer();

    std::uint16_t port() const;

    /// Serves until `stop_descriptor` becomes readable; then answers every request that has arrived, closes and
    /// returns.
    void run(int stop_descriptor);

  private:
    using Connections = std::list<HttpConnection>;
    struct Arrival {
        Connections::iterator connection;
        HttpRequest request;
    };

    /// Waits at most `timeout_ms` for something to arrive, takes it in and says whether the stop was asked for.
    bool takeIn(int stop_descriptor, int timeout_ms);
    void acceptWaiting();
    void read(Connections::iterator connection);
    void serveNext();
    void drop(Connections::iterator connection);
    std::pair<int, std::string> respond(const HttpRequest& request);
    std::pair<int, std::string> addEntry(const std::string& body);

    ServerSettings settings_;
    EntryLog& log_;
    int listener_ = -1;
    Connections connections_;  // in the order in which they were accepted: who came first is read first
    std::deque<Arrival> arrivals_;
};

}  // namespace ledger
