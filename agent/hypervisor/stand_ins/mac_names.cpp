#include "agent/hypervisor/stand_ins/mac_names.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "agent/base/file_descriptor.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;

struct Kind {
    std::string_view key;   ///< before the MAC on the same line, in small letters
    std::string_view name;  ///< for people
};
constexpr std::array kinds{
    Kind{"macaddress", "systemd-networkd, a .link file or netplan (MACAddress)"},
    Kind{"mac-address", "NetworkManager (mac-address)"},
    Kind{"hwaddress", "ifupdown (hwaddress)"},
    Kind{"hwaddr=", "ifcfg (HWADDR)"},
    Kind{"attr{address}", "a udev rule (ATTR{address})"},
    Kind{"ifname=", "the kernel's command line (ifname)"},
    Kind{"bootif=", "the kernel's command line (BOOTIF)"},
};
constexpr std::size_t longest_key = 64;  // with the text between it and the MAC
constexpr std::size_t piece = 1 << 20;
constexpr auto read_within = 60s;  // some GiB; the rest of the disk is not searched

std::string withLetters(std::string text, int (*letter)(int)) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [letter](unsigned char c) { return static_cast<char>(letter(c)); });
    return text;
}

}  // namespace

MacNames::MacNames(const std::string& mac) {
    std::string dashes = mac;
    std::replace(dashes.begin(), dashes.end(), ':', '-');
    for (const auto& spelling : {mac, dashes}) {
        for (auto* letter : {&::tolower, &::toupper}) {
            auto text = withLetters(spelling, letter);
            if (std::find(spellings_.begin(), spellings_.end(), text) == spellings_.end())
                spellings_.push_back(std::move(text));
        }
    }
}

void MacNames::see(std::string_view bytes) {
    if (spellings_.front().empty()) return;
    const std::size_t overlap = longest_key + spellings_.front().size();
    std::string joint = end_of_last_;
    joint += bytes.substr(0, overlap);
    look(joint);
    look(bytes);
    end_of_last_ = bytes.size() > overlap ? bytes.substr(bytes.size() - overlap) : joint;
}

void MacNames::look(std::string_view bytes) {
    for (const auto& spelling : spellings_) {
        for (auto at = bytes.find(spelling); at != std::string_view::npos; at = bytes.find(spelling, at + 1)) {
            const auto from = at - std::min(at, longest_key);
            auto line = bytes.substr(from, at - from);
            if (const auto end = line.find_last_of('\n'); end != std::string_view::npos) line = line.substr(end + 1);
            const auto before = withLetters(std::string(line), &::tolower);
            for (const auto& kind : kinds) {
                if (before.find(kind.key) == std::string::npos) continue;
                if (std::find(found_.begin(), found_.end(), kind.name) == found_.end()) found_.emplace_back(kind.name);
                break;
            }
        }
    }
}

base::Result<std::string> cardsNamedByMac(const std::string& disk, const std::string& mac,
                                          const std::atomic<bool>& stopping) {
    const base::FileDescriptor file(::open(disk.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!file)
        return base::failure(base::ErrorCode::Internal,
                             fmt::format("could not read '{}': {}", disk, std::strerror(errno)));
    const auto until = std::chrono::steady_clock::now() + read_within;
    MacNames names(mac);
    std::string bytes(piece, '\0');
    off_t at = 0;
    while (!stopping && std::chrono::steady_clock::now() < until) {
        const off_t data = ::lseek(file.get(), at, SEEK_DATA);
        if (data < 0) break;  // holes only, to the end
        at = data;
        const auto length = ::pread(file.get(), bytes.data(), bytes.size(), at);
        if (length <= 0) break;
        names.see(std::string_view(bytes.data(), static_cast<std::size_t>(length)));
        ::posix_fadvise(file.get(), at, length, POSIX_FADV_DONTNEED);
        at += length;
    }
    return fmt::format("{}", fmt::join(names.found(), ", "));
}

}  // namespace standin::hypervisor
