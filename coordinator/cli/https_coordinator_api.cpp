#include "coordinator/cli/https_coordinator_api.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SSLException.h>
#include <fmt/format.h>

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "agent/http/client_connection.hpp"

namespace standin::cli {

using base::ErrorCode;
using base::failure;
using base::Result;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

namespace {

constexpr std::size_t largest_answer = 64U << 20;
// The coordinator gives a sign of life every 10 s; three missing ones are a dead line.
constexpr std::chrono::seconds longest_silence{35};
/// An event is some 100 bytes, an operation's whole state some 20 KB.
constexpr std::size_t longest_line = 4U << 20;

base::SteadyTime after(std::chrono::milliseconds limit) {
    return std::chrono::steady_clock::now() + limit;
}

/// The next line of an event stream; each must come whole within the longest silence. False: the stream has ended.
bool nextLine(std::istream& in, http::ClientConnection& connection, std::string& line) {
    line.clear();
    connection.setDeadline(after(longest_silence));
    for (char next = 0; in.get(next) && line.size() < longest_line; line += next) {
        if (next == '\n') return true;
    }
    return false;
}

/// Puts the lines of an event stream together (WHATWG HTML, 9.2.6).
class EventAssembler {
  public:
    /// An event once `line` completes one.
    std::optional<StreamedEvent> take(std::string line) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.empty()) return finish();
        if (line.front() == ':') return StreamedEvent{"", "heartbeat", "{}"};
        auto colon = line.find(':');
        auto field = line.substr(0, colon);
        auto value = colon == std::string::npos ? std::string() : line.substr(colon + 1);
        if (!value.empty() && value.front() == ' ') value.erase(0, 1);
        if (field == "id") event_.id = value;
        if (field == "event") event_.type = value;
        if (field == "data") event_.data += (event_.data.empty() ? "" : "\n") + value;
        return std::nullopt;
    }

  private:
    std::optional<StreamedEvent> finish() {
        if (event_.data.empty()) return std::nullopt;
        auto finished = std::move(event_);
        event_ = {};
        return finished;
    }
    StreamedEvent event_;
};

/// What the coordinator says about a stream that it does not give.
base::Error refusalIn(const HTTPResponse& response, std::istream& in) {
    std::string text(4096, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto said = nlohmann::json::parse(text, nullptr, false);
    if (said.is_object() && said.contains("message") && said["message"].is_string())
        return {ErrorCode::Refused, said["message"].get<std::string>()};
    return {ErrorCode::Refused, fmt::format("the coordinator refused the event stream with status {}",
                                            static_cast<int>(response.getStatus()))};
}

}  // namespace

struct HttpsCoordinatorApi::Impl {
    http::Endpoint endpoint;
    http::TlsContext tls;
    std::chrono::milliseconds deadline;
    http::AddressBook book;

    [[nodiscard]] std::unique_ptr<http::ClientConnection> open(base::SteadyTime until) {
        return http::ClientConnection::open(endpoint, tls, book, until);
    }

    [[nodiscard]] base::Error unreachable(const std::string& why) const {
        return {ErrorCode::Unreachable, fmt::format("could not reach the coordinator at {}: {}", endpoint.url, why)};
    }

    /// Runs `exchange`, and says what went wrong: before `sent` no request was sent.
    Result<void> guarded(const bool& sent, const std::function<Result<void>()>& exchange) const {
        try {
            return exchange();
        } catch (const Poco::TimeoutException&) {
            if (!sent) return failure(unreachable(fmt::format("no connection within {} ms", deadline.count())));
            return failure(ErrorCode::TimedOut, fmt::format("the coordinator at {} did not answer within {} ms",
                                                            endpoint.url, deadline.count()));
        } catch (const Poco::Net::SSLException& exception) {
            return failure(unreachable(exception.displayText() + "; do both sides have certificates of the same CA?"));
        } catch (const Poco::Exception& exception) {
            if (!sent) return failure(unreachable(exception.displayText() + "; does standin-coordinator run?"));
            return failure(ErrorCode::TimedOut,
                           fmt::format("the coordinator at {} broke off: {}", endpoint.url, exception.displayText()));
        }
    }
};

Result<std::unique_ptr<HttpsCoordinatorApi>> HttpsCoordinatorApi::open(const Connection& connection) {
    auto impl = std::make_unique<Impl>();
    auto endpoint = http::Endpoint::parse(connection.url);
    if (!endpoint) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("'{}' is not of the form 'https://host:port'", connection.url));
    }
    impl->endpoint = std::move(*endpoint);
    auto tls = http::clientContext(connection.tls);
    if (!tls) return failure(tls.error());
    impl->tls = *tls;
    impl->deadline = connection.deadline;
    return std::unique_ptr<HttpsCoordinatorApi>(new HttpsCoordinatorApi(std::move(impl)));
}

HttpsCoordinatorApi::HttpsCoordinatorApi(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpsCoordinatorApi::~HttpsCoordinatorApi() = default;

Result<Answer> HttpsCoordinatorApi::request(std::string_view method, std::string_view path,
                                            const nlohmann::json* body) {
    Answer answer;
    bool sent = false;
    auto done = impl_->guarded(sent, [&]() -> Result<void> {
        // A connection per request: standinctl asks seldom, and a kept one may have been closed meanwhile.
        auto connection = impl_->open(after(impl_->deadline));
        auto& session = connection->session();
        HTTPRequest request{std::string(method), std::string(path), HTTPRequest::HTTP_1_1};
        request.setHost(impl_->endpoint.authority());
        request.setKeepAlive(false);
        auto text = body == nullptr ? std::string() : body->dump();
        if (method != "GET") {
            request.setContentType("application/json");
            request.setContentLength64(static_cast<Poco::Int64>(text.size()));
        }
        auto& out = session.sendRequest(request);
        sent = true;
        out << text << std::flush;
        HTTPResponse response;
        auto& in = session.receiveResponse(response);
        answer.status = response.getStatus();
        answer.location = response.get("Location", "");
        char buffer[16384];
        while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
            answer.body.append(buffer, static_cast<std::size_t>(in.gcount()));
            if (answer.body.size() > largest_answer)
                return failure(ErrorCode::Internal, "the coordinator's answer is larger than 64 MiB");
        }
        http::throwIfCutShort(session, response, answer.body.size());
        return {};
    });
    if (!done) return failure(done.error());
    return answer;
}

Result<void> HttpsCoordinatorApi::follow(const std::string& last_id, const EventSink& sink) {
    bool sent = false;
    return impl_->guarded(sent, [&]() -> Result<void> {
        auto connection = impl_->open(after(impl_->deadline));
        auto& session = connection->session();
        HTTPRequest request("GET", "/v1/events", HTTPRequest::HTTP_1_1);
        request.setHost(impl_->endpoint.authority());
        request.set("Accept", "text/event-stream");
        if (!last_id.empty()) request.set("Last-Event-ID", last_id);
        session.sendRequest(request);
        sent = true;
        HTTPResponse response;
        auto& in = session.receiveResponse(response);
        if (response.getStatus() != HTTPResponse::HTTP_OK) return failure(refusalIn(response, in));
        EventAssembler assembler;
        for (std::string line; nextLine(in, *connection, line);) {
            auto event = assembler.take(line);
            if (event && !sink(*event)) return {};
        }
        return {};
    });
}

}  // namespace standin::cli
