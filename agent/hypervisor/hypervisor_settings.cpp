#include "agent/hypervisor/hypervisor_settings.hpp"

namespace standin::hypervisor {

namespace {

constexpr std::int64_t last_vlan = 4094;                  // 4095 is reserved by IEEE 802.1Q
constexpr std::uint64_t default_reserve = 1024ULL << 20;  // a Debian host with libvirt and Open vSwitch lives in less

constexpr std::chrono::milliseconds least_stop{100};  // less is no chance to shut down at all
constexpr std::chrono::milliseconds longest_stop = std::chrono::hours(1);

AccelerationChoice choiceFrom(const std::string& text) {
    if (text == "kvm") return AccelerationChoice::Kvm;
    if (text == "tcg") return AccelerationChoice::Tcg;
    return AccelerationChoice::Auto;
}

}  // namespace

HypervisorSettings hypervisorSettingsFrom(base::YamlReader& reader) {
    HypervisorSettings settings;
    settings.uri = reader.text("uri");
    settings.stand_in_dir = reader.text("stand_in_dir");
    if (!settings.stand_in_dir.starts_with('/')) reader.problem("stand_in_dir", "must be an absolute path");
    settings.bridge = reader.text("bridge");
    settings.landing_vlan = static_cast<std::uint16_t>(reader.integer("landing_vlan", 1, last_vlan));
    settings.reserve_memory_bytes = reader.bytes("reserve_memory", default_reserve);
    settings.network_offloads = reader.boolean("network_offloads", settings.network_offloads);
    settings.acceleration = choiceFrom(reader.choice("acceleration", {"auto", "kvm", "tcg"}, "auto"));
    settings.sign_of_life_within = reader.duration("sign_of_life_within", settings.sign_of_life_within);
    settings.stop_within = reader.duration("stop_within", settings.stop_within);
    if (settings.stop_within < least_stop || settings.stop_within > longest_stop)
        reader.problem("stop_within", "must be at least 100ms and at most 1h");
    settings.vcpus_per_cpu = static_cast<unsigned>(reader.integer("vcpus_per_cpu", 1, 64, settings.vcpus_per_cpu));
    settings.run_at_once = static_cast<unsigned>(reader.integer("run_at_once", 0, 1024, 0));
    reader.finish();
    return settings;
}

}  // namespace standin::hypervisor
