#include "agent/hypervisor/stand_ins/mac_names.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "agent/base/durable_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace standin::hypervisor {

namespace {

std::string named(const std::string& bytes, std::size_t piece = 4096) {
    MacNames names("52:54:00:ab:01:0A");
    for (std::size_t at = 0; at < bytes.size(); at += piece) names.see(std::string_view(bytes).substr(at, piece));
    return names.found().empty() ? "" : names.found().front();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mac_names)

BOOST_AUTO_TEST_CASE(configurations_that_name_a_card_by_its_mac_are_found) {
    BOOST_TEST(named("[Match]\nMACAddress=52:54:00:ab:01:0a\n").find("networkd") != std::string::npos);
    BOOST_TEST(named("PermanentMACAddress=52:54:00:AB:01:0A").find("networkd") != std::string::npos);
    BOOST_TEST(named("      macaddress: \"52:54:00:ab:01:0a\"").find("netplan") != std::string::npos);
    BOOST_TEST(named("mac-address=52:54:00:AB:01:0A\n").find("NetworkManager") != std::string::npos);
    BOOST_TEST(named("  hwaddress ether 52:54:00:ab:01:0a\n").find("ifupdown") != std::string::npos);
    BOOST_TEST(named("ATTR{address}==\"52:54:00:ab:01:0a\", NAME=\"eth0\"").find("udev") != std::string::npos);
    BOOST_TEST(named("root=/dev/vda1 ifname=eth0:52:54:00:ab:01:0a quiet").find("ifname") != std::string::npos);
    BOOST_TEST(named("BOOTIF=01-52-54-00-ab-01-0a").find("BOOTIF") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mac_in_a_log_and_the_mac_of_another_card_are_no_names) {
    BOOST_TEST(named("kernel: virtio_net virtio0 eth0: 52:54:00:ab:01:0a\n") == "");
    BOOST_TEST(named("MACAddress=\n52:54:00:ab:01:0a") == "");
    BOOST_TEST(named("MACAddress=52:54:00:ab:01:0b") == "");
}

BOOST_AUTO_TEST_CASE(a_name_that_lies_across_two_pieces_is_found) {
    const std::string text = "[Match]\nMACAddress=52:54:00:ab:01:0a\n";
    for (std::size_t piece = 1; piece < text.size(); ++piece) BOOST_TEST(named(text, piece) != "");
}

BOOST_AUTO_TEST_CASE(a_disk_is_looked_at_also_behind_its_holes) {
    const tests::TemporaryDirectory directory;
    const std::string disk = directory.path() + "/disk.raw";
    tests::writeFile(disk, "boot");
    BOOST_REQUIRE(::truncate(disk.c_str(), 64 << 20) == 0);
    const std::atomic<bool> stopping{false};
    BOOST_TEST(cardsNamedByMac(disk, "52:54:00:ab:01:0a", stopping).value() == "");
    tests::writeFile(disk, std::string(3 << 20, '\0') + "MACAddress=52:54:00:ab:01:0a");
    BOOST_TEST(cardsNamedByMac(disk, "52:54:00:ab:01:0a", stopping).value() != "");
    BOOST_TEST(!cardsNamedByMac(disk + "x", "52:54:00:ab:01:0a", stopping).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace standin::hypervisor
