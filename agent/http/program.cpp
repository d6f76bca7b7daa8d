#include "agent/http/program.hpp"

#include <pthread.h>

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

}  // namespace standin::http
