#include "coordinator/cli/https_coordinator_api.hpp"

#include <Poco/Net/HTTPResponse.h>
#include <fmt/format.h>

#include <istream>
#include <nlohmann/json.hpp>

#include "agent/http/https_client.hpp"

namespace standin::cli {

using base::ErrorCode;
using base::failure;
using base::Result;
using http::NoAnswer;

namespace {

constexpr std::size_t largest_answer = 64U << 20;
// The coordinator gives a sign of life every 10 s; three missing ones are a dead line.
constexpr std::chrono::seconds longest_silence{35};
/// An event is some 100 bytes, an operation's whole state some 20 KB.
constexpr std::size_t longest_line = 4U << 20;

/// The next line of an event stream; each must come whole within the longest silence. False: the stream has ended.
bool nextLine(std::istream& in, http::ClientConnection& connection, std::string& line) {
    line.clear();
    connection.setDeadline(std::chrono::steady_clock::now() + longest_silence);
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

/// The coordinator's reason for not giving a stream.
base::Error refusalIn(const Poco::Net::HTTPResponse& response, std::istream& in) {
    std::string text(4096, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto said = nlohmann::json::parse(text, nullptr, false);
    if (said.is_object() && said.contains("message") && said["message"].is_string())
        return {ErrorCode::Refused, said["message"].get<std::string>()};
    return {ErrorCode::Refused, fmt::format("the coordinator refused the event stream with status {}",
                                            static_cast<int>(response.getStatus()))};
}

base::Error worded(const std::string& url, const NoAnswer& none, std::chrono::milliseconds deadline) {
    const auto unreachable = [&](const std::string& why) {
        return base::Error{ErrorCode::Unreachable, fmt::format("could not reach the coordinator at {}: {}", url, why)};
    };
    switch (none.kind) {
        case NoAnswer::Kind::Timeout:
            if (!none.sent) return unreachable(fmt::format("no connection within {} ms", deadline.count()));
            return {ErrorCode::TimedOut,
                    fmt::format("the coordinator at {} did not answer within {} ms", url, deadline.count())};
        case NoAnswer::Kind::Tls:
            return unreachable(none.why + "; do both sides have certificates of the same CA?");
        case NoAnswer::Kind::TooLarge:
            return {ErrorCode::Internal, "the coordinator's answer is larger than " + none.why};
        case NoAnswer::Kind::Broken:
        case NoAnswer::Kind::Ending:
            break;
    }
    if (!none.sent) return unreachable(none.why + "; does standin-coordinator run?");
    return {ErrorCode::TimedOut, fmt::format("the coordinator at {} broke off: {}", url, none.why)};
}

}  // namespace

HttpsCoordinatorApi::HttpsCoordinatorApi(std::unique_ptr<http::HttpsClient> client, std::chrono::milliseconds deadline)
    : client_(std::move(client)), deadline_(deadline) {}

Result<std::unique_ptr<HttpsCoordinatorApi>> HttpsCoordinatorApi::open(const Connection& connection) {
    auto endpoint = http::Endpoint::parse(connection.url);
    if (!endpoint) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("'{}' is not of the form 'https://host:port'", connection.url));
    }
    auto tls = http::clientContext(connection.tls);
    if (!tls) return failure(tls.error());
    auto client = std::make_unique<http::HttpsClient>(
        std::move(*endpoint), *tls, nullptr, http::HttpsClient::Connections::OneEach,
        [url = connection.url](const NoAnswer& none, const auto&, auto deadline) {
            return worded(url, none, deadline);
        });
    return std::unique_ptr<HttpsCoordinatorApi>(new HttpsCoordinatorApi(std::move(client), connection.deadline));
}

Result<Answer> HttpsCoordinatorApi::request(std::string_view method, std::string_view path,
                                            const nlohmann::json* body) {
    auto answer = client_->ask({std::string(method), std::string(path), body == nullptr ? std::string() : body->dump()},
                               deadline_, largest_answer);
    if (!answer) return failure(answer.error());
    return Answer{answer->status, std::move(answer->body), std::move(answer->location)};
}

Result<void> HttpsCoordinatorApi::follow(const std::string& last_id, const EventSink& sink) {
    std::map<std::string, std::string> headers{{"Accept", "text/event-stream"}};
    if (!last_id.empty()) headers["Last-Event-ID"] = last_id;
    return client_->stream({"GET", "/v1/events", "", std::move(headers)}, deadline_,
                           [&](const auto& response, std::istream& in, http::ClientConnection& connection) {
                               if (response.getStatus() != Poco::Net::HTTPResponse::HTTP_OK)
                                   return Result<void>(failure(refusalIn(response, in)));
                               EventAssembler assembler;
                               for (std::string line; nextLine(in, connection, line);) {
                                   auto event = assembler.take(line);
                                   if (event && !sink(*event)) break;
                               }
                               return Result<void>();
                           });
}

}  // namespace standin::cli
