#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/request_holder/job_holder.hpp"
#include "agent/request_holder/network/network_namespace.hpp"

namespace standin::request_holder::test {

using namespace std::chrono_literals;

inline constexpr const char* job_address = "10.99.1.10";
inline constexpr std::uint16_t job_port = 8080;
inline constexpr std::chrono::seconds patience{20};  // for what must happen; a slow machine must not fail a test

/// A connection's file descriptor; reads and writes block, but not for ever.
class TestSocket {
  public:
    explicit TestSocket(int descriptor = -1) : descriptor_(descriptor) {}
    ~TestSocket() { close(); }
    TestSocket(TestSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    TestSocket& operator=(TestSocket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    [[nodiscard]] int get() const { return descriptor_; }
    [[nodiscard]] bool open() const { return descriptor_ >= 0; }

    bool send(const std::string& bytes) const;
    std::size_t sendSome(const std::string& bytes) const;  ///< what fits without waiting
    std::string line() const;                              ///< without its end; what came before the end of the stream
    std::string rest() const;                              ///< until the end of the stream or a reset
    bool wasReset() const;                                 ///< waits for the end of the connection and says how it was
    void endSending() const;
    void reset();
    void close();

  private:
    int descriptor_;
};

int listenIn(const NetworkNamespace& space, std::uint16_t port);  ///< at the job's address
void limitWaits(int socket);                                      ///< reads and writes end after `patience`

/// Waits for `condition`, which somebody else brings about.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds within = patience);

/// A client's namespace on the front side, the spare's on the back side, two veth pairs; the holder's ends lie in this
/// namespace until a leg takes them. All names bear this process's number, and all of it is taken down at the end.
class HolderLab {
  public:
    HolderLab();
    ~HolderLab();
    HolderLab(const HolderLab&) = delete;
    HolderLab& operator=(const HolderLab&) = delete;

    [[nodiscard]] JobSettings settings() const;
    [[nodiscard]] std::string agentName() const { return prefix_; }
    [[nodiscard]] std::unique_ptr<JobHolder> holder(const std::function<void(JobSettings&)>& change = {},
                                                    const std::string& state_file = {}) const;
    [[nodiscard]] std::string frontInterface() const { return prefix_ + "f0"; }
    [[nodiscard]] std::string backInterface() const { return prefix_ + "b0"; }
    [[nodiscard]] std::string spareInterface() const { return prefix_ + "b1"; }

    [[nodiscard]] TestSocket connectFrom(const NetworkNamespace& space,
                                         std::uint16_t port = job_port) const;  ///< to the job's address
    [[nodiscard]] TestSocket client(std::uint16_t port = job_port) const;       ///< connected, or not open
    [[nodiscard]] const NetworkNamespace& clients() const { return *clients_; }
    [[nodiscard]] const NetworkNamespace& spare() const { return *spare_; }
    void inSpare(const std::string& command) const;  ///< `ip` with these words

  private:
    std::string prefix_;
    std::unique_ptr<NetworkNamespace> clients_;
    std::unique_ptr<NetworkNamespace> spare_;
};

/// The job on the spare: takes one connection after the other in the order of their arrival.
class TestJob {
  public:
    using Serve = std::function<void(TestSocket& client)>;
    TestJob(const HolderLab& lab, Serve serve, std::uint16_t port = job_port);
    ~TestJob();

  private:
    void run();
    Serve serve_;
    int listener_ = -1;
    std::thread thread_;
};

/// The job with several workers: each takes a connection, reads a number's line, works, answers `done <number>`.
class WorkersJob {
  public:
    WorkersJob(const HolderLab& lab, std::size_t workers, std::chrono::milliseconds takes);
    ~WorkersJob();
    [[nodiscard]] std::size_t mostAtOnce();
    [[nodiscard]] std::vector<int> begun();  ///< in the order in which they were begun

  private:
    void work(std::chrono::milliseconds takes);

    int listener_ = -1;
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::size_t at_once_ = 0;
    std::size_t most_at_once_ = 0;
    std::vector<int> begun_;
};

/// The job as a process: reads a number's line, notes it, answers `done <number>`. Its notes outlive it.
class LedgerProcess {
  public:
    explicit LedgerProcess(const HolderLab& lab, std::chrono::milliseconds takes = 0ms);
    ~LedgerProcess();
    void kill();                               ///< SIGKILL
    [[nodiscard]] std::vector<int> entries();  ///< in the order in which they were noted

  private:
    pid_t pid_ = -1;
    int notes_ = -1;
    std::string noted_;
};

}  // namespace standin::request_holder::test
