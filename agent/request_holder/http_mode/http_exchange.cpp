#include "agent/request_holder/http_mode/http_exchange.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "agent/request_holder/http_mode/http_connections.hpp"

namespace standin::request_holder::http_mode {

namespace {

constexpr int times_sent_at_most = 3;  // a request that takes each machine down with it is not sent for ever
constexpr std::size_t spared_at_most = 4U << 10;

bool again(int problem) {
    return problem == EAGAIN || problem == EWOULDBLOCK;
}

}  // namespace

bool HttpConnection::connected() const {
    return job_ != nullptr && machine_ == owner_.machine_;
}

void HttpConnection::setJob(TcpSocketPtr job) {
    dropJob(false);
    job_ = std::move(job);
    ++job_serial_;
    ++owner_.jobs_;
    machine_ = owner_.machine_;
}

void HttpConnection::dropJob(bool visibly) {
    if (job_ == nullptr) return;
    visibly ? tcp::reset(*job_) : tcp::closeInOrder(*job_);
    job_.reset();
    ++job_serial_;
    --owner_.jobs_;
    job_waiting_ = job_writing_ = false;
}

int HttpConnection::handOn(TcpSocketPtr job, std::function<void(Progress)> report) {
    const bool own = job == nullptr;
    if (!own) setJob(std::move(job));
    if (!connected()) return ENOTCONN;
    // A request that cannot be sent again does not go over a connection that the machine has closed.
    if (own && !exchange_->kept && tcp::hasEnded(job_->native_handle())) {
        dropJob(false);
        return ENOTCONN;
    }
    const auto sent = tcp::send(job_->native_handle(), inbox_.data(), parsed_);
    if (sent < 0 && !again(errno)) {  // not one byte has left: it may be tried again
        const int problem = errno;
        dropJob(true);
        return problem;
    }
    // From here on bytes may have reached the job.
    const auto keep = shared_from_this();
    phase_ = Phase::Answering;
    sent_ = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    owner_.tally_.bytes_to_job += sent_;
    ++exchange_->times_sent;
    exchange_->tell = std::move(report);
    exchange_->answer.emplace(exchange_->request.head().to_head);
    deadlineIn(owner_.limits_.answer_wait);
    owner_.parts_.room.leave(*this);
    pumpRequest();
    waitJob();
    return 0;
}

// What has been sent is kept only if it may have to be sent again.
void HttpConnection::pumpRequest() {
    while (sent_ < parsed_ && !exchange_->cannot_send) {
        const auto sent = tcp::send(job_->native_handle(), inbox_.data() + sent_, parsed_ - sent_);
        if (sent < 0) {
            if (again(errno)) return waitJobWritable();
            exchange_->cannot_send = true;  // it may have answered before: that is read first
            break;
        }
        sent_ += static_cast<std::size_t>(sent);
        owner_.tally_.bytes_to_job += static_cast<std::uint64_t>(sent);
    }
    if (!exchange_->kept) {
        inbox_.erase(0, sent_);
        parsed_ -= sent_;
        sent_ = 0;
    }
    if (!std::exchange(exchange_->delivered, true)) tell(Progress::Delivered);
    waitClient();
}

void HttpConnection::waitJobWritable() {
    if (std::exchange(job_writing_, true)) return;
    job_->async_wait(TcpSocket::wait_write, [self = shared_from_this(), serial = job_serial_](const auto& error) {
        if (serial != self->job_serial_) return;
        self->job_writing_ = false;
        if (!error && self->phase_ == Phase::Answering) self->pumpRequest();
    });
}

void HttpConnection::waitJob() {
    if (job_ == nullptr || std::exchange(job_waiting_, true)) return;
    job_->async_wait(TcpSocket::wait_read, [self = shared_from_this(), serial = job_serial_](const auto& error) {
        if (serial != self->job_serial_) return;
        self->job_waiting_ = false;
        if (!error) self->readJob();
    });
}

void HttpConnection::readJob() {
    if (job_ == nullptr || !outbox_.empty()) return;  // what the client does not take stays with the machine
    auto& buffer = owner_.parts_.buffer;
    const auto length = tcp::receive(job_->native_handle(), buffer.data(), buffer.size());
    if (length < 0 && again(errno)) return waitJob();
    if (phase_ != Phase::Answering) return dropJob(length > 0);  // closed, or it speaks without being asked
    if (length < 0) return jobLost();
    if (length == 0) return jobEnded();
    deadlineIn(owner_.limits_.answer_wait);
    takeAnswer({buffer.data(), static_cast<std::size_t>(length)});
}

void HttpConnection::jobEnded() {
    exchange_->answer->end();
    if (exchange_->answer->state() != MessageState::Whole) return jobLost();
    finishAnswer();
}

void HttpConnection::takeAnswer(std::string_view bytes) {
    const auto keep = shared_from_this();
    auto& answer = *exchange_->answer;
    std::string joined;
    if (!exchange_->unread.empty()) {
        joined = std::exchange(exchange_->unread, {}).append(bytes);
        bytes = joined;
    }
    auto passed_on = bytes.substr(0, 0);  // what goes to the client as it is, in one piece
    const auto pass = [&] {
        if (!passed_on.empty()) toClient(passed_on);
        passed_on = {};
        return phase_ == Phase::Answering;
    };
    while (!bytes.empty() && answer.state() != MessageState::Whole) {
        const bool in_header = answer.state() == MessageState::Header;
        const auto taken = answer.take(bytes);
        if (answer.state() == MessageState::Refused) return pass() ? jobLost() : void();
        if (taken == 0) break;
        const auto piece = bytes.substr(0, taken);
        bytes.remove_prefix(taken);
        if (in_header && answer.status() == 101) return becomeTunnel(std::string(piece).append(bytes));
        const bool interim = in_header && answer.interim();
        std::string changed;
        if (in_header && !interim && answerHead(piece, changed)) {
            if (!pass()) return;
            toClient(changed);
            if (phase_ != Phase::Answering) return;
        } else if (!interim || !exchange_->request.head().version_1_0) {
            passed_on = passed_on.empty() ? piece : std::string_view(passed_on.data(), passed_on.size() + taken);
        }
        if (interim) answer.next();
    }
    if (!pass()) return;
    if (answer.state() != MessageState::Whole) {
        exchange_->unread = bytes;
        if (outbox_.empty()) waitJob();
        return;
    }
    exchange_->surplus = !bytes.empty();
    if (outbox_.empty()) finishAnswer();
}

// True if the header was changed.
bool HttpConnection::answerHead(std::string_view header, std::string& changed) {
    auto& exchange = *exchange_;
    exchange.answer_begun = true;
    if (exchange.kept) {  // it will not be sent again
        exchange.kept = false;
        inbox_.erase(0, sent_);
        parsed_ -= sent_;
        sent_ = 0;
    }
    tell(Progress::Answered);
    const bool would_stay = exchange.request.head().keeps_alive && exchange.answer->keepsAlive();
    const bool whole = exchange.request.state() == MessageState::Whole;
    exchange.last = !would_stay || !whole || owner_.moving_off_ || client_ended_;
    if (!would_stay || !owner_.moving_off_) return false;
    changed = withConnectionClose(header);
    return true;
}

// From here on it is no http any more: bytes in both directions, as in `tcp` mode.
void HttpConnection::becomeTunnel(std::string_view rest) {
    tell(Progress::Answered);
    boost::system::error_code ignored;
    client_->cancel(ignored);
    job_->cancel(ignored);
    Relay::Beginning beginning;
    beginning.pending = inbox_.substr(sent_);
    beginning.to_client = outbox_ + std::string(rest);
    beginning.client_ended = client_ended_;
    auto client = std::move(client_);
    auto job = std::move(job_);
    ++job_serial_;
    --owner_.jobs_;
    auto progress = std::exchange(exchange_->tell, nullptr);
    close();
    owner_.parts_.relays.relay(std::move(client), std::move(job), std::move(beginning), std::move(progress));
}

void HttpConnection::finishAnswer() {
    const auto keep = shared_from_this();
    const auto& exchange = *exchange_;
    const bool whole = exchange.request.state() == MessageState::Whole && sent_ == parsed_;
    const bool last = exchange.last || !whole || client_ended_;
    const bool job_stays = whole && !exchange.surplus && exchange.answer->keepsAlive() && connected() &&
                           owner_.jobs_ <= owner_.hold_limits_.proxied * 3 / 4;  // others need theirs, too
    ++owner_.tally_.answered;
    tell(Progress::Ended);
    if (!job_stays) dropJob(!whole);
    inbox_.erase(0, parsed_);
    parsed_ = sent_ = 0;
    exchange_.reset();
    number = 0;
    if (last) return closeGently();
    phase_ = Phase::Reading;
    if (job_ != nullptr) waitJob();  // it may close the connection, which then must not be used again
    if (inbox_.empty()) {
        if (inbox_.capacity() > spared_at_most) std::string().swap(inbox_);
        deadlineIn(owner_.limits_.idle);
        return waitClient();
    }
    deadlineIn(owner_.limits_.header_wait);
    // Not from here: a client that sends a thousand requests ahead would make this as deep.
    asio::post(owner_.parts_.context, [keep] {
        if (keep->phase_ == Phase::Reading) keep->readRequest();
    });
}

bool HttpConnection::mayGoAgain() const {
    return exchange_->kept && !exchange_->answer_begun && exchange_->times_sent < times_sent_at_most && !client_ended_;
}

void HttpConnection::jobLost() {
    const auto keep = shared_from_this();
    dropJob(true);
    tell(Progress::Ended);
    auto& exchange = *exchange_;
    if (mayGoAgain()) {
        ++owner_.tally_.sent_again;
        phase_ = Phase::Held;
        deadline_ = SteadyTime::max();
        sent_ = 0;
        exchange.unread.clear();
        exchange.delivered = exchange.cannot_send = false;
        auto& room = owner_.parts_.room;
        room.enterAgain(keep, exchange.arrived);
        room.queue().takeIn(number, std::min<std::uint64_t>(parsed_, room.queue().room(number)));
        return waitClient();
    }
    ++owner_.tally_.broken;
    owner_.log_.warning("request {}: the machine was lost before its answer was complete; it is not sent again",
                        number);
    if (!exchange.answer_begun) return answerItself(502, "the request was handed on, and its answer is not known");
    // A truncated answer must not look like a whole one; with a length or chunks an end of the stream shows it too.
    if (exchange.answer->untilEnd()) {
        tcp::reset(*client_);
        return close();
    }
    closeGently();
}

void HttpConnection::tell(Progress progress) {
    if (exchange_ == nullptr || !exchange_->tell) return;
    const auto told = exchange_->tell;  // what it calls may end this exchange
    if (progress == Progress::Ended) exchange_->tell = nullptr;
    told(progress);
}

void HttpConnection::machineChanges() {
    if (phase_ != Phase::Answering) dropJob(false);
}

void HttpConnection::suspectJob() {
    if (job_ != nullptr) tcp::askSoon(job_->native_handle());
}

}  // namespace standin::request_holder::http_mode
