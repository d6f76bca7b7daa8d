#pragma once

#include <sys/types.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/base/process.hpp"
#include "tests/support/certificates.hpp"

namespace standin::tests {

/// The real standin-coordinator with a configuration of its own, free ports and agents that are not there; asked by the
/// real standinctl.
class RunningCoordinator {
  public:
    RunningCoordinator();
    ~RunningCoordinator();

    /// The devices of servers and spares take connections and say nothing; the file `fence_hangs` is there when one
    /// does.
    void haveFencesHang();
    /// Starts the program and waits until it serves.
    void start();
    /// Sends `signal`, waits for the end and gives the exit code (128 + signal when it was killed).
    int end(int signal);
    /// The same, while nobody reads its log any more, and the pipe that it is written to is full.
    int endUnread(int signal);
    /// What it has said to its end; after end().
    std::string lastLog();

    /// One run of standinctl.
    base::ProcessOutcome ctl(std::vector<std::string> arguments) const;
    /// The same with --json and success.
    nlohmann::json asked(std::vector<std::string> arguments) const;
    /// Asks until `holds` is true of the answer.
    nlohmann::json askedUntil(const std::vector<std::string>& arguments,
                              const std::function<bool(const nlohmann::json&)>& holds) const;
    void sendTrap(const std::string& community, const std::string& oid) const;

    TemporaryDirectory directory;
    CertificateAuthority authority;
    std::string configuration_file = directory / "coordinator.yml";

  private:
    std::string waitForLine(const std::string& part);

    http::TlsFiles ada_ = authority.issue("ada");
    pid_t process_ = 0;
    int log_ = -1;
    std::string lines_;  ///< of the log, so far
    std::string port_;
    std::string trap_port_;
};

/// Runs one of our programs to its end.
base::ProcessOutcome runProgram(const std::string& name, std::vector<std::string> arguments);

}  // namespace standin::tests
