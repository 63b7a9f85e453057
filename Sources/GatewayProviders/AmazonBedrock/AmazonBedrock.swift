// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOCore

extension Provider {
    /// Amazon Bedrock: Converse and ConverseStream of the `bedrock-runtime` endpoint, and InvokeModel for embeddings.
    ///
    /// Paths, service name and the variable of its API keys are those of botocore 1.43.11 (`bedrock-runtime/2023-09-30`, 2026-11). A model is an id
    /// (`anthropic.claude-sonnet-4-5-20250929-v1:0`), an inference profile (`us.anthropic...`) or an ARN. A Bedrock API key is a bearer token; without one
    /// requests are signed with an access key. No client header is passed on: Bedrock has no `anthropic-beta` header (client-01).
    package static let amazonBedrock = Provider(
        id: "amazon_bedrock",
        displayName: "Amazon Bedrock",
        defaultBaseURL: "https://bedrock-runtime.{region}.amazonaws.com",
        environmentKey: "AWS_BEARER_TOKEN_BEDROCK",
        wireFormats: [.bedrockConverse, .bedrockTitanEmbeddings, .bedrockCohereEmbeddings],
        preferredFormat: { ingress, spoken in
            firstSpoken(of: [.bedrockConverse], ingress: ingress, spoken: spoken)
        },
        modelFormats: { model in
            if model.contains("amazon.titan-embed-") { return [.bedrockTitanEmbeddings] }
            return model.contains("cohere.embed-") ? [.bedrockCohereEmbeddings] : [.bedrockConverse]
        },
        credential: .bearer,
        requiredSettings: [.region],
        optionalSettings: [.awsAccessKeyID, .awsSecretAccessKey, .awsSessionToken],
        authorizer: { settings, _ throws(SettingError) in try bedrockAuthorizer(settings, clock: secondsSince1970) },
        path: { call in
            let operation =
                call.format.isEmbeddings ? "invoke" : call.isStreaming ? "converse-stream" : "converse"
            return "/model/\(percentEncoded(call.model))/\(operation)"
        },
        tokenCountPath: { call in
            guard call.format == .bedrockConverse, let model = claude(in: call.model) else { return nil }
            return "/model/\(percentEncoded(model))/count-tokens"
        },
        // A model without token counting gives 400, a key without the permission 403; token counting needs a permission of its own.
        uncountedStatuses: [400, 403, 404]
    )

    /// The id of the foundation model in that of Claude's inference profile or ARN; nil for other models and names that do not tell.
    ///
    /// CountTokens supports Claude only, and only this id (Bedrock user guide and users' reports, 2026-11).
    private static func claude(in model: String) -> Substring? {
        model.firstRange(of: "anthropic.claude").map { model[$0.lowerBound...] }
    }

    /// What signs the requests of a service with these settings.
    package static func bedrockAuthorizer(
        _ settings: ProviderSettings,
        clock: @escaping @Sendable () -> Int64
    ) throws(SettingError) -> any RequestAuthorizer {
        guard let region = settings[.region], !region.isEmpty,
            region.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else { throw SettingError(.region, "must be an AWS region such as `us-east-1`") }
        guard let accessKey = settings[.awsAccessKeyID], !accessKey.isEmpty else {
            throw SettingError(.awsAccessKeyID, "must be set, unless `api_key` is a Bedrock API key")
        }
        guard let secret = settings[.awsSecretAccessKey], !secret.isEmpty else {
            throw SettingError(.awsSecretAccessKey, "must be set together with `aws_access_key_id`")
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
