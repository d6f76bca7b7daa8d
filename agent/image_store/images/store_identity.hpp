#pragma once

#include <string>

#include "agent/base/result.hpp"

namespace standin::image_store {

/// An image store has an id, `<images_dir>/.store`, and the agent remembers it in `<state_dir>/image_store`. Without
/// that, a volume that is not mounted looks like a new and healthy store: its mount point is an empty directory on
/// another file system.
class StoreIdentity {
  public:
    /// `state_dir` may be empty: nothing is remembered then.
    StoreIdentity(std::string images_dir, const std::string& state_dir);

    /// WrongState: this agent has used another store at this path; the message has the cure. Changes nothing.
    [[nodiscard]] base::Result<void> check() const;
    /// Gives a store its id if it has none, and remembers it. Precondition: check() succeeded, `images_dir` exists.
    [[nodiscard]] base::Result<void> adopt() const;

  private:
    std::string images_dir_;
    std::string remembered_;  ///< file of the agent: the id, then the path of the store
};

}  // namespace standin::image_store
