// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// A secret of the file: its value, from wherever the file takes it, and whose it is.
struct SecretEntry: Sendable {
    var value: String
    var ownership: Configuration.Ownership

    /// `secrets.<name>`.
    static let section: Section<SecretEntry> = {
        let value = Field("value", .privateText, "The value. Write `${NAME}` to take it from the environment.")
        let file = Field(
            "value_file",
            ValueType<String>.text("a path", limit: 4096),
            "A file with the value. It is read with the configuration and again when it changes; spaces and line ends around the value do not count. Exactly one of `value` and `value_file` is required."
        )
        return Section(
            "secrets.<name>",
            "A credential that provider services refer to: those of the file by `api_key_secret`, those of the API by `secret_reference`. Its owner, and whoever has `READ_SECRET` on it, may make services that send it to their upstream. `<name>` has three parts, `catalog.schema.name`.",
            fields: [value.documentation, file.documentation] + OwnershipFields.documentation
        ) { values, reading in
            let ownership = OwnershipFields.read(values, &reading)
            guard values.has(value) != values.has(file) else {
                reading.report(
                    values.place,
                    "\(values.place.name) must have exactly one of the keys `value` and `value_file`."
                )
                return nil
            }
            let secret =
                values.has(value)
                ? values.read(value, &reading)
                : values.read(file, &reading).flatMap { reading.secret(inFile: $0, values.place(of: file)) }
            return secret.map { SecretEntry(value: $0, ownership: ownership) }
        }
    }()
}
