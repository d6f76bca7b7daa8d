#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>

#include "agent/base/log.hpp"
#include "agent/http/connection.hpp"
#include "agent/http/front_door.hpp"
#include "agent/http/router.hpp"
#include "agent/http/server.hpp"
#include "agent/http/work_crew.hpp"

namespace Poco::Net {
class HTTPServerRequest;
class HTTPServerResponse;
}  // namespace Poco::Net

namespace standin::http {

/// Handles requests on a connection: each is read within one deadline and answered within another. Long answers run on
/// threads of their own.
class Exchange {
  public:
    struct Limits {
        std::size_t body = 1U << 20;
        std::chrono::milliseconds request;  ///< from its first byte to its last
        std::chrono::milliseconds answer;   ///< until the peer has taken it; for a stream: each MiB of it
    };
    Exchange(Limits limits, const Router& router, Guard guard, WorkCrew& streams, const std::atomic<bool>& stopping,
             base::Log log);
    /// Sets where connections are returned after their answers; called before the first is served.
    void returnTo(FrontDoor& door) { door_ = &door; }

    /// Handles all requests that have arrived on a Busy connection, and returns it.
    void serve(const FrontDoor::ConnectionPtr& connection);

  private:
    enum class Next { Ask, Close, Streams };
    struct Asked {
        Request request;
        const Route* route = nullptr;  ///< null: there is none
    };
    Next serveOne(const FrontDoor::ConnectionPtr& connection);
    Response respond(Poco::Net::HTTPServerRequest& from, Poco::Net::HTTPServerResponse& to, Connection& connection,
                     Asked& asked) const;
    void audit(const Asked& asked, int status, const base::Error* error) const;
    base::Result<Response> answerTo(Request& request, const base::Result<const Route*>& route) const;
    [[nodiscard]] static base::Result<void> mayPass(const Request& request, Access access);
    Next afterException(Connection& connection, const std::exception& exception) const;
    Next refuse(Connection& connection, const std::string& why) const;
    Next stream(const FrontDoor::ConnectionPtr& connection, Response response, Asked asked, bool keep);
    void runStream(const FrontDoor::ConnectionPtr& connection, const Response& response, bool keep);
    void goOn(const FrontDoor::ConnectionPtr& connection, Next next);

    const Limits limits_;
    const Router& router_;
    const Guard guard_;
    WorkCrew& streams_;
    FrontDoor* door_ = nullptr;
    const std::atomic<bool>& stopping_;
    const base::Log log_;
};

}  // namespace standin::http
