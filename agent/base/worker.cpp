#include "agent/base/worker.hpp"

#include <pthread.h>

#include <condition_variable>
#include <mutex>

#include "agent/base/assertion.hpp"

namespace standin::base {

namespace {

constexpr std::size_t longest_thread_name = 15;  // the kernel's

}  // namespace

void Worker::start(const std::string& name, const Body& body, std::size_t threads) {
    STANDIN_ASSERT(!runs());
    if (isStopping()) stop_ = std::stop_source();
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([name = name.substr(0, longest_thread_name), body, stop = stop_.get_token()] {
            ::pthread_setname_np(::pthread_self(), name.c_str());
            body(stop);
        });
    }
}

void Worker::stop() {
    requestStop();
    threads_.clear();  // joins
}

bool rest(const std::stop_token& stop, std::chrono::nanoseconds time) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace standin::base
