#include "agent/http/connection.hpp"

namespace standin::http {

namespace {

constexpr std::int64_t measured_by = 1 << 20;  // the slowest link on which an image is of use: some 35 KiB/s

}  // namespace

PacedSession::PacedSession(const DeadlineSocket& socket, Poco::Net::HTTPServerParams::Ptr params)
    : HTTPServerSession(socket, std::move(params)), deadline_socket_(socket) {}

void PacedSession::streamWithin(std::chrono::milliseconds limit) {
    stream_limit_ = limit;
    waited_ = {};
    written_ = 0;
}

int PacedSession::write(const char* buffer, std::streamsize length) {
    if (!stream_limit_) return HTTPServerSession::write(buffer, length);
    const auto before = std::chrono::steady_clock::now();
    deadline_socket_.setDeadline(before + (*stream_limit_ - waited_));
    const int sent = HTTPServerSession::write(buffer, length);
    waited_ += std::chrono::steady_clock::now() - before;
    written_ += sent;
    if (written_ >= measured_by) {
        waited_ = {};
        written_ = 0;
    }
    return sent;
}

}  // namespace standin::http
