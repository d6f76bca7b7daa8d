#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

#include "agent/request_holder/data_path/held.hpp"
#include "agent/request_holder/data_path/relay.hpp"

namespace standin::request_holder {

/// A job's proxied connections: those of ports in `tcp` mode, and those that left http by an upgrade. Used by one
/// thread.
class Relays {
  public:
    struct Tally {
        std::uint64_t broken = 0;  ///< lost before the job had answered anything
        std::uint64_t bytes_to_job = 0;
        std::uint64_t bytes_to_client = 0;
    };

    /// `ended` is called, later, after a connection has ended.
    Relays(asio::io_context& context, SharedBuffer& buffer, std::function<void()> ended);

    void relay(TcpSocketPtr client, TcpSocketPtr job, Relay::Beginning beginning, std::function<void(Progress)> tell);
    void resetAll();  ///< visibly
    /// Another machine may have the job's address: what still belongs to the one before is found out within seconds.
    void suspectAll();

    [[nodiscard]] std::size_t size() const { return relays_.size(); }
    [[nodiscard]] std::size_t unanswered() const;
    [[nodiscard]] const Tally& tally() const { return tally_; }

  private:
    asio::io_context& context_;
    SharedBuffer& buffer_;
    std::function<void()> ended_;
    std::unordered_set<std::shared_ptr<Relay>> relays_;
    Tally tally_;
};

}  // namespace standin::request_holder
