#include "coordinator/journal/audit_rows.hpp"

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "coordinator/journal/timestamp_field.hpp"

namespace standin::journal {

using namespace Poco::Data::Keywords;
using audit::AuditMark;
using audit::Link;
using Poco::Data::Session;

namespace {

constexpr const char* head_key = "audit_head";
constexpr const char* forgotten_key = "audit_forgotten";

AuditMark markOf(Session& session, std::string key) {
    std::string text;
    session << "SELECT value FROM meta WHERE key = ?", into(text), use(key), now;
    return AuditMark::parse(text).value_or(AuditMark{});
}

void setMark(Session& session, std::string key, const AuditMark& mark) {
    std::string text = mark.text();
    session << "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        use(key), use(text), now;
}

bool hasColumn(Session& session, std::string column) {
    int found = 0;
    session << "SELECT COUNT(*) FROM pragma_table_info('audit') WHERE name = ?", into(found), use(column), now;
    return found > 0;
}

std::vector<Link> readLinks(Session& session, const std::string& condition, Poco::Int64 bound, Poco::Int64 most) {
    std::vector<Poco::Int64> ids;
    std::vector<std::string> times, whos, whats, outcomes, previous, hashes;
    session << "SELECT id, at, who, what, outcome, previous, hash FROM audit WHERE " + condition + " LIMIT ?",
        into(ids), into(times), into(whos), into(whats), into(outcomes), into(previous), into(hashes), use(bound),
        use(most), now;
    std::vector<Link> links;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        links.push_back(
            {static_cast<std::uint64_t>(ids[i]), times[i], whos[i], whats[i], outcomes[i], previous[i], hashes[i]});
    }
    return links;
}

AuditMark seal(Session& session) {
    AuditMark head;
    auto links = readLinks(session, "id > ? ORDER BY id", 0, std::numeric_limits<Poco::Int64>::max());
    for (auto& link : links) {
        if (head.number == 0 && link.number > 1) {
            head = {link.number - 1, audit::beginning()};
            setMark(session, forgotten_key, head);
        }
        link.previous = head.number == 0 ? audit::beginning() : head.hash;
        link.hash = hashOf(link);
        Poco::Int64 id = static_cast<Poco::Int64>(link.number);
        session << "UPDATE audit SET previous = ?, hash = ? WHERE id = ?", use(link.previous), use(link.hash), use(id),
            now;
        head = {link.number, link.hash};
    }
    return head;
}

}  // namespace

AuditMark openAudit(Session& session) {
    session.begin();
    for (const auto* column : {"previous", "hash"}) {
        if (!hasColumn(session, column))
            session << "ALTER TABLE audit ADD COLUMN " + std::string(column) + " TEXT NOT NULL DEFAULT ''", now;
    }
    auto head = markOf(session, head_key);
    if (head.number == 0) {
        int chained = 0;
        session << "SELECT COUNT(*) FROM audit WHERE hash <> ''", into(chained), now;
        // Entries with hashes and no mark: the mark was removed, and the entries are not trusted again.
        if (chained == 0) head = seal(session);
        if (head.number > 0) rememberHead(session, head);
    }
    // A release without hashes has continued the numbers.
    Poco::Int64 newest = 0;
    session << "SELECT COALESCE(MAX(id), 0) FROM audit", into(newest), now;
    session.commit();
    if (static_cast<std::uint64_t>(newest) > head.number) head.number = static_cast<std::uint64_t>(newest);
    if (head.number > 0 && head.hash.empty()) head.hash = audit::beginning();
    return head;
}

void writeAudit(Session& session, const domain::AuditEntry& entry, AuditMark& head) {
    Link link{0, base::rfc3339(entry.at), entry.who, entry.what, entry.outcome, "", ""};
    append(link, head);
    Poco::Int64 id = static_cast<Poco::Int64>(link.number);
    session << "INSERT INTO audit (id, at, who, what, outcome, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", use(id),
        use(link.at), use(link.who), use(link.what), use(link.outcome), use(link.previous), use(link.hash), now;
    head = {link.number, link.hash};
}

void rememberHead(Session& session, const AuditMark& head) {
    setMark(session, head_key, head);
}

void forgetAudit(Session& session, std::size_t most) {
    Poco::Int64 newest = 0;
    session << "SELECT COALESCE(MAX(id), 0) FROM audit", into(newest), now;
    const Poco::Int64 last = newest - static_cast<Poco::Int64>(most);
    if (last <= 0) return;
    const auto links = readLinks(session, "id <= ? ORDER BY id DESC", last, 1);
    if (links.empty()) return;
    setMark(session, forgotten_key, {links.front().number, links.front().hash});
    session << "DELETE FROM audit WHERE id <= ?", bind(last), now;
}

AuditPage readAudit(Session& session, std::size_t most, std::uint64_t before) {
    AuditPage page;
    session.begin();  // entries and marks of one moment
    const auto bound = static_cast<Poco::Int64>(
        std::min<std::uint64_t>(before, static_cast<std::uint64_t>(std::numeric_limits<Poco::Int64>::max())));
    const auto links = readLinks(session, "id < ? ORDER BY id DESC", bound, static_cast<Poco::Int64>(most));
    page.head = markOf(session, head_key);
    page.forgotten = markOf(session, forgotten_key);
    session.commit();
    for (const auto& link : links) {
        page.entries.push_back({link.number, parseTimestamp(link.at).value_or(base::WallTime{}), link.who, link.what,
                                link.outcome, link.previous, link.hash});
    }
    return page;
}

}  // namespace standin::journal
