// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewaySchema

/// Reads configurations: of a file, or the built-in one where there is no file.
///
/// It opens nothing: a pure function of the file's bytes and its parameters.
package struct ConfigurationReader: Sendable {
    let providers: [Provider]
    let environment: [String: String]
    private let simulator: SimulatorAddress?
    private let readFile: ReadFile
    let checkTLS: CheckTLS

    /// The size of the largest file that is read.
    package static let maximumBytes = FileBounds.bytes

    package typealias ReadFile = Reading.ReadFile
    package typealias CheckTLS = Reading.CheckTLS

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - providers: what `provider_type` may name.
    ///   - environment: the variables that `${NAME}` and the vendors' usual keys are looked up in.
    ///   - simulator: where the simulator listens; nil if it does not run.
    ///   - checkTLS: checks what a `tls` section says together with its files.
    ///   - readFile: reads the files that the configuration names.
    package init(
        providers: [Provider],
        environment: [String: String],
        simulator: SimulatorAddress?,
        checkTLS: @escaping CheckTLS = { _ in },
        readFile: @escaping ReadFile = Reading.readsNothing
    ) {
        self.checkTLS = checkTLS
        self.readFile = readFile
        self.providers = providers
        self.environment = environment
        self.simulator = simulator
    }

    /// This reader with other variables.
    func with(environment: [String: String]) -> ConfigurationReader {
        ConfigurationReader(
            providers: providers,
            environment: environment,
            simulator: simulator,
            checkTLS: checkTLS,
            readFile: readFile
        )
    }

    /// Reads the contents of a file, YAML or JSON of at most ``maximumBytes``.
    ///
    /// The name of the file appears in errors, and as the creator of its objects.
    /// - Throws: everything that is wrong with it, up to ``ConfigurationError/maximumProblems``.
    package func read(file: String, contents: [UInt8]) throws(ConfigurationError) -> Configuration {
        var reading = Reading(environment: environment, checkTLS: checkTLS, readFile: readFile)
        let section = ConfigurationFile.section(providers: providers)
        guard let parsed = section.read(try root(of: contents, file: file), Place(line: 1, keyPath: ""), &reading)
        else {
            throw ConfigurationError(file: file, problems: reading.problems)
        }
        if parsed.usesSimulator, simulator == nil {
            reading.report(
                Place(line: 1, keyPath: "simulator"),
                "`simulator`: the simulator is not running in this process. Restart the gateway to start it."
            )
        }
        let simulated = simulator.map { SimulatedCatalog(providers: providers, simulator: $0) }
        let configuration = ConfigurationBuilder.build(parsed, named: file, simulated: simulated, reading: &reading)
        guard reading.problems.isEmpty else { throw ConfigurationError(file: file, problems: reading.problems) }
        return configuration
    }

    /// The configuration without a file: every model of the built-in catalogue.
    ///
    /// The simulator serves it, unless its vendor's usual key is in the environment; then the vendor does.
    /// - Throws: if a key is set that is not valid in a header.
    package func builtIn() throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        let simulated = simulator.map { SimulatedCatalog(providers: providers, simulator: $0) }
        let vendors = try vendorServices()
        configuration.providerServices = vendors + (simulated?.providerServices ?? [])
        configuration.modelServices = BuiltInModels.all.compactMap { model in
            let real = vendors.lazy.compactMap { model.destination(at: $0) }.first
            return (real ?? simulated?.destination(of: model)).flatMap { model.service(at: $0) }
        }
        return configuration
    }

    /// Whether a file asks for the simulator, so that it can start before the file is read; false for a file that cannot be read.
    package func wantsSimulator(contents: [UInt8]) -> Bool {
        guard let root = try? FileNode.read(yaml: contents), case .mapping(let entries) = root.content else {
            return false
        }
        guard let entry = entries.first(where: { $0.key == "simulator" }) else { return false }
        var reading = Reading(environment: environment)
        return ValueType<Bool>.boolean.read(entry.value, Place(line: entry.line, keyPath: entry.key), &reading) ?? false
    }

    /// Whether a file is blank: it is empty, or has only comments and keys without values.
    ///
    /// Editors leave such a file while they write, and a full disk leaves it for longer. ``read(file:contents:)`` reads it as an empty configuration, which a running gateway
    /// must not; an intentionally empty configuration is `{}`.
    package static func isBlank(contents: [UInt8]) -> Bool {
        let root: FileNode?
        do throws(ConfigurationError.Problem) {
            root = try FileNode.read(yaml: contents)
        } catch {
            // The reader reports what is wrong.
            return false
        }
        guard let root else { return true }
        if case .mapping(let entries) = root.content { return !entries.isEmpty && entries.allSatisfy(\.value.isNull) }
        return root.isNull
    }

    /// The reference of the file's keys as Markdown, from the same schema that checks the file.
    package static func documentation(providers: [Provider]) -> String {
        ConfigurationFile.section(providers: providers).documentation.markdown
    }

    private func root(of contents: [UInt8], file: String) throws(ConfigurationError) -> FileNode {
        do throws(ConfigurationError.Problem) {
            return try FileNode.read(yaml: contents) ?? FileNode(line: 1, content: .mapping([]))
        } catch {
            throw ConfigurationError(file: file, problems: [error])
        }
    }

    /// `system.providers.<id>` for each provider whose usual key is set and not empty.
    private func vendorServices() throws(ConfigurationError) -> [ProviderService] {
        var services: [ProviderService] = []
        let vendors = Set(BuiltInModels.all.map(\.family.vendor))
        for provider in providers where vendors.contains(provider.id) {
            guard let variable = provider.environmentKey, let key = environment[variable], !key.isEmpty else {
                continue
            }
            guard isHeaderCredential(key) else {
                let message = "The environment variable `\(variable)` must be \(ValueType<String>.secret.description)."
                throw ConfigurationError(
                    file: nil,
                    problems: [ConfigurationError.Problem(line: nil, keyPath: "", message: message)]
                )
            }
            guard let name = ObjectName("system.providers.\(provider.id)"),
                let address = provider.defaultBaseURL.flatMap({ UpstreamAddress(baseURL: $0) })
            else { continue }
            let route: UpstreamRoute
            do throws(ProxyEnvironment.VariableError) {
                route = try UpstreamRouting(environment: ProxyEnvironment(environment)).route(to: address)
            } catch {
                let message = "\(error.message.prefix(1).uppercased())\(error.message.dropFirst())."
                throw ConfigurationError(
                    file: nil,
                    problems: [ConfigurationError.Problem(line: nil, keyPath: "", message: message)]
                )
            }
            services.append(
                ProviderService(
                    name: name,
                    provider: provider,
                    address: address,
                    apiKey: key,
                    wireFormats: provider.wireFormats,
                    route: route
                )
            )
        }
        return services
    }
}
