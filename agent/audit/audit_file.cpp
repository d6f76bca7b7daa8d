#include "agent/audit/audit_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "agent/base/durable_file.hpp"
#include "agent/protocol/json_text.hpp"

namespace standin::audit {

using base::ErrorCode;
using base::failure;
using base::Result;
using nlohmann::json;

namespace {

constexpr int older_files = 8;
constexpr std::size_t longest_line = 16U << 10;    // an entry's texts are short (audit_trail.cpp)
constexpr std::uint64_t reserve_bytes = 1U << 20;  // some 3,000 entries: many takeovers

std::string pathOf(const std::string& path, int age) {
    return age == 0 ? path : fmt::format("{}.{}", path, age);
}

std::string headOf(const std::string& path) {
    return path + ".head";
}

std::string lineOf(const Link& link) {
    const json line{{"number", link.number}, {"at", link.at},           {"who", link.who},
                    {"what", link.what},     {"outcome", link.outcome}, {"previous", link.previous},
                    {"hash", link.hash}};
    return protocol::asciiJsonText(line) + "\n";
}

std::optional<Link> linkIn(const std::string& line) {
    const auto read = json::parse(line, nullptr, false);
    if (!read.is_object()) return std::nullopt;
    const auto text = [&](const char* field) {
        const auto found = read.find(field);
        return found != read.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    const auto number = read.find("number");
    if (number == read.end() || !number->is_number_unsigned()) return std::nullopt;
    return Link{number->get<std::uint64_t>(),
                text("at"),
                text("who"),
                text("what"),
                text("outcome"),
                text("previous"),
                text("hash")};
}

std::optional<AuditMark> readHead(const std::string& path) {
    auto text = base::readWhole(headOf(path), 256);
    if (!text) return std::nullopt;
    while (!text->empty() && text->back() == '\n') text->pop_back();
    return AuditMark::parse(*text);
}

/// The last whole line of a file of `size` bytes, and where it ends.
std::string lastLine(int descriptor, std::uint64_t size, std::uint64_t& end) {
    const auto length = std::min<std::uint64_t>(size, 2 * longest_line);
    std::string tail(length, '\0');
    const auto got = ::pread(descriptor, tail.data(), length, static_cast<off_t>(size - length));
    tail.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    const auto newline = tail.rfind('\n');
    end = newline == std::string::npos ? size - length : size - length + newline + 1;
    if (newline == std::string::npos) return {};
    const auto before = newline == 0 ? std::string::npos : tail.rfind('\n', newline - 1);
    const auto from = before == std::string::npos ? 0 : before + 1;
    return tail.substr(from, newline - from);
}

}  // namespace

AuditFile::AuditFile(std::string path, std::uint64_t largest)
    : path_(std::move(path)), largest_(largest), reserve_(path_ + ".reserve", reserve_bytes) {}

AuditFile::~AuditFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> AuditFile::failed(const char* what) {
    disk_is_full_ = errno == ENOSPC || errno == EDQUOT;
    return failure(ErrorCode::Internal,
                   fmt::format("audit '{}' cannot be {}: {}", path_, what, std::generic_category().message(errno)));
}

Result<void> AuditFile::open() {
    if (descriptor_ >= 0) return {};
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (descriptor_ < 0) return failed("opened");
    if (auto mended = mendEnd(); !mended) {
        ::close(descriptor_);  // the chain's end is not known: the next attempt starts again
        descriptor_ = -1;
        return mended;
    }
    reserve_.fill();
    return {};
}

Result<void> AuditFile::mendEnd() {
    const auto end_of_file = ::lseek(descriptor_, 0, SEEK_END);
    if (end_of_file < 0) return failed("read");
    size_ = static_cast<std::uint64_t>(end_of_file);
    std::uint64_t end = 0;
    auto line = size_ > 0 ? lastLine(descriptor_, size_, end) : std::string();
    const auto now = std::chrono::system_clock::now();
    if (end < size_) {
        if (::ftruncate(descriptor_, static_cast<off_t>(end)) != 0) return failed("mended");
        size_ = end;
        remarks_.push_back({now, "audit", "the end of this file", "a line that was cut off was removed"});
    }
    const auto head = readHead(path_);
    const auto link = linkIn(line);
    if (link) last_ = {link->number, link->hash};
    // The numbers continue after the missing entries, so that the gap stays visible.
    if (head && head->number > last_.number) last_ = *head;
    if (!head || !link || head->number <= link->number) return {};
    remarks_.push_back({now, "audit", "the end of this file",
                        fmt::format("entries {} to {} are missing", link->number + 1, head->number)});
    return {};
}

Result<void> AuditFile::append(const std::vector<Note>& notes) {
    auto done = appendOnce(notes);
    while (!done && disk_is_full_ && reserve_.makeRoom()) done = appendOnce(notes);
    if (done) reserve_.fill();
    return done;
}

Result<void> AuditFile::appendOnce(const std::vector<Note>& notes) {
    disk_is_full_ = false;
    if (auto opened = open(); !opened) return opened;
    auto all = remarks_;
    all.insert(all.end(), notes.begin(), notes.end());
    if (auto written = writeLines(all); !written) return written;
    remarks_.clear();
    if (size_ >= largest_) rotate();
    return {};
}

Result<void> AuditFile::writeLines(const std::vector<Note>& notes) {
    std::string text;
    auto last = last_;
    for (const auto& note : notes) {
        Link link{0, base::rfc3339(note.at), note.who, note.what, note.outcome, "", ""};
        audit::append(link, last);
        last = {link.number, link.hash};
        text += lineOf(link);
    }
    std::size_t done = 0;
    while (done < text.size()) {
        const auto wrote = ::write(descriptor_, text.data() + done, text.size() - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            const auto problem = failed("written");
            // Half a line would be the end of the chain; the next attempt begins where this one did.
            if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) return failed("mended");
            return problem;
        }
        done += static_cast<std::size_t>(wrote);
    }
    if (::fdatasync(descriptor_) != 0) {
        const auto problem = failed("written");
        if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) return failed("mended");
        return problem;
    }
    size_ += text.size();
    last_ = last;
    // The entries are written. A mark that lags behind them is no break, and catches up with the next ones.
    static_cast<void>(base::writeDurably(headOf(path_), last_.text() + "\n"));
    return {};
}

// A file that can't be renamed is continued: a file that is too large is better than an audit that ends.
void AuditFile::rotate() {
    std::error_code problem;
    for (int age = older_files; age > 0; --age) {
        if (std::filesystem::exists(pathOf(path_, age - 1), problem))
            std::filesystem::rename(pathOf(path_, age - 1), pathOf(path_, age), problem);
    }
    const int next = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (next < 0) return;
    ::close(descriptor_);
    descriptor_ = next;
    size_ = 0;
    static_cast<void>(base::syncDirectory(std::filesystem::path(path_).parent_path()));
}

namespace {

/// Goes through one file of an audit.
class FileReading {
  public:
    FileReading(Verifier& verifier, std::vector<AuditMark> marks) : verifier_(verifier), marks_(std::move(marks)) {}

    /// False: there is no such file.
    bool read(const std::string& path) {
        std::error_code unknown;
        if (!std::filesystem::exists(path, unknown)) return false;
        if (!std::filesystem::is_regular_file(path, unknown)) {
            verifier_.complain(fmt::format("'{}' is no file", path));
            return true;
        }
        std::ifstream file(path);
        if (!file) return false;
        std::uint64_t number = 0;
        for (std::string line; std::getline(file, line);) {
            ++number;
            const auto link = linkIn(line);
            if (link && !file.eof()) {
                take(*link);
            } else {
                verifier_.complain(
                    fmt::format("line {} of '{}' {}", number, path, file.eof() ? "is cut off" : "is no entry"));
            }
        }
        return true;
    }
    /// Those that were not met, or not as they have to be.
    [[nodiscard]] const std::vector<AuditMark>& missed() const { return marks_; }

  private:
    void take(const Link& link) {
        verifier_.take(link);
        std::erase(marks_, AuditMark{link.number, link.hash});
    }

    Verifier& verifier_;
    std::vector<AuditMark> marks_;
};

}  // namespace

// The mark of the newest entry may lag behind the entries after a crash, but never go before them.
Result<Verifier> verifyFiles(const std::string& path, const std::optional<AuditMark>& mark) {
    Verifier verifier;
    const auto head = readHead(path);
    std::vector<AuditMark> marks;
    if (head) marks.push_back(*head);
    if (mark && mark != head) marks.push_back(*mark);
    FileReading reading(verifier, std::move(marks));
    bool found = false;
    for (int age = older_files; age >= 0; --age) found = reading.read(pathOf(path, age)) || found;
    if (!found) return failure(ErrorCode::NotFound, fmt::format("there is no audit '{}'", path));
    for (const auto& missed : reading.missed()) {
        if (missed.number > verifier.last().number) {
            verifier.end(missed);
        } else {
            verifier.complain(fmt::format("entry {} is not the one that was written{}", missed.number,
                                          missed.number < verifier.first() ? ", or is not kept any more" : ""));
        }
    }
    if (!head && verifier.entries() > 0)
        verifier.complain(fmt::format("'{}', which says what the last entry is, is missing or damaged", headOf(path)));
    return verifier;
}

}  // namespace standin::audit
