// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayProviders

let simulator = SimulatorAddress(port: 9100, apiKey: "simulator-key")

/// What reading a file throws that is not there.
struct NoSuchFile: Error, CustomStringConvertible {
    let path: String

    var description: String { "\(path) cannot be read: No such file or directory." }
}

/// Reads text as the file `gatehouse.yaml`.
func configuration(
    _ text: String,
    environment: [String: String] = [:],
    simulator: SimulatorAddress? = simulator
) throws(ConfigurationError) -> Configuration {
    try configuration(Array(text.utf8), environment: environment, simulator: simulator)
}

func configuration(
    _ bytes: [UInt8],
    environment: [String: String] = [:],
    simulator: SimulatorAddress? = simulator
) throws(ConfigurationError) -> Configuration {
    try ConfigurationReader(providers: Providers.all, environment: environment, simulator: simulator)
        .read(file: "gatehouse.yaml", contents: bytes)
}

/// The lines of the error that reading the text ends with; empty if there is none.
func errors(_ text: String, environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationError) {
        _ = try configuration(text, environment: environment)
        return []
    } catch {
        return error.description.split(separator: "\n").map(String.init)
    }
}

extension Configuration {
    func modelService(_ name: String) -> ModelService? {
        modelServices.first { $0.name.description == name }
    }

    func providerService(_ name: String) -> ProviderService? {
        providerServices.first { $0.name.description == name }
    }
}

/// Two provider services and the beginning of a model service, for tests of what follows.
let twoProviders = """
    provider_services:
      main.p.a: {provider_type: custom, base_url: "http://127.0.0.1:1/v1"}
      main.p.b: {provider_type: custom, base_url: "http://127.0.0.1:2/v1"}
    model_services:
      main.ai.m:

    """
