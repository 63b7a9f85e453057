// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOCore

extension Provider {
    /// Amazon Bedrock: Converse and ConverseStream of the `bedrock-runtime` endpoint.
    ///
    /// Paths, service name and the variable of its API keys are those of botocore 1.43.11 (`bedrock-runtime/2023-09-30`, 2026-11). A model is an id
    /// (`anthropic.claude-sonnet-4-5-20250929-v1:0`), an inference profile (`us.anthropic...`) or an ARN. A Bedrock API key is a bearer token; without one
    /// requests are signed with an access key. Of the client's headers none goes on: Bedrock knows no `anthropic-beta` header (pain A01).
    package static let amazonBedrock = Provider(
        id: "amazon_bedrock",
        displayName: "Amazon Bedrock",
        defaultBaseURL: "https://bedrock-runtime.{region}.amazonaws.com",
        environmentKey: "AWS_BEARER_TOKEN_BEDROCK",
        wireFormats: [.bedrockConverse],
        preferredFormat: { ingress, spoken in
            firstSpoken(of: [.bedrockConverse], ingress: ingress, spoken: spoken)
        },
        credential: .bearer,
        requiredSettings: [.region],
        optionalSettings: [.awsAccessKeyID, .awsSecretAccessKey, .awsSessionToken],
        authorizer: { settings throws(SettingError) in try bedrockAuthorizer(settings, clock: secondsSince1970) },
        path: { call in
            "/model/\(percentEncoded(call.model))/\(call.isStreaming ? "converse-stream" : "converse")"
        }
    )

    /// What signs the requests of a service with these settings.
    package static func bedrockAuthorizer(
        _ settings: ProviderSettings,
        clock: @escaping @Sendable () -> Int64
    ) throws(SettingError) -> any RequestAuthorizer {
        guard let region = settings[.region], !region.isEmpty,
            region.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else { throw SettingError(.region, "must be an AWS region such as `us-east-1`") }
        guard let accessKey = settings[.awsAccessKeyID], !accessKey.isEmpty else {
            throw SettingError(.awsAccessKeyID, "must be set, unless `api_key` holds a Bedrock API key")
        }
        guard let secret = settings[.awsSecretAccessKey], !secret.isEmpty else {
            throw SettingError(.awsSecretAccessKey, "must be set beside `aws_access_key_id`")
        }
        let token = settings[.awsSessionToken].flatMap { $0.isEmpty ? nil : $0 }
        return SigV4Authorizer(
            SigV4(
                credentials: SigV4.Credentials(accessKeyID: accessKey, secretAccessKey: secret, sessionToken: token),
                region: region,
                service: "bedrock"
            ),
            clock: clock
        )
    }
}
