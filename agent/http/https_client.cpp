#include "agent/http/https_client.hpp"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <fmt/format.h>

#include <istream>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <vector>

#include "agent/base/text.hpp"

namespace standin::http {

namespace {

constexpr std::size_t idle_connections_kept = 8;
// The server closes an idle connection after 300 s; ours are dropped earlier so that both never act at the same moment.
constexpr std::chrono::seconds kept_for{240};

base::SteadyTime now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

struct HttpsClient::Impl {
    using Connection = std::unique_ptr<ClientConnection>;
    struct Kept {
        Connection connection;
        base::SteadyTime last_used;
    };
    struct Call {
        const HttpsRequest& request;
        Deadline deadline;
        base::SteadyTime until;
    };

    Endpoint endpoint;
    TlsContext tls;
    std::shared_ptr<AddressBook> book;
    Connections connections;
    Wording wording;
    std::mutex mutex{};
    std::vector<Kept> idle{};
    std::set<const ClientConnection*> busy{};
    bool broken_off = false;

    Connection take() {
        std::lock_guard lock(mutex);
        while (!idle.empty()) {
            auto kept = std::move(idle.back());
            idle.pop_back();
            // With other certificates, or a newer list of revoked ones, the peer has to show its certificate again.
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

    base::Result<void> exchange(ClientConnection& connection, const Call& call, const Reader& read, bool& sent,
                                bool& keep) {
        const Use use(*this, connection);
        connection.setDeadline(call.until);
        auto& session = connection.session();
        const auto& asked = call.request;
        Poco::Net::HTTPRequest request(asked.method, asked.path, Poco::Net::HTTPMessage::HTTP_1_1);
        request.setHost(endpoint.authority());
        request.setKeepAlive(connections == Connections::Kept);
        for (const auto& [header, value] : asked.headers) request.set(header, value);
        if (!asked.body.empty() || asked.method == "PUT" || asked.method == "POST") {
            request.setContentType("application/json");
            request.setContentLength64(static_cast<Poco::Int64>(asked.body.size()));
        }
        auto& out = session.sendRequest(request);
        sent = true;
        out << asked.body << std::flush;
        if (const auto* problem = session.networkException()) problem->rethrow();
        Poco::Net::HTTPResponse response;
        auto& in = session.receiveResponse(response);
        auto outcome = read(response, in, connection);
        keep = connections == Connections::Kept && outcome.has_value() && response.getKeepAlive();
        return outcome;
    }

    base::Result<void> none(const Call& call, NoAnswer::Kind kind, bool sent, std::string why = {}) const {
        return base::failure(wording({kind, sent, std::move(why)}, call.request, call.deadline));
    }

    /// nullopt: a kept connection turned out to be closed; a fresh one may be tried.
    std::optional<base::Result<void>> attempt(Connection connection, const Call& call, const Reader& read,
                                              bool may_keep = true) {
        const bool kept = connection != nullptr;
        bool sent = false;
        try {
            if (isBrokenOff()) return none(call, NoAnswer::Kind::Ending, false);
            if (!connection) connection = ClientConnection::open(endpoint, tls, *book, call.until);
            bool keep = false;
            auto outcome = exchange(*connection, call, read, sent, keep);
            if (keep && may_keep) giveBack(std::move(connection));
            return outcome;
        } catch (const Poco::TimeoutException&) {
            return none(call, NoAnswer::Kind::Timeout, sent);
        } catch (const Poco::Exception& exception) {
            if (kept && now() < call.until) return std::nullopt;
            const bool tls_failed = dynamic_cast<const Poco::Net::SSLException*>(&exception) != nullptr;
            return none(call, tls_failed ? NoAnswer::Kind::Tls : NoAnswer::Kind::Broken, sent,
                        base::oneLine(exception.displayText()));
        }
    }

    base::Result<void> run(const Call& call, const Reader& read) {
        if (auto connection = take()) {
            auto outcome = attempt(std::move(connection), call, read);
            if (outcome) return *outcome;
        }
        return *attempt(nullptr, call, read);
    }
};

HttpsClient::HttpsClient(Endpoint endpoint, TlsContext tls, std::shared_ptr<AddressBook> book, Connections connections,
                         Wording wording)
    : impl_(new Impl{std::move(endpoint), std::move(tls), book ? std::move(book) : std::make_shared<AddressBook>(),
                     connections, std::move(wording)}) {}

HttpsClient::~HttpsClient() = default;

const Endpoint& HttpsClient::endpoint() const {
    return impl_->endpoint;
}

base::Result<HttpsAnswer> HttpsClient::ask(const HttpsRequest& request, Deadline deadline, std::size_t largest) {
    HttpsAnswer answer;
    const Impl::Call call{request, deadline, now() + deadline};
    auto done = impl_->run(call, [&](const auto& response, std::istream& in, ClientConnection& connection) {
        answer = {response.getStatus(), "", response.get("Location", "")};
        if (!readBody(in, answer.body, largest))
            return impl_->none(call, NoAnswer::Kind::TooLarge, true, fmt::format("{} MiB", largest >> 20U));
        throwIfCutShort(connection.session(), response, answer.body.size());
        return base::Result<void>();
    });
    if (!done) return base::failure(done.error());
    return answer;
}

base::Result<void> HttpsClient::stream(const HttpsRequest& request, Deadline deadline, const Reader& read) {
    return *impl_->attempt(nullptr, {request, deadline, now() + deadline}, read, false);
}

void HttpsClient::breakOff() {
    std::vector<Impl::Kept> idle;
    std::lock_guard lock(impl_->mutex);
    impl_->broken_off = true;
    idle.swap(impl_->idle);
    for (const auto* connection : impl_->busy) connection->breakOff();
}

bool readBody(std::istream& in, std::string& text, std::size_t largest) {
    char buffer[16384];
    while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
        text.append(buffer, static_cast<std::size_t>(in.gcount()));
        if (text.size() > largest) return false;
    }
    return true;
}

}  // namespace standin::http
