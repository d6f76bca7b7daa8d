#pragma once

#include <boost/test/unit_test.hpp>
#include <string>

#include "coordinator/journal/sqlite_journal.hpp"

namespace standin::tests {

/// A journal without records whose site an operator has adopted: its coordinator acts.
inline void makeAdoptedJournal(const std::string& path) {
    journal::SqliteJournal journal(path);
    const auto contents = journal.open();
    BOOST_REQUIRE(contents);
    journal::Entry entry;
    entry.continuation = journal::Continuation{{}, contents->epoch, contents->last_operation};
    BOOST_REQUIRE(journal.commit(entry));
}

}  // namespace standin::tests
