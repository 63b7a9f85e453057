// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOHTTP1

/// Whether a caller may call, as each vendor decides it.
enum SimulatorCredential {
    /// - Throws: The vendor's error for a missing or wrong key.
    static func check(_ headers: HTTPHeaders, _ route: SimulatorRoute, expected: String?) throws(Refusal) {
        guard let key = key(headers, route), !key.isEmpty else { throw missing(route.vendor) }
        guard let expected, !expected.isEmpty else { return }
        guard isEqual(key, expected) else { throw wrong(route.vendor) }
    }

    /// The key where the vendor looks for it; all of them take a bearer token.
    private static func key(_ headers: HTTPHeaders, _ route: SimulatorRoute) -> String? {
        switch route.vendor {
        case .openAI: break
        case .anthropic: if let key = headers.first(name: "x-api-key") { return key }
        case .gemini: if let key = headers.first(name: "x-goog-api-key") ?? route.queryKey { return key }
        case .amazon: if let key = accessKey(headers) { return key }
        }
        guard let value = headers.first(name: "authorization"), value.utf8.count > 7,
            value.prefix(7).lowercased() == "bearer "
        else { return nil }
        return String(value.dropFirst(7))
    }

    /// The access key of a signature of AWS' version 4; nil unless the header has all its parts and goes with the time of the request.
    ///
    /// The signature itself is not computed again: the simulator has no secret.
    private static func accessKey(_ headers: HTTPHeaders) -> String? {
        guard let value = headers.first(name: "authorization"), value.hasPrefix("AWS4-HMAC-SHA256 "),
            let time = headers.first(name: "x-amz-date"), time.utf8.count == 16
        else { return nil }
        var parts: [Substring: Substring] = [:]
        for part in value.dropFirst(17).split(separator: ",") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parts[pair[0]] = pair[1] }
        }
        let scope = parts["Credential"]?.split(separator: "/", omittingEmptySubsequences: false) ?? []
        let signed = parts["SignedHeaders"]?.split(separator: ";") ?? []
        guard scope.count == 5, scope[1] == time.prefix(8), scope[3] == "bedrock", scope[4] == "aws4_request",
            signed.contains("host"), signed.contains("x-amz-date"), signed == signed.sorted(),
            parts["Signature"].map({ $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) }) == true
        else { return nil }
        return String(scope[0])
    }

    /// Takes the same time wherever the texts differ.
    private static func isEqual(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var difference = left.count ^ right.count
        for (index, byte) in left.enumerated() { difference |= Int(byte ^ right[index % max(1, right.count)]) }
        return difference == 0
    }

    private static func missing(_ vendor: Vendor) -> Refusal {
        switch vendor {
        case .openAI:
            Refusal(401, "You didn't provide an API key. Send it in an Authorization header, as a bearer token.")
        case .anthropic: Refusal(401, "x-api-key header is required")
        case .amazon: Refusal(403, "Missing Authentication Token")
        case .gemini: Refusal(403, "Method doesn't allow unregistered callers. Please use an API key.")
        }
    }

    private static func wrong(_ vendor: Vendor) -> Refusal {
        switch vendor {
        case .openAI: Refusal(401, "Incorrect API key provided.", code: "invalid_api_key")
        case .anthropic: Refusal(401, "invalid x-api-key")
        case .amazon: Refusal(403, "The security token included in the request is invalid.")
        case .gemini: Refusal(400, "API key not valid. Please pass a valid API key.", code: "API_KEY_INVALID")
        }
    }
}
