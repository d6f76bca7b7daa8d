#include "agent/request_holder/data_path/delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace standin::request_holder {

Delivery::Delivery(asio::io_context& context, const DeliverySettings& settings, WaitingRoom& room, SharedBuffer& buffer,
                   Events events)
    : context_(context),
      settings_(settings),
      room_(room),
      buffer_(buffer),
      events_(std::move(events)),
      timer_(context) {}

void Delivery::start() {
    if (std::exchange(running_, true)) return;
    retry_ = settings_.first_retry;
    events_.neighbour_suspect();
    proceed();
}

void Delivery::pause() {
    running_ = false;
    enter(Step::Waiting);
}

void Delivery::proceed() {
    if (!running_) return;
    if (step_ == Step::Connecting && !room_.holds(*head_)) enter(Step::Waiting);  // its client gave up meanwhile
    if (step_ == Step::Waiting) connectHead();
}

std::size_t Delivery::unanswered() const {
    const auto now = std::chrono::steady_clock::now();
    return static_cast<std::size_t>(
        std::count_if(relays_.begin(), relays_.end(), [now](const auto& relay) { return relay->unanswered(now); }));
}

void Delivery::resetAll() {
    for (const auto& relay : std::unordered_set(relays_)) relay->reset();
}

// Whatever was under way before is void.
void Delivery::enter(Step step) {
    step_ = step;
    ++attempt_;
    timer_.cancel();
    job_.reset();
    head_.reset();
}

void Delivery::connectHead() {
    auto head = room_.head();
    if (head == nullptr || relays_.size() >= settings_.proxied) return;
    enter(Step::Connecting);
    head_ = std::move(head);
    auto socket = tcp::startConnecting(settings_.job_address, head_->port);
    if (!socket) {
        failed(errno);
        return;
    }
    job_ = std::make_unique<TcpSocket>(context_, socket.release());
    job_->async_wait(TcpSocket::wait_write, [this, attempt = attempt_](const auto& error) {
        if (!error && attempt == attempt_) connected(attempt, tcp::pendingError(job_->native_handle()));
    });
    after(settings_.connect_deadline, [this] { failed(ETIMEDOUT); });
}

void Delivery::connected(std::uint64_t attempt, int problem) {
    if (problem != 0) {
        failed(problem);
        return;
    }
    if (!room_.holds(*head_)) {
        enter(Step::Waiting);
        proceed();
        return;
    }
    STANDIN_ASSERT(attempt == attempt_);
    handOn(*head_);
}

void Delivery::handOn(HeldConnection& held) {
    ssize_t sent = 0;
    if (!held.bytes.empty()) {
        sent = tcp::send(job_->native_handle(), held.bytes.data(), held.bytes.size());
        if (sent < 0) {  // not one byte has left: it may be tried again
            failed(errno);
            return;
        }
    }
    // From here on bytes may have reached the job: they are never sent again.
    auto& queue = room_.queue();
    const auto now = std::chrono::steady_clock::now();
    const bool asked = !held.bytes.empty();
    const bool answer_due = asked && queue.expectsAnswer(held.number);
    const auto wait = answer_due ? queue.answerWait(held.number, now, settings_.answer_wait) : settings_.answer_wait;
    const auto keep = head_;
    auto job = std::move(job_);
    enter(Step::Answering);
    const auto attempt = attempt_;
    room_.take(held);
    ++tally_.delivered;
    retry_ = settings_.first_retry;
    last_problem_.clear();

    Relay::Events events;
    auto settle = [this, attempt] { settled(attempt); };
    (answer_due ? events.answered : events.delivered) = settle;
    events.broken = [this] { ++tally_.broken; };
    events.ended = [this](Relay& relay) {
        tally_.bytes_to_job += relay.bytesToJob();
        tally_.bytes_to_client += relay.bytesToClient();
        relays_.erase(relay.shared_from_this());
        asio::post(context_, [this] { proceed(); });
    };
    held.bytes.erase(0, static_cast<std::size_t>(sent));
    auto relay = std::make_shared<Relay>(std::move(held.client), std::move(job),
                                         Relay::Beginning{std::move(held.bytes), held.client_ended, asked}, buffer_,
                                         std::move(events));
    relays_.insert(relay);
    after(wait, settle);
    relay->start();
}

void Delivery::settled(std::uint64_t attempt) {
    if (attempt != attempt_) return;
    enter(Step::Waiting);
    asio::post(context_, [this] { proceed(); });
}

void Delivery::failed(int problem) {
    ++tally_.attempts_failed;
    last_problem_ = fmt::format("could not connect to the job's machine over the back leg: {}", std::strerror(problem));
    enter(Step::Retrying);
    if (problem != ECONNREFUSED) events_.neighbour_suspect();
    after(retry_, [this] {
        enter(Step::Waiting);
        proceed();
    });
    retry_ = std::min(retry_ * 2, settings_.longest_retry);
}

void Delivery::after(Milliseconds wait, std::function<void()> then) {
    timer_.expires_after(wait);
    timer_.async_wait([this, attempt = attempt_, then = std::move(then)](const auto& error) {
        if (!error && attempt == attempt_) then();
    });
}

}  // namespace standin::request_holder
