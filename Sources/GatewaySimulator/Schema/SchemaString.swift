// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The strings of schema instances.
enum SchemaString {
    /// A string of the schema's format and length; the field's own name where nothing else is asked.
    static func value(for schema: JSONValue, name: String) -> String {
        var value = schema["format"]?.string.flatMap(formatted) ?? name
        let (least, most) = (lengths(of: schema).lowerBound, lengths(of: schema).upperBound)
        let count = value.unicodeScalars.count
        if count < least { value += String(repeating: "x", count: min(least - count, 4_096)) }
        if count > most { value = String(value.prefix(max(0, most))) }
        return value
    }

    /// How many characters the schema allows.
    static func lengths(of schema: JSONValue) -> ClosedRange<Int> {
        let least = max(0, (schema["minLength"] ?? schema["min_length"])?.int ?? 0)
        return least...max(least, (schema["maxLength"] ?? schema["max_length"])?.int ?? Int.max)
    }

    private static func formatted(_ format: String) -> String? {
        switch format {
        case "date": "2026-11-02"
        case "time": "09:30:00Z"
        case "date-time": "2026-11-02T09:30:00Z"
        case "duration": "PT30M"
        case "email", "idn-email": "ada@example.com"
        case "hostname", "idn-hostname": "example.com"
        case "uri", "url", "iri", "uri-reference": "https://example.com/"
        case "uuid": "5f2b9c1e-7a64-4d0f-9a37-1c2e8b6d4f50"
        case "ipv4": "192.0.2.1"
        case "ipv6": "2001:db8::1"
        case "byte": "R2F0ZWhvdXNl"
        default: nil
        }
    }
}
