#include "agent/hypervisor/acceleration.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "agent/base/durable_file.hpp"
#include "agent/base/process.hpp"
#include "agent/protocol/json_fields.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::hypervisor {

namespace {

constexpr int answer_value = 0x10;
constexpr int answer_exit_code = answer_value << 1 | 1;  // isa-debug-exit ends QEMU with (value << 1) | 1

// mov dx,0x501; mov al,0x10; out dx,al; hlt: tells QEMU to end with the answer.
constexpr std::array<unsigned char, 7> answer_program{0xba, 0x01, 0x05, 0xb0, answer_value, 0xee, 0xf4};

std::string bootSector() {
    std::string sector(512, '\0');
    std::copy(answer_program.begin(), answer_program.end(), sector.begin());
    sector[510] = '\x55';  // what the firmware takes for a sign that it may be booted
    sector[511] = '\xaa';
    return sector;
}

std::string firstLine(const std::string& text) {
    return text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
}

// Empty when the guest answered.
std::string whyKvmFails(const AccelerationProbe& probe) {
    if (::access(probe.device.c_str(), F_OK) != 0) return "there is no " + probe.device;
    const auto disk = probe.cache_file + ".boot";
    if (auto written = base::writeDurably(disk, bootSector()); !written) return written.error().message;
    base::ProcessRequest request;
    request.command = {probe.qemu,
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
    ::unlink(disk.c_str());
    if (!outcome && outcome.error().code == base::ErrorCode::TimedOut) {
        return fmt::format("a guest under KVM did not boot within {} ms", probe.deadline.count());
    }
    if (!outcome) return outcome.error().message;
    if (outcome->exit_code == answer_exit_code) return "";
    return fmt::format("a guest under KVM did not boot: {} (exit code {})", firstLine(outcome->errors),
                       outcome->exit_code);
}

std::string bootId(const AccelerationProbe& probe) {
    auto text = base::readWhole(probe.boot_id_file);
    return text ? firstLine(*text) : "";
}

std::optional<std::string> remembered(const AccelerationProbe& probe, const std::string& boot) {
    auto text = base::readWhole(probe.cache_file);
    if (!text || boot.empty()) return std::nullopt;
    auto json = protocol::parseJson(*text);
    if (!json) return std::nullopt;
    protocol::JsonFields fields(*json, "acceleration");
    if (fields.text("boot", "") != boot) return std::nullopt;
    return fields.text("kvm_fails_because", "");
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
    const auto boot = bootId(probe);
    auto why = remembered(probe, boot);
    if (!why) {
        why = whyKvmFails(probe);
        // Without the memory it is asked again at the next start: slower, not wrong.
        const protocol::Json json{{"boot", boot}, {"kvm_fails_because", *why}};
        static_cast<void>(base::writeDurably(probe.cache_file, protocol::indentedJsonText(json) + "\n"));
    }
    if (why->empty() || choice == AccelerationChoice::Kvm) return {DomainType::Kvm, *why};
    return {DomainType::Qemu, *why};
}

}  // namespace standin::hypervisor
