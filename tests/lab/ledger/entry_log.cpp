#include "entry_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace ledger {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void writeAll(int descriptor, const std::string& text, const std::string& path) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = ::write(descriptor, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("could not write " + path);
        done += static_cast<std::size_t>(count);
    }
}

}  // namespace

EntryLog::EntryLog(std::string path) : path_(std::move(path)) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail("could not open " + path_);
    const std::string text = read();
    const auto whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
    if (whole != text.size() && ::ftruncate(descriptor_, static_cast<off_t>(whole)) != 0)
        fail("could not mend " + path_);
    last_sequence_ = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

EntryLog::~EntryLog() {
    ::close(descriptor_);
}

std::uint64_t EntryLog::append(std::uint64_t number, const std::string& machine) {
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
    const std::uint64_t sequence = last_sequence_ + 1;
    writeAll(descriptor_,
             "{\"sequence\":" + std::to_string(sequence) + ",\"number\":" + std::to_string(number) +
                 ",\"time_us\":" + std::to_string(now.count()) + ",\"machine\":\"" + machine + "\"}\n",
             path_);
    if (::fdatasync(descriptor_) != 0) fail("could not sync " + path_);
    last_sequence_ = sequence;
    return sequence;
}

std::string EntryLog::read() const {
    std::string text;
    char buffer[65536];
    off_t offset = 0;
    while (true) {
        const ssize_t count = ::pread(descriptor_, buffer, sizeof buffer, offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("could not read " + path_);
        if (count == 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
        offset += count;
    }
}

}  // namespace ledger
