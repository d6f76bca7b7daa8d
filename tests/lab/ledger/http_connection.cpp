#include "http_connection.hpp"

#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace ledger {

namespace {

constexpr std::size_t most_bytes = 65536;  // an entry is a few bytes; the rest is room for headers
constexpr int write_deadline_ms = 5000;    // a client that does not take its answer must not stop the job for ever

std::string headerValue(const std::string& head, const char* name) {
    const std::size_t length = std::char_traits<char>::length(name);
    for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at)) {
        at += 2;
        if (::strncasecmp(head.c_str() + at, name, length) != 0 || head[at + length] != ':') continue;
        const std::size_t start = head.find_first_not_of(' ', at + length + 1);
        return head.substr(start, head.find("\r\n", start) - start);
    }
    return {};
}

std::size_t bodyLength(const std::string& head) {
    const std::string text = headerValue(head, "content-length");
    std::size_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    return length;
}

const char* reasonOf(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        default:
            return "Internal Server Error";
    }
}

}  // namespace

HttpConnection::HttpConnection(int socket) : socket_(socket), last_activity_(std::chrono::steady_clock::now()) {}

HttpConnection::~HttpConnection() {
    if (socket_ >= 0) ::close(socket_);
}

HttpConnection::HttpConnection(HttpConnection&& other) noexcept
    : waiting(other.waiting),
      socket_(other.socket_),
      received_(std::move(other.received_)),
      last_activity_(other.last_activity_) {
    other.socket_ = -1;
}

bool HttpConnection::receive() {
    char buffer[4096];
    while (true) {
        const ssize_t count = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN;
        if (count == 0) return !received_.empty();  // half-closed: what it asked is still answered
        received_.append(buffer, static_cast<std::size_t>(count));
        last_activity_ = std::chrono::steady_clock::now();
        if (received_.size() > most_bytes) return false;
    }
}

std::optional<HttpRequest> HttpConnection::nextRequest() {
    const std::size_t head_end = received_.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    const std::string head = received_.substr(0, head_end + 2);
    const std::size_t whole = head_end + 4 + bodyLength(head);
    if (received_.size() < whole) return std::nullopt;

    HttpRequest request;
    const std::size_t first = head.find(' ');
    const std::size_t second = head.find(' ', first + 1);
    request.method = head.substr(0, first);
    if (first != std::string::npos && second != std::string::npos)
        request.path = head.substr(first + 1, second - first - 1);
    request.body = received_.substr(head_end + 4, whole - head_end - 4);
    const std::string connection = headerValue(head, "connection");
    request.keep_alive =
        head.find("HTTP/1.0\r\n") == std::string::npos && ::strcasecmp(connection.c_str(), "close") != 0;
    received_.erase(0, whole);
    return request;
}

bool HttpConnection::answer(int status, const std::string& body, bool keep_alive) {
    const std::string text = "HTTP/1.1 " + std::to_string(status) + " " + reasonOf(status) +
                             "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                             "\r\nConnection: " + (keep_alive ? "keep-alive" : "close") + "\r\n\r\n" + body;
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = ::send(socket_, text.data() + done, text.size() - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count >= 0) {
            done += static_cast<std::size_t>(count);
            continue;
        }
        pollfd writable{socket_, POLLOUT, 0};
        const bool may_wait = errno == EAGAIN || errno == EINTR;
        if (!may_wait || ::poll(&writable, 1, write_deadline_ms) <= 0) return false;
    }
    last_activity_ = std::chrono::steady_clock::now();
    return keep_alive;
}

}  // namespace ledger
