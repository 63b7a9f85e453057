// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// The keys `<key>_file` of a provider service: each names a file with the secret that the key itself would hold.
///
/// The files are read with the configuration, and again when they change.
struct SecretFiles: Sendable {
    private let apiKey = Self.field("api_key")
    private let settings: [(setting: ProviderSetting, field: Field<String>)]

    init(_ settings: [ProviderSetting]) {
        self.settings = settings.map { ($0, Self.field($0.rawValue)) }
    }

    private static func field(_ name: String) -> Field<String> {
        Field(
            "\(name)_file",
            .text("a path", limit: 4096),
            "A file with the `\(name)`. It is read with the configuration and again when it changes; spaces and line ends around the value do not count."
        )
    }

    var documentation: [FieldDocumentation] { [apiKey.documentation] + settings.map(\.field.documentation) }

    // MARK: api_key_file

    func hasAPIKey(_ values: SectionValues) -> Bool { values.has(apiKey) }

    func placeOfAPIKey(_ values: SectionValues) -> Place { values.place(of: apiKey) }

    /// The key in the file; nil where there is none, or after a report.
    func readAPIKey(_ values: SectionValues, besides plain: Field<String>, _ reading: inout Reading) -> String? {
        read(apiKey, values, besides: plain, &reading)
    }

    // MARK: Settings

    func has(_ setting: ProviderSetting, _ values: SectionValues) -> Bool { place(of: setting, values) != nil }

    /// Where a setting's file is named; nil where it is not.
    func place(of setting: ProviderSetting, _ values: SectionValues) -> Place? {
        settings.first { $0.setting == setting && values.has($0.field) }.map { values.place(of: $0.field) }
    }

    /// Adds what the files hold to the settings.
    func read(
        _ values: SectionValues,
        into chosen: inout ProviderSettings,
        besides plain: [(ProviderSetting, Field<String>)],
        of provider: Provider,
        _ reading: inout Reading
    ) {
        for (setting, field) in settings where values.has(field) {
            guard provider.requiredSettings.union(provider.optionalSettings).contains(setting),
                let plainField = plain.first(where: { $0.0 == setting })?.1
            else {
                let place = values.place(of: field)
                reading.report(place, "\(place.name): \(provider.displayName) does not use this key.")
                continue
            }
            chosen[setting] = read(
                field,
                values,
                besides: plainField,
                isHeaderValue: setting != .serviceAccountKey,
                &reading
            )
        }
    }

    private func read(
        _ field: Field<String>,
        _ values: SectionValues,
        besides plain: Field<String>,
        isHeaderValue: Bool = true,
        _ reading: inout Reading
    ) -> String? {
        guard let path = values.read(field, &reading) else { return nil }
        let place = values.place(of: field)
        guard !values.has(plain) else {
            reading.report(place, "\(place.name): `\(plain.name)` is also set; remove one of them.")
            return nil
        }
        guard let secret = reading.secret(inFile: path, place) else { return nil }
        guard !isHeaderValue || isHeaderCredential(secret) else {
            reading.report(
                place,
                "\(place.name): the file \(shown: path) must contain \(ValueType<String>.secret.description)."
            )
            return nil
        }
        return secret
    }
}
