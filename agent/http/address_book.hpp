#pragma once

#include <Poco/Net/IPAddress.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"

namespace standin::http {

using Addresses = std::vector<Poco::Net::IPAddress>;

/// Addresses of hosts. Names are resolved on separate threads, and the last good answer is kept: a DNS server that does
/// not answer delays only requests for a name that was never resolved. Thread-safe.
class AddressBook {
  public:
    using LookUp = std::function<base::Result<Addresses>(const std::string& host)>;
    AddressBook();
    /// `look_up` may block for a long time.
    explicit AddressBook(LookUp look_up);
    /// Does not wait for lookups that hang.
    ~AddressBook();
    AddressBook(const AddressBook&) = delete;
    AddressBook& operator=(const AddressBook&) = delete;

    /// The known addresses, the one that worked last first; old ones are refreshed in the background. For a new name
    /// this waits for the first answer. Unreachable: there is none in time.
    base::Result<Addresses> find(const std::string& host, base::SteadyTime until);
    /// Starts a lookup in the background.
    void refresh(const std::string& host);
    /// Puts an address that worked first from now on.
    void worked(const std::string& host, const Poco::Net::IPAddress& address);

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace standin::http
