#pragma once

#include <chrono>
#include <string>

#include "agent/base/yaml_reader.hpp"
#include "coordinator/domain/server.hpp"

namespace standin::config {

/// More than 0 and at most an hour: what a machine or a device is waited for.
std::chrono::milliseconds readWait(base::YamlReader& reader, const std::string& key,
                                   std::chrono::milliseconds otherwise);
/// More than 0.
std::chrono::milliseconds readAge(base::YamlReader& reader, const std::string& key,
                                  std::chrono::milliseconds otherwise);
/// The server's job: its ports, its probe, its data.
void readJob(domain::Server& server, base::YamlReader reader);
/// How a reported failure of the server is verified.
void readEvidence(domain::EvidenceSettings& settings, base::YamlReader reader);
domain::StandInSize readStandInSize(base::YamlReader reader);

}  // namespace standin::config
