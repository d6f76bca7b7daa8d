#include "agent/http/exchange.hpp"

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponseImpl.h>
#include <Poco/Net/NetException.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <ostream>

#include "agent/base/boundary.hpp"
#include "agent/base/text.hpp"
#include "agent/http/request_audit.hpp"
#include "agent/http/request_reading.hpp"

namespace standin::http {

using base::ErrorCode;

namespace {

base::SteadyTime within(std::chrono::milliseconds limit) {
    return std::chrono::steady_clock::now() + limit;
}

void sendHead(const Response& response, Poco::Net::HTTPServerResponse& to) {
    to.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(response.status));
    if (!response.content_type.empty()) to.setContentType(response.content_type);
    for (const auto& [name, value] : response.headers) to.set(name, value);
    if (!response.stream) {
        to.setContentLength64(static_cast<Poco::Int64>(response.body.size()));
    } else if (response.stream_length) {
        to.setContentLength64(static_cast<Poco::Int64>(*response.stream_length));
    } else {
        to.setChunkedTransferEncoding(true);
    }
}

void sendWhole(const Response& response, Poco::Net::HTTPServerResponse& to, const PacedSession& session) {
    sendHead(response, to);
    auto& out = to.send();
    out.write(response.body.data(), static_cast<std::streamsize>(response.body.size()));
    out.flush();
    if (const auto* problem = session.networkException()) problem->rethrow();
}

std::string wordsOf(const std::exception& exception) {
    const auto* its = dynamic_cast<const Poco::Exception*>(&exception);
    if (its == nullptr) return exception.what();
    return its->message().empty() ? its->name() : its->message();
}

void prepare(Poco::Net::HTTPServerResponse& response, bool keep) {
    response.setDate(Poco::Timestamp());
    response.setVersion(Poco::Net::HTTPMessage::HTTP_1_1);
    response.setKeepAlive(keep);
}

}  // namespace

Exchange::Exchange(Limits limits, const Router& router, Guard guard, WorkCrew& streams,
                   const std::atomic<bool>& stopping, base::Log log)
    : limits_(limits),
      router_(router),
      guard_(std::move(guard)),
      streams_(streams),
      stopping_(stopping),
      log_(std::move(log)) {}

void Exchange::serve(const FrontDoor::ConnectionPtr& connection) {
    auto next = Next::Close;
    // Bytes that were sent ahead can't be seen by poll: they have been read already.
    do {
        try {
            next = serveOne(connection);
        } catch (const std::exception& exception) {
            next = afterException(*connection, exception);
        } catch (...) {
            next = Next::Close;
        }
    } while (next == Next::Ask && !stopping_ &&
             (connection->session->hasReadAhead() || connection->socket->available() > 0));
    goOn(connection, next);
}

Exchange::Next Exchange::afterException(Connection& connection, const std::exception& exception) const {
    const bool went = dynamic_cast<const Poco::Net::NoMessageException*>(&exception) != nullptr ||
                      connection.session->networkException() != nullptr;
    const bool not_http = dynamic_cast<const Poco::Net::MessageException*>(&exception) != nullptr ||
                          dynamic_cast<const Poco::DataException*>(&exception) != nullptr;  // a number that is none
    const auto why = wordsOf(exception);
    if (!went && not_http) return refuse(connection, why);
    log_.debug("connection with {} lost: {}", connection.peer.text, why);
    return Next::Close;
}

void Exchange::goOn(const FrontDoor::ConnectionPtr& connection, Next next) {
    if (next == Next::Streams) return;
    if (next == Next::Ask && !stopping_) return door_->giveBack(connection);
    door_->close(connection);
}

Exchange::Next Exchange::serveOne(const FrontDoor::ConnectionPtr& connection) {
    auto& session = *connection->session;
    connection->socket->setDeadline(within(limits_.request));
    Poco::AutoPtr<Poco::Net::HTTPServerParams> params(new Poco::Net::HTTPServerParams);
    Poco::Net::HTTPServerResponseImpl to(session);
    Poco::Net::HTTPServerRequestImpl from(to, session, params);
    prepare(to, from.getKeepAlive());
    if (from.getExpectContinue()) to.sendContinue();
    Asked asked;
    auto response = respond(from, to, *connection, asked);
    if (response.stream) return stream(connection, std::move(response), std::move(asked), to.getKeepAlive());
    connection->socket->setDeadline(within(limits_.answer));
    sendWhole(response, to, session);
    return to.getKeepAlive() ? Next::Ask : Next::Close;
}

Response Exchange::respond(Poco::Net::HTTPServerRequest& from, Poco::Net::HTTPServerResponse& to,
                           Connection& connection, Asked& asked) const {
    auto read = readRequest(from, limits_.body);
    if (!read) {
        to.setKeepAlive(false);  // the rest of the body has not been read
        return responseFrom(read.error());
    }
    auto& request = asked.request = std::move(*read);
    request.peer = connection.peer.text;
    request.address = connection.source;
    request.roles = guard_.roles;
    request.grants = guard_.roles->grantsOf(connection.peer);
    const auto route = router_.find(request);
    if (route) asked.route = *route;
    auto result = answerTo(request, route);
    auto response = result ? std::move(*result) : responseFrom(result.error());
    const bool wrong_method = !route && route.error().code == ErrorCode::WrongState;
    if (wrong_method && result.error().code == ErrorCode::WrongState) response.status = 405;
    if (!response.stream) audit(asked, response.status, result ? nullptr : &result.error());
    return response;
}

void Exchange::audit(const Asked& asked, int status, const base::Error* error) const {
    if (guard_.audit != nullptr) guard_.audit->answered(asked.request, asked.route, status, error);
}

base::Result<Response> Exchange::answerTo(Request& request, const base::Result<const Route*>& route) const {
    if (auto allowed = mayPass(request, route ? (*route)->access : Access::Read); !allowed)
        return base::failure(allowed.error());
    if (!route) return base::failure(route.error());
    try {
        const bool gated = guard_.gate != nullptr && (*route)->access == Access::Command;
        return gated ? guard_.gate->pass(request, (*route)->handler) : (*route)->handler(request);
    } catch (...) {  // also a network's: it is not this connection's
        const auto what = base::currentException();
        log_.error("could not answer {} {}: {}", request.method, base::shortened(request.path, 200), what);
        return base::failure(ErrorCode::Internal, what);
    }
}

/// Also of paths that do not exist: who has no role learns nothing.
base::Result<void> Exchange::mayPass(const Request& request, Access access) {
    if (request.grants.may(access)) return {};
    const auto what = fmt::format("{} {}", base::shortened(request.method, 20), base::shortened(request.path, 200));
    return base::failure(request.roles->lacking(access, request.peer, what));
}

/// The following bytes can't be separated from those that were not understood: the connection ends.
Exchange::Next Exchange::refuse(Connection& connection, const std::string& why) const {
    try {
        connection.socket->setDeadline(within(limits_.answer));
        Poco::Net::HTTPServerResponseImpl to(*connection.session);
        prepare(to, false);
        sendWhole(responseFrom({ErrorCode::InvalidInput,
                                fmt::format("the request is not valid HTTP: {}", base::shortened(why, 200))}),
                  to, *connection.session);
    } catch (const Poco::Exception&) {  // the sender does not read
    }
    return Next::Close;
}

Exchange::Next Exchange::stream(const FrontDoor::ConnectionPtr& connection, Response response, Asked asked, bool keep) {
    const auto shared = std::make_shared<std::pair<Response, Asked>>(std::move(response), std::move(asked));
    const bool begun =
        streams_.tryPost({connection->peer.text, connection->comes_first, [this, connection, shared, keep] {
                              audit(shared->second, shared->first.status, nullptr);
                              runStream(connection, shared->first, keep);
                          }});
    if (begun) return Next::Streams;
    const base::Error error{ErrorCode::Refused,
                            "too many long answers are under way for this peer, or for all; ask again later"};
    auto refusal = responseFrom(error);
    refusal.status = 503;
    audit(shared->second, refusal.status, &error);
    refusal.headers["Retry-After"] = "1";
    Poco::Net::HTTPServerResponseImpl to(*connection->session);
    prepare(to, keep);
    connection->socket->setDeadline(within(limits_.answer));
    sendWhole(refusal, to, *connection->session);
    return keep ? Next::Ask : Next::Close;
}

void Exchange::runStream(const FrontDoor::ConnectionPtr& connection, const Response& response, bool keep) {
    auto& session = *connection->session;
    auto next = Next::Close;
    session.streamWithin(limits_.answer);
    {
        Poco::Net::HTTPServerResponseImpl to(session);
        prepare(to, keep);
        std::ostream* out = nullptr;
        try {
            sendHead(response, to);
            out = &to.send();
            response.stream(*out, stopping_);
            out->flush();
            if (*out && keep) next = Next::Ask;
        } catch (...) {
            log_.error("an answer to {} was broken off: {}", connection->peer.text, base::currentException());
            if (out != nullptr) out->flush();  // the client continues from what it has received
            // Before Poco writes the end of a body that has not come to its end: only a connection that ends too early
            // shows the client that the rest is missing.
            ::shutdown(connection->descriptor, SHUT_RDWR);
        }
    }
    session.endStream();
    if (session.networkException() != nullptr) next = Next::Close;
    if (next == Next::Ask && (session.hasReadAhead() || connection->socket->available() > 0)) return serve(connection);
    goOn(connection, next);
}

}  // namespace standin::http
