#pragma once

#include "coordinator/simulation/script.hpp"

namespace standin::simulation {

class Simulation;

/// The verbs of scripts.
///
/// - machines: `fail MACHINE [kind=processor] [serves=yes] [bmc=dead] [trap=no]`, `repair MACHINE`, `cut-power MACHINE`
/// (by hand), `update MACHINE` (its
///   disk has other contents), `boot MACHINE well|never|elsewhere [takes=20s]`, `disk MACHINE refuses|well`,
///   `bmc MACHINE honest|ignores|lies|dead|alive|dependent|chatty|another|own [busy=2] [slower=1s]` (chatty: it sends
///   traps of all kinds when its machine goes off or on; another: it reports the UUID of another machine), `shutdown
///   MACHINE well|hangs` (when it is asked to), `job MACHINE hangs|well` (while the machine runs)
/// - traps: `trap SERVER [kind=processor|memory|power|recovery|test|unknown] [from=ADDRESS] [times=3] [every=1s]`
/// - VM hosts: `vm-host NAME dies|returns`, `stand-in SERVER mute|stuck|halts|lost|well`,
///   `linger SERVER [count=1] [busy=yes] [for=10s]` (connections; busy: requests that are worked on)
/// - switches: `switch NAME forgets` (what was ordered)
/// - images: `image ID corrupt|well`
/// - agents: `restart AGENT [down=2s]`, `disturb AGENT|VERB|VERB/SUBJECT MISHAP [by=5s] [times=1] [for=10s]`,
///   `heal [TARGET]`
/// - coordinators: `kill [one|two] [for=2s]` (then it is started again), `start [one|two]`, `stop one|two`,
///   `pause [one|two] [for=10s]`, `go-on [one|two]`, `journal full|well [for=20s]`, `back-up-journal`,
///   `start two journal=backup` (from that copy, which gives the leader's epoch once more)
/// - operators: `failover SERVER`, `prepare SERVER`, `refresh SERVER`, `backup SERVER`, `retry SERVER`,
///   `confirm-fence SERVER` (after cutting its power by hand), `close SERVER [discard=yes]`, `return SERVER
///   [discard=yes]` (repaired), `maintenance SERVER on|off`, `set-spare SERVER SPARE IMAGE`, `unset-spare SERVER`,
///   `cancel SERVER`, `freeze on|off`, `release-brake [RACK]`
///
/// Operators' verbs about an operation mean the server's newest.
base::Result<void> check(const Simulation& simulation, const Action& action);

/// Does it now. Precondition: check() had nothing against it.
void perform(Simulation& simulation, const Action& action);

}  // namespace standin::simulation
