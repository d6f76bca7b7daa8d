#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <memory>
#include <unordered_map>

namespace standin::request_holder {

/// Counts the open connections of each client's address. Used by one thread.
class ClientCounts {
  public:
    /// `most`: from one address at once; 0: no limit, and nothing is counted.
    explicit ClientCounts(std::size_t most) : most_(most), counts_(std::make_shared<Counts>()) {}

    /// One more, until what is returned in `counted` is released. False: it has as many as it may.
    bool admit(in_addr client, std::shared_ptr<void>& counted) {
        if (most_ == 0) return true;
        auto& count = (*counts_)[client.s_addr];
        if (count >= most_) return false;
        ++count;
        // Sockets may outlive this: they share what is counted.
        counted = std::shared_ptr<void>(nullptr, [counts = counts_, address = client.s_addr](void*) {
            const auto found = counts->find(address);
            if (--found->second == 0) counts->erase(found);
        });
        return true;
    }

  private:
    using Counts = std::unordered_map<in_addr_t, std::size_t>;

    const std::size_t most_;
    std::shared_ptr<Counts> counts_;
};

}  // namespace standin::request_holder
