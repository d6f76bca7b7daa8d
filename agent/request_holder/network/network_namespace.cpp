#include "agent/request_holder/network/network_namespace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/process.hpp"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

namespace standin::request_holder {

using base::ErrorCode;
using base::failure;

namespace {

// Where `ip netns` keeps its names.
std::string pathOf(const std::string& name) {
    return "/run/netns/" + name;
}

base::FileDescriptor openNamespace(const std::string& name) {
    base::FileDescriptor descriptor(::open(pathOf(name).c_str(), O_RDONLY | O_CLOEXEC));
    struct statfs system {};
    if (::fstatfs(descriptor.get(), &system) == 0 && system.f_type == NSFS_MAGIC) return descriptor;
    return {};
}

}  // namespace

Result<NetworkNamespace> NetworkNamespace::open(const std::string& name) {
    auto descriptor = openNamespace(name);
    if (descriptor) return NetworkNamespace(name, std::move(descriptor));
    ::unlink(pathOf(name).c_str());  // a plain file is no namespace; there may be none, too
    auto made = base::runToSuccess({{"ip", "netns", "add", name}, {}, std::chrono::seconds(10)});
    if (!made) return failure(made.error().within(fmt::format("could not make network namespace '{}'", name)));
    descriptor = openNamespace(name);
    if (descriptor) return NetworkNamespace(name, std::move(descriptor));
    return failure(ErrorCode::Internal, fmt::format("network namespace '{}' was made but cannot be opened", name));
}

bool NetworkNamespace::stands() const {
    struct stat ours {};
    struct stat named {};
    return ::fstat(descriptor_.get(), &ours) == 0 && ::stat(pathOf(name_).c_str(), &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

Result<void> NetworkNamespace::enterForGood() const {
    if (::setns(descriptor_.get(), CLONE_NEWNET) == 0) return {};
    return failure(ErrorCode::Internal,
                   fmt::format("could not enter network namespace '{}': {} (the agent needs CAP_SYS_ADMIN)", name_,
                               std::strerror(errno)));
}

Result<void> NetworkNamespace::run(const std::function<void()>& work) const {
    Result<void> outcome;
    std::thread([&] {
        outcome = enterForGood();
        if (outcome) work();
    }).join();
    return outcome;
}

Result<void> NetworkNamespace::remove() {
    if (!stands()) return {};
    auto removed = base::runToSuccess({{"ip", "netns", "delete", name_}, {}, std::chrono::seconds(10)});
    if (!removed) return failure(removed.error().within(fmt::format("could not remove network namespace '{}'", name_)));
    return {};
}

}  // namespace standin::request_holder
