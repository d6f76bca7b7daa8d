#include "agent/protocol/agent_client.hpp"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <fmt/format.h>

#include <istream>
#include <mutex>
#include <ostream>
#include <set>
#include <vector>

#include "agent/base/text.hpp"
#include "agent/http/client_connection.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::protocol {

using base::ErrorCode;
using base::failure;
using http::ClientConnection;

namespace {

/// The largest answers are lists of operations and metrics, of some MiB; many threads may read one at the same time.
constexpr std::size_t largest_answer = 16U << 20;
constexpr std::size_t idle_connections_kept = 8;
// The server closes an idle connection after 300 s; ours are dropped earlier so that both never act at the same moment.
constexpr std::chrono::seconds kept_for{240};

base::SteadyTime now() {
    return std::chrono::steady_clock::now();
}

struct Call {
    std::string method;
    std::string path;
    std::string body;
    std::map<std::string, std::string> headers;
    AgentClient::Deadline deadline;
    base::SteadyTime until;
};

// Until the whole request may be with the agent, a failure means that it was not asked.
struct Exchange {
    bool sent = false;
};

}  // namespace

struct AgentClient::Impl {
    using Connection = std::unique_ptr<ClientConnection>;
    struct Kept {
        Connection connection;
        base::SteadyTime last_used;
    };

    std::string name;
    http::Endpoint endpoint;
    http::TlsContext tls;
    std::shared_ptr<http::AddressBook> book;
    std::mutex mutex;
    std::vector<Kept> idle;
    std::set<const ClientConnection*> busy;
    bool broken_off = false;

    Connection take() {
        std::lock_guard lock(mutex);
        while (!idle.empty()) {
            auto kept = std::move(idle.back());
            idle.pop_back();
            // With other certificates, or a newer list of revoked ones, the agent has to show its certificate again.
            const bool is_current = kept.connection->generation() == ClientConnection::generationOf(tls);
            if (is_current && now() - kept.last_used < kept_for) return std::move(kept.connection);
        }
        return nullptr;
    }
    bool isBrokenOff() {
        std::lock_guard lock(mutex);
        return broken_off;
    }
    void giveBack(Connection connection) {
        std::lock_guard lock(mutex);
        if (idle.size() < idle_connections_kept && !broken_off) idle.push_back({std::move(connection), now()});
    }

    /// A connection that breakOff() knows as long as it is used.
    class Use {
      public:
        Use(Impl& impl, const ClientConnection& connection) : impl_(impl), connection_(connection) {
            std::lock_guard lock(impl_.mutex);
            if (impl_.broken_off) connection_.breakOff();
            impl_.busy.insert(&connection_);
        }
        ~Use() {
            std::lock_guard lock(impl_.mutex);
            impl_.busy.erase(&connection_);
        }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

      private:
        Impl& impl_;
        const ClientConnection& connection_;
    };

    using Reader = std::function<base::Result<void>(Poco::Net::HTTPResponse&, std::istream&, ClientConnection&)>;

    base::Result<void> exchange(ClientConnection& connection, const Call& call, const Reader& read, Exchange& state,
                                bool& keep) {
        const Use use(*this, connection);
        connection.setDeadline(call.until);
        auto& session = connection.session();
        Poco::Net::HTTPRequest request(call.method, call.path, Poco::Net::HTTPMessage::HTTP_1_1);
        request.setHost(endpoint.authority());
        request.setKeepAlive(true);
        for (const auto& [header, value] : call.headers) request.set(header, value);
        if (!call.body.empty() || call.method == "PUT" || call.method == "POST") {
            request.setContentType("application/json");
            request.setContentLength64(static_cast<Poco::Int64>(call.body.size()));
        }
        auto& out = session.sendRequest(request);
        state.sent = true;
        out << call.body << std::flush;
        if (const auto* problem = session.networkException()) problem->rethrow();
        Poco::Net::HTTPResponse response;
        auto& in = session.receiveResponse(response);
        auto outcome = read(response, in, connection);
        keep = outcome.has_value() && response.getKeepAlive();
        return outcome;
    }

    base::Result<void> run(const Call& call, const Reader& read) {
        if (auto connection = take()) {
            auto outcome = attempt(std::move(connection), call, read, true);
            if (outcome) return *outcome;
        }
        return *attempt(nullptr, call, read, false);
    }

    base::Result<void> unreachable(const std::string& why) const {
        return failure(ErrorCode::Unreachable,
                       fmt::format("could not reach agent '{}' at {}: {}", name, endpoint.url, why));
    }

    // nullopt: a kept connection turned out to be closed; a fresh one may be tried. The operation id makes that safe
    // for commands.
    std::optional<base::Result<void>> attempt(Connection connection, const Call& call, const Reader& read, bool kept) {
        Exchange state;
        try {
            if (isBrokenOff()) return unreachable("this program ends");
            if (!connection) connection = ClientConnection::open(endpoint, tls, *book, call.until);
            bool keep = false;
            auto outcome = exchange(*connection, call, read, state, keep);
            if (keep) giveBack(std::move(connection));
            return outcome;
        } catch (const Poco::TimeoutException&) {
            if (!state.sent) return unreachable(fmt::format("no connection within {} ms", call.deadline.count()));
            return base::Result<void>(
                failure(ErrorCode::TimedOut, fmt::format("agent '{}' did not answer {} {} within {} ms", name,
                                                         call.method, call.path, call.deadline.count())));
        } catch (const Poco::Net::SSLException& exception) {
            if (kept && now() < call.until) return std::nullopt;
            if (state.sent) return brokeOff(call, exception);
            return unreachable(exception.displayText() + "; do both sides have certificates of the same CA?");
        } catch (const Poco::Exception& exception) {
            if (kept && now() < call.until) return std::nullopt;
            if (!state.sent) return unreachable(exception.displayText());
            return brokeOff(call, exception);
        }
    }

    base::Result<void> brokeOff(const Call& call, const Poco::Exception& exception) const {
        return failure(ErrorCode::TimedOut, fmt::format("agent '{}' broke off while answering {} {}: {}", name,
                                                        call.method, call.path, exception.displayText()));
    }

    base::Result<void> readWhole(const Call& call, const std::function<void(const Poco::Net::HTTPResponse&)>& head,
                                 std::string& text) {
        return run(call,
                   [&](Poco::Net::HTTPResponse& response, std::istream& in,
                       ClientConnection& connection) -> base::Result<void> {
                       text.clear();  // of a kept connection that broke
                       head(response);
                       auto read = readText(in, text);
                       if (read) http::throwIfCutShort(connection.session(), response, text.size());
                       return read;
                   });
    }

    base::Result<Answer> askWhole(const Call& call) {
        Answer answer;
        std::string text;
        auto done = readWhole(
            call,
            [&](const Poco::Net::HTTPResponse& response) {
                answer.status = response.getStatus();
                answer.location = base::oneLine(response.get("Location", ""));
            },
            text);
        if (!done) return failure(done.error());
        if (text.empty()) return answer;
        auto json = parseJson(text);
        if (!json) {
            // Of a command nobody knows what came of it.
            return failure(
                call.method == "GET" ? ErrorCode::Internal : ErrorCode::TimedOut,
                fmt::format("agent '{}' answered {} {} with something that is not JSON", name, call.method, call.path));
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
        auto answer = askWhole({method, path, body, std::move(headers), deadline, now() + deadline});
        if (answer && answer->status >= 400) return failure(said(*answer));
        return answer;
    }

    [[nodiscard]] base::Error said(const Answer& answer) const {
        return errorFrom(answer.body, fmt::format("answered with status {}", answer.status))
            .within(fmt::format("agent '{}'", name));
    }

    static base::Result<void> readText(std::istream& in, std::string& text) {
        char buffer[16384];
        while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
            text.append(buffer, static_cast<std::size_t>(in.gcount()));
            if (text.size() > largest_answer) {
                return failure(ErrorCode::Internal,
                               fmt::format("the answer is larger than {} MiB", largest_answer >> 20U));
            }
        }
        return {};
    }

    /// Each piece has the whole deadline again: an image is long, but a peer that sends single bytes gets no further.
    base::Result<void> streamPieces(const Call& call, Poco::Net::HTTPResponse& response, std::istream& in,
                                    ClientConnection& connection,
                                    const std::function<bool(const char*, std::size_t)>& take) {
        std::vector<char> buffer(64U << 10);
        std::uint64_t length = 0;
        for (;;) {
            connection.setDeadline(now() + call.deadline);
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
    auto impl = std::make_unique<Impl>();
    impl->name = std::move(name);
    impl->endpoint = std::move(*endpoint);
    impl->tls = std::move(tls);
    impl->book = book ? std::move(book) : std::make_shared<http::AddressBook>();
    return std::unique_ptr<AgentClient>(new AgentClient(std::move(impl)));
}

AgentClient::AgentClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AgentClient::~AgentClient() = default;

const std::string& AgentClient::name() const {
    return impl_->name;
}

base::Result<AgentClient::Answer> AgentClient::ask(const std::string& path, Deadline deadline) {
    return impl_->askWhole({"GET", path, "", {}, deadline, now() + deadline});
}

base::Result<Json> AgentClient::get(const std::string& path, Deadline deadline) {
    auto answer = ask(path, deadline);
    if (!answer) return failure(answer.error());
    if (answer->status >= 400) return failure(impl_->said(*answer));
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
    std::string text;
    auto done = impl_->readWhole(
        {"GET", path, "", {}, deadline, now() + deadline}, [](const Poco::Net::HTTPResponse&) {}, text);
    if (!done) return failure(done.error());
    return text;
}

base::Result<int> AgentClient::stream(const std::string& path, const std::map<std::string, std::string>& headers,
                                      const std::function<bool(const char*, std::size_t)>& take, Deadline deadline) {
    int status = 0;
    std::string refusal;
    const Call call{"GET", path, "", headers, deadline, now() + deadline};
    // A connection of its own: one that is abandoned half-way must not be kept.
    auto done = impl_->attempt(
        nullptr, call,
        [&](Poco::Net::HTTPResponse& response, std::istream& in, ClientConnection& connection) -> base::Result<void> {
            status = response.getStatus();
            response.setKeepAlive(false);
            if (status >= 400) return Impl::readText(in, refusal);
            return impl_->streamPieces(call, response, in, connection, take);
        },
        false);
    if (!*done) return failure(done->error());
    if (status >= 400) {
        auto json = parseJson(refusal);
        return failure(errorFrom(json ? *json : Json(), fmt::format("answered with status {}", status))
                           .within(fmt::format("agent '{}'", impl_->name)));
    }
    return status;
}

void AgentClient::breakOff() {
    std::vector<Impl::Kept> idle;
    std::lock_guard lock(impl_->mutex);
    impl_->broken_off = true;
    idle.swap(impl_->idle);
    for (const auto* connection : impl_->busy) connection->breakOff();
}

}  // namespace standin::protocol
