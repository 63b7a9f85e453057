// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// How a service that is made while the gateway runs is defined: what the configuration file would say of it.
package struct ServiceDefinition: Sendable, Equatable {
    /// JSON with the keys of the configuration file, without secrets.
    package var json: String
    /// The keys whose values are secret, with their values.
    package var secrets: [String: String]

    package init(json: String, secrets: [String: String] = [:]) {
        self.json = json
        self.secrets = secrets
    }
}

/// A service of the store, to be made ready for calls.
package struct DefinedService: Sendable {
    /// A model service or a provider service.
    package var securable: Securable
    package var definition: ServiceDefinition
    package var createdBy: String

    package init(_ securable: Securable, _ definition: ServiceDefinition, createdBy: String) {
        self.securable = securable
        self.definition = definition
        self.createdBy = createdBy
    }
}

/// Reads the definitions of services, as REST sends them, and makes services of them.
package protocol ServiceDefinitions: Sendable {
    /// Reads `config` of a model service or a provider service as Unity Catalog's API spells it.
    ///
    /// - Parameters:
    ///   - kind: Of the service.
    ///   - config: The value of `config`.
    ///   - file: The configuration whose secrets it may refer to.
    ///   - earlier: What is changed; nil for a new service.
    ///   - mask: The paths below `config` that are changed, such as `rate_limits` and `routing.destinations`; nil for all of it.
    /// - Returns: The whole definition, with what the change leaves as it is.
    /// - Throws: ``GatewayError/Code/invalidParameter`` with everything that is wrong, in the words that the configuration file's errors have.
    func define(
        _ kind: Securable.Kind,
        config: JSONValue,
        beside file: Configuration,
        over earlier: ServiceDefinition?,
        mask: Set<String>?
    ) throws(GatewayError) -> ServiceDefinition

    /// The services that a definition sends calls to, and the secrets that it refers to.
    func references(of definition: ServiceDefinition) -> [Securable]

    /// A definition with other names of schemas, services and secrets in place of those that it refers to.
    func renaming(_ definition: String, _ rename: (String) -> String) -> String

    /// Makes services ready for calls.
    ///
    /// - Parameters:
    ///   - services: Provider services and model services, in any order.
    ///   - file: The configuration whose services they stand beside and refer to.
    /// - Returns: What could be made, and why the rest could not; a destination whose provider is not there is only left out.
    func build(
        _ services: [DefinedService],
        beside file: Configuration
    ) -> BuiltServices
}

/// The services that definitions were made into.
package struct BuiltServices: Sendable {
    package var providerServices: [ProviderService] = []
    package var modelServices: [ModelService] = []
    /// Why the others cannot be called, by name.
    package var problems: [ObjectName: String] = [:]

    package init() {}
}
