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

/// Addresses of hosts. Names are looked up on threads of their own, and the last good answer is kept: a DNS server that
/// does not answer delays only who asks for a name that was never found. Safe to call from several threads.
class AddressBook {
  public:
    using LookUp = std::function<base::Result<Addresses>(const std::string& host)>;
    AddressBook();
    /// `look_up` may block for long.
    explicit AddressBook(LookUp look_up);
    /// Does not wait for lookups that hang.
    ~AddressBook();
    AddressBook(const AddressBook&) = delete;
    AddressBook& operator=(const AddressBook&) = delete;

    /// The addresses that are known, the one that worked last first; they are looked up again aside when they are old.
    /// Of a name that is not known yet the first answer is waited for. Unreachable: there is none by then.
    base::Result<Addresses> find(const std::string& host, base::SteadyTime until);
    /// Asks aside; nobody waits.
    void refresh(const std::string& host);
    /// This one answered: it comes first from now on.
    void worked(const std::string& host, const Poco::Net::IPAddress& address);

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace standin::http
