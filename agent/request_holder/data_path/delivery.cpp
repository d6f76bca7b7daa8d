#include "agent/request_holder/data_path/delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace standin::request_holder {

namespace {

// A connection that waited longer for its turn may have been closed by a machine that expects a request at once.
constexpr Milliseconds trusted_for{500};
constexpr Milliseconds looked_after_again{5};

SteadyTime steadyNow() {
    return std::chrono::steady_clock::now();
}

}  // namespace

Delivery::Delivery(asio::io_context& context, const DeliverySettings& settings, WaitingRoom& room, Events events)
    : context_(context),
      settings_(settings),
      room_(room),
      events_(std::move(events)),
      timer_(context),
      pace_(settings.pace) {}

void Delivery::start() {
    if (std::exchange(running_, true)) return;
    ++generation_;
    pace_.begin();
    retry_ = settings_.first_retry;
    retry_at_ = {};
    events_.neighbour_suspect();
    proceed();
}

void Delivery::pause() {
    running_ = false;
    dropAttempts();
    timer_.cancel();
    timer_at_ = {};
}

void Delivery::proceed() {
    if (!running_ || working_) return;
    working_ = true;
    const std::shared_ptr<void> done(nullptr, [this](void*) { working_ = false; });
    const auto now = steadyNow();
    // Its client gave up meanwhile; its connection was made for nothing.
    for (auto each = attempts_.begin(); each != attempts_.end();) {
        if (room_.holds(*(*each)->held)) {
            ++each;
            continue;
        }
        drop(**each);
        each = attempts_.erase(each);
    }
    if (now >= retry_at_) {
        prepare(now);
        handOnReady(now);
    }
    setTimer();
}

// Returned requests are earlier than what is being prepared: then all of it is begun again, in order.
void Delivery::prepare(SteadyTime now) {
    const auto head = room_.next(0);
    if (head == nullptr) return;
    if (!attempts_.empty() && head->number < attempts_.front()->held->number) dropAttempts();
    auto held = attempts_.empty() ? head : room_.next(attempts_.back()->held->number);
    while (held != nullptr && mayPrepare(*held, now)) {
        auto attempt = std::make_shared<Attempt>();
        attempt->held = held;
        attempts_.push_back(attempt);
        attempt->expects = room_.queue().expectsAnswer(held->number);
        if (attempt->expects) ++expecting_;
        if (held->connected()) {
            attempt->ready = true;
        } else {
            attempt->wait = settings_.first_connect_wait;
            if (!connect(attempt, now)) return;
        }
        // What needs no connection and is the first goes at once: its client's next request may be the next in order.
        if (attempt->ready) handOnReady(now);
        if (now < retry_at_) return;
        held = room_.next(attempts_.empty() ? held->number : attempts_.back()->held->number);
    }
}

bool Delivery::mayPrepare(const Held& held, SteadyTime now) const {
    // One is enough to find out whether a machine that has just failed is back.
    if (attempts_.size() >= (last_problem_.empty() ? settings_.connecting : 1)) return false;
    if (!held.connected() && attempts_.size() >= events_.room()) return false;
    return !room_.queue().expectsAnswer(held.number) || pace_.mayGo(expecting_, now);
}

bool Delivery::connect(const AttemptPtr& attempt, SteadyTime now) {
    auto socket = tcp::startConnecting(settings_.job_address, attempt->held->port);
    if (!socket) {
        failed(errno);
        return false;
    }
    attempt->until = now + attempt->wait;
    attempt->job = std::make_unique<TcpSocket>(context_, socket.release());
    // A socket that was replaced or dropped reports an error here.
    attempt->job->async_wait(TcpSocket::wait_write, [this, attempt](const auto& error) {
        if (error || attempt->job == nullptr) return;
        connected(attempt, tcp::pendingError(attempt->job->native_handle()));
    });
    return true;
}

void Delivery::connected(const AttemptPtr& attempt, int problem) {
    if (problem != 0) {
        failed(problem);
    } else {
        attempt->ready = true;
        attempt->ready_at = steadyNow();
    }
    proceed();
}

void Delivery::handOnReady(SteadyTime now) {
    while (!attempts_.empty() && attempts_.front()->ready) {
        if (!handOn(attempts_.front(), now)) return;
    }
}

bool Delivery::handOn(const AttemptPtr& given, SteadyTime now) {
    const auto attempt = given;
    const auto held = attempt->held;
    const auto number = held->number;
    if (!room_.holds(*held)) {  // left since proceed() looked
        drop(*attempt);
        attempts_.pop_front();
        return true;
    }
    const bool own_connection = attempt->job == nullptr;
    if (!own_connection && now - attempt->ready_at > trusted_for && tcp::hasEnded(attempt->job->native_handle()))
        return again(attempt, now);
    auto& queue = room_.queue();
    const bool expects = queue.expectsAnswer(number);
    if (expects) {
        const auto wait = queue.answerWait(number, now, settings_.pace.answer_wait);
        pace_.sent(number, wait, now, held->whole() ? Milliseconds::max() : wait);
    }
    const auto problem =
        held->handOn(std::move(attempt->job), [this, number, generation = generation_](Progress progress) {
            if (generation == generation_) progressed(number, progress);
        });
    if (problem != 0) {
        if (expects) pace_.ended(number);
        // Its own connection may have ended while it waited: it gets a new one, without delay.
        if (own_connection) return again(attempt, now);
        failed(problem);
        return false;
    }
    if (attempt->expects) --expecting_;
    attempts_.pop_front();
    ++tally_.delivered;
    tally_.last_delivered = std::max(tally_.last_delivered, number);
    retry_ = settings_.first_retry;
    last_problem_.clear();
    return true;
}

bool Delivery::again(const AttemptPtr& attempt, SteadyTime now) {
    attempt->ready = false;
    attempt->wait = settings_.first_connect_wait;
    connect(attempt, now);
    return false;
}

void Delivery::progressed(ArrivalNumber number, Progress progress) {
    const auto now = steadyNow();
    if (progress == Progress::Answered) pace_.answered(number, now);
    if (progress == Progress::Ended) pace_.ended(number);
    if (progress == Progress::Delivered || room_.queue().size() == 0 || !running_) return;
    asio::post(context_, [this] { proceed(); });
}

void Delivery::failed(int problem) {
    ++tally_.attempts_failed;
    last_problem_ = fmt::format("could not connect to the job's machine over the back leg: {}", std::strerror(problem));
    dropAttempts();
    if (problem != ECONNREFUSED) events_.neighbour_suspect();
    retry_at_ = steadyNow() + retry_;
    retry_ = std::min(retry_ * 2, settings_.longest_retry);
}

void Delivery::drop(Attempt& attempt) {
    if (attempt.expects) --expecting_;
    attempt.job.reset();  // closed now: its pending operation keeps the attempt until then
}

void Delivery::dropAttempts() {
    for (const auto& attempt : attempts_) attempt->job.reset();
    attempts_.clear();
    expecting_ = 0;
}

// A connect that takes so long has lost a packet, or the machine is not there.
void Delivery::overdue() {
    const auto now = steadyNow();
    pace_.giveUp(now);
    for (const auto& attempt : std::deque(attempts_)) {
        if (attempt->ready || attempt->until > now) continue;
        if (attempt->wait >= settings_.longest_connect_wait) {
            failed(ETIMEDOUT);
            break;
        }
        if (attempt->wait > settings_.first_connect_wait) events_.neighbour_suspect();
        attempt->wait = std::min(2 * attempt->wait, settings_.longest_connect_wait);
        if (!connect(attempt, now)) break;
    }
    proceed();
}

void Delivery::setTimer() {
    auto due = pace_.nextChange();
    const auto earlier = [&due](SteadyTime at) { due = due ? std::min(*due, at) : at; };
    const auto now = steadyNow();
    if (retry_at_ > now) earlier(retry_at_);
    for (const auto& attempt : attempts_) {
        if (!attempt->ready) earlier(attempt->until);
    }
    if (room_.queue().size() == 0 && attempts_.empty() && pace_.underWay() == 0) due.reset();
    if (!due) return;
    // An earlier expiry does no harm: it finds nothing to do and sets the next one.
    if (timer_at_ > now && timer_at_ <= *due) return;
    // What is due already and yet not done waits for something else: it is looked after, but not in a loop.
    timer_at_ = std::max(*due, now + looked_after_again);
    timer_.expires_at(timer_at_);
    timer_.async_wait([this](const auto& error) {
        if (error || !running_) return;
        timer_at_ = {};
        overdue();
    });
}

std::string Delivery::problem() const {
    if (!last_problem_.empty()) return last_problem_;
    if (running_ && pace_.stalled())
        return "the job's machine accepts requests and answers none of them: the rest stays held";
    return {};
}

}  // namespace standin::request_holder
