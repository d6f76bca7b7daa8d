#include "agent/http/program.hpp"

#include <pthread.h>

#include <cerrno>
#include <ctime>

namespace standin::http {

StopSignal::StopSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

int StopSignal::wait(const std::function<void()>& reload, std::chrono::milliseconds every,
                     const std::function<void()>& meanwhile) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(every);
    const timespec patience{seconds.count(), std::chrono::nanoseconds(every - seconds).count()};
    for (;;) {
        const int number = ::sigtimedwait(&signals_, nullptr, &patience);
        if (number == SIGHUP) {
            reload();
        } else if (number > 0) {
            return number;
        } else if (errno == EAGAIN) {
            meanwhile();
        }
    }
}

}  // namespace standin::http
