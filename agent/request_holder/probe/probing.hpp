#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/protocol/hold.hpp"
#include "agent/request_holder/data_path/tcp_socket.hpp"
#include "agent/request_holder/probe/probe_schedule.hpp"

namespace standin::request_holder {

/// One probe of a job's address: overlapping attempts until the first good answer or the deadline. Used on a thread in
/// the leg's network namespace.
class Probing : public std::enable_shared_from_this<Probing> {
  public:
    using Done = std::function<void(const protocol::ProbeAnswer&)>;

    Probing(asio::io_context& context, in_addr address, protocol::Probe probe, std::chrono::milliseconds deadline,
            Done done);

    void start();
    void giveUp();  ///< answers at once with the result so far

  private:
    struct Attempt {
        TcpSocketPtr socket;
        std::string received;
    };

    [[nodiscard]] ProbeSchedule::Time passed() const;
    void attempt();
    void scheduleNext(ProbeSchedule::Time last);
    void connected(std::size_t id);
    void readAnswer(std::size_t id);
    void judge(std::size_t id, int status);
    void failed(std::size_t id, std::string problem);
    void drop(std::size_t id);
    void succeeded(std::size_t id);
    void finish(bool answered);

    asio::io_context& context_;
    const in_addr address_;
    const protocol::Probe probe_;
    const std::chrono::milliseconds deadline_;
    Done done_;
    std::chrono::steady_clock::time_point started_;
    ProbeSchedule schedule_;
    std::map<std::size_t, Attempt> attempts_;
    asio::steady_timer next_attempt_;
    asio::steady_timer deadline_timer_;
    protocol::ProbeAnswer answer_;
};

/// Status of an HTTP/1 response; 0 while the status line is incomplete, -1 if there is none.
int httpStatus(const std::string& received);

}  // namespace standin::request_holder
