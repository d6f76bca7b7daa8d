#pragma once

#include <functional>
#include <string>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/result.hpp"

namespace standin::request_holder {

using base::Result;

/// A named network namespace as `ip netns` makes it. Sockets stay in the namespace in which they were made, whichever
/// thread uses them.
class NetworkNamespace {
  public:
    /// Takes over the namespace of that name or makes it. What stands at its place without being one (left by a reboot)
    /// is replaced.
    static Result<NetworkNamespace> open(const std::string& name);

    [[nodiscard]] const std::string& name() const { return name_; }
    /// False if somebody has removed or replaced it since open().
    [[nodiscard]] bool stands() const;

    /// Runs `work` on a thread of its own that is in this namespace (and no other), and waits for it.
    Result<void> run(const std::function<void()>& work) const;
    /// Moves the calling thread into this namespace for good; its owner must not expect to be elsewhere ever again.
    Result<void> enterForGood() const;

    /// Takes the name away; idempotent. What is still used of it goes on until it is closed.
    Result<void> remove();

  private:
    NetworkNamespace(std::string name, base::FileDescriptor descriptor)
        : name_(std::move(name)), descriptor_(std::move(descriptor)) {}

    std::string name_;
    base::FileDescriptor descriptor_;
};

}  // namespace standin::request_holder
