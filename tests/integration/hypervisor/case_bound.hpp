#pragma once

#include <string>

namespace standin::tests {

/// What the test case that runs waits for just now, for as long as the object lives. A case that has not ended at its
/// bound says it and ends the program: far earlier than the program's own limit, which says nothing.
class Waiting {
  public:
    explicit Waiting(std::string what);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

  private:
    std::string before_;
};

}  // namespace standin::tests
