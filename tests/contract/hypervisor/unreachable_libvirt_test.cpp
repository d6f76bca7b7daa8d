// A libvirt that is not there, and one that takes the connection and never says a word.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "agent/hypervisor/libvirt/libvirt_domains.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using hypervisor::LibvirtDomains;

namespace {

/// A unix socket on which nobody ever answers.
struct Mute {
    tests::TemporaryDirectory directory;
    std::string path = directory / "mute";
    int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    Mute() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        BOOST_REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        BOOST_REQUIRE(::listen(listener, 16) == 0);
    }
    ~Mute() { hangUp(); }
    void hangUp() {
        if (listener >= 0) ::close(listener);
        listener = -1;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unreachable_libvirt)

BOOST_AUTO_TEST_CASE(a_libvirt_that_is_not_there_is_unreachable_and_the_cure_is_told) {
    LibvirtDomains domains("qemu+unix:///system?socket=/nonexistent/socket&mode=direct");
    const auto host = domains.host();
    BOOST_REQUIRE(!host);
    BOOST_TEST((host.error().code == base::ErrorCode::Unreachable));
    BOOST_TEST(host.error().message.ends_with("is libvirtd running?"));
}

BOOST_AUTO_TEST_CASE(a_libvirt_that_never_answers_holds_nobody_up) {
    Mute mute;
    LibvirtDomains domains("qemu+unix:///system?socket=" + mute.path + "&mode=direct");
    const auto begun = std::chrono::steady_clock::now();
    const auto host = domains.host();
    BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(3)));
    BOOST_REQUIRE(!host);
    BOOST_TEST((host.error().code == base::ErrorCode::TimedOut));
    mute.hangUp();  // lets the call that hangs return
}

BOOST_AUTO_TEST_SUITE_END()
