#pragma once

#include <string>

#include "agent/base/identifier.hpp"
#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

/// The behaviour of a machine when it is switched on.
enum class Boot {
    Well,      ///< its job answers after `boot_takes`
    Never,     ///< nothing comes
    Elsewhere  ///< something else than its disk's system comes, and does not answer as the job (also after a restore)
};

/// The content of a spare's disk before an image was restored to it: no job.
inline constexpr const char* left_over = "left over";

/// A bare-metal machine: a server, or a spare.
struct Machine {
    std::string name;
    base::PortName port;
    bool is_spare = false;

    bool on = true;
    VirtualTime on_since{};
    bool switched_by_hand = false;  ///< the last time; without the coordinator's knowledge
    Boot boot = Boot::Well;
    VirtualTime boot_takes{};

    bool broken = false;         ///< its hardware has failed
    bool hangs = false;          ///< it runs, and does not shut down when it is asked to
    bool hung = false;           ///< with broken: its port keeps its carrier, and no frame comes from it
    bool job_hangs = false;      ///< it runs, and its job does not answer
    VirtualTime silent_since{};  ///< with job_hangs or broken: it has got so
    bool serves_broken = false;  ///< and it continues to execute its job nevertheless, until it is stopped

    std::string disk;           ///< the image on it
    bool disk_whole = true;     ///< false: written in part
    bool disk_refuses = false;  ///< it cannot be written
    std::uint64_t disk_mib = 0;
    std::string disk_serial;      ///< of the disk that is there
    std::string declared_serial;  ///< of the disk that should be
    std::string being_written;    ///< the restore that writes it now; empty: none

    /// Its switch port has a carrier, and the machine sends frames.
    [[nodiscard]] bool hasCarrier() const { return on && (!broken || serves_broken || hung); }
    [[nodiscard]] bool sendsFrames() const { return on && (!broken || serves_broken); }
    /// It executes requests that reach it.
    [[nodiscard]] bool answers(VirtualTime now) const {
        if (!on || job_hangs || (broken && !serves_broken)) return false;
        return boot == Boot::Well && disk != left_over && disk_whole && being_written.empty() &&
               now >= on_since + boot_takes;
    }
};

/// How a machine's power is reached.
struct Bmc {
    enum class Honesty {
        Honest,
        Ignores,  ///< says 'done' and does nothing; it reads the true state
        Lies      ///< always says 'off', and does nothing
    };
    Honesty honesty = Honesty::Honest;
    bool dead = false;               ///< it does not answer
    bool dies_with_machine = false;  ///< it lives on its machine's own power supply
    bool chatty = false;             ///< it reports failures of all kinds when its machine goes off or on
    unsigned busy = 0;               ///< so many actions are answered with 'busy'
    std::string uuid;                ///< of the machine whose power it switches
    std::string declared_uuid;       ///< of the machine that should be
    VirtualTime slower{};            ///< every answer takes so much longer
};

}  // namespace standin::simulation
