#include "http_job.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

namespace standin::request_holder::test {

namespace {

std::string headerLine(const TestSocket& socket) {
    auto line = socket.line();
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

std::string bytes(const TestSocket& socket, std::size_t size) {
    std::string text(size, '\0');
    std::size_t there = 0;
    while (there < size) {
        const auto length = ::recv(socket.get(), text.data() + there, size - there, 0);
        if (length <= 0) break;
        there += static_cast<std::size_t>(length);
    }
    text.resize(there);
    return text;
}

std::string readHeader(const TestSocket& socket) {
    std::string header;
    for (auto line = headerLine(socket); !line.empty(); line = headerLine(socket)) header += line + "\n";
    return header;
}

std::string readBody(const TestSocket& socket, const std::string& header) {
    if (const auto at = header.find("Content-Length: "); at != std::string::npos)
        return bytes(socket, static_cast<std::size_t>(std::atol(header.c_str() + at + 16)));
    std::string body;
    if (header.find("Transfer-Encoding: chunked") == std::string::npos) return body;
    for (;;) {
        const auto size = std::strtoul(headerLine(socket).c_str(), nullptr, 16);
        body += bytes(socket, size);
        headerLine(socket);
        if (size == 0) return body;
    }
}

}  // namespace

GotRequest readRequest(const TestSocket& client) {
    GotRequest request;
    request.line = headerLine(client);
    if (request.line.empty()) return request;
    request.header = readHeader(client);
    if (request.header.find("Expect: 100-continue") != std::string::npos) client.send("HTTP/1.1 100 Continue\r\n\r\n");
    request.body = readBody(client, request.header);
    return request;
}

GotAnswer readAnswer(const TestSocket& server, bool with_body) {
    GotAnswer answer;
    const auto line = headerLine(server);
    if (line.size() > 9) answer.status = std::atoi(line.c_str() + 9);
    if (answer.status == 0) return answer;
    answer.header = readHeader(server);
    if (with_body) answer.body = readBody(server, answer.header);
    return answer;
}

std::string answerOf(const std::string& body, const std::string& more_header) {
    return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", more_header, body.size(), body);
}

HttpJob::HttpJob(const HolderLab& lab, Serve serve)
    : serve_(std::move(serve)), listener_(listenIn(lab.spare(), job_port)), acceptor_([this] { accept(); }) {}

HttpJob::~HttpJob() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
        const std::lock_guard lock(mutex_);
        for (int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
}

void HttpJob::accept() {
    for (int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); socket >= 0;
         socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) {
        limitWaits(socket);
        const std::lock_guard lock(mutex_);
        ++connections_;
        open_.push_back(socket);
        threads_.emplace_back([this, socket] { work(TestSocket(socket)); });
    }
}

void HttpJob::work(TestSocket client) {
    const int socket = client.get();
    while (client.open()) {
        const auto request = readRequest(client);
        if (request.line.empty()) break;
        {
            const std::lock_guard lock(mutex_);
            lines_.push_back(request.line);
        }
        auto answer = serve_ ? serve_(request, client) : std::string();
        if (answer.empty() && client.open()) answer = answerOf("done " + request.line + request.body);
        if (client.open() && !client.send(answer)) break;
    }
    const std::lock_guard lock(mutex_);
    open_.erase(std::remove(open_.begin(), open_.end(), socket), open_.end());
    client.close();
}

std::vector<std::string> HttpJob::lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
}

std::size_t HttpJob::connections() {
    const std::lock_guard lock(mutex_);
    return connections_;
}

}  // namespace standin::request_holder::test
