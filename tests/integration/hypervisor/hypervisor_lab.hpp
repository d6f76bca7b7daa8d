#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/process.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/server.hpp"
#include "agent/hypervisor/hypervisor_capability.hpp"
#include "agent/protocol/agent_client.hpp"
#include "tests/support/certificates.hpp"

namespace standin::tests {

/// The lab's disk image, built if it isn't yet: Debian's kernel, guest agent, and a job on 10.77.1.10:8080.
std::string labImage();

/// Runs a command and gives its standard output; throws if it fails.
std::string shell(const std::string& command);

/// Images that are local files: the id is ignored.
class FileImageSource final : public hypervisor::ImageSource {
  public:
    explicit FileImageSource(std::string file) : file_(std::move(file)) {}
    base::Result<protocol::Image> describe(const std::string& store_url, const base::ImageId& image) override;
    base::Result<void> fetch(const std::string& store_url, const base::ImageId& image, const std::string& path,
                             const std::function<void(const protocol::Progress&)>& tell,
                             const std::atomic<bool>& stopping) override;

  private:
    std::string file_;
};

/// A bridge on the host's Open vSwitch and a client in a network namespace. Names bear this process's number; all is
/// gone with the object.
class QuarantineLan {
  public:
    QuarantineLan();
    ~QuarantineLan();
    QuarantineLan(const QuarantineLan&) = delete;
    QuarantineLan& operator=(const QuarantineLan&) = delete;

    [[nodiscard]] const std::string& bridge() const { return bridge_; }
    [[nodiscard]] const std::string& clientNamespace() const { return namespace_; }
    /// Puts stand-ins that have landed into the client's VLAN, as the switch agent puts them into their quarantine.
    void admit() const;
    /// What the job answers to `GET <path>` from the client; empty if it doesn't within `seconds`.
    [[nodiscard]] std::string ask(const std::string& path, double seconds) const;
    /// Admits, and asks again and again until it answers; false after `seconds`.
    [[nodiscard]] bool answersWithin(double seconds) const;
    /// A connected TCP socket of the client to the job; -1 if it could not be connected.
    [[nodiscard]] int connect() const;

    static constexpr std::uint16_t landing_vlan = 3990;

  private:
    std::string bridge_;
    std::string namespace_;
    std::string port_;
};

/// A whole agent with the capability 'hypervisor', asked over HTTPS as the coordinator does.
class HypervisorAgent {
  public:
    using Adjust = std::function<void(hypervisor::HypervisorSettings&)>;
    HypervisorAgent(const QuarantineLan& lan, const std::string& image, Adjust adjust = {});
    ~HypervisorAgent();

    /// Ends and begins again, as after an update.
    void restart();
    protocol::AgentClient::Answer put(const std::string& path, const protocol::Json& body);
    protocol::AgentClient::Answer remove(const std::string& path);
    protocol::Json get(const std::string& path);
    /// Asks for the stand-in until its state is `state`; throws after `seconds`.
    protocol::Json waitForState(const std::string& name, const std::string& state, double seconds);
    /// Asks for the host's acceleration until it is `name`; throws after `seconds`.
    void waitForAcceleration(const std::string& name, double seconds);
    void setState(const std::string& name, const std::string& state);
    /// Why the agent refuses to bring it into `state`; throws if it doesn't.
    std::string refusalOf(const std::string& name, const std::string& state);
    /// Until the stand-in's job answers in the quarantine. Throws after `seconds`, or as soon as the stand-in is said
    /// to have stopped, with what is said of it; and at once where an earlier wait was in vain.
    void waitForAnswer(const std::string& name, double seconds);

    [[nodiscard]] protocol::Json definition() const;
    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] http::Metrics& metrics() { return *metrics_; }

  private:
    void begin();
    void end();

    const QuarantineLan& lan_;
    const std::string image_;
    const Adjust adjust_;
    std::string never_answered_;
    const std::string name_;
    std::string directory_;
    http::TlsLibrary library_;
    CertificateAuthority authority_;
    http::TlsFiles files_ = authority_.issue("vmhost1");
    http::TlsFiles coordinator_ = authority_.issue("coordinator");
    base::SystemClock clock_;
    base::Log log_;
    std::unique_ptr<http::Metrics> metrics_;
    std::unique_ptr<http::CommandGate> gate_;
    std::unique_ptr<http::Router> router_;
    std::unique_ptr<hypervisor::HypervisorCapability> capability_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<protocol::AgentClient> client_;
    unsigned operations_ = 0;
};

}  // namespace standin::tests
