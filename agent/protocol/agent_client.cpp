#include "agent/protocol/agent_client.hpp"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <istream>
#include <mutex>
#include <ostream>
#include <vector>

namespace standin::protocol {

using base::ErrorCode;
using base::failure;
using Poco::Net::HTTPSClientSession;

namespace {

constexpr std::size_t largest_answer = 64U << 20;
constexpr std::size_t idle_connections_kept = 8;
// The server closes an idle connection after 300 s; ours are dropped earlier so that both never act at the same moment.
constexpr int idle_seconds = 240;

// HTTPSClientSession checks the certificate's chain; this adds the check of its name, before a byte of ours is sent.
class NamedSession final : public HTTPSClientSession {
  public:
    NamedSession(const Poco::URI& uri, const http::TlsContext& tls) : HTTPSClientSession(uri.getHost(), uri.getPort(), tls), host_(uri.getHost()) {}

    void open() {
        if (!connected()) reconnect();
    }

  protected:
    void connect(const Poco::Net::SocketAddress& address) override {
        HTTPSClientSession::connect(address);
        Poco::Net::SecureStreamSocket secure(socket());
        secure.completeHandshake();
        if (!http::certificateNames(secure, host_)) {
            reset();
            throw Poco::Net::InvalidCertificateException(fmt::format("the certificate does not name '{}'", host_));
        }
    }

  private:
    std::string host_;
};

using Session = std::unique_ptr<NamedSession>;

// Until the whole request may be with the agent, a failure means that it was not asked.
struct Exchange {
    bool sent = false;
};

}  // namespace

struct AgentClient::Inside {
    std::string name;
    Poco::URI uri;
    http::TlsContext tls;
    std::mutex mutex;
    std::vector<Session> idle;

    Session take() {
        std::lock_guard lock(mutex);
        if (idle.empty()) return nullptr;
        auto session = std::move(idle.back());
        idle.pop_back();
        return session;
    }
    void giveBack(Session session) {
        if (!session->connected() || !session->getKeepAlive()) return;
        std::lock_guard lock(mutex);
        if (idle.size() < idle_connections_kept) idle.push_back(std::move(session));
    }
    Session make(Deadline deadline) const {
        auto session = std::make_unique<NamedSession>(uri, tls);
        session->setKeepAlive(true);
        session->setKeepAliveTimeout(Poco::Timespan(idle_seconds, 0));
        setDeadline(*session, deadline);
        return session;
    }
    static void setDeadline(NamedSession& session, Deadline deadline) {
        Poco::Timespan span(std::max<Poco::Timespan::TimeDiff>(deadline.count(), 1) * 1000);
        session.setTimeout(span, span, span);
        if (session.connected()) {
            session.socket().setReceiveTimeout(span);
            session.socket().setSendTimeout(span);
        }
    }

    struct Call {
        std::string method;
        std::string path;
        std::string body;
        std::map<std::string, std::string> headers;
        Deadline deadline;
    };
    using Reader = std::function<base::Result<void>(Poco::Net::HTTPResponse&, std::istream&)>;

    void exchange(NamedSession& session, const Call& call, const Reader& read, Exchange& state, base::Result<void>& outcome) const {
        session.open();
        Poco::Net::HTTPRequest request(call.method, call.path, Poco::Net::HTTPMessage::HTTP_1_1);
        for (const auto& [header, value] : call.headers) request.set(header, value);
        if (!call.body.empty() || call.method == "PUT" || call.method == "POST") {
            request.setContentType("application/json");
            request.setContentLength64(static_cast<Poco::Int64>(call.body.size()));
        }
        auto& out = session.sendRequest(request);
        state.sent = true;
        out << call.body << std::flush;
        Poco::Net::HTTPResponse response;
        auto& in = session.receiveResponse(response);
        outcome = read(response, in);
    }

    base::Result<void> run(const Call& call, const Reader& read) {
        if (auto session = take()) {
            auto outcome = attempt(std::move(session), call, read, true);
            if (outcome) return *outcome;
        }
        return *attempt(make(call.deadline), call, read, false);
    }

    // nullopt: a kept connection turned out to be closed; a fresh one may be tried. The operation id makes that safe for commands.
    std::optional<base::Result<void>> attempt(Session session, const Call& call, const Reader& read, bool kept) {
        Exchange state;
        base::Result<void> outcome;
        auto unreachable = [&](const std::string& why) -> base::Result<void> {
            return failure(ErrorCode::Unreachable, fmt::format("could not reach agent '{}' at {}: {}", name, uri.toString(), why));
        };
        try {
            setDeadline(*session, call.deadline);
            exchange(*session, call, read, state, outcome);
            giveBack(std::move(session));
            return outcome;
        } catch (const Poco::TimeoutException&) {
            if (!state.sent) return unreachable(fmt::format("no connection within {} ms", call.deadline.count()));
            return base::Result<void>(failure(ErrorCode::TimedOut, fmt::format("agent '{}' did not answer {} {} within {} ms", name, call.method, call.path, call.deadline.count())));
        } catch (const Poco::Net::SSLException& exception) {
            if (kept) return std::nullopt;
            return unreachable(exception.displayText() + "; do both sides have certificates of the same CA?");
        } catch (const Poco::Exception& exception) {
            if (kept) return std::nullopt;
            if (!state.sent) return unreachable(exception.displayText());
            return base::Result<void>(failure(ErrorCode::TimedOut, fmt::format("agent '{}' broke off while answering {} {}: {}", name, call.method, call.path, exception.displayText())));
        }
    }

    base::Result<Answer> askWhole(const Call& call) {
        Answer answer;
        std::string text;
        auto done = run(call, [&](Poco::Net::HTTPResponse& response, std::istream& in) {
            answer.status = response.getStatus();
            answer.location = response.get("Location", "");
            return readText(in, text);
        });
        if (!done) return failure(done.error());
        if (text.empty()) return answer;
        auto json = parseJson(text);
        if (!json) return failure(ErrorCode::Internal, fmt::format("agent '{}' answered {} {} with something that is not JSON", name, call.method, call.path));
        answer.body = std::move(*json);
        return answer;
    }

    base::Result<Answer> command(const std::string& method, const std::string& path, const std::string& body, const CommandStamp& stamp, Deadline deadline) {
        std::map<std::string, std::string> headers{
            {epoch_header, std::to_string(stamp.epoch)}, {operation_header, stamp.operation}, {sequence_header, std::to_string(stamp.sequence)}};
        if (!stamp.instance.empty()) headers[instance_header] = stamp.instance;
        auto answer = askWhole({method, path, body, std::move(headers), deadline});
        if (answer && answer->status >= 400) return failure(said(*answer));
        return answer;
    }

    [[nodiscard]] base::Error said(const Answer& answer) const {
        return errorFrom(answer.body, fmt::format("answered with status {}", answer.status)).within(fmt::format("agent '{}'", name));
    }

    static base::Result<void> readText(std::istream& in, std::string& text) {
        char buffer[16384];
        while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
            text.append(buffer, static_cast<std::size_t>(in.gcount()));
            if (text.size() > largest_answer) return failure(ErrorCode::Internal, "the answer is larger than 64 MiB");
        }
        return {};
    }
};

base::Result<std::unique_ptr<AgentClient>> AgentClient::open(std::string name, const std::string& url, http::TlsContext tls) {
    try {
        Poco::URI uri(url);
        if (uri.getScheme() != "https" || uri.getHost().empty()) {
            return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not an https URL with a host", url));
        }
        auto inside = std::make_unique<Inside>();
        inside->name = std::move(name);
        inside->uri = uri;
        inside->tls = std::move(tls);
        return std::unique_ptr<AgentClient>(new AgentClient(std::move(inside)));
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not a URL: {}", url, exception.displayText()));
    }
}

AgentClient::AgentClient(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
AgentClient::~AgentClient() = default;

const std::string& AgentClient::name() const { return inside_->name; }

base::Result<AgentClient::Answer> AgentClient::ask(const std::string& path, Deadline deadline) {
    return inside_->askWhole({"GET", path, "", {}, deadline});
}

base::Result<Json> AgentClient::get(const std::string& path, Deadline deadline) {
    auto answer = ask(path, deadline);
    if (!answer) return failure(answer.error());
    if (answer->status >= 400) return failure(inside_->said(*answer));
    return std::move(answer->body);
}

base::Result<AgentClient::Answer> AgentClient::put(const std::string& path, const Json& body, const CommandStamp& stamp, Deadline deadline) {
    return inside_->command("PUT", path, body.dump(), stamp, deadline);
}

base::Result<AgentClient::Answer> AgentClient::post(const std::string& path, const Json& body, const CommandStamp& stamp, Deadline deadline) {
    return inside_->command("POST", path, body.dump(), stamp, deadline);
}

base::Result<AgentClient::Answer> AgentClient::remove(const std::string& path, const CommandStamp& stamp, Deadline deadline) {
    return inside_->command("DELETE", path, "", stamp, deadline);
}

base::Result<std::string> AgentClient::text(const std::string& path, Deadline deadline) {
    std::string text;
    auto done = inside_->run({"GET", path, "", {}, deadline}, [&](Poco::Net::HTTPResponse&, std::istream& in) { return Inside::readText(in, text); });
    if (!done) return failure(done.error());
    return text;
}

base::Result<int> AgentClient::stream(const std::string& path, const std::map<std::string, std::string>& headers,
                                      const std::function<bool(const char*, std::size_t)>& take, Deadline deadline) {
    int status = 0;
    bool stopped = false;
    std::string refusal;
    // A connection of its own: one that is abandoned half-way must not be kept.
    auto session = inside_->make(deadline);
    auto done = inside_->attempt(std::move(session), {"GET", path, "", headers, deadline}, [&](Poco::Net::HTTPResponse& response, std::istream& in) -> base::Result<void> {
        status = response.getStatus();
        if (status >= 400) return Inside::readText(in, refusal);
        std::vector<char> buffer(64U << 10);
        while (!stopped) {
            in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
            auto length = static_cast<std::size_t>(in.gcount());
            if (length > 0) stopped = !take(buffer.data(), length);
            if (!in) break;
        }
        return {};
    }, false);
    if (!*done) return failure(done->error());
    if (status >= 400) {
        auto json = parseJson(refusal);
        return failure(errorFrom(json ? *json : Json(), fmt::format("answered with status {}", status)).within(fmt::format("agent '{}'", inside_->name)));
    }
    return status;
}

void AgentClient::warm(std::size_t connections, Deadline deadline) {
    std::vector<Session> sessions;
    for (std::size_t i = 0; i < std::min(connections, idle_connections_kept); ++i) {
        try {
            auto session = inside_->take();
            if (!session) session = inside_->make(deadline);
            session->open();
            sessions.push_back(std::move(session));
        } catch (const Poco::Exception&) {
            break;
        }
    }
    for (auto& session : sessions) inside_->giveBack(std::move(session));
}

}  // namespace standin::protocol
