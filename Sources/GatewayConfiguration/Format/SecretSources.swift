// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// Where a provider service may have its credentials from in place of the keys themselves: `<key>_file` names a file, and `<key>_secret` one of `secrets`.
///
/// Files are read with the configuration, and again when they change.
struct SecretSources: Sendable {
    /// What follows the name of a key that refers to a secret in place of holding one.
    static let referenceSuffix = "_secret"

    /// The sources of one key.
    private struct Source: Sendable {
        let key: String
        /// nil for `api_key`.
        let setting: ProviderSetting?
        let file: Field<String>
        let reference: Field<ObjectName>

        init(_ key: String, _ setting: ProviderSetting? = nil) {
            self.key = key
            self.setting = setting
            file = Field(
                "\(key)_file",
                .text("a path", limit: 4096),
                "A file with the `\(key)`. It is read with the configuration and again when it changes; spaces and line ends around the value do not count."
            )
            reference = Field(
                "\(key)\(SecretSources.referenceSuffix)",
                ValueType.objectName,
                "The name of the secret in `secrets` whose value is the `\(key)`."
            )
        }

        func isUsed(in values: SectionValues) -> Bool { values.has(file) || values.has(reference) }

        func place(in values: SectionValues) -> Place {
            values.has(file) ? values.place(of: file) : values.place(of: reference)
        }
    }

    private let apiKey = Source("api_key")
    private let settings: [Source]

    init(_ settings: [ProviderSetting]) {
        self.settings = settings.map { Source($0.rawValue, $0) }
    }

    var documentation: [FieldDocumentation] {
        ([apiKey] + settings).flatMap { [$0.file.documentation, $0.reference.documentation] }
    }

    /// The secrets that are referred to, by key.
    func references(_ values: SectionValues, _ reading: inout Reading) -> [String: ObjectName] {
        var references: [String: ObjectName] = [:]
        for source in [apiKey] + settings { references[source.key] = values.read(source.reference, &reading) }
        return references
    }

    // MARK: api_key

    func hasAPIKey(_ values: SectionValues) -> Bool { apiKey.isUsed(in: values) }

    func placeOfAPIKey(_ values: SectionValues) -> Place { apiKey.place(in: values) }

    /// The key that a file or a secret holds; nil where there is none, or after a report.
    func readAPIKey(
        _ values: SectionValues,
        besides plain: Field<String>,
        _ references: [String: ObjectName],
        _ reading: inout Reading
    ) -> String? {
        read(apiKey, values, besides: plain, references, &reading)
    }

    // MARK: Settings

    func has(_ setting: ProviderSetting, _ values: SectionValues) -> Bool { place(of: setting, values) != nil }

    /// Where a setting's source is named; nil where it is not.
    func place(of setting: ProviderSetting, _ values: SectionValues) -> Place? {
        settings.first { $0.setting == setting && $0.isUsed(in: values) }.map { $0.place(in: values) }
    }

    /// Adds what files and secrets hold to the settings.
    func read(
        _ values: SectionValues,
        into chosen: inout ProviderSettings,
        besides plain: [(ProviderSetting, Field<String>)],
        _ references: [String: ObjectName],
        of provider: Provider,
        _ reading: inout Reading
    ) {
        for source in settings where source.isUsed(in: values) {
            guard let setting = source.setting,
                provider.requiredSettings.union(provider.optionalSettings).contains(setting),
                let plainField = plain.first(where: { $0.0 == setting })?.1
            else {
                let place = source.place(in: values)
                reading.report(place, "\(place.name): \(provider.displayName) does not use this key.")
                continue
            }
            chosen[setting] = read(source, values, besides: plainField, references, &reading)
        }
    }

    private func read(
        _ source: Source,
        _ values: SectionValues,
        besides plain: Field<String>,
        _ references: [String: ObjectName],
        _ reading: inout Reading
    ) -> String? {
        guard source.isUsed(in: values) else { return nil }
        let place = source.place(in: values)
        let isTwice = values.has(source.file) && values.has(source.reference)
        guard !values.has(plain), !isTwice else {
            let other = isTwice ? source.reference.name : plain.name
            reading.report(place, "\(place.name): `\(other)` is also set; remove one of them.")
            return nil
        }
        let secret: String?
        let holder: String
        if values.has(source.file) {
            guard let path = values.read(source.file, &reading) else { return nil }
            secret = reading.secret(inFile: path, place)
            holder = "the file \(shown: path)"
        } else {
            guard let name = references[source.key] else { return nil }
            secret = reading.secret(named: name, place)
            holder = "the secret `\(name)`"
        }
        guard let secret else { return nil }
        guard source.setting == .serviceAccountKey || isHeaderCredential(secret) else {
            reading.report(
                place,
                "\(place.name): \(holder) must contain \(ValueType<String>.secret.description)."
            )
            return nil
        }
        return secret
    }
}
