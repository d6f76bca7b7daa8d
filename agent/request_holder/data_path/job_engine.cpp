#include "agent/request_holder/data_path/job_engine.hpp"

#include <algorithm>
#include <utility>

#include "agent/base/boundary.hpp"
#include "agent/request_holder/network/link.hpp"
#include "agent/request_holder/probe/probing.hpp"

namespace standin::request_holder {

using base::ErrorCode;
using base::failure;
using protocol::HoldState;

namespace {

// The thread never blocks: an answer comes within milliseconds unless the host itself is stuck.
constexpr std::chrono::seconds engine_deadline{5};
constexpr std::size_t probes_at_once = 8;
// Waits in the kernel, behind what is held, while there is no room; bounded by net.core.somaxconn as well.
constexpr int backlog = 4096;

DeliverySettings deliverySettings(const JobSettings& settings) {
    DeliverySettings delivery;
    delivery.job_address = settings.front.address.address;
    delivery.pace.order = settings.order;
    delivery.pace.longest_window = settings.window;
    delivery.pace.answer_wait = settings.answer_wait;
    return delivery;
}

}  // namespace

JobEngine::JobEngine(const JobSettings& settings, const NetworkNamespace& front, base::Log log)
    : settings_(settings),
      front_space_(front),
      log_(std::move(log)),
      work_(asio::make_work_guard(context_)),
      room_(settings.limits, {[this] { roomChanged(); }, [this] { roomChanged(); }}),
      relays_(context_, buffer_, [this] { delivery_.proceed(); }),
      connections_(context_, room_, relays_, buffer_),
      http_({context_, room_, relays_, buffer_}, settings.http, settings.limits, log_),
      delivery_(context_, deliverySettings(settings), room_,
                {[this] { forgetNeighbour(settings_.back.interface, settings_.front.address.address); },
                 [this] { return roomToProxy(); }}),
      listener_(context_,
                [this](TcpSocketPtr client, auto port, auto from) { accepted(std::move(client), port, from); }),
      age_(context_),
      patience_(context_),
      porch_(settings.limits.patience),
      clients_(settings.limits.client_connections) {}

JobEngine::~JobEngine() {
    stop();
}

Result<void> JobEngine::start(const NetworkNamespace& back) {
    std::promise<Result<void>> entered;
    auto outcome = entered.get_future();
    worker_.start("hold-" + settings_.name.text(), [this, &back, &entered](const auto&) {
        auto result = back.enterForGood();
        const bool good = result.has_value();
        entered.set_value(std::move(result));
        // What one connection's handler throws ends nobody else's: the next handler is called.
        while (good && !base::contained([this] { context_.run(); })) {
        }
    });
    return outcome.get();
}

void JobEngine::stop() {
    if (!worker_.runs()) return;
    asio::post(context_, [this] { shutDown(); });
    worker_.stop();
}

template <typename Answer>
Result<Answer> JobEngine::ask(std::function<Result<Answer>()> question) {
    auto promise = std::make_shared<std::promise<Result<Answer>>>();
    auto answer = promise->get_future();
    asio::post(context_, [promise, question = std::move(question)] {
        Result<Answer> answered = failure(ErrorCode::Internal, "");
        const auto asked = base::contained([&] { answered = question(); });
        promise->set_value(asked ? std::move(answered) : failure(asked.error()));
    });
    if (answer.wait_for(engine_deadline) == std::future_status::ready) return answer.get();
    return failure(ErrorCode::TimedOut,
                   fmt::format("the request holder of job '{}' did not answer", settings_.name.text()));
}

Result<protocol::Hold> JobEngine::change(HoldState state) {
    return ask<protocol::Hold>([this, state]() -> Result<protocol::Hold> {
        if (auto entered = enter(state); !entered) return failure(entered.error());
        return statusNow().hold;
    });
}

Result<HolderStatus> JobEngine::status() {
    return ask<HolderStatus>([this]() -> Result<HolderStatus> { return statusNow(); });
}

Result<std::future<protocol::ProbeAnswer>> JobEngine::probe(const protocol::ProbeRequest& request) {
    return ask<std::future<protocol::ProbeAnswer>>([this, request]() -> Result<std::future<protocol::ProbeAnswer>> {
        probes_.remove_if([](const auto& probe) { return probe.expired(); });
        if (probes_.size() >= probes_at_once) {
            return failure(ErrorCode::Conflict, fmt::format("job '{}' is being probed {} times already",
                                                            settings_.name.text(), probes_.size()));
        }
        auto promise = std::make_shared<std::promise<protocol::ProbeAnswer>>();
        auto answer = promise->get_future();
        // Another machine may have the address since it was last asked for.
        forgetNeighbour(settings_.back.interface, settings_.front.address.address);
        auto probing = std::make_shared<Probing>(
            context_, settings_.front.address.address, request.probe, std::chrono::milliseconds(request.deadline_ms),
            [promise](const protocol::ProbeAnswer& found) { promise->set_value(found); });
        probes_.push_back(probing);
        probing->start();
        return answer;
    });
}

Result<void> JobEngine::enter(HoldState state) {
    if (state == state_ && (state == HoldState::Idle || listener_.listening())) return {};
    if (state == HoldState::Idle) {
        if (auto idle = becomeIdle(); !idle) return idle;
    } else {
        if (state_ == HoldState::Idle) {
            before_ = totalsNow();
            counted_since_ = base::rfc3339(std::chrono::system_clock::now());
        }
        if (auto listening = listen(); !listening) return listening;
        if (state == HoldState::Holding) {
            delivery_.pause();
            http_.machineChanges();
        } else {
            room_.queue().expectAnswers();
            if (!delivery_.running()) {
                relays_.suspectAll();
                http_.suspectAll();
            }
            delivery_.start();
        }
    }
    log_.notice("job '{}': '{}' -> '{}' held={} proxied={} last_arrival={} last_delivered={}", settings_.name.text(),
                nameOf(state_), nameOf(state), room_.queue().size(), relays_.size() + http_.proxied(),
                room_.queue().lastArrival(), delivery_.tally().last_delivered);
    state_ = state;
    http_.moveOff(state == HoldState::Idle);
    http_.turnAway(!delivery_.running() && state == HoldState::Idle);  // they would be held, and never released
    roomChanged();
    return {};
}

Result<void> JobEngine::listen() {
    return listener_.open(front_space_, settings_.front.address.address, settings_.ports, backlog);
}

Result<void> JobEngine::becomeIdle() {
    if (state_ == HoldState::Holding) {
        listener_.acceptEstablished();
        if (const auto held = room_.queue().size(); held > 0) {
            return failure(ErrorCode::WrongState,
                           fmt::format("job '{}' holds {} requests that nobody has processed: release them first",
                                       settings_.name.text(), held));
        }
    }
    listener_.close();  // what was accepted goes on being delivered
    return {};
}

std::size_t JobEngine::roomToProxy() const {
    const auto limit = settings_.limits.proxied;
    const auto used = relays_.size() + http_.busy();
    return used < limit ? limit - used : 0;
}

void JobEngine::accepted(TcpSocketPtr client, std::uint16_t port, in_addr from) {
    ++accepted_;
    const auto& http_ports = settings_.http_ports;
    if (!clients_.admit(from, client->counted)) {
        ++refused_;
        tcp::reset(*client);
    } else if (std::find(http_ports.begin(), http_ports.end(), port) != http_ports.end()) {
        http_.admit(std::move(client), port);  // it takes a place with its request
    } else if (room_.full() || !porch_.empty()) {
        porch_.add(std::move(client), port, std::chrono::steady_clock::now());
        if (porch_.full()) listener_.pause();
        refuseAfterPatience();
    } else {
        connections_.admit(std::move(client), port);
    }
}

// Not at once: the code that reports a change is in the middle of it.
void JobEngine::roomChanged() {
    if (std::exchange(change_posted_, true)) return;
    asio::post(context_, [this] {
        change_posted_ = false;
        porch_.admit([this] { return !room_.full(); },
                     [this](TcpSocketPtr client, auto port) { connections_.admit(std::move(client), port); });
        if (!porch_.full()) listener_.resume();
        connections_.readCrowdedOut();
        delivery_.proceed();
        watchAge();
    });
}

void JobEngine::watchAge() {
    const auto due = room_.queue().nextOverAge();
    if (!due) {
        age_.cancel();
        return;
    }
    if (age_.expiry() == *due) return;
    age_.expires_at(*due);
    age_.async_wait([this](const auto& error) {
        if (error) return;
        const auto before = room_.losses().over_age;
        room_.endOverAge(std::chrono::steady_clock::now());
        if (const auto closed = room_.losses().over_age - before; closed > 0) {
            log_.warning("job '{}': {} held connections were closed because nobody could process them within {} s",
                         settings_.name.text(), closed, settings_.limits.age.count() / 1000);
        }
    });
}

// Those beyond the limit first wait, each for itself; only one that finds no place for so long is refused.
void JobEngine::refuseAfterPatience() {
    const auto due = porch_.nextRefusal();
    if (!due || patience_.expiry() == *due) return;
    patience_.expires_at(*due);
    patience_.async_wait([this](const auto& error) {
        if (error) return;
        if (const auto refused = porch_.refuse(std::chrono::steady_clock::now()); refused > 0) {
            refused_ += refused;
            log_.warning("job '{}': {} connections refused, the limit of {} held is reached", settings_.name.text(),
                         refused, settings_.limits.connections);
        }
        if (!porch_.full()) listener_.resume();
        refuseAfterPatience();
    });
}

void JobEngine::shutDown() {
    const auto held = room_.queue().size();
    const auto proxied = relays_.size() + http_.proxied();
    if (held + proxied > 0)
        log_.warning("job '{}': closing {} held and {} proxied connections", settings_.name.text(), held, proxied);
    delivery_.pause();
    listener_.close();
    room_.endAll();
    refused_ += porch_.refuseAll();
    relays_.resetAll();
    http_.abortAll();
    for (const auto& probe : probes_) {
        if (auto running = probe.lock()) running->giveUp();
    }
    context_.stop();
}

HolderTotals JobEngine::totalsNow() const {
    const auto& tally = delivery_.tally();
    const auto& losses = room_.losses();
    const auto& relayed = relays_.tally();
    HolderTotals totals;
    totals.accepted = accepted_;
    totals.delivered = tally.delivered;
    const auto& http = http_.tally();
    totals.refused = refused_ + http.refused;
    totals.over_age = losses.over_age;
    totals.given_up = losses.given_up;
    totals.broken = relayed.broken + http.broken;
    totals.http_answered = http.answered;
    totals.http_malformed = http.malformed;
    totals.http_sent_again = http.sent_again;
    totals.attempts_failed = tally.attempts_failed;
    totals.bytes_to_job = relayed.bytes_to_job + http.bytes_to_job;
    totals.bytes_to_client = relayed.bytes_to_client + http.bytes_to_client;
    return totals;
}

HolderStatus JobEngine::statusNow() const {
    HolderStatus status;
    status.totals = totalsNow();
    status.accept_failures = listener_.acceptFailures();
    status.problem = delivery_.problem();
    status.last_arrival = room_.queue().lastArrival();
    status.last_delivered = delivery_.tally().last_delivered;
    status.window = delivery_.pace().window();
    auto& hold = status.hold;
    const auto& queue = room_.queue();
    hold.job = settings_.name;
    hold.state = state_;
    hold.listening = listener_.listening();
    hold.held = queue.size();
    hold.held_bytes = queue.bytes();
    hold.oldest_age_ms = base::milliseconds(queue.oldestAge(std::chrono::steady_clock::now()));
    hold.proxied = relays_.size() + http_.proxied();
    hold.unanswered = relays_.unanswered() + http_.answering();
    hold.counted_since = counted_since_;
    hold.delivered = status.totals.delivered - before_.delivered;
    hold.refused = status.totals.refused - before_.refused;
    hold.broken = status.totals.broken + status.totals.over_age - before_.broken - before_.over_age;
    hold.given_up = status.totals.given_up - before_.given_up;
    return status;
}

}  // namespace standin::request_holder
