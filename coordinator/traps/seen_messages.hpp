#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "agent/base/result.hpp"
#include "coordinator/traps/trap_decoding.hpp"

namespace standin::traps {

/// What tells a message of SNMPv3 from every other one of its engine (RFC 3412, 6.2; RFC 3414, 2.4). The engine
/// authenticates it, so that nobody can change it.
struct MessageStamp {
    std::string engine;  ///< hexadecimal with 0x; of an inform ours, with '@' and the user, since users share it
    std::uint32_t boots = 0, time = 0;
    std::int64_t id = 0;

    /// `0x8000…/3/1200/17`, and back; nullopt: it is none.
    [[nodiscard]] std::string text() const;
    static std::optional<MessageStamp> parse(std::string_view text);
};

/// The stamp of a datagram that net-snmp could read; nullopt: it is no message of SNMPv3.
std::optional<MessageStamp> stampOf(std::string_view datagram);

/// Refuses messages of SNMPv3 that arrived before, also after a restart. Thread-safe.
///
/// A message must not be older than 150 s by its engine's own time, counted from the newest one of that engine, and
/// within these 150 s it is accepted once. What is known is stored in a file about a second after a message arrived, so
/// that a trap never waits for a disk because of it. A message that started or joined a failover needs no file: its
/// stamp is committed to the journal with the failover, and remember() takes it from there at the next start. So a
/// crash can only lose the memory of messages that started nothing.
class SeenMessages {
  public:
    static constexpr std::uint32_t window = 150;          ///< seconds (RFC 3414, 2.2.3)
    static constexpr std::size_t most_of_engine = 4'096;  ///< a sender of more than 27 a second for 150 s
    static constexpr std::size_t most_engines = 10'000;   ///< only configured ones get here

    explicit SeenMessages(std::string file) : file_(std::move(file)) {}

    /// Corrupt: the file cannot be read; then nothing is known.
    base::Result<void> load();
    /// Writes what has changed since the last time.
    base::Result<void> save();

    /// A message that is known to have arrived, from its sender's own address.
    void remember(const MessageStamp& stamp);

    /// No refusal: it is new, and remembered. `own_address`: it came from where its sender is or from a forwarder. A
    /// copy that came from elsewhere does not use up the message of the sender itself.
    Refusal take(const MessageStamp& stamp, bool own_address);

  private:
    using Moment = std::pair<std::uint32_t, std::uint32_t>;                  ///< boots, time
    using Message = std::tuple<std::uint32_t, std::uint32_t, std::int64_t>;  ///< boots, time, id
    struct Engine {
        Moment newest{};
        Moment forgotten{};  ///< up to here some messages were given up, so that none can be accepted
        std::set<Message> own, foreign;
    };
    static void note(Engine& engine, const MessageStamp& stamp, bool own_address);
    [[nodiscard]] nlohmann::json written() const;
    void read(const nlohmann::json& whole);

    const std::string file_;
    std::mutex mutex_;
    std::map<std::string, Engine> engines_;
    bool changed_ = false;
};

}  // namespace standin::traps
