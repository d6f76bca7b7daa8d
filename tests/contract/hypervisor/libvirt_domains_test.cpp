// LibvirtDomains on libvirt's in-process test driver: no daemon, no root, no guests.
#include "agent/hypervisor/libvirt/libvirt_domains.hpp"

#include <Poco/UUIDGenerator.h>

#include "agent/hypervisor/libvirt/domain_xml.hpp"

namespace domains_under_contract {

struct UnderContract {
    std::string uuid = Poco::UUIDGenerator::defaultGenerator().createRandom().toString();
    std::string xml = definition();
    static standin::hypervisor::Domains& domains() {
        static standin::hypervisor::LibvirtDomains domains("test:///default");
        return domains;
    }

  private:
    [[nodiscard]] std::string definition() const {
        standin::protocol::StandInDefinition wanted;
        wanted.server = standin::base::ServerName("server01");
        wanted.image = standin::base::ImageId("image1");
        wanted.memory_mib = 64;
        wanted.maximum_memory_mib = 128;
        wanted.maximum_vcpus = 2;
        wanted.mac = "52:54:00:77:01:0a";
        standin::hypervisor::DomainPlace place;
        place.agent = "contract";
        place.directory = "/nowhere";
        place.uuid = uuid;
        place.bridge = "br0";
        place.landing_vlan = 4000;
        place.type = standin::hypervisor::DomainType::Test;
        return standin::hypervisor::domainXml(standin::base::StandInName("server01-1"), wanted, place);
    }
};

}  // namespace domains_under_contract

#include "tests/contract/hypervisor/domains_contract.hpp"
