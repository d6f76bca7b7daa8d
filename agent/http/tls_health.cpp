#include "agent/http/tls_health.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "agent/http/metrics.hpp"
#include "agent/http/peer.hpp"
#include "agent/http/tls_credentials.hpp"

namespace standin::http {

namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::seconds;

// A certificate is renewed by a playbook that a person starts: time for a weekend, and for holidays.
constexpr hours failing_within{7 * 24};
constexpr hours warning_within{30 * 24};
// A list is replaced by a machine.
constexpr hours list_warning_within{24};
constexpr const char* renew = "issue a new one: playbooks/site.yml, or replace the files and send SIGHUP";

struct Ending {
    std::string what;
    base::WallTime end;
};

base::WallTime endOf(const CertificatePointer& certificate) {
    return momentOf(X509_get0_notAfter(certificate.get()));
}

/// The CA of the own certificate: when it expires, no peer trusts this part any more.
const CertificatePointer& issuerIn(const TlsMaterial& material) {
    const auto& authorities = material.authorities;
    const auto& last = material.chain.back();
    const auto found = std::find_if(authorities.begin(), authorities.end(), [&](const auto& authority) {
        return X509_check_issued(authority.get(), last.get()) == X509_V_OK &&
               X509_verify(last.get(), X509_get0_pubkey(authority.get())) == 1;
    });
    return found == authorities.end() ? authorities.front() : *found;
}

std::string dayOf(base::WallTime moment) {
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(moment)));
}

std::string timeLeft(base::WallTime end, base::WallTime now) {
    if (end <= now) return "ended on " + dayOf(end);
    return fmt::format("valid until {} ({} days)", dayOf(end), duration_cast<hours>(end - now).count() / 24);
}

void add(std::string& to, const std::string& sentence) {
    to += (to.empty() ? "" : "; ") + sentence;
}

void checkCertificate(protocol::Health& health, const TlsCredentials& credentials, base::WallTime now) {
    const auto material = credentials.material();
    const std::vector<Ending> endings{
        {fmt::format("certificate '{}'", nameOf(material->chain.front().get()).text), endOf(material->chain.front())},
        {fmt::format("CA '{}'", nameOf(issuerIn(*material).get()).text), endOf(issuerIn(*material))}};
    protocol::HealthCheck check{"certificate", true, "", ""};
    for (const auto& [what, end] : endings) {
        add(check.detail, what + " is " + timeLeft(end, now));
        if (end < now + failing_within) {
            check.ok = false;
            add(check.cure, what + ": " + renew);
        } else if (end < now + warning_within) {
            health.warnings.push_back(fmt::format("certificate: {} is {}; {}", what, timeLeft(end, now), renew));
        }
    }
    if (const auto problem = credentials.problems().files; !problem.empty()) {
        check.ok = false;
        add(check.detail, problem + ", so what was read before is in force");
        add(check.cure, "mend the file and send SIGHUP");
    }
    health.checks.push_back(std::move(check));
}

void checkRevocations(protocol::Health& health, const TlsCredentials& credentials, base::WallTime now) {
    const auto list = credentials.revocations();
    const auto problem = credentials.problems().revocations;
    if (!list) return;
    const auto next = list->nextUpdate();
    const auto& file = credentials.files().crl;
    protocol::HealthCheck check{"revocations", true, "", ""};
    check.detail = fmt::format("{} certificates are revoked, as of {}", list->count(), dayOf(list->lastUpdate()));
    if (!problem.empty()) {
        check.ok = false;
        add(check.detail, problem + ", so the one before is in force");
        add(check.cure, fmt::format("put the CA's newest revocation list into '{}'", file));
    }
    if (next <= now) {
        check.ok = false;
        add(check.detail, fmt::format("a newer list was due on {}; what was revoked since is not known", dayOf(next)));
        add(check.cure, fmt::format("have the CA make a new revocation list, and put it into '{}'", file));
    } else if (next < now + list_warning_within) {
        health.warnings.push_back(fmt::format("revocations: list '{}' must be replaced within a day", file));
    }
    for (const auto& name : list->uncovered(credentials.material()->authorities))
        health.warnings.push_back(fmt::format("revocations: '{}' has no list of CA '{}'", file, name));
    health.checks.push_back(std::move(check));
}

}  // namespace

void checkCredentials(protocol::Health& health, const TlsCredentials& credentials, base::WallTime now) {
    checkCertificate(health, credentials, now);
    checkRevocations(health, credentials, now);
}

void meterCredentials(Metrics& metrics, const TlsCredentials& credentials, base::WallTime now) {
    const auto set = [&](const char* which, base::WallTime end) {
        metrics.set("standin_certificate_expiry_seconds",
                    "seconds until a certificate ends, or until a newer revocation list is due",
                    std::chrono::duration<double>(end - now).count(), {{"certificate", which}});
    };
    const auto material = credentials.material();
    set("own", endOf(material->chain.front()));
    set("ca", endOf(issuerIn(*material)));
    const auto list = credentials.revocations();
    if (list && list->nextUpdate() != base::WallTime::max()) set("revocation_list", list->nextUpdate());
}

}  // namespace standin::http
