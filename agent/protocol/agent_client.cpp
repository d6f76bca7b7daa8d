#include "agent/protocol/agent_client.hpp"

#include <fmt/format.h>

#include <istream>
#include <vector>

#include "agent/base/text.hpp"
#include "agent/http/https_client.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::protocol {

using base::ErrorCode;
using base::failure;
using http::ClientConnection;
using http::HttpsClient;
using http::NoAnswer;

namespace {

/// The largest answers are lists of operations and metrics, of some MiB; many threads may read one at the same time.
constexpr std::size_t largest_answer = 16U << 20;

/// The outcome of a command that was sent is not known.
base::Error worded(const std::string& agent, const std::string& url, const NoAnswer& none,
                   const http::HttpsRequest& request, AgentClient::Deadline deadline) {
    const auto unreachable = [&](const std::string& why) {
        return base::Error{ErrorCode::Unreachable, fmt::format("could not reach {} at {}: {}", agent, url, why)};
    };
    if (none.kind == NoAnswer::Kind::Ending) return unreachable("this program ends");
    if (none.kind == NoAnswer::Kind::TooLarge) return {ErrorCode::Internal, "the answer is larger than " + none.why};
    if (none.kind == NoAnswer::Kind::Timeout) {
        if (!none.sent) return unreachable(fmt::format("no connection within {} ms", deadline.count()));
        return {ErrorCode::TimedOut, fmt::format("{} did not answer {} {} within {} ms", agent, request.method,
                                                 request.path, deadline.count())};
    }
    if (none.sent) {
        return {ErrorCode::TimedOut,
                fmt::format("{} broke off while answering {} {}: {}", agent, request.method, request.path, none.why)};
    }
    const bool tls = none.kind == NoAnswer::Kind::Tls;
    return unreachable(none.why + (tls ? "; do both sides have certificates of the same CA?" : ""));
}

}  // namespace

struct AgentClient::Impl {
    std::string name;
    HttpsClient client;

    [[nodiscard]] std::string agent() const { return fmt::format("agent '{}'", name); }

    base::Result<Answer> ask(const http::HttpsRequest& request, Deadline deadline) {
        auto received = client.ask(request, deadline, largest_answer);
        if (!received) return failure(received.error());
        Answer answer{received->status, {}, base::oneLine(received->location)};
        if (received->body.empty()) return answer;
        auto json = parseJson(received->body);
        if (!json) {
            // The outcome of a command is not known.
            return failure(request.method == "GET" ? ErrorCode::Internal : ErrorCode::TimedOut,
                           fmt::format("{} answered {} {} with something that is not JSON", agent(), request.method,
                                       request.path));
        }
        answer.body = std::move(*json);
        return answer;
    }

    base::Result<Answer> command(const std::string& method, const std::string& path, const std::string& body,
                                 const CommandStamp& stamp, Deadline deadline) {
        std::map<std::string, std::string> headers{{epoch_header, std::to_string(stamp.epoch)},
                                                   {operation_header, stamp.operation},
                                                   {sequence_header, std::to_string(stamp.sequence)}};
        if (!stamp.instance.empty()) headers[instance_header] = stamp.instance;
        auto answer = ask({method, path, body, std::move(headers)}, deadline);
        if (answer && answer->status >= 400) return failure(said(answer->body, answer->status));
        return answer;
    }

    [[nodiscard]] base::Error said(const Json& body, int status) const {
        return errorFrom(body, fmt::format("answered with status {}", status)).within(agent());
    }

    /// Each piece has the whole deadline again: an image is long, but a peer that sends single bytes gets no further.
    static base::Result<void> streamPieces(Deadline deadline, const Poco::Net::HTTPResponse& response, std::istream& in,
                                           ClientConnection& connection,
                                           const std::function<bool(const char*, std::size_t)>& take) {
        std::vector<char> buffer(64U << 10);
        std::uint64_t length = 0;
        for (;;) {
            connection.setDeadline(std::chrono::steady_clock::now() + deadline);
            in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
            const auto got = static_cast<std::size_t>(in.gcount());
            length += got;
            if (got > 0 && !take(buffer.data(), got)) return {};
            if (!in) break;
        }
        http::throwIfCutShort(connection.session(), response, length);
        return {};
    }
};

base::Result<std::unique_ptr<AgentClient>> AgentClient::open(std::string name, const std::string& url,
                                                             http::TlsContext tls,
                                                             std::shared_ptr<http::AddressBook> book) {
    auto endpoint = http::Endpoint::parse(url);
    if (!endpoint) return failure(endpoint.error());
    auto wording = [agent = fmt::format("agent '{}'", name), url](const auto&... about) {
        return worded(agent, url, about...);
    };
    std::unique_ptr<Impl> impl(
        new Impl{std::move(name), HttpsClient(std::move(*endpoint), std::move(tls), std::move(book),
                                              HttpsClient::Connections::Kept, std::move(wording))});
    return std::unique_ptr<AgentClient>(new AgentClient(std::move(impl)));
}

AgentClient::AgentClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AgentClient::~AgentClient() = default;

const std::string& AgentClient::name() const {
    return impl_->name;
}

base::Result<AgentClient::Answer> AgentClient::ask(const std::string& path, Deadline deadline) {
    return impl_->ask({"GET", path}, deadline);
}

base::Result<Json> AgentClient::get(const std::string& path, Deadline deadline) {
    auto answer = ask(path, deadline);
    if (!answer) return failure(answer.error());
    if (answer->status >= 400) return failure(impl_->said(answer->body, answer->status));
    return std::move(answer->body);
}

base::Result<AgentClient::Answer> AgentClient::put(const std::string& path, const Json& body, const CommandStamp& stamp,
                                                   Deadline deadline) {
    return impl_->command("PUT", path, protocol::jsonText(body), stamp, deadline);
}

base::Result<AgentClient::Answer> AgentClient::post(const std::string& path, const Json& body,
                                                    const CommandStamp& stamp, Deadline deadline) {
    return impl_->command("POST", path, protocol::jsonText(body), stamp, deadline);
}

base::Result<AgentClient::Answer> AgentClient::remove(const std::string& path, const CommandStamp& stamp,
                                                      Deadline deadline) {
    return impl_->command("DELETE", path, "", stamp, deadline);
}

base::Result<std::string> AgentClient::text(const std::string& path, Deadline deadline) {
    auto received = impl_->client.ask({"GET", path}, deadline, largest_answer);
    if (!received) return failure(received.error());
    return std::move(received->body);
}

base::Result<int> AgentClient::stream(const std::string& path, const std::map<std::string, std::string>& headers,
                                      const std::function<bool(const char*, std::size_t)>& take, Deadline deadline) {
    int status = 0;
    std::string refusal;
    auto done = impl_->client.stream(
        {"GET", path, "", headers}, deadline,
        [&](const Poco::Net::HTTPResponse& response, std::istream& in, ClientConnection& connection) {
            status = response.getStatus();
            if (status < 400) return Impl::streamPieces(deadline, response, in, connection, take);
            http::readBody(in, refusal, largest_answer);
            return base::Result<void>();
        });
    if (!done) return failure(done.error());
    if (status < 400) return status;
    auto json = parseJson(refusal);
    return failure(impl_->said(json ? *json : Json(), status));
}

void AgentClient::breakOff() {
    impl_->client.breakOff();
}

}  // namespace standin::protocol
