// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What of a request some target may be unable to take: found in one walk, so that an ordinary request is walked once.
struct RequestContents: OptionSet, Sendable {
    let rawValue: UInt8

    /// Tools or calls in namespaces.
    static let namespaces = RequestContents(rawValue: 1 << 0)
    /// Tools that the vendor defines, or calls and results of such.
    static let hostedTools = RequestContents(rawValue: 1 << 1)
    /// Tools that are called with free text, or calls and results of such.
    static let customTools = RequestContents(rawValue: 1 << 2)
    /// A shape for the answer.
    static let responseFormat = RequestContents(rawValue: 1 << 3)
    /// Texts that end the answer.
    static let stopSequences = RequestContents(rawValue: 1 << 4)
    /// Marks of what to cache, anywhere.
    static let cacheControl = RequestContents(rawValue: 1 << 5)
    /// The wish not to see thoughts.
    static let hiddenThoughts = RequestContents(rawValue: 1 << 6)
    /// Names of tools that some target does not take.
    static let unusualToolNames = RequestContents(rawValue: 1 << 7)
}

extension ModelRequest {
    /// What of it some target may be unable to take.
    var contents: RequestContents {
        var contents: RequestContents = []
        if !stop.isEmpty { contents.insert(.stopSequences) }
        if cacheControl != nil { contents.insert(.cacheControl) }
        if reasoning.isVisible == false { contents.insert(.hiddenThoughts) }
        switch responseFormat {
        case .text: break
        case .jsonObject, .jsonSchema: contents.insert(.responseFormat)
        }
        for tool in tools { contents.insert(tool) }
        for message in messages { contents.insert(message.parts) }
        return contents
    }
}

extension RequestContents {
    fileprivate mutating func insert(_ tool: ModelRequest.Tool) {
        if tool.namespace != nil { insert(.namespaces) }
        if tool.cacheControl != nil { insert(.cacheControl) }
        if !ToolNameBounds.narrowest.takes(tool.name) { insert(.unusualToolNames) }
        switch tool.kind {
        case .function: break
        case .custom: insert(.customTools)
        case .hosted: insert(.hostedTools)
        }
    }

    fileprivate mutating func insert(_ parts: [Message.Part]) {
        for part in parts {
            if part.cacheControl != nil { insert(.cacheControl) }
            switch part.content {
            case .text, .refusal, .reasoning, .media: break
            case .toolCall(let call):
                if call.namespace != nil { insert(.namespaces) }
                if !ToolNameBounds.narrowest.takes(call.name) { insert(.unusualToolNames) }
                if call.isCustom { insert(.customTools) }
                if call.hostedType != nil { insert(.hostedTools) }
            case .toolResult(let result):
                if result.isCustom { insert(.customTools) }
                if result.hostedType != nil { insert(.hostedTools) }
                insert(result.parts)
            }
        }
    }
}
