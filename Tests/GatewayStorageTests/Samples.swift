// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension APIType {
    static let openAIChat = APIType("openai/v1/chat/completions", .openAIChat)
}

/// Objects and records for tests, each a plain value that a test changes where it matters.
enum Samples {
    static let provider = Provider(id: "custom", displayName: "Custom", wireFormats: [.openAIChat]) { _ in "/chat"
    }

    static func name(_ text: String) -> ObjectName {
        guard let name = ObjectName(text) else { preconditionFailure("\(text) is not a three-part name") }
        return name
    }

    static func providerService(
        _ text: String = "system.providers.openai",
        isSimulated: Bool = false
    ) -> ProviderService {
        guard let address = UpstreamAddress(baseURL: "http://127.0.0.1:9100/v1") else { preconditionFailure("address") }
        return ProviderService(
            name: name(text),
            provider: provider,
            address: address,
            apiKey: "key",
            wireFormats: [.openAIChat],
            isSimulated: isSimulated
        )
    }

    static let destination = Destination(service: providerService(), model: "gpt-5", trafficPercentage: 100)
    static let service = ModelService(
        name: name("system.ai.gpt-5"),
        destinations: [destination],
        createdBy: "gatehouse.yaml"
    )
    static let caller = Caller(name: "alice@example.com", kind: .user, groups: ["analysts"])

    /// As many tags as a request may carry, with values as long as they may be.
    static func largestTags() throws -> RequestTags {
        let value = String(repeating: "é", count: RequestTags.maximumLength / 2)
        let tags = (0..<RequestTags.maximumCount).map { number in
            let key = String(number) + String(repeating: "é", count: 122)
            return "\"\(key)\":\"\(value)\""
        }
        return try RequestTags(header: "{\(tags.joined(separator: ","))}")
    }

    /// A successful call with everything that is usually known.
    static func record(_ number: Int = 0) -> UsageRecord {
        let hexadecimal = String(number, radix: 16)
        let id =
            "6f1c2b3a-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - hexadecimal.count)) + hexadecimal
        return UsageRecord(
            requestID: id,
            invocationID: id,
            eventTime: 1_793_500_000_000_000 + Int64(number),
            workspaceID: "1234567890123456",
            caller: caller,
            authMode: "TOKEN",
            service: service,
            requestedModel: "gpt-5",
            destination: destination,
            apiType: .openAIChat,
            ipAddress: "127.0.0.1",
            url: "/openai/v1/chat/completions",
            userAgent: "OpenAI/Python 3.52.0",
            requestTags: nil,
            usage: TokenUsage(uncachedInput: 12, cacheRead: 3, output: 40, reasoning: 8),
            responseContentType: "application/json",
            statusCode: 200,
            latencyMilliseconds: 120 + number % 50,
            timeToFirstByteMilliseconds: 118,
            attempts: [
                UsageRecord.Attempt(
                    priority: 1,
                    action: "ROUTE",
                    destination: "system.providers.openai/gpt-5",
                    statusCode: 200,
                    latencyMilliseconds: 117 + number % 50
                )
            ]
        )
    }
}
