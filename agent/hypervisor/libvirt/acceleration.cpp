#include "agent/hypervisor/libvirt/acceleration.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "agent/base/durable_file.hpp"
#include "agent/base/process.hpp"
#include "agent/hypervisor/libvirt/qemu_log.hpp"
#include "agent/protocol/json_fields.hpp"
#include "agent/protocol/json_text.hpp"

// boot_probe.S
extern "C" const char standin_boot_probe[];
extern "C" const char standin_boot_probe_end[];

namespace standin::hypervisor {

namespace {

constexpr int answer_value = 0x10;                       // as in boot_probe.S
constexpr int answer_exit_code = answer_value << 1 | 1;  // isa-debug-exit ends QEMU with (value << 1) | 1

std::string firstLine(const std::string& text) {
    return text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
}

// Empty when the guest answered.
std::string whyKvmFails(const AccelerationProbe& probe) {
    if (::access(probe.device.c_str(), F_OK) != 0) return "there is no " + probe.device;
    const auto disk = probe.cache_file + ".boot";
    const std::string_view program(standin_boot_probe, standin_boot_probe_end - standin_boot_probe);
    if (auto written = base::writeDurably(disk, program); !written) return written.error().message;
    // QEMU continues after an internal error of KVM, so its words are read from a file at the deadline.
    const auto words = probe.cache_file + ".words";
    base::ProcessRequest request;
    request.command = {"/bin/sh",
                       "-c",
                       "exec \"$@\" 2>\"$0\"",
                       words,
                       probe.qemu,
                       "-accel",
                       "kvm",
                       "-machine",
                       "pc",
                       "-cpu",
                       "host",
                       "-m",
                       "16",
                       "-nodefaults",
                       "-display",
                       "none",
                       "-no-reboot",
                       "-device",
                       "isa-debug-exit,iobase=0x501,iosize=4",
                       "-drive",
                       "format=raw,if=ide,file=" + disk};
    request.deadline = probe.deadline;
    auto outcome = base::runProcess(request);
    const auto said = wordsOf(base::readWhole(words).value_or(""));
    ::unlink(disk.c_str());
    ::unlink(words.c_str());
    if (!outcome && outcome.error().code == base::ErrorCode::TimedOut) {
        return fmt::format("a guest under KVM did not boot within {} ms{}{}", probe.deadline.count(),
                           said.empty() ? "" : ": ", said);
    }
    if (!outcome) return outcome.error().message;
    if (outcome->exit_code == answer_exit_code) return "";
    return fmt::format("a guest under KVM did not boot: {} (exit code {})", said, outcome->exit_code);
}

std::string bootId(const AccelerationProbe& probe) {
    auto text = base::readWhole(probe.boot_id_file);
    return text ? firstLine(*text) : "";
}

struct Finding {
    std::string kvm_fails_because;
    bool kvm_ran_guest = false;
};

std::optional<Finding> recall(const AccelerationProbe& probe) {
    const auto boot = bootId(probe);
    auto text = base::readWhole(probe.cache_file);
    if (!text || boot.empty()) return std::nullopt;
    auto json = protocol::parseJson(*text);
    if (!json) return std::nullopt;
    protocol::JsonFields fields(*json, "acceleration");
    if (fields.text("boot", "") != boot) return std::nullopt;
    return Finding{fields.text("kvm_fails_because", ""), fields.boolean("kvm_ran_guest", false)};
}

// Without the memory it is found out again after the next start: slower, not wrong.
void remember(const AccelerationProbe& probe, const Finding& finding) {
    const protocol::Json json{{"boot", bootId(probe)},
                              {"kvm_fails_because", finding.kvm_fails_because},
                              {"kvm_ran_guest", finding.kvm_ran_guest}};
    static_cast<void>(base::writeDurably(probe.cache_file, protocol::indentedJsonText(json) + "\n"));
}

}  // namespace

const char* Acceleration::name() const {
    switch (type) {
        case DomainType::Kvm:
            return "kvm";
        case DomainType::Qemu:
            return "tcg";
        case DomainType::Test:
            break;
    }
    return "test";
}

Acceleration findAcceleration(AccelerationChoice choice, const std::string& uri, const AccelerationProbe& probe) {
    if (uri.starts_with("test:")) return {DomainType::Test, "libvirt's test driver executes nothing"};
    if (choice == AccelerationChoice::Tcg) return {DomainType::Qemu, "chosen by the configuration (acceleration: tcg)"};
    auto known = recall(probe);
    if (!known) {
        known = Finding{whyKvmFails(probe), false};
        remember(probe, *known);
    }
    const auto& why = known->kvm_fails_because;
    if (why.empty() || choice == AccelerationChoice::Kvm) return {DomainType::Kvm, why};
    return {DomainType::Qemu, why};
}

HostAcceleration::HostAcceleration(AccelerationChoice choice, AccelerationProbe probe)
    : choice_(choice), probe_(std::move(probe)) {}

void HostAcceleration::find(const std::string& uri) {
    auto found = findAcceleration(choice_, uri, probe_);
    const auto known = recall(probe_);
    std::lock_guard lock(mutex_);
    current_ = std::move(found);
    ran_guest_ = known && known->kvm_ran_guest;
}

Acceleration HostAcceleration::current() const {
    std::lock_guard lock(mutex_);
    return current_;
}

void HostAcceleration::kvmRanGuest() {
    std::lock_guard lock(mutex_);
    if (ran_guest_ || current_.type != DomainType::Kvm) return;
    ran_guest_ = true;
    remember(probe_, {current_.reason, true});
}

bool HostAcceleration::kvmFailedGuest(const std::string& reason) {
    std::lock_guard lock(mutex_);
    if (!mayFallBack() || ran_guest_ || current_.type != DomainType::Kvm) return false;
    current_ = {DomainType::Qemu, reason};
    remember(probe_, {reason, false});
    return true;
}

}  // namespace standin::hypervisor
