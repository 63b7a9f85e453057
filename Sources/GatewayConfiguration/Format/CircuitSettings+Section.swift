// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension CircuitSettings {
    /// `circuit_breaker` of a provider service.
    static let section: Section<CircuitSettings> = {
        let standard = CircuitSettings()
        let day = Duration.seconds(86_400)
        let failures = Field(
            "failures",
            .integer(0...1_000_000),
            .optional("`\(standard.failures)`"),
            "Failed requests in a row to one model of the service that eject it; `0` never does."
        )
        let ejection = Field(
            "ejection",
            .duration(.milliseconds(1)...day),
            .optional("`\(durationText(standard.ejection))`"),
            "How long it is ejected the first time. Doubles each time that it fails again."
        )
        let maximumEjection = Field(
            "maximum_ejection",
            .duration(.milliseconds(1)...day),
            .optional("`\(durationText(standard.maximumEjection))`"),
            "The longest ejection, also where the upstream's `retry-after` asks for more."
        )
        return Section(
            "provider_services.<name>.circuit_breaker",
            "When a destination that fails is left out, as long as the model service has another one.",
            fields: [failures.documentation, ejection.documentation, maximumEjection.documentation]
        ) { values, reading in
            var settings = CircuitSettings()
            settings.failures = values.read(failures, &reading) ?? settings.failures
            settings.ejection = values.read(ejection, &reading) ?? settings.ejection
            settings.maximumEjection = values.read(maximumEjection, &reading) ?? settings.maximumEjection
            return settings
        }
    }()
}
