#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/switch/private_switch.hpp"

namespace standin::tests {

inline constexpr std::uint16_t job_port = 8080;

/// A job of one word: answers every line that a TCP connection to job_port sends with the machine's name.
class EchoJob {
  public:
    EchoJob(const Machine& machine, std::string answer);
    ~EchoJob();
    EchoJob(const EchoJob&) = delete;
    EchoJob& operator=(const EchoJob&) = delete;

  private:
    void serve();

    std::string answer_;
    int listener_ = -1;
    int stop_ = -1;
    std::thread thread_;
};

/// A client's connection to the job.
class Connection {
  public:
    /// Connects from inside `client`; open() says whether it came about within two seconds.
    Connection(const Machine& client, const std::string& address);
    ~Connection();
    Connection(Connection&& other) noexcept;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] bool open() const { return socket_ >= 0; }
    /// Sends a line; who answered within `limit`: a machine's name, or empty for nobody.
    std::string ask(std::chrono::milliseconds limit = std::chrono::milliseconds(2'000));
    /// How many frames TCP had to send again.
    [[nodiscard]] unsigned repeatedFrames() const;

  private:
    int socket_ = -1;
};

}  // namespace standin::tests
