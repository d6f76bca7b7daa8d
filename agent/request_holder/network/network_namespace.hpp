#pragma once

#include <functional>
#include <string>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/result.hpp"

namespace standin::request_holder {

using base::Result;

/// A named network namespace as `ip netns` creates it. Sockets stay in the namespace in which they were created,
/// whichever thread uses them.
class NetworkNamespace {
  public:
    /// Opens the namespace of that name or creates it. A file at its place that is not a namespace (left by a reboot)
    /// is replaced.
    static Result<NetworkNamespace> open(const std::string& name);

    [[nodiscard]] const std::string& name() const { return name_; }
    /// False if it was removed or replaced since open().
    [[nodiscard]] bool stands() const;

    /// Runs `work` on a new thread in this namespace and waits for it.
    Result<void> run(const std::function<void()>& work) const;
    /// Moves the calling thread into this namespace permanently.
    Result<void> enterForGood() const;

    /// Removes the name; idempotent. Sockets in the namespace continue to work until they are closed.
    Result<void> remove();

  private:
    NetworkNamespace(std::string name, base::FileDescriptor descriptor)
        : name_(std::move(name)), descriptor_(std::move(descriptor)) {}

    std::string name_;
    base::FileDescriptor descriptor_;
};

}  // namespace standin::request_holder
