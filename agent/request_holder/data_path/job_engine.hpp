#pragma once

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <list>
#include <memory>

#include "agent/base/log.hpp"
#include "agent/base/worker.hpp"
#include "agent/request_holder/data_path/client_counts.hpp"
#include "agent/request_holder/data_path/delivery.hpp"
#include "agent/request_holder/data_path/front_listener.hpp"
#include "agent/request_holder/data_path/held_connections.hpp"
#include "agent/request_holder/data_path/porch.hpp"
#include "agent/request_holder/holder_status.hpp"
#include "agent/request_holder/http_mode/http_connections.hpp"
#include "agent/request_holder/network/network_namespace.hpp"
#include "agent/request_holder/request_holder_settings.hpp"

namespace standin::request_holder {

class Probing;

/// The state machine of one job's holder, on one thread: the states idle, holding and releasing, and the job's
/// connections. The thread runs in the back leg's namespace, where it connects and probes; the listening sockets are
/// created in the front leg's.
class JobEngine {
  public:
    JobEngine(const JobSettings& settings, const NetworkNamespace& front, base::Log log);
    ~JobEngine();

    Result<void> start(const NetworkNamespace& back);
    void stop();  ///< closes every connection visibly, ends probes, joins

    // From other threads; answered within engine_deadline.
    Result<protocol::Hold> change(protocol::HoldState state);
    Result<HolderStatus> status();
    Result<std::future<protocol::ProbeAnswer>> probe(const protocol::ProbeRequest& request);

  private:
    template <typename Answer>
    Result<Answer> ask(std::function<Result<Answer>()> question);

    Result<void> enter(protocol::HoldState state);
    Result<void> listen();
    Result<void> becomeIdle();
    [[nodiscard]] std::size_t roomToProxy() const;
    void accepted(TcpSocketPtr client, std::uint16_t port, in_addr from);
    void admitted(TcpSocketPtr client, std::uint16_t port);
    void roomChanged();
    void watchAge();
    void refuseAfterPatience();
    void shutDown();
    [[nodiscard]] HolderStatus statusNow() const;
    [[nodiscard]] HolderTotals totalsNow() const;

    const JobSettings settings_;
    const NetworkNamespace& front_space_;
    const base::Log log_;
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    SharedBuffer buffer_;
    WaitingRoom room_;
    Relays relays_;
    HeldConnections connections_;
    http_mode::HttpConnections http_;
    Delivery delivery_;
    FrontListener listener_;
    asio::steady_timer age_;
    asio::steady_timer patience_;
    Porch porch_;
    ClientCounts clients_;
    bool change_posted_ = false;
    protocol::HoldState state_ = protocol::HoldState::Idle;
    std::uint64_t accepted_ = 0;
    std::uint64_t refused_ = 0;
    HolderTotals before_;  // counters at the time the state last left `idle`
    std::string counted_since_;
    std::list<std::weak_ptr<Probing>> probes_;
    base::Worker worker_;
};

}  // namespace standin::request_holder
