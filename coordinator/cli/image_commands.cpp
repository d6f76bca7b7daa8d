#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>

#include "agent/base/identifier.hpp"
#include "agent/base/text.hpp"
#include "agent/base/units.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/input.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

bool isImage(const CommandContext& context, const std::string& name) {
    if (base::isIdentifier(name)) return true;
    context.err << "standinctl: " << printable(fmt::format("'{}' is not an image's name", base::shortened(name, 80)))
                << '\n';
    return false;
}

std::string sizeAt(const Json& json, const char* field) {
    auto bytes = numberAt(json, field);
    return bytes && *bytes >= 0 ? base::humanBytes(static_cast<std::uint64_t>(*bytes)) : "-";
}

std::string usersAt(const Json& image) {
    std::string users;
    for (const auto& user : listAt(image, "used_by")) {
        if (user.is_string()) users += (users.empty() ? "" : ", ") + user.get<std::string>();
    }
    return users;
}

/// How much is done, 0 to 1.
double shareAt(const Json& verification) {
    auto progress = verification.find("progress");
    if (progress == verification.end()) return 0;
    const auto total = numberAt(*progress, "total_bytes").value_or(0);
    return total > 0 ? numberAt(*progress, "done_bytes").value_or(0) / total : 0;
}

/// Of each disk all but the newest `keep` that are whole, if nothing uses them. An image that is being captured is not
/// to delete; a failed one is useless.
std::vector<Json> unneeded(const Json& images, std::size_t keep) {
    std::map<std::string, std::vector<Json>> of_disk;
    for (const auto& image : images) of_disk[textAt(image, "disk")].push_back(image);
    std::vector<Json> found;
    for (auto& [disk, its] : of_disk) {
        std::stable_sort(its.begin(), its.end(), [](const Json& a, const Json& b) {
            return textAt(a, "created_at") > textAt(b, "created_at");
        });
        std::size_t whole = 0;
        for (auto& image : its) {
            const auto state = textAt(image, "state");
            if (state == "ready" && ++whole <= keep) continue;
            if (state == "damaged" && whole == 0) continue;  // perhaps the last copy of most of its blocks
            if (state == "capturing" || !usersAt(image).empty()) continue;
            // An older coordinator does not say what uses an image: then none is taken for unused.
            if (image.contains("used_by")) found.push_back(image);
        }
    }
    return found;
}

}  // namespace

int listImages(const CommandContext& context) {
    return context.print("/v1/images", [&](const Json& body) {
        TextTable table({"IMAGE", "DISK", "STATE", "SIZE", "STORED", "CREATED", "USED BY", "PROBLEM"});
        for (const auto& image : listAt(body, "images")) {
            auto problem = textAt(image, "problem");
            table.add({textAt(image, "id"), textAt(image, "disk"), textAt(image, "state"), sizeAt(image, "size_bytes"),
                       sizeAt(image, "stored_bytes"), momentAt(image, "created_at", true), usersAt(image),
                       problem == "-" ? "" : problem});
        }
        table.print(context.out);
    });
}

int compareImages(const CommandContext& context, const std::string& one, const std::string& other) {
    if (!isImage(context, one) || !isImage(context, other)) return ExitCode::WrongUsage;
    return context.print(fmt::format("/v1/images/{}/difference/{}", one, other), [&](const Json& body) {
        const auto text = flagAt(body, "equal") ? fmt::format("images {} and {} are equal", one, other)
                                                : fmt::format("images {} and {} differ in {} blocks ({})", one, other,
                                                              textAt(body, "blocks"), sizeAt(body, "bytes"));
        context.out << printable(text) << '\n';
    });
}

int verifyImage(const CommandContext& context, const std::string& image) {
    if (!isImage(context, image)) return ExitCode::WrongUsage;
    const auto path = fmt::format("/v1/images/{}/verification", image);
    auto verification = context.ask("POST", path);
    auto stateOf = [](const CommandContext::Reply& reply) { return textAt(reply.body, "state"); };
    auto tenth = -1.0;
    while (verification.accepted() && (stateOf(verification) == "waiting" || stateOf(verification) == "reading")) {
        const auto now = std::floor(10 * shareAt(verification.body));
        if (!context.json && now > tenth)
            context.out << printable(fmt::format("image {}: {}, {} %", image, stateOf(verification), 10 * now))
                        << std::endl;
        tenth = std::max(tenth, now);
        // The store sends no event at the end: it is polled.
        std::this_thread::sleep_for(context.pause);
        verification = context.ask("GET", path);
    }
    if (!verification.accepted()) return verification.exit_code;
    if (context.json) context.printJson(verification.body);
    if (stateOf(verification) == "intact") {
        if (!context.json) context.out << printable(fmt::format("image {} is intact", image)) << '\n';
        return ExitCode::Done;
    }
    context.err << "standinctl: " << printable(textAt(verification.body, "problem")) << '\n';
    return ExitCode::Failed;
}

int pruneImages(const CommandContext& context, const PruneChoice& choice) {
    auto reply = context.ask("GET", "/v1/images");
    if (!reply.accepted()) return reply.exit_code;
    const auto images = unneeded(listAt(reply.body, "images"), choice.keep);
    Json deleted = Json::array();
    if (!context.json || choice.dry_run) {
        for (const auto& image : images) {
            if (!context.json)
                context.out << printable(fmt::format("{}  {}  {}  {}", textAt(image, "id"), textAt(image, "state"),
                                                     sizeAt(image, "stored_bytes"),
                                                     momentAt(image, "created_at", true)))
                            << '\n';
        }
    }
    if (images.empty() && !context.json) context.out << "there is no image that nothing needs\n";
    const bool may = !choice.dry_run && !images.empty() &&
                     (choice.yes || confirmed(context, fmt::format("delete these {} images?", images.size())));
    if (!may && !choice.dry_run && !images.empty()) {
        context.err << "standinctl: nothing was deleted; say --yes to delete without being asked\n";
        return ExitCode::Failed;
    }
    int exit_code = ExitCode::Done;
    for (const auto& image : may ? images : std::vector<Json>{}) {
        const auto id = textAt(image, "id");
        auto done = context.ask("DELETE", "/v1/images/" + id);
        if (!done.accepted()) {
            exit_code = done.exit_code;  // reported already; the others may still be removed
            continue;
        }
        deleted.push_back(id);
        if (!context.json) context.out << printable(fmt::format("image {} is deleted", id)) << '\n';
    }
    if (context.json) {
        Json candidates = Json::array();
        for (const auto& image : images) candidates.push_back(textAt(image, "id"));
        context.printJson({{"not_needed", candidates}, {"deleted", deleted}, {"dry_run", choice.dry_run}});
    }
    return exit_code;
}

}  // namespace standin::cli
