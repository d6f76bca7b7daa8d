// ledger: the job of the lab's servers. It writes every entry that it is given to disk before it answers.

#include <signal.h>
#include <sys/signalfd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "entry_log.hpp"
#include "ledger_server.hpp"

namespace {

constexpr const char* usage = "usage: ledger --file PATH [--port N (0: any)] [--work-ms N] [--machine NAME]\n";

struct Arguments {
    std::string file;
    ledger::ServerSettings server;
};

template <typename Number>
bool parse(std::string_view text, Number& number) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

bool parse(int count, char** words, Arguments& arguments) {
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = words[i];
        const std::string_view value = words[i + 1];
        unsigned work_ms = 0;
        if (name == "--file")
            arguments.file = value;
        else if (name == "--machine")
            arguments.server.machine = value;
        else if (name == "--port" && parse(value, arguments.server.port))
            continue;
        else if (name == "--work-ms" && parse(value, work_ms))
            arguments.server.work = std::chrono::milliseconds(work_ms);
        else
            return false;
    }
    return count % 2 == 1 && !arguments.file.empty();
}

}  // namespace

int main(int count, char** words) {
    Arguments arguments;
    if (!parse(count, words, arguments)) {
        std::fputs(usage, stderr);
        return 2;
    }
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, nullptr);
    try {
        ledger::EntryLog log(arguments.file);
        ledger::LedgerServer server(arguments.server, log);
        std::printf("ledger: listening on port %u, %llu entries on disk\n", server.port(),
                    static_cast<unsigned long long>(log.lastSequence()));
        std::fflush(stdout);
        server.run(signalfd(-1, &stops, SFD_CLOEXEC));
        std::printf("ledger: stopped with %llu entries on disk\n", static_cast<unsigned long long>(log.lastSequence()));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ledger: %s\n", error.what());
        return 1;
    }
    return 0;
}
