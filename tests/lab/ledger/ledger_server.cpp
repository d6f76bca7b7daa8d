#include "ledger_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <system_error>
#include <thread>
#include <vector>

namespace ledger {

namespace {

constexpr std::size_t most_connections = 4096;   // as many as the request holder may bring at once
constexpr int backlog = 4096;                    // held requests arrive in one burst
constexpr std::chrono::seconds idle_limit{300};  // a client that fell silent gives its place back
constexpr std::chrono::milliseconds stop_grace{
    200};  // for a request whose connection is there but whose bytes are under way

int listenOn(std::uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = INADDR_ANY;
    address.sin_port = htons(port);
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, backlog) != 0)
        throw std::system_error(errno, std::generic_category(), "could not listen on port " + std::to_string(port));
    return listener;
}

/// The first number in the text, so that both `17` and `{"number": 17}` name an entry.
bool firstNumber(const std::string& text, std::uint64_t& number) {
    const auto start = std::find_if(text.begin(), text.end(), [](unsigned char c) { return c >= '0' && c <= '9'; });
    const char* begin = text.data() + (start - text.begin());
    return start != text.end() && std::from_chars(begin, text.data() + text.size(), number).ec == std::errc{};
}

}  // namespace

LedgerServer::LedgerServer(ServerSettings settings, EntryLog& log)
    : settings_(std::move(settings)), log_(log), listener_(listenOn(settings_.port)) {}

LedgerServer::~LedgerServer() {
    if (listener_ >= 0) ::close(listener_);
}

std::uint16_t LedgerServer::port() const {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
}

void LedgerServer::run(int stop_descriptor) {
    while (!takeIn(stop_descriptor, arrivals_.empty() ? 1000 : 0)) serveNext();

    // Whoever's connection stands was promised an answer: serve until nobody has sent anything for a moment.
    auto quiet_since = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - quiet_since < stop_grace) {
        takeIn(-1, arrivals_.empty() ? 10 : 0);
        if (arrivals_.empty()) continue;
        serveNext();
        quiet_since = std::chrono::steady_clock::now();
    }
    ::close(listener_);
    listener_ = -1;
    connections_.clear();
}

bool LedgerServer::takeIn(int stop_descriptor, int timeout_ms) {
    std::vector<pollfd> waiting{{stop_descriptor, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& connection : connections_) waiting.push_back({connection.socket(), POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), timeout_ms) < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "could not wait for requests");
    std::size_t place = 2;
    const auto now = std::chrono::steady_clock::now();
    for (auto at = connections_.begin(); at != connections_.end(); ++place) {
        const auto connection = at++;
        if (waiting[place].revents != 0 || now - connection->lastActivity() > idle_limit) read(connection);
    }
    acceptWaiting();
    return (waiting[0].revents & POLLIN) != 0;
}

void LedgerServer::acceptWaiting() {
    while (connections_.size() < most_connections) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket < 0) return;
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        read(connections_.emplace(connections_.end(), socket));
    }
}

void LedgerServer::read(Connections::iterator connection) {
    const bool open =
        connection->receive() && std::chrono::steady_clock::now() - connection->lastActivity() < idle_limit;
    while (auto request = connection->nextRequest()) {
        arrivals_.push_back({connection, std::move(*request)});
        ++connection->waiting;
    }
    if (!open && connection->waiting == 0) drop(connection);
}

void LedgerServer::serveNext() {
    if (arrivals_.empty()) return;
    const Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    --arrival.connection->waiting;
    const auto [status, body] = respond(arrival.request);
    if (!arrival.connection->answer(status, body, arrival.request.keep_alive)) drop(arrival.connection);
}

void LedgerServer::drop(Connections::iterator connection) {
    if (connection->waiting > 0)
        std::erase_if(arrivals_, [&](const Arrival& arrival) { return arrival.connection == connection; });
    connections_.erase(connection);
}

std::pair<int, std::string> LedgerServer::respond(const HttpRequest& request) {
    if (request.method == "POST" && request.path == "/entries") return addEntry(request.body);
    if (request.method == "GET" && request.path == "/entries") return {200, log_.read()};
    if (request.method == "GET" && request.path == "/health")
        return {200, "{\"status\":\"ok\",\"entries\":" + std::to_string(log_.lastSequence()) + ",\"machine\":\"" +
                         settings_.machine + "\"}\n"};
    return {404, "{\"message\":\"there is POST /entries, GET /entries and GET /health\"}\n"};
}

std::pair<int, std::string> LedgerServer::addEntry(const std::string& body) {
    std::uint64_t number = 0;
    if (!firstNumber(body, number)) return {400, "{\"message\":\"the body has no number\"}\n"};
    std::this_thread::sleep_for(settings_.work);
    try {
        const std::uint64_t sequence = log_.append(number, settings_.machine);
        return {201, "{\"sequence\":" + std::to_string(sequence) + ",\"number\":" + std::to_string(number) +
                         ",\"machine\":\"" + settings_.machine + "\"}\n"};
    } catch (const std::system_error& error) {
        std::fprintf(stderr, "ledger: %s\n", error.what());
        return {500, "{\"message\":\"the entry could not be written\"}\n"};
    }
}

}  // namespace ledger
