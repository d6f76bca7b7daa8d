#include "tests/integration/hypervisor/case_bound.hpp"

#include <boost/test/tree/observer.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

namespace standin::tests {

namespace {

namespace ut = boost::unit_test;
using Steady = std::chrono::steady_clock;

// A guest's boot under software emulation takes 10 to 20 s, on a loaded host a minute; no case needs two.
constexpr std::chrono::seconds bound{150};
constexpr int exit_code = 3;

class Watchdog : public ut::test_observer {
  public:
    void watch() {
        ut::framework::register_observer(*this);
        thread_ = std::thread([this] { run(); });
    }
    void end() {
        {
            std::lock_guard lock(mutex_);
            ending_ = true;
            changed_.notify_all();
        }
        if (thread_.joinable()) thread_.join();
        ut::framework::deregister_observer(*this);
    }
    void test_unit_start(const ut::test_unit& unit) override {
        if (unit.p_type == ut::TUT_CASE) set(unit.full_name(), Steady::now() + bound);
    }
    void test_unit_finish(const ut::test_unit& unit, unsigned long) override {
        if (unit.p_type == ut::TUT_CASE) set("", Steady::time_point::max());
    }
    std::string wait(std::string what) {
        std::lock_guard lock(mutex_);
        return std::exchange(waits_for_, std::move(what));
    }
    static Watchdog& get() {
        static Watchdog watchdog;
        return watchdog;
    }

  private:
    void set(const std::string& name, Steady::time_point until) {
        std::lock_guard lock(mutex_);
        name_ = name;
        until_ = until;
        changed_.notify_all();
    }
    void run() {
        std::unique_lock lock(mutex_);
        while (!ending_) {
            if (name_.empty()) {
                changed_.wait(lock);
            } else if (Steady::now() < until_) {
                changed_.wait_until(lock, until_);
            } else {
                std::fprintf(stderr, "test case '%s' has not ended within %lld s; it waits for: %s\n", name_.c_str(),
                             static_cast<long long>(bound.count()),
                             waits_for_.empty() ? "nothing that it has named" : waits_for_.c_str());
                std::fflush(nullptr);
                std::_Exit(exit_code);  // what it has made is written down; see tests/leftovers.sh
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string name_;
    std::string waits_for_;
    Steady::time_point until_ = Steady::time_point::max();
    bool ending_ = false;
    std::thread thread_;
};

struct BoundCases {
    BoundCases() { Watchdog::get().watch(); }
    ~BoundCases() { Watchdog::get().end(); }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(BoundCases);

Waiting::Waiting(std::string what) : before_(Watchdog::get().wait(std::move(what))) {}

Waiting::~Waiting() {
    Watchdog::get().wait(std::move(before_));
}

}  // namespace standin::tests
