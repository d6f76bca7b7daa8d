#include "coordinator/cli/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "agent/base/text.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/input.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

using Command = std::function<int(const CommandContext&)>;

/// Everything an argument can be put into, and the command that was chosen.
struct Arguments {
    ConnectionOptions connection;
    bool json = false;
    bool wait = false;
    std::string server, spare, image, reason, id, rack;
    std::string first, second;  ///< images
    TrapChoice trap;
    PruneChoice prune;
    AdoptionChoice adoption;
    AuditChoice audit;
    std::string operation_or_file;
    std::vector<std::string> fail;
    bool record = false;
    bool all = false;
    bool discard_data = false;
    std::string absent_verb;  ///< one of them was asked for
    std::size_t limit = 50;
    Command chosen;
};

class Grammar {
  public:
    Grammar() : app_("Asks and commands a Standin coordinator. See standinctl(1).", "standinctl") {
        app_.require_subcommand(1);
        app_.fallthrough();  // `status --json` as well as `--json status`
        app_.set_version_flag("--version", "standinctl " STANDIN_VERSION);
        app_.add_flag("--json", arguments_.json, "Show the coordinator's answer as JSON");
        app_.add_option("--url", arguments_.connection.url, "The coordinator, https://host:port");
        app_.add_option("--ca", arguments_.connection.ca, "Certificate of the CA that vouches for the coordinator");
        app_.add_option("--certificate", arguments_.connection.certificate, "Client certificate");
        app_.add_option("--key", arguments_.connection.key, "Its private key");
        app_.add_option("--crl", arguments_.connection.crl,
                        "Revocation list; the coordinator's certificate must not be in it");
        app_.add_option("--config", arguments_.connection.settings_file,
                        "Settings file with url, ca_file, certificate_file, key_file");
        addOverview();
        addSpare();
        addImage();
        addFailover();
        addOperation();
        addTrap();
        addLater();
    }

    CLI::App& app() { return app_; }
    Arguments& arguments() { return arguments_; }

  private:
    CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& explanation, Command command) {
        auto* added = parent.add_subcommand(name, explanation);
        added->callback([this, command = std::move(command)] { arguments_.chosen = command; });
        return added;
    }
    // Named in the contract and left to later releases: it says so instead of being unknown, and sends no request.
    CLI::App* absentVerb(CLI::App& parent, const std::string& name, const std::string& full_name,
                         const std::string& explanation) {
        auto* added = parent.add_subcommand(name, explanation + " (not there yet)");
        added->callback([this, full_name] { arguments_.absent_verb = full_name; });
        return added;
    }
    CLI::App* group(const std::string& name, const std::string& explanation) {
        auto* added = app_.add_subcommand(name, explanation);
        added->require_subcommand(1);
        return added;
    }
    void server(CLI::App* verb) { verb->add_option("SERVER", arguments_.server, "A server's name")->required(); }
    void wait(CLI::App* verb) {
        verb->add_flag("--wait", arguments_.wait, "Show the operation as it goes and wait for its end");
    }
    void discard(CLI::App* verb, const std::string& explanation) {
        verb->add_flag("--discard-data", arguments_.discard_data, explanation);
    }
    void limit(CLI::App* verb) {
        verb->add_option("--limit", arguments_.limit, "How many at most, newest first")->check(CLI::Range(1, 1000));
    }

    void addOverview();
    void addSpare();
    void addImage();
    void addFailover();
    void addOperation();
    void addTrap();
    void addLater();

    Arguments arguments_;
    CLI::App app_;
};

void Grammar::addOverview() {
    auto& a = arguments_;
    verb(app_, "status", "Servers, where their jobs run, and open operations", showStatus);
    verb(app_, "health", "The coordinator's checks, and what to do about those that fail", showHealth);
    verb(app_, "events", "What happens, as it happens", followEvents);
    auto* adopt =
        verb(app_, "adopt", "Show the findings of a coordinator with a new journal, and let it continue from them",
             [&a](const CommandContext& c) { return adoptSite(c, a.adoption); });
    adopt->add_flag("--yes", a.adoption.yes, "Do not ask");
    adopt->add_flag("--if-clean", a.adoption.if_clean, "Do not ask, and adopt only what looks like a new site");
    verb(*group("agent", "Agents"), "list", "Agents and their health", listAgents);
    auto* audit = app_.add_subcommand("audit", "Requests: client, what was asked, outcome");
    limit(audit);
    auto* verify = verb(*audit, "verify", "See whether the audit is as it was written, entry by entry",
                        [&a](const CommandContext& c) { return verifyAudit(c, a.audit); });
    verify->add_option("--file", a.audit.file,
                       "An agent's audit.log (with those before it) instead of the coordinator's");
    verify->add_option("--mark", a.audit.mark, "NUMBER:HASH of an entry, noted earlier, that must be there unchanged");
    // The callback of the verb that is above runs too, and last.
    audit->final_callback([this, audit, &a] {
        if (audit->get_subcommands().empty())
            arguments_.chosen = [&a](const CommandContext& c) { return listAudit(c, a.limit); };
    });
}

void Grammar::addSpare() {
    auto& a = arguments_;
    auto* spare = group("spare", "The spare table");
    verb(*spare, "list", "Rows of the spare table and the pool of spares", listSpares);
    auto* set = verb(*spare, "set", "Set a server's spare and prepare its stand-in", [&a](const CommandContext& c) {
        return setSpare(c, {a.server, a.spare, a.image, a.wait});
    });
    server(set);
    set->add_option("SPARE", a.spare, "A spare's name")->required();
    set->add_option("--image", a.image, "Image to use instead of the server's newest");
    wait(set);
    auto* prepare = verb(*spare, "prepare", "Make a server's stand-in again from the image in its row",
                         [&a](const CommandContext& c) { return prepareStandIn(c, a.server, a.wait); });
    server(prepare);
    wait(prepare);
    server(verb(*spare, "unset", "Delete a server's stand-in and give its spare back",
                [&a](const CommandContext& c) { return unsetSpare(c, a.server); }));
}

void Grammar::addImage() {
    auto& a = arguments_;
    auto* image = group("image", "Images");
    verb(*image, "list", "Images of all image stores", listImages);
    auto* backup = verb(*image, "backup", "Capture a server's image; remake its stand-in if the image differs",
                        [&a](const CommandContext& c) { return backUpImage(c, a.server, a.wait); });
    server(backup);
    wait(backup);
    auto* diff = verb(*image, "diff", "How much two images differ",
                      [&a](const CommandContext& c) { return compareImages(c, a.first, a.second); });
    diff->add_option("IMAGE", a.first, "An image")->required();
    diff->add_option("OTHER", a.second, "Another image of the same image store")->required();
    verb(*image, "verify", "Read an image again and compare it with its checksums",
         [&a](const CommandContext& c) { return verifyImage(c, a.first); })
        ->add_option("IMAGE", a.first, "An image")
        ->required();
    auto* prune = verb(*image, "prune", "Delete images that nothing uses",
                       [&a](const CommandContext& c) { return pruneImages(c, a.prune); });
    prune->add_option("--keep", a.prune.keep, "So many of the newest of each disk stay in any case")
        ->check(CLI::Range(1, 1000));
    prune->add_flag("--yes", a.prune.yes, "Do not ask");
    prune->add_flag("--dry-run", a.prune.dry_run, "Show which, and delete nothing");
}

void Grammar::addFailover() {
    auto& a = arguments_;
    auto* failover =
        verb(app_, "failover", "Fence a server and let its stand-in and spare take its job, as after a failure",
             [&a](const CommandContext& c) { return failOver(c, a.server, a.reason, a.wait); });
    server(failover);
    failover->add_option("--reason", a.reason, "Why, for the record");
    wait(failover);
    auto* returned = verb(app_, "returned", "Give a repaired server its segment again, to bring its job back by hand",
                          [&a](const CommandContext& c) { return jobReturned(c, a.server, a.discard_data); });
    server(returned);
    discard(returned, "Also where that loses what was written on its stand-in and spare");
    auto* freeze = group("freeze", "Keep everything from beginning that would fence a server or move a segment");
    verb(*freeze, "on", "Freeze the site; what has begun finishes its step", [&a](const CommandContext& c) {
        return freezeSite(c, true, a.reason);
    })->add_option("--reason", a.reason, "Why, for the record");
    verb(*freeze, "off", "End the freeze; what waits goes on",
         [](const CommandContext& c) { return freezeSite(c, false, ""); });
    auto* brake = group("brake", "The brake on many failovers at once");
    verb(*brake, "show", "Freeze, brake, and the operations that wait for them", showRestraints);
    verb(*brake, "release", "Let the failovers through that the brake keeps back", [&a](const CommandContext& c) {
        return releaseBrake(c, a.rack);
    })->add_option("--rack", a.rack, "Only those of servers in this rack");
    auto* maintenance = group("maintenance", "Suppress automatic failover of a server");
    auto* on = verb(*maintenance, "on", "Failures of the server are kept and shown, and start nothing",
                    [&a](const CommandContext& c) { return setMaintenance(c, a.server, true, a.reason); });
    server(on);
    on->add_option("--reason", a.reason, "Why, for the record");
    server(verb(*maintenance, "off", "Failures of the server start a failover again",
                [&a](const CommandContext& c) { return setMaintenance(c, a.server, false, ""); }));
}

void Grammar::addOperation() {
    auto& a = arguments_;
    auto* operation = group("operation", "Operations");
    auto id = [&a](CLI::App* verb) { verb->add_option("ID", a.id, "An operation's number")->required(); };
    auto* list = verb(*operation, "list", "Operations, newest first",
                      [&a](const CommandContext& c) { return listOperations(c, a.server, a.limit); });
    list->add_option("--server", a.server, "Only this server's");
    limit(list);
    id(verb(*operation, "show", "An operation with its steps",
            [&a](const CommandContext& c) { return showOperation(c, a.id); }));
    verb(*operation, "watch", "An operation as it goes, to its end; without ID the newest open one",
         [&a](const CommandContext& c) { return watchOperation(c, a.id); })
        ->add_option("ID", a.id, "An operation's number");
    auto remedy = [&](const std::string& name, const std::string& explanation, const std::string& path) {
        auto* added = verb(*operation, name, explanation,
                           [&a, path](const CommandContext& c) { return remedyOperation(c, a.id, path, a.wait); });
        id(added);
        wait(added);
    };
    remedy("retry", "Try again what had failed", "retry");
    remedy("cancel", "Take a failover back that has not given the segment yet", "cancel");
    remedy("confirm-fence", "Say that you saw with your own eyes that the failed server is without power",
           "fence-confirmation");
    auto* close = verb(*operation, "close", "End a failover that is at rest and tidy up after it",
                       [&a](const CommandContext& c) { return closeOperation(c, a.id, a.discard_data, a.wait); });
    id(close);
    wait(close);
    discard(close, "Delete the stand-in's disk, too, with what the job wrote on it");
}

void Grammar::addTrap() {
    auto& a = arguments_;
    auto* trap = group("trap", "Traps and what became of them");
    auto* list = verb(*trap, "list", "Traps, newest first",
                      [&a](const CommandContext& c) { return listTraps(c, a.server, a.limit); });
    list->add_option("--server", a.server, "Only those that speak of this server");
    limit(list);
    auto* explain = verb(*trap, "explain", "How the rules come to a verdict, rule by rule, and what would begin",
                         [&a](const CommandContext& c) { return explainTrap(c, a.trap); });
    explain
        ->add_option(
            "TRAP", a.trap.what,
            "A recorded trap's number, or a file ('-': standard input) with JSON, snmptrapd's text or a datagram")
        ->required();
    explain->add_option("--source", a.trap.source, "The sender's address, where the file does not give it");
    explain->add_option("--config", a.trap.configuration,
                        "The coordinator's configuration: explain from it, and ask no coordinator");
    auto* test = verb(*trap, "test", "Have a server's BMC send a test trap, and see whether it arrives as it must",
                      [&a](const CommandContext& c) { return testTraps(c, a.server, a.all); });
    test->add_option("SERVER", a.server, "The server");
    test->add_flag("--all", a.all, "All servers");
    auto* plan = verb(app_, "plan", "What a failure would lead to now, step by step; touches nothing",
                      [&a](const CommandContext& c) { return planFailure(c, a.server, a.fail); });
    plan->add_option("SERVER", a.server, "The server that fails");
    plan->add_option("--fail", a.fail,
                     "What fails with it: rack=NAME, server=NAME, spare=NAME, vm-host=NAME; commas between")
        ->delimiter(',');
    auto* replay = verb(app_, "replay", "Decide an operation again, from its record",
                        [&a](const CommandContext& c) { return replayOperation(c, a.operation_or_file, a.record); });
    replay->add_option("OPERATION", a.operation_or_file, "Its number, or a file ('-': standard input) with its record")
        ->required();
    replay->add_flag("--record", a.record, "Print the record instead, for a support case");
}

void Grammar::addLater() {
    auto later = [this](const std::string& name, const std::string& explanation) {
        // The answer is the same for all arguments.
        absentVerb(app_, name, name, explanation)->fallthrough(false)->allow_extras();
    };
    later("drill", "Rehearse a failover without effect on production");
    later("switchover", "Move the job of a healthy server");
    later("failback", "Move a job back to its repaired server");
}

/// For what is done without a coordinator.
class Nobody final : public CoordinatorApi {
  public:
    base::Result<Answer> request(std::string_view, std::string_view, const nlohmann::json*) override {
        return base::failure(base::ErrorCode::Unreachable, "no coordinator is asked");
    }
    base::Result<void> follow(const std::string&, const EventSink&) override {
        return base::failure(base::ErrorCode::Unreachable, "no coordinator is asked");
    }
};

void describe(const CLI::App& app, const std::string& name, std::vector<VerbDescription>& verbs) {
    VerbDescription described{name, {}};
    for (const auto* option : app.get_options()) {
        for (const auto& long_name : option->get_lnames()) described.options.push_back("--" + long_name);
    }
    verbs.push_back(std::move(described));
    for (const auto* subcommand : app.get_subcommands({})) {
        describe(*subcommand, name.empty() ? subcommand->get_name() : name + " " + subcommand->get_name(), verbs);
    }
}

}  // namespace

int runCommandLine(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
    Grammar grammar;
    try {
        grammar.app().parse(
            std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 wants them backwards
    } catch (const CLI::RequiredError& problem) {
        // If an unknown word is in the place of a verb, the message names that word and not the missing verb.
        const auto strange = grammar.app().remaining(true);
        if (strange.empty()) {
            grammar.app().exit(problem, surroundings.out, surroundings.err);
            return ExitCode::WrongUsage;
        }
        surroundings.err << "standinctl: there is no verb '" << printable(base::shortened(strange.front(), 80))
                         << "'; see standinctl --help\n";
        return ExitCode::WrongUsage;
    } catch (const CLI::ParseError& problem) {
        return grammar.app().exit(problem, surroundings.out, surroundings.err) == 0 ? ExitCode::Done
                                                                                    : ExitCode::WrongUsage;
    }
    const auto& parsed = grammar.arguments();
    if (!parsed.absent_verb.empty()) return notThereYet(surroundings.err, parsed.absent_verb);
    auto complain = [&](const base::Error& error) {
        surroundings.err << "standinctl: " << error.message << '\n';
        return ExitCode::WrongUsage;
    };
    const bool trap_in_hand = !parsed.trap.configuration.empty() && !isNumber(parsed.trap.what);
    const bool record_in_hand = !parsed.operation_or_file.empty() && !isNumber(parsed.operation_or_file);
    if (trap_in_hand || record_in_hand || !parsed.audit.file.empty()) {
        Nobody nobody;
        return parsed.chosen({nobody, surroundings.out, surroundings.err, surroundings.in, parsed.json});
    }
    auto connection = connectionFrom(parsed.connection, surroundings.environment);
    if (!connection) return complain(connection.error());
    auto api = surroundings.connect(*connection);
    if (!api) return complain(api.error());
    return parsed.chosen({**api, surroundings.out, surroundings.err, surroundings.in, parsed.json});
}

std::vector<VerbDescription> describeCommandLine() {
    Grammar grammar;
    std::vector<VerbDescription> verbs;
    describe(grammar.app(), "", verbs);
    return verbs;
}

}  // namespace standin::cli
