#include "agent/http/program.hpp"

#include <pthread.h>

#include <cerrno>

namespace standin::http {

StopSignal::StopSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

int StopSignal::wait() const {
    int number = 0;
    while (sigwait(&signals_, &number) != 0) {}
    return number;
}

int StopSignal::wait(std::chrono::milliseconds every, const std::function<void()>& meanwhile) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(every);
    const timespec patience{seconds.count(), std::chrono::nanoseconds(every - seconds).count()};
    for (;;) {
        const int number = ::sigtimedwait(&signals_, nullptr, &patience);
        if (number > 0) return number;
        if (errno == EAGAIN) meanwhile();
    }
}

}  // namespace standin::http
