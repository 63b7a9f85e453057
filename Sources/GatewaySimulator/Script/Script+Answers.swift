// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore
import NIOHTTP1

/// Scripts of vendors' responses, with their headers.
extension Script {
    /// A non-streaming response that took as long as its tokens take, or breaks off where it is told to.
    static func whole(
        _ body: ByteBuffer,
        tokens: Int,
        prompt: Prompt,
        vendor: Vendor,
        _ simulation: Simulation
    ) -> Script {
        let headers = headers(vendor, json(vendor), simulation.identity)
        let delay = simulation.pace(for: prompt).total(tokens: tokens)
        guard let interruption = prompt.instructions.interruption else {
            return Script(status: 200, headers: headers, steps: [Step(delay: delay, bytes: body)], isStream: false)
        }
        switch interruption.kind {
        case .error(let status):
            let refusal = Refusal(status, Instructions.message(for: status), retryAfter: prompt.instructions.retryAfter)
            return .refusal(refusal, vendor: vendor, simulation.identity)
        case .end, .silence:
            // The client is promised the complete body and gets half of it.
            var broken = headers
            broken.add(name: "content-length", value: String(body.readableBytes))
            let half = body.getSlice(at: body.readerIndex, length: body.readableBytes / 2) ?? ByteBuffer()
            return Script(
                status: 200,
                headers: broken,
                steps: interruption.tokens == 0 ? [] : [Step(delay: delay, bytes: half)],
                ending: interruption.kind == .end ? .broken : .silent,
                isStream: true
            )
        }
    }

    /// A stream of events.
    static func stream(
        _ steps: [Step],
        ending: Ending,
        contentType: String = "text/event-stream; charset=utf-8",
        vendor: Vendor,
        _ simulation: Simulation
    ) -> Script {
        var headers = headers(vendor, contentType, simulation.identity)
        headers.add(name: "cache-control", value: "no-cache")
        return Script(status: 200, headers: headers, steps: steps, ending: ending, isStream: true)
    }

    /// An error in the vendor's shape.
    static func refusal(_ refusal: Refusal, vendor: Vendor, _ identity: RequestIdentity) -> Script {
        var headers = headers(vendor, json(vendor), identity)
        if let retryAfter = refusal.retryAfter { headers.add(name: "retry-after", value: String(retryAfter)) }
        if let method = refusal.allowedMethod { headers.add(name: "allow", value: method) }
        let body =
            switch vendor {
            case .openAI: OpenAIError.body(refusal)
            case .anthropic: AnthropicError.body(refusal, requestID: requestID(vendor, identity))
            case .gemini: GeminiError.body(refusal)
            case .amazon: BedrockError.body(refusal)
            }
        if vendor == .amazon { headers.add(name: "x-amzn-errortype", value: BedrockError.type(refusal.status)) }
        return Script(status: refusal.status, headers: headers, steps: [Step(bytes: body)], isStream: false)
    }

    /// A response that is no model's.
    static func plain(_ body: ByteBuffer, vendor: Vendor, _ identity: RequestIdentity) -> Script {
        Script(
            status: 200,
            headers: headers(vendor, json(vendor), identity),
            steps: [Step(bytes: body)],
            isStream: false
        )
    }

    /// The id by which the vendor would know the request.
    static func requestID(_ vendor: Vendor, _ identity: RequestIdentity) -> String {
        switch vendor {
        case .openAI: identity.hexID("req_", 32)
        case .anthropic: identity.id("req_", 24)
        case .gemini, .amazon: identity.hexID("", 32)
        }
    }

    /// How the vendor writes the type of JSON.
    private static func json(_ vendor: Vendor) -> String {
        vendor == .gemini ? "application/json; charset=UTF-8" : "application/json"
    }

    private static func headers(_ vendor: Vendor, _ contentType: String, _ identity: RequestIdentity) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.reserveCapacity(6)
        headers.add(name: "content-type", value: contentType)
        headers.add(name: "x-gatehouse-simulated", value: "true")
        switch vendor {
        case .openAI:
            headers.add(name: "x-request-id", value: requestID(vendor, identity))
            headers.add(name: "openai-version", value: "2020-10-01")
        case .anthropic:
            headers.add(name: "request-id", value: requestID(vendor, identity))
        case .amazon:
            headers.add(name: "x-amzn-requestid", value: requestID(vendor, identity))
        case .gemini:
            // Google names the request in the body, as `responseId`.
            break
        }
        return headers
    }
}
