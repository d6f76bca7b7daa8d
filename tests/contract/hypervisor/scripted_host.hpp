#pragma once

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/hypervisor/stand_ins/stand_ins.hpp"
#include "tests/contract/hypervisor/scripted_domains.hpp"
#include "tests/support/temporary_directory.hpp"

namespace standin::tests {

/// An image store whose images are there at once.
class ReadyImages final : public hypervisor::ImageSource {
  public:
    base::Result<protocol::Image> describe(const std::string&, const base::ImageId& image) override {
        protocol::Image described;
        described.id = image;
        described.state = protocol::ImageState::Ready;
        described.size_bytes = 1 << 20;
        return described;
    }
    base::Result<void> fetch(const std::string&, const base::ImageId&, const std::string& path,
                             const std::function<void(const protocol::Progress&)>&, const std::atomic<bool>&) override {
        writeFile(path, "an image");
        return {};
    }
};

/// A VM host's stand-ins on a hypervisor that does what a test says. Its user calls begin() once the settings are
/// right.
struct ScriptedHost {
    TemporaryDirectory directory;
    hypervisor::HypervisorSettings settings;
    ScriptedDomains domains;
    ReadyImages images;
    base::SystemClock clock;
    http::Metrics metrics;
    std::mutex log_mutex;
    std::string log_text;
    base::Log log{"test", [this](base::LogLevel, std::string_view line) {
                      std::lock_guard lock(log_mutex);
                      log_text.append(line).append("\n");
                  }};
    std::unique_ptr<hypervisor::StandIns> stand_ins;
    base::StandInName name{"server01-1"};
    protocol::StandInDefinition definition;

    ScriptedHost() {
        settings.uri = "test:///default";
        settings.stand_in_dir = directory / "stand-ins";
        settings.qemu_log_dir = directory / "qemu-log";
        settings.bridge = "br0";
        settings.landing_vlan = 4000;
        settings.stop_within = std::chrono::seconds(2);
        std::filesystem::create_directory(settings.qemu_log_dir);
        definition.server = base::ServerName("server01");
        definition.image = base::ImageId("image1");
        definition.image_url = "https://store1:8441";
        definition.memory_mib = definition.maximum_memory_mib = 64;
        definition.mac = "52:54:00:77:01:0a";
        definition.address = "10.77.1.10";
        definition.ports = {8080};
    }
    void begin() {
        stand_ins = std::make_unique<hypervisor::StandIns>(
            hypervisor::HostContext{settings, "contract", domains, clock, metrics, log}, images);
        BOOST_REQUIRE(stand_ins->start());
    }
    void make() {
        BOOST_REQUIRE(stand_ins->make(name, definition));
        BOOST_REQUIRE(eventually([&] { return stand_ins->get(name)->state == protocol::StandInState::Stopped; }));
    }
    void happen(const std::function<void(ScriptedDomains::Guest&)>& what) {
        domains.happen(stand_ins->get(name)->uuid, what);
    }
    ScriptedDomains::Guest guest() { return domains.guest(stand_ins->get(name)->uuid); }
    bool logged(const std::string& words) {
        std::lock_guard lock(log_mutex);
        return log_text.find(words) != std::string::npos;
    }
    protocol::HealthCheck check(const std::string& wanted) {
        protocol::Health health;
        stand_ins->checkHealth(health);
        for (const auto& each : health.checks) {
            if (each.name == wanted) return each;
        }
        BOOST_FAIL("health has no check '" + wanted + "'");
        return {};
    }
    protocol::HealthCheck checkUntil(const std::string& wanted, bool ok) {
        BOOST_TEST(eventually([&] { return check(wanted).ok == ok; }), wanted);
        return check(wanted);
    }
    /// The bound is far above what it takes; a test that fails says so after it.
    static bool eventually(const std::function<bool()>& condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::yield();
        }
        return true;
    }
};

}  // namespace standin::tests
