// Fence agents of servers and spares: which devices, where their secrets stand, and which are refused.
#include "coordinator/config/power_outlets.hpp"
#include "tests/unit/coordinator_config/configuration_text.hpp"

namespace standin::config {

BOOST_AUTO_TEST_CASE(a_fence_device_that_cannot_be_used_is_told_with_its_place) {
    auto surroundings = wellEquipped();
    surroundings.fence_problem = [](const drivers::PowerDevice& device) {
        return device.options.count("lanplus") > 0 ? std::string("not to be used") : std::string();
    };
    Reading reading(good, surroundings);
    BOOST_TEST(reading.onlyProblem() == "F:35:19: servers.server01.fence.ladder[0].agent: not to be used");
}

BOOST_AUTO_TEST_CASE(a_password_among_the_options_is_refused) {
    Reading reading(with("lanplus: 1", "password: hunter2"));
    auto problem = reading.onlyProblem();
    BOOST_TEST(problem.find("'password_file'") != std::string::npos);
    BOOST_TEST(problem.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_kind_of_secret_among_the_options_is_refused) {
    for (const char* key : {"community", "snmp_priv_passwd", "snmp-priv-passwd", "snmp_auth_passwd", "passwd", "token",
                            "apikey", "api_key", "secret_key", "access_key", "Password", "passphrase", "login_pass"}) {
        const auto problem = Reading(with("lanplus: 1", std::string(key) + ": hunter2")).onlyProblem();
        BOOST_TEST(problem.starts_with("F:35:"), problem);
        BOOST_TEST(problem.find("'" + std::string(key) + "' is a secret") != std::string::npos, problem);
        BOOST_TEST(problem.find("_file") != std::string::npos, problem);
        BOOST_TEST(problem.find("hunter2") == std::string::npos, problem);
    }
    for (const char* key :
         {"password_script", "identity_file", "snmp_auth_prot", "auth_url", "plug", "port", "bypass", "method"})
        BOOST_TEST(Reading(with("lanplus: 1", std::string(key) + ": x")).configuration.has_value(), key);
}

BOOST_AUTO_TEST_CASE(a_secret_stands_in_a_file_of_its_own) {
    const std::string place = "password_file: /secrets/bmc}";
    Reading reading(with(place, "secret_files: {community: /secrets/community, snmp_priv_passwd: /secrets/privacy}}"));
    BOOST_REQUIRE(reading.configuration.has_value());
    const auto& device = reading.configuration->servers.front().ladder.rungs.front().front();
    BOOST_TEST(device.secret_files.at("community") == "/secrets/community");
    BOOST_TEST(Reading(with(place, "secret_files: {community: secrets}}")).onlyProblem().find("not an absolute path") !=
               std::string::npos);
    BOOST_TEST(Reading(with(place, "secret_files: {password: /secrets/p}}")).onlyProblem().find("'password_file'") !=
               std::string::npos);
    BOOST_TEST(Reading(with(place, "secret_files: {ip: /secrets/p}}")).onlyProblem().find("among the options, too") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_power_device_for_two_machines_is_refused) {
    Reading reading(with("ip: 127.77.0.111", "ip: 127.77.0.101"));
    const auto problem = reading.onlyProblem();
    BOOST_TEST(problem.find("F:51:") == 0U, problem);
    BOOST_TEST(problem.find("spares.spare01.power.ladder[0].options: power device '127.77.0.101' is that of server "
                            "'server01' already, at F:35:") != std::string::npos,
               problem);
    for (const char* same : {"{agent: fence_redfish, options: {ip: 127.77.0.101}}",
                             "{agent: fence_ipmilan, options: {ipaddr: 127.77.0.101, ipport: 623}}"}) {
        Reading other(with("{agent: fence_ipmilan, options: {ip: 127.77.0.111}}", same));
        BOOST_TEST(other.onlyProblem().find("is that of server 'server01' already") != std::string::npos, same);
    }
    for (const char* different : {"{agent: fence_ipmilan, options: {ip: 127.77.0.101, ipport: 9002}}",
                                  "{agent: fence_virsh, options: {ip: 127.77.0.101, plug: spare01}}",
                                  "{agent: fence_pdu, options: {plug: 3}}"}) {
        Reading other(with("{agent: fence_ipmilan, options: {ip: 127.77.0.111}}", different));
        BOOST_TEST(other.problems.empty(), different);
    }
}

BOOST_AUTO_TEST_CASE(addresses_of_power_devices_are_compared_however_they_are_written) {
    const auto outlet = [](const char* address) { return outletOf({"fence_ipmilan", {{"ip", address}}, {}}); };
    BOOST_TEST(outlet("FD00:0::1") == outlet("fd00::1"));
    BOOST_TEST(outlet("BMC1.example.") == outlet("bmc1.example"));
    BOOST_TEST(outlet("10.0.0.1") != outlet("10.0.0.2"));
}

BOOST_AUTO_TEST_CASE(one_outlet_twice_on_a_rung_is_refused) {
    BOOST_TEST(Reading(with("{plug: 2}", "{plug: 1}")).onlyProblem().find("on this rung twice") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_ladder_without_a_device_is_refused) {
    Reading reading(with("ladder: [{agent: fence_ipmilan, options: {ip: 127.77.0.111}}]", "ladder: []"));
    BOOST_TEST(reading.onlyProblem().find("must name at least one device") != std::string::npos);
}

}  // namespace standin::config
