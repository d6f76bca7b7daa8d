#include <fmt/format.h>

#include <deque>

#include "agent/audit/audit_chain.hpp"
#include "agent/audit/audit_file.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

using audit::AuditMark;
using audit::Link;
using audit::Verifier;

constexpr std::size_t page_size = 1000;

/// The coordinator's audit as it reports it, oldest entry first.
struct ReportedAudit {
    std::deque<Link> links;
    std::optional<AuditMark> head;
    std::optional<AuditMark> forgotten;
};

std::string given(const Json& json, const char* field) {
    auto found = json.find(field);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Link linkFrom(const Json& entry) {
    const auto number = entry.find("id");
    return {number != entry.end() && number->is_number_unsigned() ? number->get<std::uint64_t>() : 0,
            given(entry, "at"),
            given(entry, "who"),
            given(entry, "what"),
            given(entry, "outcome"),
            given(entry, "previous"),
            given(entry, "hash")};
}

int fetchAudit(const CommandContext& context, ReportedAudit& reported) {
    std::string before;
    while (true) {
        auto reply = context.ask("GET", fmt::format("/v1/audit?limit={}{}", page_size, before));
        if (!reply.accepted()) return reply.exit_code;
        if (before.empty()) reported.head = AuditMark::parse(given(reply.body, "head"));
        reported.forgotten = AuditMark::parse(given(reply.body, "forgotten"));
        const auto& entries = listAt(reply.body, "entries");
        for (const auto& entry : entries) reported.links.push_front(linkFrom(entry));
        if (entries.size() < page_size || reported.links.front().number < 2) return ExitCode::Done;
        before = fmt::format("&before={}", reported.links.front().number);
    }
}

Verifier verifyReported(const ReportedAudit& reported) {
    // Entries that were dropped while the audit was fetched are still here, and the chain begins with the oldest of
    // them.
    const bool anchored =
        reported.forgotten && (reported.links.empty() || reported.links.front().number > reported.forgotten->number);
    // Without anything forgotten the first entry is number 1.
    Verifier verifier(anchored             ? reported.forgotten
                      : reported.forgotten ? std::nullopt
                                           : std::optional<AuditMark>(AuditMark{}));
    for (const auto& link : reported.links) verifier.take(link);
    if (!reported.head && !reported.links.empty())
        verifier.complain("which entry is the newest is not recorded any more");
    verifier.end(reported.head);
    return verifier;
}

bool holdsMark(const std::deque<Link>& links, const AuditMark& mark) {
    for (const auto& link : links) {
        if (link.number == mark.number) return link.hash == mark.hash;
    }
    return false;
}

int showVerdict(const CommandContext& context, const Verifier& verifier) {
    const bool whole = verifier.breaks().empty();
    if (context.json) {
        context.printJson({{"whole", whole},
                           {"entries", verifier.entries()},
                           {"first", verifier.first()},
                           {"newest", verifier.last().number == 0 ? Json(nullptr) : Json(verifier.last().text())},
                           {"breaks", verifier.breaks()}});
    } else {
        for (const auto& sentence : verifier.breaks()) context.out << printable(sentence) << '\n';
        context.out << printable(verifier.summary()) << '\n';
    }
    return whole ? ExitCode::Done : ExitCode::Failed;
}

}  // namespace

int verifyAudit(const CommandContext& context, const AuditChoice& choice) {
    const auto mark = AuditMark::parse(choice.mark);
    if (!choice.mark.empty() && !mark)
        return context.failed({base::ErrorCode::InvalidInput, "a mark is NUMBER:HASH, as 'audit verify' prints it"});
    if (!choice.file.empty()) {
        auto verifier = audit::verifyFiles(choice.file, mark);
        return verifier ? showVerdict(context, *verifier) : context.failed(verifier.error());
    }
    ReportedAudit reported;
    if (const int exit_code = fetchAudit(context, reported); exit_code != ExitCode::Done) return exit_code;
    auto verifier = verifyReported(reported);
    if (mark && !holdsMark(reported.links, *mark))
        verifier.complain(fmt::format("entry {} is not the one of the mark", mark->number));
    return showVerdict(context, verifier);
}

}  // namespace standin::cli
