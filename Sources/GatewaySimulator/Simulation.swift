// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// Everything besides the request that is needed to respond to it.
struct Simulation: Sendable {
    let identity: RequestIdentity
    let pace: Pace
    /// Seconds since 1970 UTC, as in responses.
    let time: Int
    let state: OpaqueState
    /// Instructions of the header; those of the model's name and of the prompt come on top.
    let header: String?
    let catalog: SimulatedCatalog

    /// The model of that name, if it speaks this format.
    func model(named name: String, for format: WireFormat) -> SimulatedModel? {
        guard let model = catalog.model(named: Self.withoutMarker(name)), model.wireFormats.contains(format) else {
            return nil
        }
        return model
    }

    /// The prompt to begin with: the model and the instructions that do not depend on the body.
    func prompt(_ model: SimulatedModel, named name: String) throws(Refusal) -> Prompt {
        var prompt = Prompt(model: model, modelName: Self.withoutMarker(name))
        if name.utf8.contains(UInt8(ascii: "[")) { try prompt.instructions.read(marked: name, for: model) }
        if let header { try prompt.instructions.read(header: header, for: model) }
        return prompt
    }

    /// A model's name may be followed by instructions: `gpt-5 [[simulate: status=503]]`.
    private static func withoutMarker(_ name: String) -> String {
        guard name.utf8.contains(UInt8(ascii: "[")), let marker = name.firstRange(of: "[[simulate:") else {
            return name
        }
        var end = marker.lowerBound
        while end > name.startIndex, name[name.index(before: end)] == " " { end = name.index(before: end) }
        return String(name[..<end])
    }

    func pace(for prompt: Prompt) -> Pace {
        Pace(
            firstToken: prompt.instructions.firstToken ?? pace.firstToken,
            interToken: prompt.instructions.interToken ?? pace.interToken
        )
    }
}

extension Instructions {
    /// The failure in the middle of the response, if one is asked for.
    var interruption: Interruption? {
        if let errorAfter { return Interruption(kind: .error(status: status ?? 500), tokens: errorAfter) }
        if let endAfter { return Interruption(kind: .end, tokens: endAfter) }
        if let silenceAfter { return Interruption(kind: .silence, tokens: silenceAfter) }
        return nil
    }

    /// The error to return at once, if one is requested.
    var refusal: Refusal? {
        guard let status, errorAfter == nil else { return nil }
        return Refusal(status, Self.message(for: status), retryAfter: retryAfter)
    }

    /// The message of a simulated failure.
    static func message(for status: Int) -> String {
        switch status {
        case 429: "Rate limit reached. Gatehouse's simulator was told to say so."
        case 529, 503: "Overloaded. Gatehouse's simulator was told to say so."
        default: "Failure with status \(status). Gatehouse's simulator was told to say so."
        }
    }
}
