#include "agent/base/readiness.hpp"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>
#include <thread>

#include "agent/base/process.hpp"

using namespace standin::base;

namespace {

// Of this process, in KiB, as the kernel tells it in /proc/self/status.
unsigned long told(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(key + ":")) return std::stoul(line.substr(key.size() + 1));
    return 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_process_that_stays_in_memory_has_locked_it_and_touched_no_more_of_it) {
    const auto child = ::fork();
    if (child == 0) {  // the test's own process stays as it is
        const auto before = told("VmRSS");
        const auto stayed = lockMemory();
        if (!stayed) ::_exit(stayed.error().code == ErrorCode::Refused && told("VmLck") == 0 ? 0 : 1);
        ::_exit(told("VmLck") > 0 && told("VmRSS") < before + 4096 ? 0 : 2);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_CASE(who_may_not_lock_all_that_it_will_touch_locks_nothing_and_says_what_its_service_lacks) {
    const auto child = ::fork();
    if (child == 0) {
        const rlimit little{1 << 20, 1 << 20};
        ::setrlimit(RLIMIT_MEMLOCK, &little);
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        const __user_cap_data_struct none[2]{};
        if (::syscall(SYS_capset, &header, none) != 0) ::_exit(3);
        const auto stayed = lockMemory();
        const bool says = !stayed && stayed.error().message.find("LimitMEMLOCK=infinity") != std::string::npos;
        ::_exit(says && told("VmLck") == 0 ? 0 : 1);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_CASE(a_process_that_comes_first_has_a_niceness_below_zero_and_what_it_starts_has_not) {
    const auto child = ::fork();
    if (child == 0) {
        if (!raisePriority()) ::_exit(::getpriority(PRIO_PROCESS, 0) == 0 ? 0 : 1);
        ProcessRequest request;
        request.command = {"sh", "-c", "until [ $(nice) = 0 ]; do :; done; nice"};
        const auto started = runToSuccess(request);
        int of_thread = -1;
        std::thread([&of_thread] {
            resetThreadPriority();
            of_thread = ::getpriority(PRIO_PROCESS, 0);
        }).join();
        const bool first = ::getpriority(PRIO_PROCESS, 0) == -10;
        ::_exit(first && of_thread == 0 && started && started->starts_with("0") ? 0 : 2);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
}
