#include "agent/http/server.hpp"

#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/HTTPServerResponseImpl.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>
#include <Poco/URI.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <ostream>

#include "agent/base/boundary.hpp"
#include "agent/base/text.hpp"
#include "agent/http/open_connections.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;

namespace {

// Running handlers answer within their own deadlines, which are shorter; then nobody reads the answer any more.
constexpr std::chrono::seconds farewell{5};

struct Shared {
    const Router& router;
    CommandGate* gate;
    base::Log log;
    std::size_t body_limit;
    std::chrono::milliseconds handshake_limit;
    std::atomic<bool> stopping{false};
    OpenConnections connections{};
};

// Of a body that is too large so much is read all the same, and dropped: who is still sending when the connection ends
// never sees the answer.
constexpr std::uint64_t most_dropped = 64U << 20;

base::Result<void> readBody(Poco::Net::HTTPServerRequest& from, std::size_t limit, std::string& body) {
    const auto too_large = [&] {
        return failure(ErrorCode::InvalidInput, fmt::format("the body is larger than {} bytes", limit));
    };
    if (from.hasContentLength() && from.getContentLength64() > static_cast<Poco::Int64>(most_dropped))
        return too_large();
    if (!from.hasContentLength() && !from.getChunkedTransferEncoding()) return {};
    char buffer[8192];
    std::uint64_t read = 0;
    auto& in = from.stream();
    while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
        read += static_cast<std::uint64_t>(in.gcount());
        if (read <= limit) body.append(buffer, static_cast<std::size_t>(in.gcount()));
        if (read > most_dropped) break;
    }
    if (read > limit) return too_large();
    return {};
}

base::Result<Request> requestFrom(Poco::Net::HTTPServerRequest& from, std::size_t limit) {
    Request request;
    request.method = from.getMethod();
    try {
        Poco::URI uri(from.getURI());
        request.path = base::validText(uri.getPath());
        for (const auto& [name, value] : uri.getQueryParameters())
            request.query[base::validText(name)] = base::validText(value);
    } catch (const Poco::Exception&) {
        return failure(ErrorCode::InvalidInput, "the request's URI is not valid");
    }
    for (const auto& [name, value] : from) {
        std::string lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers[lower] = base::validText(value);
    }
    auto& inside = dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(from);
    Poco::Net::SecureStreamSocket socket(inside.socket());
    request.peer = peerName(socket);
    auto body = readBody(from, limit, request.body);
    if (!body) return failure(body.error());
    return request;
}

void send(const Response& response, Poco::Net::HTTPServerResponse& to, const std::atomic<bool>& stopping) {
    to.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(response.status));
    if (!response.content_type.empty()) to.setContentType(response.content_type);
    for (const auto& [name, value] : response.headers) to.set(name, value);
    if (!response.stream) {
        to.setContentLength64(static_cast<Poco::Int64>(response.body.size()));
        auto& out = to.send();
        out.write(response.body.data(), static_cast<std::streamsize>(response.body.size()));
        out.flush();
        return;
    }
    if (response.stream_length) {
        to.setContentLength64(static_cast<Poco::Int64>(*response.stream_length));
    } else {
        to.setChunkedTransferEncoding(true);
    }
    auto& out = to.send();
    response.stream(out, stopping);
    out.flush();
}

class RoutedHandler {
  public:
    explicit RoutedHandler(Shared& shared) : shared_(shared) {}

    void handleRequest(Poco::Net::HTTPServerRequest& from, Poco::Net::HTTPServerResponse& to) {
        try {
            auto response = respond(from, to);
            send(response, to, shared_.stopping);
        } catch (const Poco::Net::NetException& exception) {
            shared_.log.debug("connection lost: {}", exception.displayText());
        } catch (...) {
            shared_.log.error("could not answer {} {}: {}", from.getMethod(), base::shortened(from.getURI(), 200),
                              base::currentException());
            // Half an answer is out: only a connection that ends too early tells the client that the rest is missing.
            if (to.sent()) throw Poco::IOException("answer broken off");
            send(responseFrom({ErrorCode::Internal, "the request could not be handled; the log says why"}), to, shared_.stopping);
        }
    }

  private:
    Response respond(Poco::Net::HTTPServerRequest& from, Poco::Net::HTTPServerResponse& to) {
        auto request = requestFrom(from, shared_.body_limit);
        if (!request) {
            to.setKeepAlive(false);  // what is left of the body has not been read
            return responseFrom(request.error());
        }
        auto route = shared_.router.find(*request);
        if (!route) {
            auto response = responseFrom(route.error());
            if (route.error().code == ErrorCode::WrongState) response.status = 405;
            return response;
        }
        const bool gated = shared_.gate != nullptr && (*route)->access == Access::Command;
        try {
            auto result = gated ? shared_.gate->pass(*request, (*route)->handler) : (*route)->handler(*request);
            return result ? std::move(*result) : responseFrom(result.error());
        } catch (...) {  // also a network's: it is not this connection's
            const auto what = base::currentException();
            shared_.log.error("{} {} failed: {}", from.getMethod(), base::shortened(request->path, 200), what);
            return responseFrom({ErrorCode::Internal, what});
        }
    }

    Shared& shared_;
};

/// A connection that is known as long as it lasts, by a descriptor of its own: the session closes the other one, and its
/// number may be given to somebody else before the connection has gone.
class KnownConnection final : public Poco::Net::TCPServerConnection {
  public:
    KnownConnection(const Poco::Net::StreamSocket& socket, Poco::Net::HTTPServerParams::Ptr params, Shared& shared)
        : TCPServerConnection(socket),
          params_(std::move(params)),
          shared_(shared),
          descriptor_(::fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, 0)) {
        shared_.connections.add(descriptor_);
    }
    ~KnownConnection() override {
        shared_.connections.remove(descriptor_);
        ::close(descriptor_);
    }

    void run() override {
        shakeHands();
        Poco::Net::HTTPServerSession session(socket(), params_);
        while (!shared_.stopping && session.hasMoreRequests()) {
            try {
                serveOne(session);
            } catch (const Poco::Net::NoMessageException&) {
                return;  // the client has gone
            } catch (const Poco::Net::MessageException& exception) {
                return refuse(session, exception);
            } catch (const Poco::DataException& exception) {  // a number that is none
                return refuse(session, exception);
            }
        }
    }

  private:
    // Nobody who says nothing keeps a thread for longer than this from those who have a certificate.
    void shakeHands() {
        const auto send_timeout = socket().getSendTimeout();
        const Poco::Timespan limit(shared_.handshake_limit.count() * Poco::Timespan::MILLISECONDS);
        socket().setSendTimeout(limit);
        socket().setReceiveTimeout(limit);
        Poco::Net::SecureStreamSocket(socket()).completeHandshake();
        socket().setSendTimeout(send_timeout);  // that of receiving is the session's
    }

    void serveOne(Poco::Net::HTTPServerSession& session) {
        Poco::Net::HTTPServerParams::Ptr params = params_;  // Poco wants it changeable
        Poco::Net::HTTPServerResponseImpl response(session);
        Poco::Net::HTTPServerRequestImpl request(response, session, params.get());
        response.setDate(Poco::Timestamp());
        response.setVersion(Poco::Net::HTTPMessage::HTTP_1_1);
        response.setKeepAlive(request.getKeepAlive() && session.canKeepAlive());
        if (request.getExpectContinue()) response.sendContinue();
        RoutedHandler(shared_).handleRequest(request, response);
        session.setKeepAlive(response.getKeepAlive() && session.canKeepAlive());
    }

    // What follows on the connection can't be told from what was not understood: it ends.
    void refuse(Poco::Net::HTTPServerSession& session, const Poco::Exception& why) {
        Poco::Net::HTTPServerResponseImpl response(session);
        response.setVersion(Poco::Net::HTTPMessage::HTTP_1_1);
        response.setKeepAlive(false);
        session.setKeepAlive(false);
        const auto what = why.message().empty() ? std::string(why.name()) : why.message();
        send(responseFrom({ErrorCode::InvalidInput,
                           fmt::format("the request is not valid HTTP: {}", base::shortened(what, 200))}),
             response, shared_.stopping);
    }

    const Poco::Net::HTTPServerParams::Ptr params_;
    Shared& shared_;
    const int descriptor_;
};

class ConnectionFactory final : public Poco::Net::TCPServerConnectionFactory {
  public:
    ConnectionFactory(Poco::Net::HTTPServerParams::Ptr params, Shared& shared)
        : params_(std::move(params)), shared_(shared) {}
    Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& socket) override {
        return new KnownConnection(socket, params_, shared_);
    }

  private:
    Poco::Net::HTTPServerParams::Ptr params_;
    Shared& shared_;
};

}  // namespace

base::Result<ServerSettings> parseListen(const std::string& text) {
    auto colon = text.rfind(':');
    ServerSettings settings;
    if (colon != std::string::npos) {
        settings.host = text.substr(0, colon);
        if (settings.host.size() > 2 && settings.host.front() == '[' && settings.host.back() == ']') {
            settings.host = settings.host.substr(1, settings.host.size() - 2);
        }
        auto digits = text.substr(colon + 1);
        bool numeric = !digits.empty() && digits.size() <= 5 && std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
        if (numeric && std::stoi(digits) <= 65535 && !settings.host.empty()) {
            settings.port = static_cast<std::uint16_t>(std::stoi(digits));
            return settings;
        }
    }
    return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not an address and port, as in '127.0.0.1:8441'", text));
}

struct Server::Inside {
    ServerSettings settings;
    TlsContext tls;
    Shared shared;
    std::unique_ptr<Poco::ThreadPool> pool;
    std::unique_ptr<Poco::Net::TCPServer> server;
};

Server::Server(ServerSettings settings, TlsContext tls, const Router& router, CommandGate* gate, base::Log log)
    : inside_(new Inside{settings,
                         std::move(tls),
                         {router, gate, std::move(log), settings.body_limit, settings.handshake_limit},
                         nullptr,
                         nullptr}) {}

Server::~Server() { stop(); }

base::Result<void> Server::start() {
    const auto& settings = inside_->settings;
    try {
        Poco::Net::SecureServerSocket socket(inside_->tls);
        socket.bind(Poco::Net::SocketAddress(settings.host, settings.port), true);
        socket.listen(128);
        Poco::AutoPtr<Poco::Net::HTTPServerParams> params(new Poco::Net::HTTPServerParams);
        params->setMaxThreads(settings.threads);
        params->setMaxQueued(settings.threads * 4);
        params->setKeepAlive(true);
        params->setMaxKeepAliveRequests(0);
        params->setKeepAliveTimeout(Poco::Timespan(settings.idle_limit.count(), 0));
        params->setTimeout(Poco::Timespan(30, 0));
        inside_->pool = std::make_unique<Poco::ThreadPool>(4, settings.threads, 60);
        Poco::Net::TCPServerConnectionFactory::Ptr connections(new ConnectionFactory(params, inside_->shared));
        inside_->server = std::make_unique<Poco::Net::TCPServer>(connections, *inside_->pool, socket, params);
        inside_->server->start();
        return {};
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::Internal, fmt::format("could not listen on {}:{}: {}; is the port taken or the address not this host's?",
                                                        settings.host, settings.port, exception.displayText()));
    }
}

void Server::stop() {
    if (!inside_->server) return;
    inside_->shared.stopping = true;
    inside_->server->stop();  // accepts nobody any more
    inside_->shared.connections.endReading();
    if (!inside_->shared.connections.awaitEnd(farewell)) inside_->shared.connections.endAll();
    inside_->pool->joinAll();
    inside_->server.reset();
}

std::uint16_t Server::port() const { return inside_->server ? inside_->server->port() : inside_->settings.port; }

}  // namespace standin::http
