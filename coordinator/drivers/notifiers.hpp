#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

#include "agent/base/log.hpp"
#include "agent/base/worker.hpp"
#include "coordinator/drivers/deadline.hpp"
#include "coordinator/drivers/notifier.hpp"

namespace standin::drivers {

/// The message as an operator reads it: `abnormal end: failover 17 of server 'server01': …`.
std::string textOf(const Notification& notification);

/// Writes every message to the log.
class LogNotifier final : public Notifier {
  public:
    explicit LogNotifier(base::Log log) : log_(std::move(log)) {}
    void notify(const Notification& notification) override;

  private:
    base::Log log_;
};

/// Writes every message to the log and runs a program with it on standard input, one after the other on a thread of its
/// own. The program has 30 s; when 256 messages wait, the oldest is given up, and the log says so.
class CommandNotifier final : public Notifier {
  public:
    CommandNotifier(std::string command, base::Log log);
    ~CommandNotifier() override;
    CommandNotifier(const CommandNotifier&) = delete;
    CommandNotifier& operator=(const CommandNotifier&) = delete;

    void notify(const Notification& notification) override;
    /// Delivers what waits, for at most 10 s more, then joins. Idempotent.
    void stop();

  private:
    void run(const std::stop_token& stop);
    void deliver(const Notification& notification, Deadline deadline);

    const std::string command_;
    LogNotifier logged_;
    base::Log log_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Notification> waiting_;
    std::chrono::steady_clock::time_point end_by_{};
    base::Worker worker_;
};

}  // namespace standin::drivers
