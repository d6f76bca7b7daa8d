#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/protocol/json_fields.hpp"

namespace standin::protocol {

/// Header names of every command (PUT, POST, DELETE).
inline constexpr const char* epoch_header =
    "Standin-Epoch";  ///< decimal uint64; agents refuse an older one than they saw
/// Greater than that of any coordinator that starts every second of its life: what is greater was damaged or invented.
/// Who obeyed it would obey nobody else any more.
inline constexpr std::uint64_t largest_epoch = 1'000'000'000'000;
/// 1 to 64 characters; the coordinator's random name for its epoch. It distinguishes two coordinators with the same
/// epoch (one of them uses a restored backup). Optional.
inline constexpr const char* instance_header = "Standin-Instance";
inline constexpr std::size_t longest_instance = 64;
inline constexpr const char* operation_header =
    "Standin-Operation";  ///< 1 to 128 characters; the same id again is the same command
inline constexpr const char* sequence_header =
    "Standin-Sequence";  ///< decimal uint64; of two commands for one thing the older is refused once the newer is known

/// The identity of a command and its coordinator. The same `operation` twice is the same command, whose answer is
/// repeated.
struct CommandStamp {
    std::uint64_t epoch = 0;
    std::string operation;  ///< e.g. `17/RestoreSpare/2`
    /// Ascends with every command that the coordinator sends in this epoch, so that (epoch, sequence) always ascends. A
    /// command that was given up may still be on its way; its sequence prevents it from taking effect after a later
    /// one.
    std::uint64_t sequence = 0;
    std::string instance{};  ///< of the epoch; empty: by hand, or by a coordinator that has none
};

/// One named check of GET /v1/health.
struct HealthCheck {
    std::string name;
    bool ok = false;
    std::string detail;
    std::string cure;  ///< what to do; empty when ok
};

struct Health {
    std::string agent;
    std::vector<HealthCheck> checks;
    std::vector<std::string> warnings;  ///< do not change the answer to 503
    [[nodiscard]] bool ok() const;
};

Json toJson(const Health& health);
base::Result<Health> healthFrom(const Json& json);

/// `{code, message}`, the body of every answer of 400 and above.
Json toJson(const base::Error& error);
base::Error errorFrom(const Json& json, const std::string& otherwise);

/// Progress of a long-running task.
struct Progress {
    std::uint64_t done_bytes = 0;
    std::uint64_t total_bytes = 0;
    double bytes_per_second = 0;
};
Json toJson(const Progress& progress);
Progress progressFrom(const Json& json);

/// How it is checked that a job answers.
struct Probe {
    enum class Kind { Http, Tcp };
    Kind kind = Kind::Tcp;
    std::uint16_t port = 0;
    std::string path = "/";   ///< http only
    int expect_status = 200;  ///< http only
    bool operator==(const Probe&) const = default;
};
Json toJson(const Probe& probe);  ///< `{"http": {"port", "path", "expect"}}` or `{"tcp": {"port"}}`
base::Result<Probe> probeFrom(const Json& json);

}  // namespace standin::protocol
