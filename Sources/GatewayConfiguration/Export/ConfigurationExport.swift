// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewaySchema

/// What a store keeps, and the configuration that it stands beside, as one configuration file.
package struct ConfigurationExport: Sendable {
    /// What is exported.
    package struct Subject: Sendable {
        /// Objects, principals and grants of the configuration and of the store.
        package var metastore: Metastore
        /// The configuration beside the store.
        package var configuration: Configuration
        /// The contents of its file; nil for the built-in configuration.
        package var contents: [UInt8]?
        /// The keys of the secrets that each stored service has.
        package var secretKeys: [Securable: Set<String>]

        package init(
            metastore: Metastore,
            configuration: Configuration,
            contents: [UInt8]?,
            secretKeys: [Securable: Set<String>]
        ) {
            self.metastore = metastore
            self.configuration = configuration
            self.contents = contents
            self.secretKeys = secretKeys
        }
    }

    /// The contents of the file.
    package let text: String
    /// The variables that stand for secrets in it, sorted by name.
    package let variables: [String]
}

extension ConfigurationReader {
    /// Writes a configuration file with the same effective state, and without a secret.
    ///
    /// - Throws: if the configuration's file cannot be read.
    package func export(_ subject: ConfigurationExport.Subject) throws -> ConfigurationExport {
        var raw: [FileNode.Entry] = []
        if let contents = subject.contents, case .mapping(let entries)? = try FileNode.read(yaml: contents)?.content {
            raw = entries
        }
        var builder = ExportBuilder(subject, raw: raw, services: storedServices(subject))
        let sections = builder.sections()
        var parts = [builder.variables.comment(of: subject.configuration.file)]
        for section in sections {
            let notes = builder.notes[section.key] ?? []
            parts.append(
                notes.map { Self.comment($0) }.joined() + (try FileNode(line: 0, content: .mapping([section])).yaml())
            )
        }
        for (key, notes) in builder.notes.sorted(by: { $0.key < $1.key })
        where !sections.contains(where: { $0.key == key }) {
            parts.append(notes.map { Self.comment($0) }.joined())
        }
        // A file that says nothing is taken for one that is being written.
        if sections.isEmpty { parts.append("{}\n") }
        return ConfigurationExport(text: parts.joined(separator: "\n"), variables: builder.variables.names)
    }

    /// Whether an export can be served as it is, once its variables are set.
    ///
    /// - Throws: what is wrong with it.
    package func check(_ export: ConfigurationExport, named name: String) throws(ConfigurationError) {
        var values = environment
        // Valid wherever a secret may stand: as a credential, and as the address of a proxy or a webhook.
        for variable in export.variables where values[variable] == nil { values[variable] = "https://exported.invalid" }
        _ = try with(environment: values).read(file: name, contents: Array(export.text.utf8))
    }

    /// The stored services as they can be called, and why the others cannot.
    private func storedServices(_ subject: ConfigurationExport.Subject) -> BuiltServices {
        let kinds: [Securable.Kind] = [.providerService, .modelService]
        let entries = subject.metastore.stored.entries.values.filter { kinds.contains($0.securable.kind) }
        let defined = entries.map { entry in
            // What the secrets are does not matter to who refers to whom.
            let keys = (subject.secretKeys[entry.securable] ?? []).map { ($0, "exported") }
            let secrets = Dictionary(keys) { first, _ in first }
            return DefinedService(
                entry.securable,
                ServiceDefinition(json: entry.definition, secrets: secrets),
                createdBy: entry.createdBy
            )
        }
        return build(defined, beside: subject.configuration)
    }

    /// A line of a comment, whatever a text has in it.
    static func comment(_ text: String) -> String {
        var line = "#"
        if !text.isEmpty { line += " " }
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line + "\n"
    }
}
