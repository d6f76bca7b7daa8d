#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

/// The writes of jobs, and the disks that have them: of machines, stand-ins (also of those that are only kept) and
/// images, by their names. Only of jobs whose data are local.
class JobWrites {
  public:
    /// Numbers of requests, and when they were executed.
    using Written = std::map<unsigned, VirtualTime>;

    void wrote(const std::string& disk, unsigned number, VirtualTime at) { disks_[disk][number] = at; }
    /// A disk becomes as another one is.
    void copied(const std::string& from, const std::string& to);
    void erased(const std::string& disk) { disks_.erase(disk); }

    [[nodiscard]] const Written& on(const std::string& disk) const;
    /// The writes that are on this disk, were not given up, and are on no other disk but `except`.
    [[nodiscard]] Written onlyOn(const std::string& disk, const std::string& except = {}) const;
    /// The writes that are on other disks, were not given up, and are not on this one; with the disks that have them.
    [[nodiscard]] std::map<std::string, Written> missingOn(const std::string& disk, const std::string& server) const;

    /// A server's job has disks; the writes on all of them but the server's own need not be kept any more.
    void belongs(const std::string& disk, const std::string& server) { server_of_[disk] = server; }
    void giveUp(const std::string& server);

  private:
    [[nodiscard]] bool isGivenUp(const std::string& disk, unsigned number) const;

    std::map<std::string, Written> disks_;
    std::map<std::string, std::string> server_of_;
    std::map<std::string, std::set<unsigned>> given_up_;  ///< by server
};

/// `3 writes (the first at 12.345678)`.
std::string text(const JobWrites::Written& written);

}  // namespace standin::simulation
