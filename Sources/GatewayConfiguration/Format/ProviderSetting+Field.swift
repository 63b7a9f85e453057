// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension ProviderSetting {
    /// The key of `provider_services.<name>`, with the provider types that take it.
    func field(_ providers: [Provider]) -> Field<String> {
        let required = providers.filter { $0.requiredSettings.contains(self) }.map { "`\($0.id)`" }
        let optional = providers.filter { $0.optionalSettings.contains(self) }.map { "`\($0.id)`" }
        var summary = meaning
        if !required.isEmpty { summary += " Required for \(required.joined(separator: ", "))." }
        if !optional.isEmpty { summary += " For \(optional.joined(separator: ", "))." }
        return Field(rawValue, type, summary)
    }

    private var type: ValueType<String> {
        switch self {
        case .apiVersion, .region: .identifier(limit: 64)
        case .project: .projectID
        case .serviceAccountKey: .privateText
        case .awsAccessKeyID, .awsSecretAccessKey, .awsSessionToken: .secret
        }
    }

    private var meaning: String {
        switch self {
        case .apiVersion:
            "The `api-version` of Azure requests, such as `2024-10-21`. With it, the model is the name of the deployment and is part of the path of chat completions and embeddings."
        case .project: "The Google Cloud project."
        case .region: "The vendor's region."
        case .serviceAccountKey:
            "The JSON key of a Google service account, instead of `api_key`. Write `${NAME}` to keep it out of the file."
        case .awsAccessKeyID: "The id of an AWS access key, instead of `api_key`."
        case .awsSecretAccessKey: "The secret of the AWS access key."
        case .awsSessionToken: "The session token of a temporary AWS access key."
        }
    }
}

extension ValueType where Value == String {
    /// A Google Cloud project: its id, also with a domain before it, or its number.
    fileprivate static var projectID: ValueType {
        .scalar("1 to 64 letters, digits, `-`, `.` or `:`") { text in
            let isPlain = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "-.:".utf8.contains(byte)
                }
            }
            return (1...64).contains(text.utf8.count) && isPlain ? text : nil
        }
    }
}
