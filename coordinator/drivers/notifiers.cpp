#include "coordinator/drivers/notifiers.hpp"

#include <fmt/format.h>

#include "agent/base/boundary.hpp"
#include "agent/base/process.hpp"
#include "agent/base/text.hpp"

namespace standin::drivers {

namespace {

constexpr std::size_t most_waiting = 256;  // more messages than anybody reads; a storm of failovers makes some dozens
constexpr std::chrono::seconds program_deadline{30};
constexpr std::chrono::seconds farewell{2};  // for what still waits when the coordinator ends, which it does within 5 s

constexpr std::size_t longest = 4096;  // of a message: some sentences and a cure

const char* nameOf(Notification::Kind kind) {
    switch (kind) {
        case Notification::Kind::NormalEnd:
            return "normal end";
        case Notification::Kind::AbnormalEnd:
            return "abnormal end";
        case Notification::Kind::NeedsOperator:
            return "needs operator";
        case Notification::Kind::Warning:
            return "warning";
        case Notification::Kind::Notice:
            return "notice";
    }
    return "warning";
}

base::LogLevel levelOf(Notification::Kind kind) {
    switch (kind) {
        case Notification::Kind::NormalEnd:
        case Notification::Kind::Notice:
            return base::LogLevel::Notice;
        case Notification::Kind::Warning:
            return base::LogLevel::Warning;
        case Notification::Kind::AbnormalEnd:
        case Notification::Kind::NeedsOperator:
            return base::LogLevel::Error;
    }
    return base::LogLevel::Error;
}

}  // namespace

std::string textOf(const Notification& notification) {
    std::string about;
    if (!notification.operation.empty()) about += fmt::format("operation {}: ", notification.operation);
    if (!notification.server.empty()) about += fmt::format("server '{}': ", notification.server);
    return fmt::format("{}: {}{}", nameOf(notification.kind), about, base::oneLine(notification.message, longest));
}

void LogNotifier::notify(const Notification& notification) {
    log_.write(levelOf(notification.kind), textOf(notification));
}

CommandNotifier::CommandNotifier(std::string command, base::Log log)
    : command_(std::move(command)), logged_(log), log_(std::move(log)) {
    worker_.start("notifier", [this](const auto& stop) { run(stop); });
}

CommandNotifier::~CommandNotifier() {
    stop();
}

void CommandNotifier::notify(const Notification& notification) {
    logged_.notify(notification);
    std::lock_guard lock(mutex_);
    if (worker_.isStopping()) return;
    if (waiting_.size() == most_waiting) {
        log_.error("{} messages wait for '{}'; the oldest is given up", most_waiting, command_);
        waiting_.pop_front();
    }
    waiting_.push_back(notification);
    changed_.notify_one();
}

void CommandNotifier::stop() {
    {
        std::lock_guard lock(mutex_);
        if (!worker_.isStopping()) end_by_ = std::chrono::steady_clock::now() + farewell;
        worker_.requestStop();
    }
    worker_.stop();
}

void CommandNotifier::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
        if (waiting_.empty()) return;
        auto left = std::chrono::milliseconds(program_deadline);
        if (stop.stop_requested())
            left = std::chrono::duration_cast<std::chrono::milliseconds>(end_by_ - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            log_.error("the coordinator ends: {} messages were not handed to '{}'; they stand in this log",
                       waiting_.size(), command_);
            return;
        }
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        if (const auto done = base::contained([&] { deliver(next, left); }); !done)
            log_.error("could not hand a message to the operator by '{}': {}", command_, done.error().message);
        lock.lock();
    }
}

void CommandNotifier::deliver(const Notification& notification, Deadline deadline) {
    base::ProcessRequest request{{command_}, textOf(notification) + "\n", deadline};
    if (auto outcome = base::runToSuccess(request); !outcome) {
        log_.error("could not hand a message to the operator by '{}': {}", command_, outcome.error().message);
    }
}

}  // namespace standin::drivers
