#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/base/result.hpp"
#include "agent/base/worker.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/traps/community_guesses.hpp"
#include "coordinator/traps/seen_messages.hpp"
#include "coordinator/traps/server_directory.hpp"
#include "coordinator/traps/snmp_engine.hpp"
#include "coordinator/traps/trap_queue.hpp"
#include "coordinator/traps/trap_socket.hpp"

namespace standin::traps {

/// A community of v1 and v2c.
struct Community {
    std::string secret;
    std::string name;  ///< of its file
};

struct TrapListenerSettings {
    std::vector<ListenAddress> listen;
    bool allow_unauthenticated = true;  ///< whether v1 and v2c are believed at all
    std::vector<Community> communities;
    std::vector<SnmpUser> users;
    std::string engine_state_file;           ///< our own engine's id and number of starts
    std::uint32_t buffer_bytes = 64U << 20;  ///< per address; holds some 50,000 traps
};

/// Receives SNMP traps and informs (v1, v2c, v3) on a thread of its own and puts them on the queue, refused ones with
/// the reason (S181). Decides nothing. An inform is acknowledged if it is accepted, once Trap::acknowledge reports that
/// it is durable: as long as the disk accepts nothing, its sender keeps and repeats it.
class TrapListener {
  public:
    struct Counts {
        std::uint64_t datagrams = 0;
        std::uint64_t accepted = 0;
        std::uint64_t acknowledged = 0;                ///< informs
        std::uint64_t discoveries = 0;                 ///< v3 senders that asked for our engine id, boots or time
        std::map<std::string, std::uint64_t> refused;  ///< by RefusalKind
        std::uint64_t kernel_drops = 0;                ///< datagrams that did not fit into the kernel's buffers
        std::uint64_t buffer_bytes = 0;                ///< all kernel buffers together
    };

    /// `servers` and `seen` outlive it.
    TrapListener(TrapListenerSettings settings, const ServerDirectory& servers, SeenMessages& seen, TrapQueue& queue,
                 const base::Clock& clock, base::Log log);
    ~TrapListener();
    TrapListener(const TrapListener&) = delete;
    TrapListener& operator=(const TrapListener&) = delete;

    /// Listens when it returns without error. One listener at a time in a process (net-snmp's state is global).
    base::Result<void> start();
    /// Stops and joins. Call it before the queue is destroyed; a push() that waits ends when the queue is closed.
    void stop();

    /// Where it listens, with the ports that were chosen for 0.
    [[nodiscard]] std::vector<ListenAddress> addresses() const;
    [[nodiscard]] std::string engineId() const;
    [[nodiscard]] Counts counts() const;
    /// Checks `traps_received` (nothing dropped by the kernel in the last minutes) and `traps_buffer` (as large as
    /// asked for).
    [[nodiscard]] std::vector<protocol::HealthCheck> checks() const;

  private:
    struct Session;
    struct Durable;

    void run(const std::stop_token& stop);
    void readAll(Session& session);

    const TrapListenerSettings settings_;
    const ServerDirectory& servers_;
    SeenMessages& seen_;
    CommunityGuesses guesses_;  ///< only the thread uses it
    TrapQueue& queue_;
    const base::Clock& clock_;
    const base::Log log_;
    std::unique_ptr<SnmpEngine> engine_;
    std::vector<std::unique_ptr<Session>> sessions_;
    const std::shared_ptr<Durable> durable_;
    std::uint64_t informs_ = 0;  ///< taken so far; only the thread counts
    base::Worker worker_;

    mutable std::mutex mutex_;
    Counts counts_;
    mutable std::uint64_t drops_told_ = 0;
    mutable base::SteadyTime last_drop_{};
};

}  // namespace standin::traps
